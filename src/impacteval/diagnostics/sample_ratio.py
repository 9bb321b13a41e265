"""Were as many assigned to the programme as the plan says?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.balance import NO_ARMS
from impacteval.diagnostics.judged import (
    SEEN_ONCE,
    checked_limit,
    not_applicable,
    seen_once,
    status_of,
)
from impacteval.diagnostics.randomised import Assignment, assignment_of, taken, unit_rows
from impacteval.errors import Problem, UsageError
from impacteval.estimates import Diagnostic, Parts
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import BlindMatrix, BlindSample, Sample

Floats = NDArray[np.float64]

NAME = "sample-ratio"
# Counts whose chances are equal but for rounding are as far from the plan as each other.
_TIE = 1.0 + 1e-7

_NO_SHARE = Message(
    "sample-ratio.no-share",
    Text(
        en="Nobody stated the share that was to be assigned to the programme.",
        fr="Personne n'a indiqué la part à affecter au programme.",
    ),
)
_FOUND = Text(
    en="Of {n:int} {what} drawn by lot, {share:percent} were assigned to the programme, where "
    "{planned:percent} were planned; chance alone departs as far in {p:percent} of draws.",
    fr="Sur {n:int} {what} tirées au sort, {share:percent} ont été affectées au programme, pour "
    "{planned:percent} prévues ; le seul hasard s'en écarte autant dans {p:percent} des tirages.",
)
_PEOPLE = Text(en="units", fr="unités")
_CLUSTERS = Text(en="clusters", fr="grappes")


def sample_ratio(
    sample: Sample | BlindSample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    share: float | Mapping[str, float] | None = None,
) -> Diagnostic:
    """Confidence that more than chance moved the arms away from their planned sizes.

    The statistic is 1 minus the p-value: 0.999 where chance alone departs as far in one draw of a
    thousand. In each stratum the number assigned to the programme is held against the planned share
    by an exact two-sided binomial test, of clusters where clusters were assigned; over several
    strata the smallest p-value counts, corrected for their number (Sidak 1967). A draw that fixes
    the sizes of the arms departs less than this test allows for, so a failure is then all the more
    telling.

    Parameters
    ----------
    sample : Sample or BlindSample
        A design with arms. Every unit (or cluster) counts once.
    limit : float, optional
        The largest statistic that passes, such as 0.999.
    rng : Generator, optional
        Not used: nothing is drawn.
    share : float or mapping of stratum to float, optional
        The planned share. Without it, the role `assignment_probability` says it.

    Returns
    -------
    Diagnostic
        Parts: ``strata`` (``stratum, n, assigned, share, planned, p_value``) and ``test``
        (``statistic, df, chi_squared, p_value``; the chi-squared is that of Pearson, for those who
        know it).

    Raises
    ------
    UsageError
        When a share is none, or strata are left without one.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"d": [1] * 9 + [0], "y": range(10)})
    >>> sample = Sample.from_frame(df, design="rct", outcome="y", treatment="d")
    >>> found = sample_ratio(sample, limit=0.95, share=0.5)
    >>> round(found.statistic, 6), found.status.value
    (0.978516, 'failed')

    References
    ----------
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments.
    *KDD 2019*. doi:10.1145/3292500.3330722
    """
    limit = checked_limit(NAME, limit)
    read = assignment_of(sample)
    if read is None:
        return not_applicable(NAME, limit, NO_ARMS)
    if seen_once(sample):
        return not_applicable(NAME, limit, SEEN_ONCE)
    rows = unit_rows(read[1])
    people = taken(read[0], rows)
    pieces = np.unique(people.cluster, return_index=True)[1]
    drawn = taken(people, pieces)
    planned = _planned(share, drawn, read[1], rows[pieces])
    if planned is None:
        return not_applicable(NAME, limit, _NO_SHARE)
    labels = drawn.block_labels
    n = np.bincount(drawn.block, minlength=len(labels))
    assigned = np.bincount(drawn.block, weights=drawn.arm, minlength=len(labels)).astype(np.int64)
    laws = [binomial_tails(int(m), float(q)) for m, q in zip(n, planned, strict=True)]
    p = np.array([law[1][k] for law, k in zip(laws, assigned, strict=True)])
    statistic = _sure(float(p.min()), len(p))
    expected, chance = _by_chance(laws, limit)
    chi = float(((assigned - n * planned) ** 2 / (n * planned * (1.0 - planned))).sum())
    clustered = len(pieces) < len(rows)
    return Diagnostic(
        NAME,
        status_of(statistic, limit),
        statistic,
        limit,
        Message(
            "sample-ratio.found",
            _FOUND,
            {
                "n": len(pieces),
                "what": _CLUSTERS if clustered else _PEOPLE,
                "share": float(assigned.sum() / n.sum()),
                "planned": float((n * planned).sum() / n.sum()),
                "p": 1.0 - statistic,
            },
        ),
        expected,
        chance,
        Parts(
            {
                "strata": {
                    "stratum": labels,
                    "n": n,
                    "assigned": assigned,
                    "share": assigned / n,
                    "planned": planned,
                    "p_value": p,
                },
                "test": {
                    "statistic": [statistic],
                    "df": [len(labels)],
                    "chi_squared": [chi],
                    "p_value": [1.0 - statistic],
                },
            }
        ),
    )


def _planned(
    share: float | Mapping[str, float] | None,
    drawn: Assignment,
    matrix: BlindMatrix,
    rows: NDArray[np.int64],
) -> Floats | None:
    """The planned share of each stratum; None where nobody states it."""
    labels = drawn.block_labels
    if share is None:
        if matrix.assignment_probability is None:
            return None
        each = matrix.assignment_probability[rows]
        found = np.bincount(drawn.block, weights=each) / np.bincount(drawn.block)
        if np.any(np.abs(each - found[drawn.block]) > 1e-9):
            raise UsageError(
                "The planned share differs within a stratum, so no count can be held against it."
            )
        return _shares(dict(zip(labels, found.tolist(), strict=True)), labels)
    if not isinstance(share, Mapping):
        return _shares(dict.fromkeys(labels, share), labels)
    named = {str(label): value for label, value in share.items()}
    if missing := [label for label in labels if label not in named]:
        raise UsageError(
            Problem(
                f"No planned share is stated for {', '.join(missing[:5])}.",
                "State one for each stratum, or a single number for all.",
            )
        )
    if stray := [label for label in named if label not in labels]:
        raise UsageError(
            Problem(
                f"A planned share is stated for {', '.join(stray[:5])}, which is no stratum.",
                f"Strata: {', '.join(labels[:10])}.",
            )
        )
    return _shares(named, labels)


def _shares(named: Mapping[str, object], labels: tuple[str, ...]) -> Floats:
    found = []
    for label in labels:
        value = named[label]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
            raise UsageError(f"A planned share lies between 0 and 1, and {value!r} does not.")
        found.append(float(value))
    return np.array(found)


def binomial_tails(n: int, share: float) -> tuple[Floats, Floats]:
    """Chance of each count, and how likely a count that is no likelier.

    The second is the p-value of the exact two-sided test, as scipy.stats.binomtest has it.

    Parameters
    ----------
    n : int
        How many were drawn.
    share : float
        Chance of each.

    Examples
    --------
    >>> chances, p = binomial_tails(4, 0.5)
    >>> chances.round(4).tolist(), p.round(4).tolist()
    ([0.0625, 0.25, 0.375, 0.25, 0.0625], [0.125, 0.625, 1.0, 0.625, 0.125])
    """
    k = np.arange(n)
    log = np.concatenate([[0.0], np.cumsum(np.log(n - k) - np.log(k + 1.0))])
    log += np.arange(n + 1) * math.log(share) + np.arange(n, -1, -1) * math.log1p(-share)
    chances = np.exp(log - log.max())
    chances /= math.fsum(chances.tolist())
    order = np.argsort(chances, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(chances[order])])
    place = np.searchsorted(chances[order], chances * _TIE, side="right")
    return chances, np.minimum(below[place], 1.0)


def _sure(p: float, strata: int) -> float:
    """1 minus the smallest p-value of so many, corrected for their number."""
    return 0.0 if p >= 1.0 else math.exp(strata * math.log1p(-p))


def _by_chance(
    laws: list[tuple[Floats, Floats]], limit: float | None
) -> tuple[float, float | None]:
    """Mean of the statistic of a fair draw, and its chance above the limit: exact.

    Strata are drawn apart, so no p-value below `t` in any is as likely as the product says.
    """
    atoms = np.unique(np.concatenate([p for _, p in laws]))
    beyond = np.ones(len(atoms))
    for chances, p in laws:
        order = np.argsort(p, kind="stable")
        held = np.concatenate([[0.0], np.cumsum(chances[order])])
        beyond *= 1.0 - np.minimum(held[np.searchsorted(p[order], atoms, side="right")], 1.0)
    mass = -np.diff(np.concatenate([[1.0], beyond]))
    values = np.array([_sure(float(t), len(laws)) for t in atoms])
    expected = float(mass @ values)
    return expected, None if limit is None else float(mass[values > limit].sum())
