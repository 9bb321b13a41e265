"""A record whose first finding compares with similar people, weighted by a known chance."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from impacteval.estimates import CounterfactualEstimate
from impacteval.estimators.matched import messages
from impacteval.estimators.matched.balance import profile_table
from impacteval.estimators.matched.effect import build
from impacteval.estimators.matched.people import read_comparison, read_people
from impacteval.estimators.matched.score import fit_score
from impacteval.inference import ArmMeans
from impacteval.report.alike import alike_facts
from impacteval.report.record import Record
from impacteval.report.record_alike import Alike
from impacteval.testing.matched import plain
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parents[2]))
from example_record import job_training

BINS = np.linspace(0.0, 0.6, 13)


def estimated(*, left_out: int = 13) -> CounterfactualEstimate:
    """Weighted by the odds of a fitted score; the first few of the served are compared with nobody."""
    sample = plain(np.random.default_rng(1), -0.2).sample()
    people = read_people(sample)
    comparison = read_comparison(sample, Scale.DIFFERENCE, people)
    chance, served = fit_score(people).chance, people.served
    weight = np.where(served, 1.0, chance / (1.0 - chance))
    out = np.zeros(people.n, dtype=bool)
    out[np.flatnonzero(served)[:left_out]] = True
    weight[out] = 0.0
    y = comparison.y
    means = np.array([np.average(y[g], weights=weight[g]) for g in (~served, served)])
    influence = np.array(
        [
            np.where(g, weight * (y - mean) / weight[g].sum(), 0.0)
            for g, mean in zip((~served, served), means, strict=True)
        ]
    )
    counts = [np.histogram(chance[g], BINS)[0] for g in (served, ~served)]
    return build(
        estimator="known-weights",
        settings={},
        comparison=comparison,
        arms=ArmMeans(means, influence, lambda c: np.full(c.shape[:-1], np.inf)),
        weight=weight,
        scale=Scale.DIFFERENCE,
        target=messages.target_served(int(served.sum()), measured_only=False),
        label="known weights",
        sentences=[messages.normal()],
        tables={
            "score_overlap": {
                "low": BINS[:-1],
                "high": BINS[1:],
                "served": counts[0],
                "comparison": counts[1],
            },
            "unmatched_profile": profile_table(people, served & ~out, out),
        },
    )


def alike_of(*, left_out: int = 13, people: bool = True) -> Alike:
    found = alike_facts(estimated(left_out=left_out), {}, people=people)
    assert found is not None
    return found


def compared(*, left_out: int = 13, people: bool = True) -> Record:
    """The whole record."""
    base = job_training()
    update = {"alike": alike_of(left_out=left_out, people=people)}
    finding = base.findings[0].model_copy(update=update)
    return base.model_copy(update={"findings": (finding, *base.findings[1:])})
