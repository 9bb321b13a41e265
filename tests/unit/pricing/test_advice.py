"""The smallest step that holds a risk: known answers, exact ends, and what is said about them."""

from __future__ import annotations

import math
from decimal import Decimal
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.pricing.advice import (
    OutOfReach,
    Proposal,
    Stakes,
    advise_sample,
    advise_threshold,
)
from impacteval.pricing.advice_sentences import out_of_reach, proposal_sentences
from impacteval.pricing.bisection import beyond_every_failure, smallest

Z95 = NormalDist().inv_cdf(0.95)


@given(
    values=st.lists(st.floats(0, 1), min_size=1, max_size=300),
    limit=st.floats(0, 1),
    where=st.floats(0, 1),
    first=st.integers(-1000, 1000),
)
def test_it_is_the_smallest_step_of_any_risk_that_does_not_rise(values, limit, where, first):
    table = sorted(values, reverse=True)
    start = first + int(where * (len(table) - 1))
    held = smallest(
        lambda k: table[k - first], limit, start=start, first=first, last=first + len(table) - 1
    )
    holding = [k for k, value in enumerate(table) if value <= limit]
    if not holding:
        assert held is None
        return
    assert held is not None
    assert held.at == first + holding[0]
    assert held.risk <= limit
    assert held.below is None or held.below > limit
    assert (held.below is None) == (holding[0] == 0)


@pytest.mark.parametrize("edge", [1, 2, 777_777, 2**40, 10**12])
def test_a_wide_range_takes_few_questions(edge):
    asked = []

    def risk(k: int) -> float:
        asked.append(k)
        return 0.2 if k < edge else 0.01

    held = smallest(risk, 0.05, start=1, first=1, last=10**13)
    assert held is not None
    assert held.at == edge
    # Doubling out and bisecting in: at most about three times the binary digits of the answer.
    assert len(asked) <= 6 + 3 * max(1, edge).bit_length()


def test_a_smooth_risk_takes_fewer_questions_than_bisection():
    def risk(k: int) -> float:
        return 1 - NormalDist(0, 3e8).cdf(k)

    held = smallest(risk, 0.05, start=1 << 29, first=1, last=1 << 34)
    assert held is not None
    assert held.at == math.ceil(3e8 * Z95)
    assert held.asked < 22


def test_the_threshold_of_a_point_rule_is_1_645_standard_errors_rounded_up():
    # P(estimate >= t | no effect) = 1 - Phi(t/s) <= 0.05 from t = 1.6449 s on: 6.5794 for s = 4.
    def risk(t: Decimal) -> float:
        return 1 - NormalDist(0, 4).cdf(float(t))

    def stakes(t: Decimal) -> Stakes:
        return Stakes(risk(t), 1 - NormalDist(10, 4).cdf(float(t)), 100 * risk(t), 100.0)

    for decimals, known in ((0, "7"), (1, "6.6"), (2, "6.58"), (3, "6.580")):
        found = advise_threshold(
            risk,
            stakes,
            0.05,
            now=Decimal("2.5"),
            decimals=decimals,
            easiest=Decimal(0),
            furthest=Decimal(60),
        )
        assert isinstance(found, Proposal)
        assert str(found.at) == known
        assert found.after.false_payment <= 0.05
        assert risk(found.at - found.step) == found.below
        assert found.below > 0.05
        assert found.found == "tighten"
        assert found.payer_avoids == risk(Decimal("2.5")) - risk(found.at)
        assert found.others_lose == pytest.approx(
            NormalDist(10, 4).cdf(float(found.at)) - NormalDist(10, 4).cdf(2.5)
        )
        assert found.payer_saves == pytest.approx(100 * found.payer_avoids)
        assert found.others_receive_less == 0.0


def test_where_fewer_is_better_the_threshold_is_rounded_down():
    # Paid when the number is at most t; 100 without effect, standard error 4: t <= 100 - 6.5794.
    def risk(t: Decimal) -> float:
        return NormalDist(100, 4).cdf(float(t))

    found = advise_threshold(
        risk,
        lambda t: Stakes(risk(t), 0.5),
        0.05,
        now=Decimal(97),
        decimals=1,
        easiest=Decimal(100),
        furthest=Decimal(0),
    )
    assert isinstance(found, Proposal)
    assert found.at == Decimal("93.4")
    assert risk(Decimal("93.5")) == found.below > 0.05


def test_a_contract_stricter_than_asked_could_be_loosened_and_one_that_is_right_is_kept():
    def risk(t: Decimal) -> float:
        return 1 - NormalDist(0, 4).cdf(float(t))

    ends = {"decimals": 1, "easiest": Decimal(0), "furthest": Decimal(60)}
    strict = advise_threshold(risk, lambda t: Stakes(risk(t), 0.4), 0.05, now=Decimal(12), **ends)
    right = advise_threshold(risk, lambda t: Stakes(risk(t), 0.4), 0.05, now=Decimal("6.6"), **ends)
    assert isinstance(strict, Proposal)
    assert isinstance(right, Proposal)
    assert (strict.at, strict.found) == (Decimal("6.6"), "loosen")
    assert (right.at, right.found) == (Decimal("6.6"), "keep")
    anyway = advise_threshold(risk, lambda t: Stakes(risk(t), 0.4), 0.6, now=Decimal(3), **ends)
    assert isinstance(anyway, Proposal)
    assert (anyway.at, anyway.below) == (Decimal("0.0"), None)


