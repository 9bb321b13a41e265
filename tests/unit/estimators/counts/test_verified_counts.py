"""Verified counts and rates by hand, by another programme, and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

import impacteval as ie
from impacteval.errors import DataError, NotAnswerable, NotIdentified, UsageError
from impacteval.estimates import Drawn, HypergeometricCount, NoUncertainty
from impacteval.estimators.counts.verified import VerifiedCount, VerifiedRate
from impacteval.values import Scale

RNG = np.random.default_rng(0)
NAN = float("nan")


def sample(y, found=None, **roles):
    df = pd.DataFrame({"y": np.asarray(y, dtype=float)})
    if found is not None:
        df["found"] = np.asarray(found, dtype=float)
        roles["audited"] = "found"
    for role in ("stratum", "cluster", "unit", "treatment", "weight", "exposure", "period"):
        if role in roles:
            df[role] = roles[role]
            roles[role] = role
    return ie.Sample.from_frame(df, design="count", outcome="y", **roles)


def count(sample, audit=None, scale="total"):
    return VerifiedCount(audit=audit).estimate(sample, scale=scale, rng=RNG)


def rate(sample, audit=None):
    return VerifiedRate(audit=audit).estimate(sample, scale="difference", rng=RNG)


def test_without_an_audit_the_count_is_the_count():
    found = count(sample([1, 1, 0, 1, 0]))
    assert found.effect.value == 3.0
    assert isinstance(found.effect.distribution, NoUncertainty)
    assert (found.audit, found.against, found.counterfactual) == (None, "nothing", 0.0)
    with pytest.raises(NotAnswerable):
        found.effect.interval(0.95)
    assert rate(sample([1, 1, 0, 1, 0])).effect.value == 0.6


def test_a_case_may_count_several_times_where_nothing_is_audited():
    assert count(sample([3, 0, 4])).effect.value == 7.0
    assert count(sample([3, 0, 5]), scale="difference").effect.value == pytest.approx(8 / 3)


def test_by_hand():
    # Ten claims among twelve cases; four checked, one of them wrong: 10 x 3/4.
    found = [1, 1, 1, 0] + [NAN] * 6 + [NAN, NAN]
    audited = sample([1] * 10 + [0, 0], found)
    total, share = count(audited), rate(audited)
    assert total.effect.value == 7.5
    assert share.effect.value == pytest.approx(7.5 / 12)
    assert total.audit is not None
    assert (total.audit.claimed, total.audit.cases) == (10.0, 10)
    assert (total.audit.checked, total.audit.wrong, total.audit.discrepancy) == (4, 1, 0.25)
    assert share.audit is not None
    assert share.audit.claimed == pytest.approx(10 / 12)
    # Cochran (1977), 3.8: N sqrt((1 - f) p q / (n - 1)).
    assert total.effect.std_error == pytest.approx(10 * np.sqrt(0.6 * 0.75 * 0.25 / 3))
    kept = [k for k in range(11) if hypergeom.sf(2, 10, k, 4) > 0.025 < hypergeom.cdf(3, 10, k, 4)]
    interval = total.effect.interval(0.95)
    assert (interval.low, interval.high) == (kept[0], kept[-1])
    assert total.parts["audit"].iloc[0][["claimed", "checked", "wrong"]].tolist() == [10, 4, 1]


def test_the_numbers_of_an_audit_are_as_good_as_its_cases():
    cases = sample([1] * 10 + [0, 0], [1, 1, 1, 0] + [NAN] * 8)
    told = count(sample([1] * 10 + [0, 0]), audit={"checked": 4, "wrong": 1})
    assert told.effect == count(cases).effect
    assert told.audit == count(cases).audit


def test_strata_count_by_their_size():
    y = [1] * 30
    found = [1, 0] + [NAN] * 8 + [1, 1, 1, 0] + [NAN] * 16
    both = count(sample(y, found, stratum=["a"] * 10 + ["b"] * 20))
    assert both.effect.value == 10 * 1 / 2 + 20 * 3 / 4
    assert both.audit is not None
    assert both.audit.discrepancy == pytest.approx((5 + 5) / 30)
    law = HypergeometricCount((Drawn(1, 2, 10), Drawn(3, 4, 20)))
    assert both.effect.distribution == law
    table = both.parts["audit"]
    assert table["stratum"].tolist() == ["a", "b", "all"]
    assert table["claimed"].tolist() == [10, 20, 30]
    together = count(sample(y, found))
    assert together.effect.value == 30 * 4 / 6


def test_a_stratum_that_claims_nothing_needs_no_audit():
    found = count(sample([1, 1, 0], [1, NAN, NAN], stratum=["a", "a", "b"]))
    assert found.effect.value == 2.0


def test_when_every_claim_was_checked_nothing_is_left_to_chance():
    found = count(sample([1, 1, 1, 0], [1, 0, 1, NAN]))
    assert found.effect.value == 2.0
    assert isinstance(found.effect.distribution, NoUncertainty)
    assert found.audit is not None
    assert found.method is not None
    assert "leaves nothing to chance" in found.method.text.en


def test_what_was_not_claimed_is_never_added():
    found = count(sample([1, 1, 1, 1, 0, 0], [1, 1, NAN, NAN, 1, 0]))
    assert found.effect.value == 4.0
    assert "counts.found-unclaimed" in [note.key for note in found.notes]


def test_the_upper_limit_of_what_is_wrong_is_told():
    found = count(sample([1] * 100, [1] * 20 + [NAN] * 80))
    (note,) = [n for n in found.notes if n.key == "counts.at-most-wrong"]
    # 88 of 100 is the least that leaves 20 right of 20 above 5%: hypergeom.sf(19, 100, 88, 20).
    assert note.values["upper"] == pytest.approx(0.12)


def test_cases_without_an_outcome_are_left_out_and_counted():
    lost = ie.Sample.from_frame(
        pd.DataFrame({"y": [1, 1, None, 0]}),
        design="count",
        outcome="y",
        missing_outcome="attrited",
    )
    found = rate(lost)
    assert (found.effect.value, found.n_treated) == (pytest.approx(2 / 3), 3)
    (note,) = [n for n in found.notes if n.key == "counts.not-measured"]
    assert note.values["cases"] == 1


def test_one_name_and_the_catalogue_of_scales():
    assert VerifiedCount.card.scales == (Scale.TOTAL, Scale.DIFFERENCE)
    assert VerifiedRate.card.scales == (Scale.DIFFERENCE,)
    assert ie.estimator("verified-count", audit={"checked": 4, "wrong": 1}).audit["wrong"] == 1


REFUSED = {
    "counts.not-whole": lambda: count(sample([1, 0.5])),
    "counts.not-yes-or-no": lambda: rate(sample([1, 2])),
    "counts.not-yes-or-no-audited": lambda: count(sample([1, 2], [1, NAN])),
    "counts.nothing-checked": lambda: count(sample([1, 1, 0], [NAN, NAN, 0])),
    "counts.stratum-not-checked": lambda: count(
        sample([1, 1, 1], [1, NAN, NAN], stratum=["a", "a", "b"])
    ),
    "counts.audit-of-clusters": lambda: count(sample([1, 1], [1, NAN], cluster=["a", "b"])),
    "counts.role-unknown": lambda: count(sample([1, 1, 0], treatment=[1, 1, 0])),
    "counts.more-checked": lambda: count(sample([1, 0]), audit={"checked": 2, "wrong": 0}),
    "counts.several-periods": lambda: count(sample([1, 1], unit=["a", "a"], period=[2020, 2021])),
}


@pytest.mark.parametrize("key", REFUSED)
def test_valid_data_that_cannot_answer_say_why(key):
    with pytest.raises(NotIdentified) as caught:
        REFUSED[key]()
    assert caught.value.reason.key == key
    assert caught.value.reason.text.en != caught.value.reason.text.fr


@pytest.mark.parametrize("role", ["weight", "exposure"])
def test_weights_and_exposure_are_not_ignored(role):
    with pytest.raises(NotIdentified, match=role):
        count(sample([1, 1], **{role: [1.0, 2.0]}))


def test_finding_neither_yes_nor_no_is_refused():
    with pytest.raises(NotIdentified, match="counts"):
        count(sample([1, 1], [0.5, NAN]))


@pytest.mark.parametrize(
    "audit", [{"checked": 4}, {"checked": 4, "wrong": 5}, {"checked": 0, "wrong": 0}, {"n": 1}]
)
def test_settings_that_cannot_be_are_refused(audit):
    with pytest.raises(UsageError):
        ie.estimator("verified-count", audit=audit)


def test_an_audit_stands_in_one_place():
    with pytest.raises(UsageError, match="twice"):
        count(sample([1, 1], [1, NAN]), audit={"checked": 1, "wrong": 0})


def test_scales_that_compare_are_refused():
    for scale in ("relative", "standardised"):
        with pytest.raises(UsageError, match="compares nothing"):
            count(sample([1, 1]), scale=scale)
    with pytest.raises(UsageError):
        VerifiedRate().estimate(sample([1, 1]), scale="total", rng=RNG)


# --- the column of the audit ----------------------------------------------------------------------


def test_the_audit_is_seen_with_the_outcome_and_never_before():
    audited = sample([1, 1, 0], [1, NAN, NAN])
    assert audited.outcomes == ("y",)
    assert audited.matrix().audited is not None
    assert not hasattr(audited.blind.matrix(), "audited")
    assert "found" not in audited.blind.to_frame().columns
    assert audited.blind == sample([1, 1, 0], [0, NAN, NAN]).blind == sample([0, 0, 0]).blind
    assert audited != sample([1, 1, 0], [0, NAN, NAN])
    assert audited["y"].matrix().audited is not None


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ({"audited": "y"}, "both the outcome and what the audit found"),
        ({"audited": "fuond"}, "there is no column 'fuond'"),
        ({"audited": "words"}, "holds"),
    ],
)
def test_bad_audits_are_told(roles, told):
    df = pd.DataFrame({"y": [1, 1], "found": [1, None], "words": ["yes", "no"]})
    with pytest.raises(DataError, match=told):
        ie.Sample.from_frame(df, design="count", outcome="y", **roles)


def test_other_designs_have_no_audit():
    df = pd.DataFrame({"y": [1, 1, 0, 0], "t": [1, 0, 1, 0], "found": [1, None, None, None]})
    with pytest.raises(DataError, match="has no audit of cases"):
        ie.Sample.from_frame(df, design="rct", outcome="y", treatment="t", audited="found")
    audited = ie.Sample.from_frame(df, design="count", outcome="y", treatment="t", audited="found")
    with pytest.raises(DataError, match="has no audit of cases"):
        audited.as_design("rct")
