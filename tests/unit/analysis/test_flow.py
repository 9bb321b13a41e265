"""The numbers of a flow diagram, from what the sample knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from impacteval.analysis.flow import arms_flow
from impacteval.registry import estimator
from impacteval.sample import Sample
from impacteval.values import Scale


def trial() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "offered": [1, 1, 1, 1, 0, 0, 0, 0],
            "came": [1, 0, 1, 1, 0, 0, 1, 0],
            "village": [1, 1, 2, 2, 3, 3, 4, 4],
            "y": [3.0, None, 4, 6, 1, 2, None, 3],
        }
    )


def test_assigned_received_and_measured_by_arm() -> None:
    sample = Sample.from_frame(
        trial(),
        design="rct",
        outcome="y",
        assigned="offered",
        received="came",
        assignment_cluster="village",
        missing_outcome="attrited",
    )
    steps = [(s.step.key, s.n, s.treated, s.comparison) for s in arms_flow(sample, None)]
    assert steps == [
        ("flow.clusters", 4, 2, 2),
        ("flow.assigned", 8, 4, 4),
        ("flow.received", 4, 3, 1),
        ("flow.measured", 6, 3, 3),
    ]


def test_nothing_is_told_that_no_column_says() -> None:
    sample = Sample.from_frame(
        trial(), design="rct", outcome="y", treatment="offered", missing_outcome="attrited"
    )
    assert [s.step.key for s in arms_flow(sample, None)] == ["flow.assigned", "flow.measured"]


def test_those_analysed_are_told_where_the_method_used_fewer() -> None:
    sample = Sample.from_frame(
        trial(), design="rct", outcome="y", treatment="offered", missing_outcome="attrited"
    )
    found = estimator("difference-in-means").estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )
    assert [s.step.key for s in arms_flow(sample, found)][-1] == "flow.measured"
    fewer = replace(found, n_treated=2)
    steps = arms_flow(sample, fewer)
    assert [s.step.key for s in steps][-2:] == ["flow.measured", "flow.analysed"]
    assert steps[-2].step.text.en == "Outcome measured"
    assert (steps[-1].n, steps[-1].treated, steps[-1].comparison) == (5, 2, 3)


def test_nobody_is_said_to_be_drawn_by_lot_where_people_are_matched() -> None:
    columns = {"outcome": "y", "treatment": "offered", "assignment_cluster": "village"}
    for design, lot in (("rct", True), ("matched", False)):
        sample = Sample.from_frame(
            trial(), design=design, missing_outcome="attrited", covariates="came", **columns
        )
        words = [s.step.text.fr + s.step.text.en for s in arms_flow(sample, None)][:2]
        assert ["sort" in said or "lot" in said for said in words] == [lot, lot]
