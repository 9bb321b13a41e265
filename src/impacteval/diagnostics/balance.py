"""Were the arms alike before the programme?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.chance import largest_by_chance
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.randomised import (
    Assignment,
    Differences,
    assignment_of,
    baseline_of,
    differences,
    normal_tail,
    omnibus,
    taken,
    unit_rows,
)
from impacteval.diagnostics.reruns import NO_STARTS
from impacteval.estimates import Diagnostic, Parts
from impacteval.values import Design, Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.diagnostics.planned import Planned
    from impacteval.sample import BlindMatrix, BlindSample, Sample

Floats = NDArray[np.float64]

NAME = "balance"

_NO_COVARIATES = Message(
    "balance.no-covariates",
    Text(
        en="The sample names no covariates, so there is nothing to compare before the programme.",
        fr="L'échantillon ne nomme aucune covariable : il n'y a rien à comparer avant le programme.",
    ),
)
NO_ARMS = Message(
    "diagnostics.no-arms",
    Text(
        en="The design has no arms to compare.",
        fr="Le dispositif n'a pas de groupes à comparer.",
    ),
)
NO_BLOCK = Message(
    "diagnostics.no-block",
    Text(
        en="No stratum holds people of both arms, so there is nothing to compare.",
        fr="Aucune strate ne contient des personnes des deux groupes : il n'y a rien à comparer.",
    ),
)
_RANDOMISED = Text(
    en="The largest difference between the arms before the programme is {largest:number} "
    "standard deviations ({covariate:text}); chance alone gives {expected:number} on average. "
    "Taken together, the {count:int} covariates differ as much in {p:percent} of fair draws.",
    fr="Le plus grand écart entre les groupes avant le programme est de {largest:number} "
    "écart-type ({covariate:text}) ; le seul hasard en donne {expected:number} en moyenne. "
    "Pris ensemble, les {count:int} covariables diffèrent autant dans {p:percent} des tirages "
    "équitables.",
)
_CHOSEN = Text(
    en="The largest difference between the arms before the programme is {largest:number} "
    "standard deviations ({covariate:text}), over {count:int} covariates.",
    fr="Le plus grand écart entre les groupes avant le programme est de {largest:number} "
    "écart-type ({covariate:text}), sur {count:int} covariables.",
)
_AFTER = Text(
    en="After matching or weighting, the largest difference between the groups is {largest:number} "
    "standard deviations ({covariate:text}), over {count:int} covariates; before, it was "
    "{before:number}.",
    fr="Après appariement ou pondération, le plus grand écart entre les groupes est de "
    "{largest:number} écart-type ({covariate:text}), sur {count:int} covariables ; avant, il était de "
    "{before:number}.",
)


def balance(
    sample: Sample | BlindSample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
) -> Diagnostic:
    """Standardised differences of the covariates between the arms, outcomes unseen.

    The statistic is the largest absolute standardised difference: the difference of the arms'
    means (strata weighted by size, weights respected) over the square root of the mean of the
    two arms' variances. In a trial, `expected` and `chance_sound_fails` say what a fair draw
    gives, from the joint normal distribution of the differences under the very randomisation
    (strata and clusters included); in other designs nothing was drawn and they are None. Where the
    planned estimate matched or weighted people of design ``matched``, the statistic is the largest
    difference that was left after it, on the divisor of its own table.

    Parameters
    ----------
    sample : Sample or BlindSample
        Panels are read at each unit's first period; roll-outs (design ``did``) at the last period
        before anybody was served, those served by the end against those never served.
    limit : float, optional
        The largest statistic that passes, in standard deviations.
    rng : Generator, optional
        For the 20,000 draws behind `expected` and `chance_sound_fails` where there are several
        covariates (Monte Carlo error below 0.004). Without it, a fixed seed.

    Returns
    -------
    Diagnostic
        Parts: ``covariates`` (one row each), ``omnibus`` (the joint test of Hansen and Bowers),
        ``blocks`` where there are strata or pairs, ``after`` (the estimate's own table) where people
        were matched or weighted.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame(
    ...     {"d": [0, 0, 0, 1, 1, 1], "age": [30, 40, 50, 36, 46, 56], "y": [1, 2, 3, 4, 5, 6]}
    ... )
    >>> sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d", covariates="age")
    >>> found = balance(sample, limit=0.5)
    >>> round(found.statistic, 3), found.status.value
    (0.6, 'failed')

    References
    ----------
    Imbens and Rubin (2015), *Causal Inference*, chapter 14. Hansen and Bowers (2008),
    doi:10.1214/08-STS254.
    """
    limit = checked_limit(NAME, limit)
    read: tuple[Assignment, BlindMatrix, NDArray[np.int64]] | None
    if sample.design == Design.DID:
        read = baseline_of(sample)
        none = NO_STARTS
    else:
        found_arms = assignment_of(sample)
        read = None if found_arms is None else (*found_arms, unit_rows(found_arms[1]))
        none = NO_ARMS
    if read is None:
        return not_applicable(NAME, limit, none)
    every, matrix, rows = read
    if not matrix.covariate_names:
        return not_applicable(NAME, limit, _NO_COVARIATES)
    assignment, x = taken(every, rows), matrix.X[rows]
    found = differences(x, assignment)
    if found is None:
        return not_applicable(NAME, limit, NO_BLOCK)
    spread, ratio = _spreads(x, assignment)
    standardised = _over(found.values, spread)
    statistic = float(np.max(np.abs(standardised)))
    expected = chance = None
    if sample.design == Design.RCT:
        inverse = _over(np.ones_like(spread), spread)
        covariance = found.covariance * np.outer(inverse, inverse)
        expected, chance = largest_by_chance(covariance, limit, rng)
    test = omnibus(found)
    explained = _explained(standardised, matrix.covariate_names, expected, test[2])
    parts = _parts(x, assignment, found, standardised, ratio, matrix.covariate_names, test)
    after = _left_by(planned) if sample.design == Design.MATCHED else None
    if after is not None:
        left = np.abs(np.asarray(after["difference_after"], dtype=np.float64))
        worst = int(np.nanargmax(left))
        statistic = float(left[worst])
        values = {
            "largest": statistic,
            "covariate": after["covariate"][worst],
            "count": len(left),
            "before": float(np.nanmax(np.abs(np.asarray(after["difference_before"], float)))),
        }
        explained = Message("balance.after", _AFTER, values)
        parts = Parts({**parts.plain(), "after": after})
    return Diagnostic(
        NAME, status_of(statistic, limit), statistic, limit, explained, expected, chance, parts
    )


def _left_by(planned: Planned | None) -> dict[str, list[Any]] | None:
    """The table of the planned estimate that says how alike people are after it, if it has one."""
    if planned is None or isinstance(planned.estimate, Message):
        return None
    if NAME not in planned.estimate.parts:
        return None
    table = planned.estimate.parts.columns(NAME)
    known = [v for v in table.get("difference_after", ()) if np.isfinite(v)]
    return {name: list(column) for name, column in table.items()} if known else None


def _spreads(x: Floats, assignment: Assignment) -> tuple[Floats, list[float | None]]:
    """The standardising spread of each column, and the variance ratio (None over 0)."""
    served, other = (
        _variance(x[side], assignment.mass[side]) for side in (assignment.arm, ~assignment.arm)
    )
    spread = np.sqrt((served + other) / 2.0)
    # Constant inside each arm: the whole sample's spread keeps the difference finite.
    whole = np.sqrt(_variance(x, assignment.mass))
    ratio = [float(s / o) if o > 0.0 else None for s, o in zip(served, other, strict=True)]
    return np.where(spread > 0.0, spread, whole), ratio


def _variance(x: Floats, mass: Floats) -> Floats:
    """Weighted variance with the divisor of the unweighted one: n - 1."""
    n = len(x)
    if n < 2:
        return np.zeros(x.shape[1])
    share = (mass / mass.sum())[:, None]
    about = x - (share * x).sum(axis=0)
    found: Floats = (share * about**2).sum(axis=0) * (n / (n - 1.0))
    return found


def _over(values: Floats, spread: Floats) -> Floats:
    return np.divide(values, spread, out=np.zeros_like(values), where=spread > 0.0)


def _explained(
    standardised: Floats, names: tuple[str, ...], expected: float | None, p: float
) -> Message:
    worst = int(np.argmax(np.abs(standardised)))
    values = {
        "largest": float(abs(standardised[worst])),
        "covariate": names[worst],
        "count": len(names),
    }
    if expected is None:
        return Message("balance.chosen", _CHOSEN, values)
    return Message("balance.randomised", _RANDOMISED, {**values, "expected": expected, "p": p})


def _parts(
    x: Floats,
    assignment: Assignment,
    found: Differences,
    standardised: Floats,
    ratio: list[float | None],
    names: tuple[str, ...],
    test: tuple[float, int, float],
) -> Parts:
    errors = np.sqrt(np.diag(found.covariance))
    served, other = (
        np.average(x[side], axis=0, weights=assignment.mass[side])
        for side in (assignment.arm, ~assignment.arm)
    )
    tables: dict[str, dict[str, Any]] = {
        "covariates": {
            "covariate": names,
            "mean_treated": served,
            "mean_comparison": other,
            "sd_treated": np.sqrt(_variance(x[assignment.arm], assignment.mass[assignment.arm])),
            "sd_comparison": np.sqrt(
                _variance(x[~assignment.arm], assignment.mass[~assignment.arm])
            ),
            "difference": found.values,
            "std_error": errors,
            "p_value": [
                normal_tail(d / e) if e > 0.0 else 1.0
                for d, e in zip(found.values, errors, strict=True)
            ],
            "std_difference": standardised,
            "variance_ratio": ratio,
        },
        "omnibus": {"statistic": [test[0]], "df": [test[1]], "p_value": [test[2]]},
    }
    if len(assignment.block_labels) > 1:
        counts = np.bincount(assignment.block, minlength=len(assignment.block_labels))
        treated = np.bincount(
            assignment.block, weights=assignment.arm, minlength=len(assignment.block_labels)
        )
        tables["blocks"] = {
            "block": assignment.block_labels,
            "n": counts,
            "n_treated": treated.astype(np.int64),
            "compared": found.used,
        }
    return Parts(tables)
