"""What a simulation says: true sentences, in both languages, that a payer can read."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from impacteval.contract import load_contract
from impacteval.render.format import fill
from impacteval.render.simulation_page import sections
from impacteval.simulation import simulate
from impacteval.simulation.answer_sentences import headline
from impacteval.simulation.clause_sentences import clause_sentences
from impacteval.simulation.precision_sentences import precisions_told
from impacteval.simulation.record import schema, to_json
from impacteval.simulation.saying import in_hundred
from impacteval.values import Language

sys.path.insert(0, str(Path(__file__).parents[1] / "decide"))
from building import clause, make, outcome

ROOT = Path(__file__).parents[3]
BONDS = ROOT / "studies" / "bonds"
PETERBOROUGH = {
    "reconvictions.people": 936,
    "reconvictions.comparison": 9360,
    "reconvictions.baseline": 1.55,
    "reconvictions.variance_over_mean": 3,
}


def contract(pay=1000):
    return make(
        {"threshold": clause(10, pay)},
        outcomes={"x": outcome(better="higher", effect="difference")},
    )


def plain(text: str) -> str:
    return re.sub("[\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]", " ", text)


def said(of, found, language) -> str:
    return plain(fill(headline(of, found), language, of.currency))


def simulated(of, error=5, **more):
    more.setdefault("effects", [12])
    return simulate(of, {"x.std_error": error}, draws=20_000, **more).found


def test_the_first_sentence() -> None:
    # 1 - Phi(2) = 2.275 in 100, and 1,000 times that on average.
    found = simulated(contract())
    assert said(contract(), found, "en") == (
        "If the programme does nothing, this contract pays EUR 22.75 on average, and pays something "
        "2.3 times in 100."
    )
    assert said(contract(), found, "fr") == (
        "Si le programme n’a aucun effet, ce contrat verse 22,75 € en moyenne, et verse quelque "
        "chose 2,3 fois sur 100."
    )


def test_the_first_sentence_without_amounts() -> None:
    hidden = contract("not_published")
    assert said(hidden, simulated(hidden), "en") == (
        "If the programme does nothing, this contract pays something 2.3 times in 100; how much is "
        "not published."
    )
    assert said(hidden, simulated(hidden), "fr").endswith("; le montant n’est pas publié.")


def test_the_first_sentence_over_several_settlements() -> None:
    found = simulated(contract(), settlements=3)
    assert said(contract(), found, "en").startswith(
        "If the programme does nothing, this contract, over 3 settlements, pays EUR 68"
    )
    assert said(contract(), found, "fr").startswith(
        "Si le programme n’a aucun effet, ce contrat, sur 3 règlements, verse 68"
    )


def test_the_first_sentence_when_nothing_is_ever_paid() -> None:
    found = simulated(contract(), error=0.1)
    assert said(contract(), found, "en") == (
        "If the programme does nothing, this contract pays nothing in any of 20,000 draws."
    )


def test_the_first_sentence_when_the_effect_is_given() -> None:
    found = simulated(contract(), effects=None, held={"x": 10})
    assert said(contract(), found, "en") == (
        "With the true effects that are given, this contract pays EUR 500 on average, and pays "
        "something 50 times in 100."
    )


@pytest.mark.parametrize(
    ("chance", "times"),
    [(0.0, "0"), (1.0, "100"), (0.018012, "1.8"), (0.0000123, "0.0012"), (0.5, "50")],
)
def test_chances_in_a_hundred(chance, times) -> None:
    assert format(in_hundred(chance), "f") == times


def test_groups_about_which_the_same_is_said_stand_together() -> None:
    peterborough = load_contract(BONDS / "peterborough")
    found = simulate(peterborough, PETERBOROUGH, effects=[0, 15], draws=50_000).found
    told = [plain(fill(m, "en")) for m in clause_sentences(peterborough, found)]
    assert any(
        line.startswith("Early payment, First cohort, Second cohort: met 1.8 times in 100")
        for line in told
    )
    assert any("not reached" in line and "groups together" in line for line in told)
    numbers = [plain(fill(m, "fr")) for m in precisions_told(peterborough, found)]
    assert sum("l’erreur type est de" in line for line in numbers) == 2
    assert any("groupes réunis" in line for line in numbers)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("drawings", [False, True])
def test_every_section_has_its_words(language, drawings) -> None:
    peterborough = load_contract(BONDS / "peterborough")
    found = simulate(
        peterborough, PETERBOROUGH, effects=[0, 15], draws=2000, false_payment=0.05
    ).found
    built = sections(found, peterborough, language, drawings=drawings)
    assert [s.anchor.removeprefix("simulation-") for s in built] == [
        "answer",
        "payments",
        "clauses",
        "rules",
        "precision",
        "advice",
        "assumed",
    ]
    assert all(section.blocks for section in built)
    drawn = [b.kind for s in built for b in s.blocks if b.kind == "drawing"]
    assert len(drawn) == (3 if drawings else 0)  # chances, and power of cohorts and of the pool


def test_the_record_keeps_ten_digits_and_its_schema() -> None:
    found = simulated(contract(), false_payment=0.01)
    plain_data = to_json(found)
    text = json.dumps(plain_data)
    assert max(len(n.replace(".", "").lstrip("0")) for n in re.findall(r"\d+\.\d+", text)) <= 10
    assert plain_data["advice"][0]["found"]["now"] == "10"
    published = json.loads(
        (ROOT / "src" / "impacteval" / "simulation" / "schema.json").read_text(encoding="utf-8")
    )
    assert schema().items() <= published.items()
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(plain_data, published)


def test_drawings_can_be_read_on_a_narrow_screen() -> None:
    found = simulate(
        contract(), {"x.people": 200, "x.comparison": 200, "x.sd": 40}, effects=[12], draws=500
    ).found
    drawn = [
        block
        for section in sections(found, contract(), Language.FR, drawings=True)
        for block in section.blocks
        if block.kind == "drawing"
    ]
    assert len(drawn) == 3
    for block in drawn:
        # Letters of nine units on a column of 350 pixels, as a phone has: eleven pixels at least.
        width = float(re.search(r'viewBox="0 0 ([0-9.]+) ', block.narrow)[1])
        assert 9 * 350 / width > 11
        ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (block.svg, block.narrow)]
        assert not ids[0] & ids[1]
        names = [
            set(re.findall(r">([^<>]*[a-zé]{4}[^<>]*)</text>", s))
            for s in (block.svg, block.narrow)
        ]
        assert names[1] >= names[0]  # the narrow one leaves out nothing that is said
