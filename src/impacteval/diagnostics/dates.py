"""Was there an effect before there was a service? Dates that are pretended, and anticipation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.diagnostics.reruns import NO_STARTS, average, rerun, table_of, together
from impacteval.errors import Problem, UsageError
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts, Rerun
from impacteval.sample import first_served, with_starts
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Codes, Sample

Ints = NDArray[np.int64]

PLACEBO_DATES, ANTICIPATION = "placebo-dates", "anticipation"
MOST_EARLIER = 3
"""So many pretended dates, one period apart, where a plan names none."""

TOO_FEW = Message(
    "dates.too-few",
    Text(
        en="No unit was measured in enough periods before its service began.",
        fr="Aucune unité n'a été mesurée pendant assez de périodes avant le début de son service.",
    ),
)
_PLACEBO = Text(
    en="Pretending that the service began earlier, on data from before it began, the largest effect "
    "found is {largest:number} ({k:int} {k:plural:period|periods} early), where there can be none.",
    fr="En supposant un démarrage antérieur, sur les données d'avant le service, le plus grand effet "
    "trouvé est de {largest:number} ({k:int} {k:plural:période|périodes} trop tôt), là où il ne peut "
    "y en avoir.",
)
_ANTICIPATION = Text(
    en="In the last {k:int} {k:plural:period|periods} before the service began, its effect already "
    "seems to be {largest:number}.",
    fr="Pendant {k:plural:la dernière période|les {k:int} dernières périodes} avant le début du "
    "service, son effet semble déjà être de {largest:number}.",
)
_CHANCE = Text(
    en=" Chance alone gives as much in {p:percent} of sound studies; up to {reach:number} cannot be "
    "excluded, so that finding little is no proof that there was nothing.",
    fr=" Le seul hasard en donne autant dans {p:percent} des études saines ; jusqu'à {reach:number} "
    "ne peut être exclu : trouver peu ne prouve pas qu'il n'y avait rien.",
)


def placebo_dates(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    earlier: int | Sequence[int] | None = None,
) -> Diagnostic:
    """The effect of a service that had not begun: the planned estimator under earlier dates.

    For each number of periods k, every unit that is served is said to have begun k periods before
    it did, and all that was measured from its true start on is left out. What the planned
    estimator then finds is no effect of the service. The statistic is the largest of these effects,
    whatever its sign, on the planned scale (where totals are planned, the average effect on a unit
    and period). Its `expected` value and `chance_sound_fails` come from the joint normal
    distribution of the effects, by their influence.

    That it passes is never a licence: few periods and much noise let large violations pass, and a
    study that is only used when it passes is biased by that choice. The message says how large an
    effect could have gone unseen.

    Parameters
    ----------
    sample : Sample
        A roll-out.
    limit : float, optional
        The largest effect that passes, raw, on the planned scale.
    rng : Generator, optional
        For the 20,000 draws behind `expected` and `chance_sound_fails`.
    planned : Planned
        The planned estimate.
    earlier : int or sequence of int, optional
        How many periods earlier; 1, 2 and 3 by default, as far as the data reach.

    Returns
    -------
    Diagnostic
        Parts: ``dates`` (``earlier, effect, std_error, low, high, p_value, n_treated, reason``).

    Raises
    ------
    UsageError
        When `earlier` is not made of whole numbers from 1, or `planned` is missing.

    Examples
    --------
    See ``tests/unit/diagnostics/test_dates.py``.

    References
    ----------
    Roth (2022), Pretest with caution. *American Economic Review: Insights* 4(3).
    doi:10.1257/aeri.20210236
    """
    limit, known = checked_limit(PLACEBO_DATES, limit), needed(PLACEBO_DATES, planned)
    chosen = None if earlier is None else _whole(PLACEBO_DATES, "earlier", earlier)
    return _before(PLACEBO_DATES, sample, known, chosen, limit, rng)


def anticipation(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    periods: int = 1,
) -> Diagnostic:
    """Whether those who knew of the service changed before it began.

    The statistic is the size of the effect in the last `periods` before the service, which is that
    of a service which had begun so many periods earlier, on the planned scale (for totals, the
    average). Beside it the planned estimate is formed again with 1, 2, ... periods (one more than
    `periods`) of anticipation: by the estimator's own setting ``anticipation`` where it has one,
    else with these rows left out, so that the comparison starts from before them.

    Parameters
    ----------
    sample : Sample
        A roll-out.
    limit : float, optional
        The largest effect that passes, raw, on the planned scale.
    rng : Generator, optional
        Not used: nothing is drawn for one effect.
    planned : Planned
        The planned estimate.
    periods : int
        The last so many periods before the service.

    Returns
    -------
    Diagnostic
        Parts: ``dates`` as in `placebo_dates`, and ``anticipation`` (the same columns, by
        ``periods`` of anticipation that are allowed for). Its `reruns` are the latter.

    Raises
    ------
    UsageError
        When `periods` is no whole number from 1, or `planned` is missing.

    Examples
    --------
    See ``tests/unit/diagnostics/test_dates.py``.
    """
    limit, known = checked_limit(ANTICIPATION, limit), needed(ANTICIPATION, planned)
    (last,) = _whole(ANTICIPATION, "periods", periods)
    found = _before(ANTICIPATION, sample, known, (last,), limit, rng)
    if isinstance(known.estimate, Message) or (start := first_served(sample.matrix())) is None:
        return found
    allowed = range(1, last + 2)
    results = [_allowing(sample, start, known, k) for k in allowed]
    parts = {
        "anticipation": table_of("periods", [0, *allowed], [known.estimate, *results]),
        **({"dates": found.parts.columns("dates")} if "dates" in found.parts else {}),
    }
    reruns = tuple(
        Rerun(str(k), _title(k), result) for k, result in zip(allowed, results, strict=True)
    )
    return replace(found, parts=Parts(parts), reruns=reruns)


def _title(k: int) -> Text:
    return Text(
        en=f"With {k} period{'s' if k > 1 else ''} of anticipation allowed for",
        fr=f"En admettant une anticipation de {k} période{'s' if k > 1 else ''}",
    )


def _whole(name: str, setting: str, value: int | Sequence[int]) -> tuple[int, ...]:
    given = tuple(value) if isinstance(value, Sequence) else (value,)
    if not given or any(isinstance(k, bool) or not isinstance(k, int) or k < 1 for k in given):
        raise UsageError(
            Problem(
                f"The setting `{setting}` of diagnostic {name!r} cannot be {value!r}.",
                "Write whole numbers of periods, from 1.",
            )
        )
    return tuple(sorted(set(given)))


def _before(
    name: str,
    sample: Sample,
    planned: Planned,
    earlier: tuple[int, ...] | None,
    limit: float | None,
    rng: Generator | None,
) -> Diagnostic:
    """The largest effect under pretended dates."""
    if isinstance(planned.estimate, Message):
        return not_applicable(name, limit, planned.estimate)
    start = first_served(sample.matrix())
    if start is None:
        return not_applicable(name, limit, NO_STARTS)
    tries = earlier or range(1, MOST_EARLIER + 1)
    found = {k: _under_earlier_dates(name, sample, start, planned, k) for k in tries}
    if earlier is None:  # as far as the data reach, and the nearest one to say why they do not
        found = {k: r for k, r in found.items() if r is not TOO_FEW} or {1: TOO_FEW}
    done = {k: r for k, r in found.items() if not isinstance(r, Message)}
    if not done:
        return not_applicable(
            name, limit, next(m for m in found.values() if isinstance(m, Message))
        )
    times, results = tuple(done), tuple(done.values())
    joint = together([r.effect for r in results], [r.influence for r in results], limit, rng)
    several = name == PLACEBO_DATES
    values: dict[str, float | int] = {
        "largest": joint.largest if several else results[joint.place].effect.value,
        "k": times[joint.place],
    }
    key, text = f"{name}.found", _PLACEBO if several else _ANTICIPATION
    if joint.p is not None and joint.reach is not None:
        key, text = f"{key}-chance", Text(en=text.en + _CHANCE.en, fr=text.fr + _CHANCE.fr)
        values |= {"p": joint.p, "reach": joint.reach}
    return Diagnostic(
        name,
        status_of(joint.largest, limit),
        joint.largest,
        limit,
        Message(key, text, values),
        joint.expected,
        joint.chance,
        Parts({"dates": table_of("earlier", tuple(found), tuple(found.values()))}),
    )


def _under_earlier_dates(
    name: str, sample: Sample, start: Ints, planned: Planned, k: int
) -> CounterfactualEstimate | Message:
    """What the planned estimator finds when the service is said to have begun k periods earlier."""
    assert planned.scale is not None
    period = _periods(sample)
    ever = start < len(period.labels)
    used = ever & (start > k)  # under the earlier date too there is a period from before
    if not used.any():
        return TOO_FEW
    # Once the last of the served have begun nobody is left to compare the others with.
    last = int(start[used].max())
    rows = (period.codes < start) & (used | (~ever & (period.codes < last)))
    moved = np.where(ever, start - k, start)
    return rerun(
        planned,
        lambda: with_starts(sample, moved, rows),
        f"{name} {k}",
        scale=average(planned.scale),
        # Periods that the planned effect is about are gone, and any other would be another question.
        settings={"window": None} if planned.settings.get("window") is not None else None,
    )


def _allowing(
    sample: Sample, start: Ints, planned: Planned, k: int
) -> CounterfactualEstimate | Message:
    """The planned estimate with k (more) periods of anticipation allowed for."""
    own, period = planned.settings.get("anticipation"), _periods(sample)
    if isinstance(own, int | float) and not isinstance(own, bool):
        # Whole numbers count periods; others count time in the unit of the periods' labels.
        more = own + k if isinstance(own, int) else own + k * _apart(period)
        return planned.again(sample, f"{ANTICIPATION} {k}", settings={"anticipation": more})
    ever = start < len(period.labels)
    shadow = ever & (period.codes < start) & (period.codes >= start - k)
    return rerun(planned, lambda: with_starts(sample, start, ~shadow), f"{ANTICIPATION} {k}")


def _apart(period: Codes) -> float:
    """The shortest time between two periods, in the unit of their labels; 1 where they are words."""
    if period.labels.dtype.kind not in "iuf":
        return 1.0
    return float(np.diff(period.labels.astype(np.float64)).min())


def _periods(sample: Sample) -> Codes:
    period = sample.matrix().period
    assert period is not None, "starting dates are known only where there are periods"
    return period
