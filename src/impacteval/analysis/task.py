"""What one planned analysis needs to know, and its estimate turned into evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from impacteval.analysis.evidence import Average, evidence_of
from impacteval.analysis.sums import error_unknown
from impacteval.contract.model import Pooling
from impacteval.diagnostics import Watched
from impacteval.errors import (
    ImpactEvalError,
    NotIdentified,
    PluginError,
)
from impacteval.estimates import CounterfactualEstimate
from impacteval.plan import Analysis, EstimatorSpec, Robustness
from impacteval.registry import entry as registered
from impacteval.registry import estimator
from impacteval.report.findings import Alternative, Method
from impacteval.report.grade import FEW_TREATED
from impacteval.sample import BlindSample, Funnel, Sample
from impacteval.study.concerns import concerns_of
from impacteval.study.seeds import step_rng
from impacteval.values import Evidence, LowerBound, Message, Question, Scale, Text


@dataclass(frozen=True)
class Task:
    """All that the analysis of one outcome needs to know, and nothing about amounts.

    Attributes
    ----------
    entry : str
        Name of the analysis in the plan.
    analysis : Analysis
        The planned analysis.
    effect, better : str
        The contract's effect and direction, for the unit of the evidence.
    groups : tuple of str
        Groups that are estimated; ``("all",)`` without groups.
    questions : mapping of group to questions
        What the contract and the other rules ask of each number.
    required : mapping of diagnostic to limit
        Checks that the contract lets withhold the verdict.
    method_named : bool
        Whether the contract names the method, so that few treated places do not withhold.
    seed : int
        The plan's seed.
    pools : tuple of (name, groups)
        Pools that a clause may compare.
    how : str
        How groups are pooled.
    people : mapping of group to int
        People that the contract states; those served in the data otherwise.
    average : callable, optional
        Answers what a clause pays on average, for contracts that pay averages.
    floors : mapping of part of the people to Decimal
        The least effect that the contract asks for among them, in its units.
    bounds : mapping of group to LowerBound
        The bound that the contract itself compares, for groups where it compares one.
    elsewhere : mapping of group to questions
        Thresholds that clauses hold other numbers of the outcome against, and not this one.
    seeded : str
        What the seeds are drawn under: the outcome, with the design where several are combined.
    funnels : mapping of group to Funnel
        Everyone eligible, where the plan names the table.
    watched : tuple of Watched
        Outcomes that nobody is paid for, estimated by the same design.
    """

    entry: str
    analysis: Analysis
    effect: str
    better: str
    groups: tuple[str, ...]
    questions: Mapping[str, tuple[Question, ...]]
    required: Mapping[str, Decimal | None]
    method_named: bool
    seed: int
    pools: tuple[tuple[str, tuple[str, ...]], ...] = ()
    how: Pooling = "mean_of_effects"
    people: Mapping[str, int] = field(default_factory=dict)
    average: Average | None = None
    floors: Mapping[str, Decimal] = field(default_factory=dict)
    bounds: Mapping[str, LowerBound] = field(default_factory=dict)
    elsewhere: Mapping[str, frozenset[Question]] = field(default_factory=dict)
    seeded: str = ""
    funnels: Mapping[str, Funnel] = field(default_factory=dict)
    watched: tuple[Watched, ...] = ()


# --- from samples to estimates ----------------------------------------------------------------


def method_of(spec: EstimatorSpec, blind: BlindSample) -> Method:
    """The estimator as the report names it, with its concerns about the sample without outcomes."""
    found = registered(spec.name)
    return Method(
        spec.name,
        found.package,
        found.version,
        found.cls.card,
        spec.settings,
        concerns_of(spec, blind),
        None if spec.justification is None else spec.justification.text(),
    )


def estimate_with(
    spec: EstimatorSpec,
    sample: Sample,
    task: Task,
    group: str,
    step: str,
    *,
    scale: Scale | None = None,
    settings: Mapping[str, Any] | None = None,
) -> CounterfactualEstimate | Message:
    """The estimate on the planned scale or another, or the reason why these valid data have none.

    `settings` stand in the place of planned ones.

    Raises
    ------
    PluginError
        When the estimator returns something else or fails in a way that is not its place.
    """
    found = registered(spec.name)
    wanted = task.analysis.scale if scale is None else scale
    rng = step_rng(task.seed, task.seeded or task.analysis.outcome, group, step)
    try:
        built = estimator(spec.name, **{**spec.settings, **(settings or {})})
        result = built.estimate(sample, scale=wanted, rng=rng)
    except NotIdentified as none:
        return none.reason
    except ImpactEvalError:
        raise
    except (Exception, SystemExit) as error:  # an estimator may not end the run as if it were done
        raise PluginError(
            f"The estimator {spec.name!r} failed on outcome {task.analysis.outcome!r}, group "
            f"{group!r}: {type(error).__name__}: {error}.",
            package=found.package,
        ) from error
    if not isinstance(result, CounterfactualEstimate):
        raise PluginError(
            f"The estimator {spec.name!r} returned {type(result).__name__}, not an estimate.",
            package=found.package,
        )
    if result.estimator != spec.name:
        raise PluginError(
            f"The estimator {spec.name!r} signed its estimate as {result.estimator!r}.",
            package=found.package,
        )
    if result.scale != wanted:
        raise PluginError(
            f"The estimator {spec.name!r} was asked for scale {wanted} "
            f"and answered on {result.scale}.",
            package=found.package,
        )
    return result.renamed(task.analysis.outcome)


_FEW = Text(
    en=(
        "The programme was assigned to only {places:int} {places:plural:place|places}: the interval covers chance "
        "between people and not what else happened in these places, and the contract does not "
        "name the method."
    ),
    fr=(
        "Le programme n'a été attribué qu'à {places:int} {places:plural:lieu|lieux} : l'intervalle couvre le hasard "
        "entre les personnes et non ce qui s'est passé par ailleurs dans ces lieux, et le contrat "
        "ne nomme pas la méthode."
    ),
)
_FEW_MIXED = Text(
    en=(
        "The programme was assigned to only {places:int} {places:plural:place|places}, so chance is told from how other "
        "places moved and not from many that were served, and the contract does not name the method."
    ),
    fr=(
        "Le programme n'a été attribué qu'à {places:int} {places:plural:lieu|lieux} : le hasard se lit dans l'évolution "
        "d'autres lieux et non dans de nombreux lieux servis, et le contrat ne nomme pas la méthode."
    ),
)
_FEW_BEFORE = Text(
    en=(
        "The programme was assigned to only {places:int} {places:plural:place|places}, so chance is told from how the "
        "outcome moved before and not from many that were served, and the contract does not name the method."
    ),
    fr=(
        "Le programme n'a été attribué qu'à {places:int} {places:plural:lieu|lieux} : le hasard se lit dans l'évolution "
        "antérieure de l'indicateur et non dans de nombreux lieux servis, et le contrat ne nomme pas la méthode."
    ),
)
_FEW_BY_DESIGN: Mapping[str, Text] = {
    "synthetic_control": _FEW_MIXED,
    "interrupted_time_series": _FEW_BEFORE,
}


def few_places(task: Task, estimate: CounterfactualEstimate) -> Message | None:
    # A count that is compared with nothing claims no effect that a place could be mistaken for.
    counted = estimate.against == "nothing"
    if counted or estimate.treated_clusters >= FEW_TREATED or task.method_named:
        return None
    text = _FEW_BY_DESIGN.get(task.analysis.design, _FEW)
    return Message("evidence.few-places", text, {"places": estimate.treated_clusters})


def evidence_for(
    task: Task, group: str, found: CounterfactualEstimate | Message, blocked: Message | None
) -> Evidence:
    """The evidence on one number, whatever became of its estimate."""
    if isinstance(found, Message):
        return Evidence(task.analysis.outcome, group, (), blocked or found)
    return evidence_of(
        found,
        task.questions.get(group, ()),
        outcome=task.analysis.outcome,
        group=group,
        effect=task.effect,
        better=task.better,
        reason=blocked,
        uncertainty=few_places(task, found) or error_unknown(found),
        average=task.average,
    )


def alternative(
    other: Robustness,
    found: CounterfactualEstimate | Message,
    task: Task,
    group: str,
    blocked: Message | None,
    sample: Sample,
    treated: frozenset[object],
) -> Alternative:
    return Alternative(
        name=other.name,
        title=other.title.text(),
        method=method_of(other.estimator, sample.blind),
        estimate=None if isinstance(found, Message) else found,
        reason=found if isinstance(found, Message) else None,
        evidence=evidence_for(task, group, found, blocked),
        treated=treated,
    )