def test_the_sample_is_of_whole_people():
    # s = 40 sqrt(4/n) <= 5/1.6449 from n = 4 (40 x 1.6449 / 5)^2 = 692.6 on.
    def risk(n: int) -> float:
        return 1 - NormalDist(0, 40 * math.sqrt(4 / n)).cdf(5)

    found = advise_sample(risk, lambda n: Stakes(risk(n), 0.5), 0.05, now=300, fewest=4, most=10**7)
    assert isinstance(found, Proposal)
    assert found.at == math.ceil(4 * (40 * Z95 / 5) ** 2) == 693


def test_what_cannot_be_held_is_said_with_the_furthest_that_was_asked():
    # A significance test at 5 percent pays a programme without effect as often with any sample.
    found = advise_sample(
        lambda n: 0.05, lambda n: Stakes(0.05, 0.8), 0.01, now=100, fewest=2, most=5000
    )
    assert found == OutOfReach("sample", 0.01, Decimal(100), Decimal(5000), 0.05, Stakes(0.05, 0.8))
    assert "5000 people holds that" in str(out_of_reach(found))


def test_a_risk_that_rises_or_answers_twice_is_refused():
    rising = {1: 0.2, 2: 0.9, 3: 0.3, 4: 0.01, 5: 0.0, 6: 0.0, 7: 0.0, 8: 0.0, 9: 0.0}
    with pytest.raises(ValueError, match="rises"):
        smallest(lambda k: rising[k], 0.05, start=1, first=1, last=9)
    seen: set[int] = set()

    def forgetful(k: int) -> float:
        again = k in seen
        seen.add(k)
        return 0.9 if again else 0.2 - 0.001 * k

    with pytest.raises(ValueError, match="two answers"):
        smallest(forgetful, 0.05, start=1, first=1, last=190)
    with pytest.raises(ValueError, match="same answer twice"):
        advise_sample(lambda n: 0.04, lambda n: Stakes(0.2, 0.5), 0.05, now=9, fewest=9, most=99)
    with pytest.raises(ValueError, match="no chance"):
        smallest(lambda k: 0.0, 5.0, start=1, first=1, last=2)
    with pytest.raises(ValueError, match="does not lie between"):
        smallest(lambda k: 0.0, 0.5, start=9, first=1, last=2)


def _proposal(now: str, money: bool, chance: float = 0.7) -> Proposal:
    before = Stakes(0.18, chance, 1234.5 if money else None, 9000.0 if money else None)
    after = Stakes(0.0495, 0.6, 234.567 if money else None, 8000.0 if money else None)
    return Proposal(
        "threshold", 0.05, Decimal(now), Decimal("6.6"), Decimal("0.1"), before, after, 0.0521
    )


def test_both_parties_are_told_what_they_give_up():
    first, below, payer, others = map(str, proposal_sentences(_proposal("4", True), "EUR", 2))
    assert first == (
        "With a threshold of 6.6 instead of 4, a programme without effect is paid 5 times in 100, "
        "at most 5 as asked; now it is 18 times in 100."
    )
    assert (
        below
        == "With a threshold milder by 0.1 it would be paid 5.2 times in 100, more than asked."
    )
    assert "70 times now and 60 then. On average it pays 1234 for" in payer
    assert "goes unpaid 10 more times in 100, and receives 9000 on average now, 8000" in others


@pytest.mark.parametrize(
    ("chance", "said"), [(0.7, "10 more times"), (0.5, "is paid 10 more"), (0.6, "as often as now")]
)
@pytest.mark.parametrize("money", [True, False])
def test_every_sentence_has_its_values_in_both_languages(chance, said, money):
    for found in (_proposal("4", money, chance), _proposal("6.6", money, chance)):
        sentences = proposal_sentences(found, "EUR", 2)
        assert said in str(sentences[-1])
        for sentence in sentences:
            assert sentence.text.places("fr") == sentence.text.places("en")
            assert sentence.text.fr != sentence.text.en


# --- a risk that rises and falls ---------------------------------------------------------------


@given(
    st.lists(st.booleans(), min_size=3, max_size=60),
    st.integers(0, 59),
    st.booleans(),
)
def test_nothing_tried_beyond_what_is_found_fails(holds, start, ratio) -> None:
    asked = {}

    def risk(k: int) -> float:
        asked[k] = 0.01 if holds[k - 1] else 0.2
        return asked[k]

    last = len(holds)
    found = beyond_every_failure(
        risk, 0.05, start=min(1 + start, last), first=1, last=last, ratio=ratio
    )
    failing = [k for k, value in asked.items() if value > 0.05]
    if found is None:
        assert failing
        assert max(failing) == last
        return
    assert all(k < found.at for k in failing)
    assert asked[found.at] == found.risk == 0.01
    assert found.at == 1 if not failing else found.at == max(failing) + 1


def test_money_is_held_beyond_every_threshold_that_fails() -> None:
    def risk(threshold):
        return 0.2 if threshold < 3 or 6 <= threshold < 8 else 0.01

    # 3 and 4 hold the limit, and 6 beyond them does not: from 8 on every threshold does.
    money = advise_threshold(
        risk,
        lambda t: Stakes(1.0, 1.0, risk(t), 5.0),
        0.05,
        now=Decimal(4),
        decimals=0,
        easiest=Decimal(0),
        furthest=Decimal(20),
        holds="money",
    )
    assert (money.at, money.scanned, money.found) == (8, True, "loosen")
