"""The effect in each part of the people, with an honest price for looking at several.

Whatever estimator is planned is run again within each group. What the groups share, people or
clusters, is known from the labels of their influence values; everything joint is made of those.

References
----------
Wang, Lagakos, Ware, Hunter and Drazen (2007), Statistics in medicine: reporting of subgroup
analyses in clinical trials. *New England Journal of Medicine* 357. doi:10.1056/NEJMsr077003
Berger (1982), Multiparameter hypothesis testing and acceptance sampling. *Technometrics* 24(4).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import subgroups_words as words
from impacteval.diagnostics.small_groups import hidden_groups, sizes_of
from impacteval.errors import DataError, NotAnswerable, NotIdentified, UsageError
from impacteval.estimates import CounterfactualEstimate, Influence, LogRatioT, StudentT
from impacteval.inference import (
    EqualEffects,
    bonferroni,
    correlation_of,
    covariance_matrix,
    equal_effects,
    holm,
    level_for_each,
    max_t,
)
from impacteval.sample import Sample
from impacteval.values import LEAST_SHOWN, Message, Scale, Tail

Floats = NDArray[np.float64]
Multiplicity = Literal["max_t", "holm", "bonferroni"]
MULTIPLICITY: tuple[Multiplicity, ...] = ("max_t", "holm", "bonferroni")

Estimates = Callable[[Sample, Scale, str], "CounterfactualEstimate | Message"]
"""Estimate the effect in a sample on a scale, for the group of that name, or say why not."""


@dataclass(frozen=True, slots=True)
class FloorTest:
    """Is the effect at least the floor?

    Attributes
    ----------
    at : float
        The floor, on the estimate's scale.
    reached, reached_adjusted : float
        p-value of the hypothesis that the effect does not reach the floor, by itself and with the
        other groups.
    missed, missed_adjusted : float
        p-value of the hypothesis that it does.
    """

    at: float
    reached: float
    reached_adjusted: float
    missed: float
    missed_adjusted: float


@dataclass(frozen=True, slots=True, eq=False)
class GroupEffect:
    """One group that is shown.

    Attributes
    ----------
    label : str
        The group.
    sizes : tuple of int
        People in each arm, served first.
    estimate : CounterfactualEstimate or None
        The effect in the group alone.
    reason : Message or None
        Why there is none.
    p_value, adjusted : float or None
        Of no effect, two-sided: by itself and with the other groups. None where the method gives none.
    floor : FloorTest or None
        None where no floor was asked for, or the method cannot answer.
    """

    label: str
    sizes: tuple[int, ...]
    estimate: CounterfactualEstimate | None
    reason: Message | None = None
    p_value: float | None = None
    adjusted: float | None = None
    floor: FloorTest | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Subgroups:
    """Effects by group, and what they say together.

    Attributes
    ----------
    groups : tuple of GroupEffect
        Those that are shown, in order of their labels.
    hidden : int
        How many groups are too small to be shown, or would give a small one away.
    multiplicity : str
        How looking at several was allowed for: ``max_t``, ``holm`` or ``bonferroni``.
    level : float
        Chance that all intervals hold together.
    level_for_each : float
        Level at which the interval of each group is read for that.
    equal : EqualEffects or None
        The test that the effects are the same.
    reason : Message or None
        Why there is no such test.
    all_reach : float or None
        p-value of the hypothesis that some group does not reach its floor. All of them must, so
        it is the largest one, and looking at several costs nothing.
    notes : tuple of Message
        What the reader must know.
    """

    groups: tuple[GroupEffect, ...]
    hidden: int
    multiplicity: Multiplicity
    level: float
    level_for_each: float
    equal: EqualEffects | None
    reason: Message | None
    all_reach: float | None = None
    notes: tuple[Message, ...] = ()


def subgroups(
    sample: Sample,
    estimate: Estimates,
    *,
    scale: Scale,
    at: float | None = None,
    tail: Tail = Tail.GREATER,
    multiplicity: Multiplicity = "max_t",
    level: float = 0.95,
    least: int = LEAST_SHOWN,
) -> Subgroups:
    """Effects in the groups of the role ``subgroup``.

    Parameters
    ----------
    sample : Sample
        A single-outcome sample with the role ``subgroup``.
    estimate : callable
        ``estimate(part, scale, label)`` gives the estimate of one group, or a `Message` that says
        why there is none. It may raise `NotIdentified` instead.
    scale : Scale
        Of the effects. Totals depend on the sizes of the groups, so it is their differences for
        each person that are tested for being the same.
    at : float, optional
        A floor on that scale: is the effect of each group beyond it?
    tail : {"greater", "less"}
        On which side of the floor the effect should lie.
    multiplicity : {"max_t", "holm", "bonferroni"}
        How looking at several groups is allowed for.
    level : float
        Chance that all intervals hold together.
    least : int
        The fewest people in an arm about whom anything is shown; counted both as assigned and as
        measured.

    Returns
    -------
    Subgroups

    Raises
    ------
    UsageError
        Without the role ``subgroup``, or for settings that make no sense.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval import estimator
    >>> n = 48
    >>> frame = pd.DataFrame(
    ...     {
    ...         "d": [0, 1] * (n // 2),
    ...         "sex": ["f", "f", "m", "m"] * (n // 4),
    ...         "y": [float((7 * i) % 11 + (i % 4 == 3) * 5) for i in range(n)],
    ...     }
    ... )
    >>> sample = Sample.from_frame(frame, design="rct", outcome="y", treatment="d", subgroup="sex")
    >>> method = estimator("difference-in-means")
    >>> def by(part, scale, label):
    ...     return method.estimate(part, scale=scale, rng=np.random.default_rng(0))
    >>> found = subgroups(sample, by, scale=Scale.DIFFERENCE)
    >>> [(g.label, g.sizes, round(g.estimate.effect.value, 3)) for g in found.groups]
    [('f', (12, 12), 0.583), ('m', (12, 12), 5.583)]
    """
    _check(multiplicity, level, least)
    rows = sample.matrix()
    # Lots that are listed tie the groups together in ways that influence values do not know.
    listed = rows.assignment is not None and multiplicity == "max_t"
    if rows.subgroup is None:
        raise UsageError("The sample has no role subgroup: name the column of the groups.")
    codes = rows.subgroup
    sizes = sizes_of(rows, codes)
    small = small_parts(sample, least)
    found: dict[str, CounterfactualEstimate | Message] = {}
    each: dict[str, CounterfactualEstimate | Message] = {}
    notes: list[Message] = [words.NO_JOINT] if listed else []
    for k, label in enumerate(codes.labels.tolist()):
        name = str(label)
        if name not in sizes or name in small:
            continue
        try:
            part = sample.part(codes.codes == k)
        except DataError:
            found[name] = each[name] = words.UNFIT
            continue
        part, same = _varying(part)
        notes += [words.same_covariates(name, same)] if same else []
        found[name] = each[name] = _run(estimate, part, scale, name)
        if scale is Scale.TOTAL:
            each[name] = _run(estimate, part, Scale.DIFFERENCE, name)
    together = compared(
        found,
        sizes,
        hidden=len(small),
        at=None if at is None else dict.fromkeys(found, at),
        tail=tail,
        multiplicity="holm" if listed else multiplicity,
        level=level,
        for_each=each,
    )
    return replace(together, notes=(*notes, *together.notes))


def _varying(part: Sample) -> tuple[Sample, tuple[str, ...]]:
    """The sample without covariates that are the same for everyone in it, and their names.

    The covariate that makes the group is one of them: within the group it adjusts nothing, and
    estimators rightly refuse a covariate that is constant.
    """
    table = part.table
    same = (table.covariates == table.covariates[:1]).all(axis=0)
    if not same.any():
        return part, ()
    names = np.array(table.roles.covariates, dtype=object)
    roles = replace(table.roles, covariates=tuple(names[~same].tolist()))
    kept = replace(table, roles=roles, covariates=table.covariates[:, ~same])
    return replace(part, table=kept), tuple(names[same].tolist())


def small_parts(sample: Sample, least: int = LEAST_SHOWN) -> frozenset[str]:
    """Groups of the role ``subgroup`` that are hidden, by people assigned and by people measured."""
    rows = sample.matrix()
    assert rows.subgroup is not None, "asked where the role is there"
    assigned = sizes_of(rows, rows.subgroup)
    measured = sizes_of(rows, rows.subgroup, rows.measured)
    fewest = {g: (*size, *measured.get(g, (0,) * len(size))) for g, size in assigned.items()}
    return hidden_groups(fewest, least)


def compared(
    found: Mapping[str, CounterfactualEstimate | Message],
    sizes: Mapping[str, tuple[int, ...]],
    *,
    hidden: int = 0,
    at: Mapping[str, float] | None = None,
    tail: Tail = Tail.GREATER,
    multiplicity: Multiplicity = "max_t",
    level: float = 0.95,
    for_each: Mapping[str, CounterfactualEstimate | Message] | None = None,
) -> Subgroups:
    """Estimates of several groups, looked at together.

    Parameters
    ----------
    found : mapping of group to estimate or reason
        Groups may share people and clusters: the labels of their influence values say which.
    sizes : mapping of group to (people in each arm)
        Of the same groups.
    hidden : int
        How many more groups there are.
    at : mapping of group to float, optional
        The floors of the groups that have one, on the scale of the estimates.
    tail, multiplicity, level
        As for `subgroups`.
    for_each : mapping of group to estimate or reason, optional
        Estimates that are tested for being the same, where those of `found` add up.
    """
    notes: list[Message] = []
    tested = {g: e for g, e in found.items() if isinstance(e, CounterfactualEstimate)}
    plain = _p_values(tested, dict.fromkeys(tested, 0.0), Tail.TWO)
    family = [tested[g] for g in plain]
    correlation = _correlation(family)
    used = multiplicity
    if multiplicity == "max_t" and correlation is None:
        used = "holm"
        notes.append(words.NO_JOINT)
    adjusted = _adjusted(plain, correlation, used, "two")
    each = level
    if len(plain) > 1:
        each = 1.0 - (1.0 - level) / len(plain)
        if used == "max_t" and correlation is not None:
            each = level_for_each(level, correlation)
    floors = _floors(tested, at or {}, tail, used)
    notes += [words.no_floor(g) for g in at or {} if g in tested and g not in floors]
    equal, reason = _equal(found if for_each is None else for_each)
    every = at is not None and not hidden and set(floors) == set(found)
    return Subgroups(
        groups=tuple(
            GroupEffect(
                label=group,
                sizes=sizes[group],
                estimate=tested.get(group),
                reason=result if isinstance(result, Message) else None,
                p_value=plain.get(group),
                adjusted=adjusted.get(group),
                floor=floors.get(group),
            )
            for group, result in found.items()
        ),
        hidden=hidden,
        multiplicity=used,
        level=level,
        level_for_each=each,
        equal=equal,
        reason=reason,
        all_reach=max(f.reached for f in floors.values()) if every and floors else None,
        notes=tuple(notes),
    )


# --- how each is done -----------------------------------------------------------------------------


def _check(multiplicity: str, level: float, least: int) -> None:
    if multiplicity not in MULTIPLICITY:
        raise UsageError(
            f"multiplicity {multiplicity!r} is not known. Allowed: {', '.join(MULTIPLICITY)}."
        )
    if not 0.0 < level < 1.0:
        raise UsageError(f"level {level!r} must lie strictly between 0 and 1, such as 0.95.")
    if least < 1:
        raise UsageError(f"least {least!r} must be 1 or more people.")


def _run(
    estimate: Estimates, part: Sample, scale: Scale, label: str
) -> CounterfactualEstimate | Message:
    try:
        return estimate(part, scale, label)
    except NotIdentified as none:
        return none.reason


def _p_values(
    estimates: Mapping[str, CounterfactualEstimate], at: Mapping[str, float], tail: Tail
) -> dict[str, float]:
    """p-values of those that have one."""
    found: dict[str, float] = {}
    for group, null in at.items():
        try:
            found[group] = estimates[group].effect.p_value(null, tail)
        except NotAnswerable:
            continue
    return found


def _influences(estimates: list[CounterfactualEstimate]) -> list[Influence] | None:
    """Influence values of all of them, None unless all have some of one kind."""
    found = [e.influence for e in estimates if e.influence is not None]
    alike = len(found) == len(estimates) and len({i.level for i in found}) == 1
    return found if alike else None


def _correlation(estimates: list[CounterfactualEstimate]) -> Floats | None:
    influences = _influences(estimates)
    return None if influences is None else correlation_of(covariance_matrix(influences))


def _adjusted(
    p_values: Mapping[str, float],
    correlation: Floats | None,
    multiplicity: Multiplicity,
    sides: Literal["one", "two"],
) -> dict[str, float]:
    plain = np.array(list(p_values.values()))
    if len(plain) < 2:
        return dict(p_values)
    if multiplicity == "max_t" and correlation is not None:
        found = max_t(plain, correlation, sides)
    else:
        found = bonferroni(plain) if multiplicity == "bonferroni" else holm(plain)
    return dict(zip(p_values, found.tolist(), strict=True))


def _floors(
    estimates: Mapping[str, CounterfactualEstimate],
    at: Mapping[str, float],
    tail: Tail,
    multiplicity: Multiplicity,
) -> dict[str, FloorTest]:
    asked = {g: null for g, null in at.items() if g in estimates}
    other = Tail.LESS if tail is Tail.GREATER else Tail.GREATER
    reached = _p_values(estimates, asked, tail)
    missed = _p_values(estimates, {g: asked[g] for g in reached}, other)
    correlation = _correlation([estimates[g] for g in reached]) if reached else None
    both = [_adjusted(p, correlation, multiplicity, "one") for p in (reached, missed)]
    return {g: FloorTest(asked[g], reached[g], both[0][g], missed[g], both[1][g]) for g in reached}


def _equal(
    found: Mapping[str, CounterfactualEstimate | Message],
) -> tuple[EqualEffects | None, Message | None]:
    """The test that the effects are the same, or why there is none."""
    estimates = [e for e in found.values() if isinstance(e, CounterfactualEstimate)]
    if len(estimates) < 2:
        return None, words.ALONE
    influences = _influences(estimates)
    if influences is None:
        return None, words.NO_INFLUENCE
    values, factors, degrees = np.array([_additive(e) for e in estimates]).T
    covariance = covariance_matrix(influences) * np.outer(factors, factors)
    test = equal_effects(values, covariance, degrees)
    return (None, words.TOO_FEW) if test is None else (test, None)


def _additive(estimate: CounterfactualEstimate) -> tuple[float, float, float]:
    """An effect where its error is symmetric, what influence is multiplied by there, and its df."""
    effect = estimate.effect
    match effect.distribution:
        case StudentT(df=df) | LogRatioT(df=df):
            pass
        case _:
            df = math.inf
    if estimate.scale is Scale.RELATIVE:
        return math.log1p(effect.value), 1.0 / (1.0 + effect.value), df
    return effect.value, 1.0, df
