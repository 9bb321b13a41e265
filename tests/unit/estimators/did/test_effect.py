"""From an average with influence to an estimate on every scale, against delta methods by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from impacteval.errors import NotIdentified
from impacteval.estimates import CounterfactualEstimate, LogRatioT
from impacteval.estimators.did.effect import (
    Average,
    PathPoint,
    Told,
    baseline_spread,
    build,
    cohorts_table,
    weighted_mean,
)
from impacteval.estimators.did.panel import Panel, read_panel
from impacteval.testing import known_samples
from impacteval.values import Message, Scale, Text

MAKERS = {maker.name: maker for maker in known_samples("did")}
_SAID = Message("test.said", Text(en="As said.", fr="Comme dit."))


def _panel(name: str, seed: int = 1) -> Panel:
    return read_panel(MAKERS[name](seed).sample(), Scale.DIFFERENCE)


def _change(panel: Panel) -> Average:
    """Two periods, two groups: the change of the served less that of the others."""
    first = panel.period == 0
    served = (panel.start < panel.n_periods)[panel.unit]
    found = {}
    for group in (True, False):
        for before in (True, False):
            found[group, before] = weighted_mean(
                panel, ((served == group) & (first == before)).astype(float)
            )
    signs = {(True, False): 1, (True, True): -1, (False, False): -1, (False, True): 1}
    return Average(
        sum(s * found[k][0] for k, s in signs.items()),
        found[True, False][0],
        np.sum([s * found[k][1] for k, s in signs.items()], axis=0),
        found[True, False][1],
    )


def _built(panel: Panel, scale: Scale, **changed: Any) -> CounterfactualEstimate:
    average = changed.pop("average", _change(panel))
    return build(
        estimator="test",
        settings={},
        panel=panel,
        average=average,
        path=[PathPoint(1, average, int(panel.served.sum()))],
        scale=scale,
        told=Told("by hand", (_SAID,)),
        **changed,
    )


def test_the_mean_of_some_rows_has_the_error_of_the_textbook() -> None:
    panel = _panel("plain")
    rows = panel.served
    mean, influence = weighted_mean(panel, rows.astype(float))
    y, n = panel.y[rows], int(rows.sum())
    assert mean == pytest.approx(y.mean(), rel=1e-12)
    assert (influence**2).sum() == pytest.approx(y.var() / n, rel=1e-12)
    assert influence.shape == (len(panel.labels),)


def test_difference_and_total_of_two_groups_and_two_periods() -> None:
    panel = _panel("plain")
    found = _built(panel, Scale.DIFFERENCE)
    table = panel.dense(panel.y)
    change = table[:, 1] - table[:, 0]
    served = panel.start == 1
    expected = change[served].mean() - change[~served].mean()
    error = math.sqrt(change[served].var() / 40 + change[~served].var() / 60)
    assert found.effect.value == pytest.approx(expected, rel=1e-12)
    assert found.effect.std_error == pytest.approx(error, rel=1e-12)
    assert (found.n_treated, found.n_comparison, found.treated_clusters) == (40, 60, 40)
    total = _built(panel, Scale.TOTAL)
    assert total.effect.value == pytest.approx(40 * expected, rel=1e-12)
    assert total.effect.std_error == pytest.approx(40 * error, rel=1e-12)
    part = _built(panel, Scale.TOTAL, served=7.0)
    assert part.effect.value == pytest.approx(7 * expected, rel=1e-12)


def test_relative_carries_the_error_of_both_means_through_the_logarithm() -> None:
    panel = _panel("plain")
    average = _change(panel)
    found = _built(panel, Scale.RELATIVE)
    without = average.observed - average.effect
    psi = average.observed_influence / average.observed - (
        (average.observed_influence - average.effect_influence) / without
    )
    assert found.effect.value == pytest.approx(average.observed / without - 1, rel=1e-12)
    assert isinstance(found.effect.distribution, LogRatioT)
    assert found.effect.distribution.scale == pytest.approx(np.linalg.norm(psi), rel=1e-12)


def test_standardised_divides_by_the_spread_of_the_others_before_the_service() -> None:
    panel = _panel("staggered")
    spread = baseline_spread(panel)
    table = panel.dense(panel.y)
    others = table[panel.never, 1]
    assert float(spread.value) == pytest.approx(others.std(ddof=1), rel=1e-12)
    assert not spread.influence[~panel.never].any()


def test_without_never_served_the_last_to_start_give_the_spread() -> None:
    known = MAKERS["staggered"](1)
    starts = known.columns["start"].astype(float)
    late = known.with_column("start", np.where(np.isnan(starts), 2004.0, starts))
    late = late.with_column("treated", (late.columns["year"] >= late.columns["start"]).astype(int))
    panel = read_panel(late.sample(), Scale.DIFFERENCE)
    last = panel.dense(panel.y)[panel.start == 3, 1]
    assert float(baseline_spread(panel).value) == pytest.approx(last.std(ddof=1), rel=1e-12)


def test_the_band_of_the_path_is_what_is_observed_less_the_interval_of_the_effect() -> None:
    found = _built(_panel("plain"), Scale.DIFFERENCE, df=30.0)
    (row,) = found.periods
    interval = found.effect.interval(0.95)
    assert row.period == 2002
    assert row.low == pytest.approx(row.observed - interval.high, rel=1e-12)
    assert row.high == pytest.approx(row.observed - interval.low, rel=1e-12)


def test_nothing_that_varies_and_ratios_of_negative_means_are_refused() -> None:
    panel = _panel("plain")
    average = _change(panel)
    flat = Average(
        average.effect, average.observed, 0.0 * average.effect_influence, average.observed_influence
    )
    with pytest.raises(NotIdentified) as refused:
        _built(panel, Scale.DIFFERENCE, average=flat)
    assert refused.value.reason.key == "randomised.no-variation"
    below = Average(9.0, 5.0, average.effect_influence, average.observed_influence)
    with pytest.raises(NotIdentified) as refused:
        _built(panel, Scale.RELATIVE, average=below)
    assert refused.value.reason.key == "randomised.relative-not-positive"


def test_the_table_of_cohorts_counts_units_clusters_and_rows() -> None:
    table = cohorts_table(_panel("clusters"))
    assert table["cohort"] == [2003, 2004, None]
    assert [int(n) for n in table["units"]] == [85, 85, 130]
    assert [int(n) for n in table["clusters"]] == [17, 17, 26]
    assert [int(n) for n in table["rows"]] == [340, 340, 520]


# Samples whose service stays once begun, for everyone of the units that begin.
PLAIN = (
    "plain",
    "staggered",
    "growing",
    "covariates",
    "clusters",
    "weights",
    "unbalanced",
    "repeated",
)


@pytest.mark.parametrize("name", PLAIN)
def test_known_truths_agree_with_their_own_data(name: str) -> None:
    """The stated effect is that of the noise-free difference, sampled many times."""
    known = MAKERS[name](5)
    panel = read_panel(known.sample(), Scale.DIFFERENCE)
    assert panel.treated_clusters == known.treated_clusters
    served = panel.size[panel.served].sum()
    assert known.truth["total"] == pytest.approx(known.truth["difference"] * served, rel=1e-9)
