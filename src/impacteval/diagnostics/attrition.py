"""Did the arms lose people at different rates?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.balance import NO_ARMS, NO_BLOCK
from impacteval.diagnostics.judged import (
    SEEN_ONCE,
    checked_limit,
    not_applicable,
    seen_once,
    status_of,
)
from impacteval.diagnostics.randomised import (
    Assignment,
    assignment_of,
    differences,
    normal_tail,
)
from impacteval.diagnostics.slopes import slope_within, slopes_within
from impacteval.diagnostics.who_was_lost import WhoWasLost, who_was_lost
from impacteval.errors import UsageError
from impacteval.estimates import Diagnostic, Parts
from impacteval.values import Design, Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import BlindMatrix, Sample

NAME = "attrition"

_LOST = Text(
    en="The outcome is missing for {overall:percent} of the sample: {treated:percent} of those "
    "served and {comparison:percent} of the others.",
    fr="Le résultat manque pour {overall:percent} de l'échantillon : {treated:percent} des "
    "personnes servies et {comparison:percent} des autres.",
)
_WHO = Text(
    en="Taken together, the {count:int} {count:plural:covariate|covariates} of those lost differ as "
    "much between the arms in {p:percent} of fair draws.",
    fr="Pris ensemble, {count:plural:la covariable des personnes perdues diffère|les covariables des "
    "personnes perdues diffèrent} autant entre les groupes dans {p:percent} des tirages équitables.",
)
_ADJUSTED = Text(
    en="Among people with the same profile the shares differ by {adjusted:percent} (p-value {p:number}). "
    "Whether the {count:int} {count:plural:covariate goes|covariates go} with loss in the same way in both "
    "groups: p-value {together:number}.",
    fr="À profil égal, les parts diffèrent de {adjusted:percent} (valeur p {p:number}). "
    "{count:plural:La covariable va-t-elle|Les {count:int} covariables vont-elles} de pair avec la perte de la "
    "même façon dans les deux groupes : valeur p {together:number}.",
)
_NOBODY = Text(
    en="The outcome was measured for everyone ({n:int} rows).",
    fr="Le résultat a été mesuré pour tout le monde ({n:int} lignes).",
)


def attrition(
    sample: Sample, *, limit: float | None = None, rng: Generator | None = None
) -> Diagnostic:
    """Difference between the arms in the share of outcomes that are missing.

    The statistic is the absolute difference of the two shares (0.03 is three points), strata
    weighted by size. People count once each, whatever their weight. In a trial of people drawn
    from one pool the test and the chances are exact (hypergeometric); with strata or clusters
    they are normal, under the very randomisation.

    Where nobody drew, as in a comparison with similar people, the groups may lose people at different
    rates because they are of different kinds. The test is then that of two shares, with errors robust
    to heteroskedasticity or clusters, and two more are made by profile: the difference that is left
    among people with the same covariates, and whether covariates go with loss alike in both groups.

    Parameters
    ----------
    sample : Sample
        A single-outcome sample; only whether the outcome was measured is read.
    limit : float, optional
        The largest difference that passes, as a share.
    rng : Generator, optional
        Not used: nothing is drawn.

    Returns
    -------
    Diagnostic
        Parts: ``arms`` (``arm, n, missing, share``) and ``test``
        (``difference, overall, p_value, method``); with covariates and somebody lost also ``who``
        (one row a covariate, see `who_was_lost`) and ``who_together`` (the joint test). Where nobody
        drew, ``adjusted`` too (``difference, std_error, p_value``).

    Raises
    ------
    UsageError
        When the sample holds several outcomes, or none.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"d": [0] * 4 + [1] * 4, "y": [1, 2, 3, 4, 5, 6, None, 8.0]})
    >>> sample = Sample.from_frame(
    ...     df, design="rct", outcome="y", treatment="d", missing_outcome="attrited"
    ... )
    >>> found = attrition(sample, limit=0.05)
    >>> found.statistic, found.status.value, round(found.chance_sound_fails, 3)
    (0.25, 'failed', 1.0)

    References
    ----------
    What Works Clearinghouse (2022), *Procedures and Standards Handbook*, version 5.0: overall
    and differential attrition.
    """
    limit = checked_limit(NAME, limit)
    if not hasattr(sample, "outcomes"):
        raise UsageError("Attrition is about outcomes, and this sample is blind to them.")
    read = assignment_of(sample)
    if read is None:
        return not_applicable(NAME, limit, NO_ARMS)
    if seen_once(sample):
        return not_applicable(NAME, limit, SEEN_ONCE)
    every, matrix = read
    lost = ~sample.matrix().measured
    people = Assignment(
        every.arm, every.block, every.block_labels, every.cluster, np.ones(len(lost))
    )
    found = differences(lost[:, None].astype(np.float64), people)
    if found is None:
        return not_applicable(NAME, limit, NO_BLOCK)
    difference, error = float(found.values[0]), math.sqrt(found.covariance[0, 0])
    randomised = sample.design == Design.RCT
    if not randomised:
        people = replace(people, cluster=_level(matrix))
    law = _exact(lost, people.arm, difference, limit) if randomised and people.simple else None
    who, adjusted = None, None
    if lost.any() and matrix.covariate_names:
        names = matrix.covariate_names
        who = who_was_lost(lost, matrix.X, names, people, drawn=randomised)
        adjusted = None if randomised else _among_alike(lost, matrix.X, people)
    expected, chance, p = law or _normal(difference, error, limit)
    if not randomised:
        p = _of_two_shares(lost, people)
    return Diagnostic(
        NAME,
        status_of(abs(difference), limit),
        abs(difference),
        limit,
        _explained(lost, people.arm, who, adjusted, randomised=randomised),
        expected if randomised else None,
        chance if randomised else None,
        _parts(
            lost, people.arm, difference, p, "hypergeometric" if law else "normal", who, adjusted
        ),
    )


def _level(matrix: BlindMatrix) -> NDArray[np.int64]:
    """Level at which being lost may go together, where nobody drew."""
    for codes in (matrix.assignment_cluster, matrix.cluster):
        if codes is not None:
            return codes.codes
    return matrix.unit.codes


def _of_two_shares(lost: NDArray[np.bool_], people: Assignment) -> float:
    """p-value of both groups losing the same share, within strata; 1 where nothing can be told."""
    fit = slope_within(
        lost.astype(np.float64), people.arm.astype(np.float64), people.block, people.cluster
    )
    return 1.0 if fit is None or not fit[1] > 0.0 else normal_tail(fit[0] / math.sqrt(fit[1]))


def _among_alike(
    lost: NDArray[np.bool_], x: NDArray[np.float64], people: Assignment
) -> tuple[float, float, float] | None:
    """Difference of the shares lost among people with the same covariates, its error and p-value."""
    fit = slopes_within(
        lost.astype(np.float64),
        np.column_stack([people.arm.astype(np.float64), x]),
        people.block,
        people.cluster,
    )
    if fit is None or not fit[1][0, 0] > 0.0:
        return None
    value, error = float(fit[0][0]), math.sqrt(fit[1][0, 0])
    return value, error, normal_tail(value / error)


def _exact(
    lost: NDArray[np.bool_], arm: NDArray[np.bool_], difference: float, limit: float | None
) -> tuple[float, float | None, float]:
    """Over all assignments of the same sizes: mean, chance above the limit, p-value."""
    n, missing, served = len(lost), int(lost.sum()), int(arm.sum())
    k = np.arange(max(0, missing - (n - served)), min(missing, served) + 1)
    weight = hypergeometric(k, n, missing, served)
    size = np.abs(k / served - (missing - k) / (n - served))
    tie = 1e-12  # a table as far apart as the limit, or as the one found, is no further
    chance = None if limit is None else float(weight[size > limit + tie].sum())
    p = float(weight[size >= abs(difference) - tie].sum())
    return float(weight @ size), chance, min(1.0, p)


def hypergeometric(k: NDArray[np.int64], n: int, missing: int, served: int) -> NDArray[np.float64]:
    """Chance of each count of missing outcomes among the served, over its whole support.

    Built from the ratios of neighbours, so that no factorial is formed; scipy.stats, which has
    the same law, takes most of a second to import.

    Parameters
    ----------
    k : array of int
        Every possible count, ascending.
    n, missing, served : int
        Everybody, those whose outcome is missing, those served.

    Examples
    --------
    Two of four lost, two served: both, one or none of the lost were served.

    >>> hypergeometric(np.arange(3), 4, 2, 2).round(6).tolist()
    [0.166667, 0.666667, 0.166667]
    """
    a = k[:-1].astype(np.float64)
    up = np.log(missing - a) + np.log(served - a)
    down = np.log(a + 1.0) + np.log(n - missing - served + a + 1.0)
    log = np.concatenate([[0.0], np.cumsum(up - down)])
    weight = np.exp(log - log.max())
    return np.asarray(weight / math.fsum(weight.tolist()))


def _normal(
    difference: float, error: float, limit: float | None
) -> tuple[float, float | None, float]:
    if error == 0.0:
        return 0.0, None if limit is None else 0.0, 1.0
    chance = None if limit is None else normal_tail(limit / error)
    return error * math.sqrt(2.0 / math.pi), chance, normal_tail(difference / error)


def _explained(
    lost: NDArray[np.bool_],
    arm: NDArray[np.bool_],
    who: WhoWasLost | None,
    adjusted: tuple[float, float, float] | None,
    *,
    randomised: bool,
) -> Message:
    if not lost.any():
        return Message("attrition.nobody", _NOBODY, {"n": len(lost)})
    values: dict[str, Any] = {
        "overall": float(lost.mean()),
        "treated": float(lost[arm].mean()),
        "comparison": float(lost[~arm].mean()),
    }
    if who is None or (adjusted is None and not randomised):
        return Message("attrition.lost", _LOST, values)
    values["count"] = len(who.table["covariate"])
    if adjusted is None:
        text = Text(en=f"{_LOST.en} {_WHO.en}", fr=f"{_LOST.fr} {_WHO.fr}")
        return Message("attrition.lost-who", text, {**values, "p": who.p_value})
    text = Text(en=f"{_LOST.en} {_ADJUSTED.en}", fr=f"{_LOST.fr} {_ADJUSTED.fr}")
    more = {"adjusted": abs(adjusted[0]), "p": adjusted[2], "together": who.p_value}
    return Message("attrition.lost-profile", text, {**values, **more})


def _parts(
    lost: NDArray[np.bool_],
    arm: NDArray[np.bool_],
    difference: float,
    p: float,
    method: str,
    who: WhoWasLost | None,
    adjusted: tuple[float, float, float] | None,
) -> Parts:
    sides = (arm, ~arm)
    told: dict[str, Mapping[str, Any]] = {}
    if who is not None:
        told = {
            "who": who.table,
            "who_together": {
                "statistic": [who.statistic],
                "df": [who.df],
                "p_value": [who.p_value],
            },
        }
    if adjusted is not None:
        columns = ("difference", "std_error", "p_value")
        told["adjusted"] = {name: [v] for name, v in zip(columns, adjusted, strict=True)}
    return Parts(
        {
            **told,
            "arms": {
                "arm": ["treated", "comparison"],
                "n": [int(side.sum()) for side in sides],
                "missing": [int(lost[side].sum()) for side in sides],
                "share": [float(lost[side].mean()) for side in sides],
            },
            "test": {
                "difference": [difference],
                "overall": [float(lost.mean())],
                "p_value": [p],
                "method": [method],
            },
        }
    )
