"""The documentation says what is true: its examples are run, its contracts are loaded."""

from __future__ import annotations

import importlib
import re
from decimal import Decimal
from pathlib import Path

import pytest

import impacteval as ie
from impacteval.errors import InputError


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language on a page."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def smallest(root: Path, tmp_path: Path) -> Path:
    """The contract that the how-to shows."""
    text = blocks(root / "docs" / "how-to" / "write-a-contract.md", "yaml")[0]
    file = tmp_path / "contract.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("rule", "fine"),
    [
        ("{lower_bound: {level: 0.90, sides: one}}", True),
        ("point_estimate", True),
        ("{significant: {level: 0.95, sides: two}, then: point_estimate}", True),
        ("{chance_at_least: 0.8}", True),
        ("{lower_bound: {level: 0.90}}", False),
    ],
)
def test_the_smallest_contract_loads_under_every_rule_shown(
    root: Path, smallest: Path, rule: str, fine: bool
) -> None:
    text = smallest.read_text(encoding="utf-8")
    shown = "decide_on: {lower_bound: {level: 0.90, sides: one}}"
    assert shown in text
    smallest.write_text(text.replace(shown, f"decide_on: {rule}"), encoding="utf-8")
    if fine:
        page = (root / "docs/how-to/write-a-contract.md").read_text(encoding="utf-8")
        assert f"`{rule}`" in page
        assert ie.load_contract(smallest).clauses[0].name == "more-earnings"
    else:
        with pytest.raises(InputError):
            ie.load_contract(smallest)


COUNTED = """  {name}:
    plain_name: {{en: Counted, fr: Compté}}
    measure: counted
    better: higher
    effect: verified_count
    counterfactual: {{design: none}}
"""


def test_the_composed_payment_that_the_page_shows(root: Path, smallest: Path) -> None:
    composed = blocks(root / "docs" / "how-to" / "write-a-contract.md", "yaml")[1]
    names = ("seeing_well", "poorest_share", "operations", "trained")
    text = smallest.read_text(encoding="utf-8")
    head, _, _ = text.partition("decide_on:")
    counted = "".join(COUNTED.format(name=name) for name in names)
    smallest.write_text(f"{head}{counted}decide_on: point_estimate\n{composed}", encoding="utf-8")
    contract = ie.load_contract(smallest)
    results = {"seeing_well": 50, "poorest_share": 40, "operations": 9000, "trained": 50}
    # 0.8 x 0.5 + 0.2 is 60,000, and 5 percent more for the poorest.
    assert ie.price(contract, results).total == 63000
    assert ie.price(contract, results | {"poorest_share": 39}).total == 60000
    assert ie.price(contract, results | {"seeing_well": 49}).total == 0


@pytest.mark.parametrize(("value", "due"), [("799.99", 0), ("800", 100000), ("900", 100000)])
def test_the_smallest_contract_pays_what_the_page_says(
    smallest: Path, value: str, due: int
) -> None:
    priced = ie.price(ie.load_contract(smallest), {"earnings": Decimal(value)})
    assert priced.due_now == due


def test_every_decision_is_listed_and_has_its_three_parts(root: Path) -> None:
    pages = sorted((root / "docs" / "adr").glob("0*.md"))
    index = (root / "docs" / "adr" / "index.md").read_text(encoding="utf-8")
    assert [page.stem for page in pages] == re.findall(r"^(0\d{3}-[a-z-]+)$", index, re.MULTILINE)
    for page in pages:
        titles = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert titles == ["Context", "Decision", "Consequences"]


def test_the_glossary_is_in_order_and_whole_in_both_languages(root: Path) -> None:
    page = (root / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    words = [row[0].lower() for row in rows[1:]]
    assert words == sorted(words, key=lambda word: word.replace("-", " "))
    for row in rows[1:]:
        assert len(row) == 3, row
        english, _, french = row[2].partition(" · ")
        assert english.endswith("."), row
        assert french.endswith("."), row


def test_pages_link_only_to_pages_that_exist(root: Path) -> None:
    broken = [
        f"{page.relative_to(root)}: {link}"
        for page in [*(root / "docs").glob("*/*.md"), *root.glob("*.md")]
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in link
        and "generated" not in link
        and not (page.parent / link).exists()
        and "_static" not in link
    ]
    assert broken == []


def test_the_gallery_shows_every_bond_with_its_results(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(root / "docs"))
    page_of_bonds = importlib.import_module("bonds_page").page_of_bonds
    page = page_of_bonds(root / "studies" / "bonds").replace("\u00a0", " ")
    for folder in (root / "studies" / "bonds").iterdir():
        assert f"](#{folder.name})" in page
        assert f"({folder.name})=\n" in page
    # Urban Institute, July 2021: 9,638,911.36 dollars; MDRC: nothing.
    assert "| The published result | USD 9,638,911.36 |" in page
    assert "| The published result: no reduction | USD 0 |" in page
    assert "`rate_card`, `linear`" in page
    assert "`waterfall`" in page
    assert "{" not in page
