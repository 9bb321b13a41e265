"""Records of studies that rest on a mix of places, made by the estimator whose numbers are known."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from impacteval.estimates import CounterfactualEstimate
from impacteval.report.mix_facts import mix_facts
from impacteval.report.record import Record
from impacteval.report.record_mix import Mix
from impacteval.sample import Sample
from impacteval.values import Scale, Text

sys.path.insert(0, str(Path(__file__).parents[2]))
from example_record import both, job_training
from mix_plugin import KnownMix, towns

UNIT = Text(en="points of income", fr="points de revenu")


def estimated(*, several: bool = False, **settings: str) -> CounterfactualEstimate:
    """The estimate of the towns."""
    sample = Sample.from_frame(
        towns(several=several), design="synthetic_control", outcome="burden", unit="town",
        period="year", treatment="served",
    )  # fmt: skip
    return KnownMix(**settings).estimate(
        sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(0)
    )


def with_tables(estimate: CounterfactualEstimate, **tables: Any) -> CounterfactualEstimate:
    """The same estimate with tables replaced, or left out where None."""
    from impacteval.estimates import Parts

    held = {name: estimate.parts.columns(name) for name in estimate.parts}
    held |= tables
    return replace(estimate, parts=Parts({k: v for k, v in held.items() if v is not None}))


def mix_of(estimate: CounterfactualEstimate) -> Mix:
    found = mix_facts(estimate, UNIT)
    assert found is not None
    return found


def mixed(*, several: bool = False, proof: str = "one", kind: str = "plain") -> Record:
    """A whole record whose first finding rests on a mix of places."""
    base = job_training()
    estimate = estimated(several=several, proof=proof, kind=kind)
    finding = base.findings[0].model_copy(
        update={
            "outcome_unit": both(UNIT.en, UNIT.fr),
            "treated_clusters": estimate.treated_clusters,
            "mix": mix_of(estimate),
            "periods": (),
        }
    )
    return base.model_copy(update={"findings": (finding, *base.findings[1:])})


def mixed_many() -> Record:
    """Several served places, other weights that do as well."""
    return mixed(several=True, proof="many")
