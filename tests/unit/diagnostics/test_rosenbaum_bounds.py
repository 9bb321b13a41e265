"""Rosenbaum bounds as a check of a planned comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impacteval.diagnostics import run_diagnostic
from impacteval.diagnostics.planned import Planned
from impacteval.errors import UsageError
from impacteval.estimators.matched.coarsened_exact import CoarsenedExact
from impacteval.estimators.matched.mahalanobis import MahalanobisMatching
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.inference.hidden_bias import signed_rank_bound, studentised_bound, tipping
from impacteval.sample import Sample
from impacteval.values import Message, Scale, Text

ONCE = MahalanobisMatching(replace=False, bias_adjusted=False)
MANY = MahalanobisMatching(bias_adjusted=False)


def pairs_of(own, others):
    """One covariate value a pair, so that every method compares the two of it."""
    n = len(own)
    return pd.DataFrame(
        {
            "unit": [f"s{k}" for k in range(n)] + [f"c{k}" for k in range(n)],
            "served": np.repeat([1, 0], n),
            "x": np.tile(np.arange(n, dtype=float), 2),
            "y": np.concatenate([own, others]).astype(float),
        }
    )


def sample_of(data, **roles):
    return Sample.from_frame(
        data,
        **{
            "design": "matched",
            "outcome": "y",
            "unit": "unit",
            "treatment": "served",
            "covariates": ["x"],
            **roles,
        },
    )


def check(data, estimator=ONCE, scale=Scale.DIFFERENCE, at=(), limit=None, settings=None, **roles):
    sample = sample_of(data, **roles)
    found = estimator.estimate(sample, scale=scale, rng=np.random.default_rng(0))
    plan = {k: getattr(estimator, k) for k in ("replace",) if hasattr(estimator, k)}
    planned = Planned(found, lambda *a, **k: found, tuple(at), plan)
    return run_diagnostic(
        "rosenbaum-bounds",
        sample,
        limit=limit,
        rng=np.random.default_rng(3),
        planned=planned,
        settings=settings,
    )


def mcnemar(reverse=False):
    """110 pairs with an event of the served alone, 12 of the comparator alone, 40 alike."""
    own = np.concatenate([np.ones(110), np.zeros(12), np.ones(20), np.zeros(20)])
    others = np.concatenate([np.zeros(110), np.ones(12), np.ones(20), np.zeros(20)])
    return pairs_of(others, own) if reverse else pairs_of(own, others)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    "estimator", [ONCE, MANY, CoarsenedExact({"x": "exact"})], ids=lambda e: e.name
)
def test_published_pairs(reverse, estimator):
    found = check(mcnemar(reverse), estimator)
    bounds = found.parts["bounds"].set_index("gamma").p_value
    for gamma, value in ((4.0, 0.00196334), (5.0, 0.02316856), (6.0, 0.09692877)):
        assert bounds[gamma] == pytest.approx(value, abs=5e-9)
    assert found.statistic == pytest.approx(1 / 5.47277, rel=1e-4)
    (row,) = found.parts["tipping"].to_dict("records")
    assert row["side"] == ("below" if reverse else "above")
    assert row["test"] == "exact"


def test_status_is_held_against_one_over_gamma():
    assert check(mcnemar(), limit=0.2).status.value == "passed"  # a bias of 5 does not undo it
    assert check(mcnemar(), limit=0.15).status.value == "failed"
    told = str(check(mcnemar(), limit=0.2).explanation)
    assert "5.47" in told
    assert check(mcnemar()).explanation.text.fr


def test_nothing_shown_is_a_statistic_of_one():
    own, others = np.tile([1.0, 0.0], 10), np.tile([0.0, 1.0], 10)
    own[1] = 1.0
    found = check(pairs_of(own, others), limit=0.5)
    assert (found.statistic, found.status.value) == (1.0, "failed")
    assert "Even without" in str(found.explanation)


def numbers(seed=1, n=40):
    rng = np.random.default_rng(seed)
    base = rng.normal(10, 2, n)
    return base + rng.normal(1.5, 1, n), base + rng.normal(0, 1, n)


def test_numbers_in_pairs_at_zero_and_at_marks():
    own, others = numbers()
    found = check(pairs_of(own, others), at=(1.0, 2.0))
    table = found.parts["tipping"].set_index("mark")
    for mark in (0.0, 1.0):
        expected = tipping(lambda g, m=mark: signed_rank_bound(own - m - others, g), 0.05)
        assert table.gamma[mark] == pytest.approx(expected)
    assert table.side[2.0] == ("above" if (own - others).mean() >= 2 else "below")
    # The farthest mark between zero and the estimate is what the decision rests on.
    assert found.statistic == pytest.approx(1 / max(table.gamma[1.0], 1.0))
    assert table.gamma[1.0] < table.gamma[0.0]


def test_marks_of_relative_effects_and_of_totals():
    own, others = numbers()
    data = pairs_of(own, others)
    relative = check(data, scale=Scale.RELATIVE, at=(0.05,)).parts["tipping"].set_index("mark")
    expected = tipping(lambda g: signed_rank_bound(own / 1.05 - others, g), 0.05)
    assert relative.gamma[0.05] == pytest.approx(expected)
    total = check(data, scale=Scale.TOTAL, at=(40.0,)).parts["tipping"].set_index("mark")
    expected = tipping(lambda g: signed_rank_bound(own - 1.0 - others, g), 0.05)
    assert total.gamma[40.0] == pytest.approx(expected)


def test_yes_or_no_at_a_mark_is_about_the_average():
    data = mcnemar()
    table = check(data, at=(0.3,)).parts["tipping"].set_index("mark")
    gaps = data.y[:162].to_numpy() - data.y[162:].to_numpy() - 0.3
    assert table.test[0.3] == "studentised"
    assert table.gamma[0.3] == pytest.approx(tipping(lambda g: studentised_bound(gaps, g), 0.05))


def sets_data(k=3, n=30, seed=4, binary=False):
    rng = np.random.default_rng(seed)
    x = np.repeat(np.arange(n, dtype=float), k + 1)
    served = np.tile([1] + [0] * k, n)
    y = x * 0.1 + served * 2.0 + rng.normal(size=len(x))
    return pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(len(x))],
            "served": served,
            "x": x,
            "y": (y > y.mean()).astype(float) if binary else y,
        }
    )


def test_sets_of_one_against_several():
    found = check(
        sets_data(), MahalanobisMatching(replace=False, ratio=3, bias_adjusted=False), at=(0.5,)
    )
    table = found.parts["tipping"].set_index("mark")
    assert set(table.test) == {"aligned-rank"}
    assert 1.0 < table.gamma[0.5] < table.gamma[0.0]
    yes_no = (
        check(
            sets_data(binary=True),
            MahalanobisMatching(replace=False, ratio=3, bias_adjusted=False),
            at=(0.1,),
        )
        .parts["tipping"]
        .set_index("mark")
    )
    assert (yes_no.test[0.0], yes_no.reason[0.1]) == ("exact", "yes-or-no-in-sets")
    assert np.isnan(yes_no.gamma[0.1])


def test_names_and_rows_do_not_matter_where_people_alike_are_dealt_out():
    rng = np.random.default_rng(8)
    data = pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(80)],
            "served": np.tile([1, 0, 1, 0, 0], 16),
            "x": np.repeat(np.arange(8.0), 10),
            "y": rng.normal(size=80),
        }
    )
    data["y"] += data.served
    other = data.sample(frac=1.0, random_state=1).assign(
        unit=lambda d: d.unit.map(
            dict(zip(sorted(d.unit), rng.permutation(sorted(d.unit)), strict=True))
        )
    )
    for estimator in (CoarsenedExact({"x": "exact"}), MANY):
        a, b = check(data, estimator), check(other, estimator)
        assert a.statistic == pytest.approx(b.statistic)
        assert a.statistic < 1.0


def test_those_not_measured_leave_their_sets():
    data = mcnemar()
    data.loc[data.unit.isin(["s0", "c1", "c120"]), "y"] = np.nan
    found = check(data, missing_outcome="attrited")
    own = data.dropna().set_index("unit").y
    discordant = [
        own[f"s{k}"] - own[f"c{k}"] for k in range(162) if f"s{k}" in own and f"c{k}" in own
    ]
    from scipy import stats

    n, up = sum(d != 0 for d in discordant), sum(d > 0 for d in discordant)
    assert found.parts["bounds"].p_value[0] == pytest.approx(stats.binom.sf(up - 1, n, 0.5))


def reason(found):
    assert found.status.value == "not_applicable"
    return found.explanation.key


def test_where_it_does_not_apply():
    data = mcnemar()
    assert reason(check(data.assign(g=data.x), cluster="g")) == "rosenbaum-bounds.clustered"
    assert reason(check(data.assign(w=1.0), weight="w")) == "rosenbaum-bounds.weighted"
    rct = check(data, DifferenceInMeans(), design="rct")
    assert reason(rct) == "rosenbaum-bounds.no-sets"
    # With replacement: comparators in different company.
    rng = np.random.default_rng(1)
    loose = data.assign(x=rng.normal(size=len(data)))
    assert reason(check(loose, MahalanobisMatching(ratio=2))) == "rosenbaum-bounds.shared"
    why = Message("some.reason", Text(en="Nothing.", fr="Rien."))
    planned = Planned(why, lambda *a, **k: why)
    found = run_diagnostic("rosenbaum-bounds", sample_of(data), planned=planned)
    assert reason(found) == "some.reason"


def test_usage():
    with pytest.raises(UsageError, match="level"):
        check(mcnemar(), settings={"level": 1.0})
    with pytest.raises(UsageError, match="planned"):
        run_diagnostic("rosenbaum-bounds", sample_of(mcnemar()))
    strict = check(mcnemar(), settings={"level": 0.99})
    assert strict.statistic > check(mcnemar()).statistic
