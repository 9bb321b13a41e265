"""From two means with joint influence to the estimate that a report prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    Parts,
    Period,
    StudentT,
)
from impacteval.estimators.matched import messages
from impacteval.estimators.matched.balance import balance_table
from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.randomised import messages as trials
from impacteval.estimators.randomised import wording
from impacteval.estimators.randomised.effect import ROUNDING, means_influence
from impacteval.inference import ArmMeans, Spread, comparison_spread, on_scale
from impacteval.values import Message, Scale

Floats = NDArray[np.float64]


def build(
    *,
    estimator: str,
    settings: Mapping[str, Any],
    comparison: Comparison,
    arms: ArmMeans,
    weight: Floats,
    scale: Scale,
    target: Message,
    label: str,
    sentences: Sequence[Message],
    served_size: float | None = None,
    spread: Callable[[], Spread] | None = None,
    balance_by: str = "served",
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    notes: tuple[Message, ...] = (),
    certificate: Mapping[str, Any] | None = None,
) -> CounterfactualEstimate:
    """The estimate on a scale.

    Parameters
    ----------
    estimator, settings
        As in the plan.
    comparison : Comparison
        The people and their outcomes.
    arms : ArmMeans
        Mean without the programme, then with it, of one target population; joint influence under
        `People.labels` (see `People.gathered`), so that it reproduces the standard errors.
    weight : array, shape (n,)
        What each row counts for in its group's comparison, before outcomes (`People.counts`
        included, exposure not); zero for those left out.
    scale : Scale
    target : Message
        Whom the effect is about.
    label : str
        Short name of the standard error, which goes with every interval.
    sentences : sequence of Message
        How the means and their errors were formed, and which law the interval has.
    served_size : float, optional
        Size of the served that the effect is about, for totals; without it they are refused.
    spread : callable, optional
        Standard deviation of the comparison group with its influence under `People.labels`, where
        weights were estimated; without it, weights are taken as they are.
    balance_by : {"served", "pooled"}
        See `balance_table`.
    tables : mapping, optional
        Further tables. ``weights``, ``arms``, ``balance`` and ``clusters`` are made here.
    notes : tuple of Message
    certificate : mapping, optional
        Proof of the fit, where a solver ran.

    Raises
    ------
    NotIdentified
        When the outcome does not vary, or the scale does not exist for these means.
    """
    people, y = comparison.people, comparison.y
    counterfactual, observed = (float(m) for m in arms.means)
    size = max(float(np.abs(y).max()), abs(observed), abs(counterfactual))
    psi = arms.influence[1] - arms.influence[0]
    if not float(np.sqrt((psi**2).sum())) > ROUNDING * size:
        raise NotIdentified(trials.no_variation())
    if scale is Scale.RELATIVE and not (observed > 0 and counterfactual > 0):
        raise NotIdentified(trials.relative_not_positive(observed, counterfactual))
    if scale is Scale.TOTAL and served_size is None:
        raise NotIdentified(messages.total_of_served())
    used = (weight > 0.0) & comparison.measured
    sd = _spread(comparison, weight, spread) if scale is Scale.STANDARDISED else None
    served = 1.0 if served_size is None else served_size
    plain = on_scale(arms, Scale.DIFFERENCE)
    found = on_scale(arms, scale, served=served, spread=sd)
    df = float(found.df)
    distribution: StudentT | LogRatioT
    if found.log_ratio is not None and found.log_std_error is not None:
        distribution = LogRatioT(float(found.log_ratio), float(found.log_std_error), df, label)
    else:
        distribution = StudentT(float(found.value), float(found.std_error), df, label)
    band = StudentT(float(plain.value), float(plain.std_error), float(plain.df)).interval(0.95)
    rate = people.exposure is not None
    said = [
        *sentences,
        wording.weights(people.weight_kind, rate=rate),
        wording.on_scale(
            scale,
            rate=rate,
            served=served,
            spread=None if sd is None else float(sd.value),
        ),
    ]
    n_treated = _count(people, used & people.served)
    return CounterfactualEstimate(
        estimator=estimator,
        outcome=comparison.outcome,
        scale=scale,
        design=people.design,
        target=target,
        effect=Effect(distribution.centre, distribution, float(found.std_error)),
        observed=observed,
        counterfactual=counterfactual,
        periods=(
            Period(
                comparison.period,
                observed,
                counterfactual,
                low=observed - band.high,
                high=observed - band.low,
                n=n_treated,
            ),
        ),
        n_treated=n_treated,
        n_comparison=_count(people, used & ~people.served),
        treated_clusters=people.treated_clusters,
        influence=Influence(
            people.labels,
            found.influence,
            "unit" if people.cluster is None else "cluster",
            means_influence(arms),
        ),
        parts=Parts(
            {
                "arms": _arms_table(comparison, arms, weight),
                "weights": weights_table(people, np.where(comparison.measured, weight, 0.0)),
                "balance": balance_table(people, weight, by=balance_by),
                **(tables or {}),
            }
        ),
        notes=(*comparison.notes, *notes),
        method=trials.joined(f"method.{estimator}", [s for s in said if s is not None]),
        settings=settings,
        certificate=certificate,
    )


def weights_table(people: People, weight: Floats) -> dict[str, list[Any]]:
    """``unit, served, weight`` of every row that counts; weights of a group sum to one."""
    inside = np.flatnonzero(weight > 0.0)
    share = np.empty(len(inside))
    served = people.served[inside]
    for group in (True, False):
        share[served == group] = weight[inside][served == group] / max(
            float(weight[inside][served == group].sum()), 1e-300
        )
    return {
        "unit": people.unit[inside].tolist(),
        "served": served.tolist(),
        "weight": share.tolist(),
    }


def _count(people: People, rows: NDArray[np.bool_]) -> int:
    return round(float(people.copies[rows].sum()))


def _spread(comparison: Comparison, weight: Floats, given: Callable[[], Spread] | None) -> Spread:
    """Standard deviation of outcomes in the comparison group as weighted, with its influence."""
    people = comparison.people
    inside = ~people.served & comparison.measured & (weight > 0.0)
    if float(people.copies[inside].sum()) < 2.0:
        raise NotIdentified(trials.no_spread())
    exposure = np.ones(people.n) if people.exposure is None else people.exposure
    # Copies are counted by `comparison_spread` itself.
    own = np.where(inside, weight / people.copies * exposure, 0.0)
    if given is None:
        rows = comparison_spread(
            comparison.y, inside.astype(np.float64), weight=own, copies=people.copies
        )
        found = Spread(rows.value, people.gathered(rows.influence))
    else:
        found = given()
    size = float(np.abs(comparison.y[inside]).max())
    if not float(found.value) > ROUNDING * size:
        raise NotIdentified(trials.no_spread())
    return found


def _arms_table(comparison: Comparison, arms: ArmMeans, weight: Floats) -> dict[str, Any]:
    """Both groups as they are, and the two means that are compared."""
    people, y = comparison.people, comparison.y
    errors = np.sqrt((arms.influence**2).sum(axis=-1))
    groups = (
        ("programme", people.served & comparison.measured, 1),
        ("comparison", ~people.served & comparison.measured, 0),
    )
    rows: dict[str, list[Any]] = {
        name: [] for name in ("arm", "n", "used", "effective", "mean", "adjusted_mean", "std_error")
    }
    for name, inside, arm in groups:
        own = (people.own * people.copies)[inside]
        held = weight[inside]
        rows["arm"].append(name)
        rows["n"].append(_count(people, inside))
        rows["used"].append(_count(people, inside & (weight > 0.0)))
        # Kish: how many equally weighted people would tell as much.
        rows["effective"].append(float(held.sum() ** 2 / (held**2 / people.copies[inside]).sum()))
        rows["mean"].append(float(own @ y[inside] / own.sum()))
        rows["adjusted_mean"].append(float(arms.means[arm]))
        rows["std_error"].append(float(errors[arm]))
    if people.exposure is not None:
        for name in ("events", "exposure"):
            rows[name] = []
        for _, inside, _ in groups:
            e = (people.counts * people.exposure)[inside]
            rows["events"].append(float(e @ y[inside]))
            rows["exposure"].append(float(e.sum()))
    return rows
