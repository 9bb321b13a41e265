"""One simulated study through the registered estimator, and held against the fast formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.analysis.averages import average_answer
from impacteval.analysis.evidence import evidence_of, reference_of
from impacteval.contract.model import Contract
from impacteval.errors import ImpactEvalError, NotIdentified, PluginError, UsageError
from impacteval.estimates import CounterfactualEstimate
from impacteval.registry import entry, estimator
from impacteval.report.grade import FEW_TREATED
from impacteval.simulation.assumed import Assumed
from impacteval.simulation.estimates import Estimates
from impacteval.values import Message, PointEstimate, PValue, Question, Scale

if TYPE_CHECKING:
    from impacteval.plugin import Estimator
    from impacteval.sample import Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# How far the fast formulas may be from the registered estimator, beside the size of the numbers.
TOLERANCE = 1e-10
# Answers are rounded to ten digits, so one unit in the tenth is how far rounding takes them apart.
_TENTH = 2e-9
NO_STAKES: Mapping[Question, float] = {}


@dataclass(frozen=True, slots=True)
class Method:
    """An estimator by name with its settings, as a plan has it.

    Attributes
    ----------
    name : str
        The name it is registered under.
    settings : mapping
        Its settings.
    """

    name: str = "difference-in-means"
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def design(self) -> str:
        """The design of the samples it is given.

        Raises
        ------
        UsageError
            When it needs data over time, or places to compare with, which are not drawn here.
        """
        card = entry(self.name).cls.card
        for design in ("rct", "matched"):
            if design in card.designs:
                return design
        raise UsageError(
            f"Full simulation draws people measured once, and the estimator {self.name!r} needs "
            f"data of the design {' or '.join(card.designs)}."
        )

    def build(self) -> Estimator:
        """The estimator."""
        return estimator(self.name, **self.settings)


@dataclass(frozen=True, slots=True, eq=False)
class StudyData:
    """The data of one simulated study.

    Attributes
    ----------
    y : array, shape (n,)
        The outcome.
    treatment : array of int, shape (n,)
        1 for those assigned to the programme.
    unit : array, shape (n,)
        Labels; people who stand in two groups have the same one in both.
    cluster, block : array, shape (n,), or None
        Labels.
    covariates : mapping of str to array, shape (n,)
        What was known beforehand.
    """

    y: Floats
    treatment: Ints
    unit: NDArray[Any]
    cluster: NDArray[Any] | None = None
    block: NDArray[Any] | None = None
    covariates: Mapping[str, Floats] = field(default_factory=dict)

    def sample(self, design: str) -> Sample:
        """As an estimator sees them."""
        import pandas as pd

        from impacteval.sample import Sample

        columns: dict[str, Any] = {"y": self.y, "treated": self.treatment, "unit": self.unit}
        roles: dict[str, Any] = {"outcome": "y", "treatment": "treated", "unit": "unit"}
        if self.cluster is not None:
            columns["cluster"] = self.cluster
            roles |= {"cluster": "cluster", "assignment_cluster": "cluster"}
        if self.block is not None:
            columns["block"] = self.block
            roles["stratum"] = "block"
        columns |= self.covariates
        return Sample.from_frame(
            pd.DataFrame(columns),
            design=design,
            covariates=list(self.covariates),
            source="simulated",
            **roles,
        )


def run(
    method: Method,
    built: Estimator,
    data: StudyData,
    assumed: Assumed,
    rng: np.random.Generator,
    design: str,
) -> CounterfactualEstimate | Message:
    """The registered estimator's estimate, or its reason for having none.

    Raises
    ------
    PluginError
        When the estimator fails in a way that is not its place, or answers on another scale.
    """
    package = entry(method.name).package
    try:
        found = built.estimate(data.sample(design), scale=assumed.scale, rng=rng)
    except NotIdentified as none:
        return none.reason
    except ImpactEvalError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"The estimator {method.name!r} failed on simulated data of {assumed.outcome!r}, "
            f"group {assumed.group!r}: {type(error).__name__}: {error}.",
            package=package,
        ) from error
    if not isinstance(found, CounterfactualEstimate) or found.scale != assumed.scale:
        raise PluginError(
            f"The estimator {method.name!r} did not answer on scale {assumed.scale}.",
            package=package,
        )
    return found


def few_places(places: int, method_named: bool) -> bool:
    """Whether too few places were treated for anything but the estimate to be used."""
    return places < FEW_TREATED and not method_named


def asked_answers(
    found: CounterfactualEstimate | Message,
    questions: Sequence[Question],
    assumed: Assumed,
    *,
    uncertain: bool,
    contract: Contract,
) -> Mapping[Question, float]:
    """The answers of one estimate as floats; NaN where there is none.

    Parameters
    ----------
    found : CounterfactualEstimate or Message
        The estimate, or why there is none.
    questions : sequence of Question
        What the contract asks.
    assumed : Assumed
        For the effect and its direction.
    uncertain : bool
        Whether questions about uncertainty may be answered.
    contract : Contract
        Whose clauses pay the averages that are asked for.
    """
    if isinstance(found, Message):
        return dict.fromkeys(questions, math.nan)
    evidence = evidence_of(
        found,
        questions,
        outcome=assumed.outcome,
        group=assumed.group,
        effect=assumed.effect,
        better=assumed.better,
        average=lambda question, estimate: average_answer(contract, question, estimate),
    )
    return {
        a.question: math.nan
        if a.value is None or not (uncertain or isinstance(a.question, PointEstimate))
        else float(a.value)
        for a in evidence.answers
    }


def differences(
    k: int, fast: Estimates, registered: CounterfactualEstimate | Message
) -> Mapping[str, tuple[float, float]]:
    """Where study `k` of the fast estimates is not what the registered estimator found.

    Returns
    -------
    mapping of str to (float, float)
        By name: the fast number and the registered one; empty when they agree.
    """
    if isinstance(registered, Message) or fast.refused[k]:
        refused = float(isinstance(registered, Message))
        if refused == float(fast.refused[k]):
            return {}
        return {"refused": (float(fast.refused[k]), refused)}
    effect = registered.effect
    assert effect.std_error is not None
    size = max(abs(registered.observed), abs(registered.counterfactual))
    one = 1.0 if fast.scale in (Scale.RELATIVE, Scale.STANDARDISED) else 0.0
    df = getattr(effect.distribution, "df", math.inf)
    pairs = {
        "effect": (fast.value[k], effect.value, max(abs(effect.value), size, one)),
        "std_error": (fast.std_error[k], effect.std_error, effect.std_error),
        "df": (fast.df[k], df, df),
        "observed": (fast.observed[k], registered.observed, size),
        "counterfactual": (fast.counterfactual[k], registered.counterfactual, size),
    }
    return {
        name: (float(a), float(b))
        for name, (a, b, reference) in pairs.items()
        if not (a == b or abs(a - b) <= TOLERANCE * max(reference, 1e-300))
    }


def answers_apart(
    k: int,
    fast: Mapping[Question, Floats],
    registered: Mapping[Question, float],
    reference: float,
    stakes: Mapping[Question, float] = NO_STAKES,
) -> Mapping[Question, tuple[float, float]]:
    """Questions that study `k` answers differently, beyond the rounding to ten digits.

    `stakes` gives the money at stake where an average payment is asked for.
    """
    found = {}
    for question, value in registered.items():
        quick = float(fast[question][k])
        size = reference if isinstance(question, PointEstimate) else max(reference, abs(value))
        if isinstance(question, PValue):
            size = 1.0
        if question in stakes:
            size = max(stakes[question], abs(value))
        if quick == value or not (math.isfinite(quick) or math.isfinite(value)):
            continue
        if not abs(quick - value) <= _TENTH * max(size, 1e-300):
            found[question] = (quick, value)
    return found


def reference(found: CounterfactualEstimate | Message, assumed: Assumed) -> float:
    """The magnitude whose ten digits count; 1 where there is no estimate."""
    return 1.0 if isinstance(found, Message) else reference_of(found, assumed.effect)
