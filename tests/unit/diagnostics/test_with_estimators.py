"""The checks of roll-outs with the estimators that there are, on published and on known data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from published_data import mpdta

import impacteval as ie
from impacteval.diagnostics import Planned, run_diagnostic
from impacteval.errors import NotIdentified
from impacteval.estimates import CounterfactualEstimate
from impacteval.sample import Sample
from impacteval.testing import did
from impacteval.values import Message, Scale

NAMES = ("callaway-santanna", "imputation", "two-stage")


def planned(name: str, sample: Sample, **own: Any) -> Planned:
    def again(
        sample: Sample,
        step: str,
        *,
        scale: Scale | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> CounterfactualEstimate | Message:
        built = ie.estimator(name, **{**own, **(settings or {})})
        try:
            return built.estimate(
                sample, scale=scale or Scale.DIFFERENCE, rng=np.random.default_rng(0)
            )
        except NotIdentified as none:
            return none.reason

    built: Any = ie.estimator(name, **own)
    settings = {f.name: getattr(built, f.name) for f in fields(built)}
    return Planned(again(sample, "estimate"), again, (), settings)


def county_sample(frame: Any) -> Sample:
    return Sample.from_frame(
        frame, design="did", outcome="lemp", unit="county", period="year", adopted="first_treat"
    )  # fmt: skip


@pytest.fixture(scope="module")
def counties() -> Any:
    frame = mpdta()
    return frame.assign(first_treat=frame["first_treat"].replace(0, np.nan))


def test_leaving_out_a_date_leaves_the_published_cells_of_the_others(counties: Any) -> None:
    """Callaway and Sant'Anna's cells, weighted by the sizes of the starting dates that are left."""
    sample = county_sample(counties)
    found = run_diagnostic("leave-one-cohort", sample, planned=planned("callaway-santanna", sample))
    # The cells after the start as R's did 2.5.0 gives them, never-treated, no covariates.
    cells = {
        2004: [-0.0105032462, -0.0704231581, -0.1372587389, -0.1008113631],
        2006: [-0.0045946070, -0.0412244715],
        2007: [-0.0260544107],
    }
    sizes = counties.drop_duplicates("county")["first_treat"].value_counts()
    table = found.parts["left_out"].set_index("cohort")
    for gone in cells:
        kept = [(sizes[float(c)], v) for c, row in cells.items() if c != gone for v in row]
        expected = sum(n * v for n, v in kept) / sum(n for n, _ in kept)
        assert table.loc[gone, "effect"] == pytest.approx(expected, abs=1e-9)


def test_pretended_dates_find_the_published_cells_before_the_start(counties: Any) -> None:
    """One period early, on one starting date: the cell just before the start, varying base."""
    one = counties[counties["first_treat"].isna() | (counties["first_treat"] == 2006)]
    sample = county_sample(one)
    known = planned("callaway-santanna", sample)
    found = run_diagnostic("placebo-dates", sample, planned=known, settings={"earlier": 1})
    # ATT(2006, 2005) of R's did 2.5.0: the change from 2004 to 2005.
    assert found.parts["dates"]["effect"].iloc[0] == pytest.approx(-0.0027508188, abs=1e-9)
    assert found.parts["dates"]["std_error"].iloc[0] == pytest.approx(0.0195585610, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("maker", [did.staggered, did.unbalanced, did.repeated, did.clusters])
def test_every_estimator_answers_its_checks(name: str, maker: Any) -> None:
    known = maker(np.random.default_rng(1), 0.2)
    sample = Sample.from_frame(known.frame(), **known.roles)
    plan = planned(name, sample)
    assert isinstance(plan.estimate, CounterfactualEstimate)
    for check in ("placebo-dates", "anticipation", "leave-one-cohort", "leave-one-cluster"):
        found = run_diagnostic(check, sample, planned=plan)
        assert found.status.value == "passed", check
        assert found.statistic is not None
        assert found.statistic < 5.0 * plan.estimate.effect.std_error, check
        assert found.expected is not None, check
        if check == "anticipation":
            assert not isinstance(found.reruns[0].result, Message)
