"""Does the method find an effect on what the service cannot move?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.diagnostics.reruns import table_of, together
from impacteval.errors import Problem, UsageError
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts
from impacteval.sample import first_served
from impacteval.values import Message, Scale, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

PLACEBO_OUTCOMES = "placebo-outcomes"

_NO_OUTCOMES = Message(
    "placebo-outcomes.none",
    Text(
        en="The plan names no outcome that the service cannot move (setting outcomes).",
        fr="Le plan ne nomme aucun indicateur que le service ne peut pas changer (réglage outcomes).",
    ),
)
_NO_SPREAD = Message(
    "placebo-outcomes.no-spread",
    Text(
        en="This outcome does not vary among those compared with before the service.",
        fr="Cet indicateur ne varie pas dans le groupe de comparaison avant le service.",
    ),
)
_FOUND = Text(
    en="On {n:int} {n:plural:outcome|outcomes} that the service cannot move, the largest effect found "
    "is {largest:number} standard deviations ({name:text}).",
    fr="Sur {n:int} {n:plural:indicateur|indicateurs} que le service ne peut pas changer, le plus grand "
    "effet trouvé est de {largest:number} écart-type ({name:text}).",
)
_CHANCE = Text(
    en=" Chance alone gives as much in {p:percent} of sound studies; up to {reach:number} cannot be "
    "excluded.",
    fr=" Le seul hasard en donne autant dans {p:percent} des études saines ; jusqu'à {reach:number} "
    "ne peut être exclu.",
)


def placebo_outcomes(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    outcomes: str | Sequence[str] = (),
) -> Diagnostic:
    """The planned estimator on outcomes that the service cannot move.

    What differs between the served and the others for reasons other than the service moves such
    outcomes too: bad records, other people who are counted, an event that came at the same time. The
    statistic is the largest effect on any of them, whatever its sign, in standard deviations of
    those compared with (in panels, in the last period before anybody was served), as the data have
    them. `expected` and `chance_sound_fails` come from the joint normal distribution of the effects,
    by their influence.

    Parameters
    ----------
    sample : Sample
        Carries these outcomes, with the roles of the planned analysis.
    limit : float, optional
        The largest effect that passes, in standard deviations.
    rng : Generator, optional
        For the 20,000 draws behind `expected` and `chance_sound_fails`.
    planned : Planned
        The planned estimate.
    outcomes : sequence of str
        The outcome columns.

    Returns
    -------
    Diagnostic
        Parts: ``outcomes`` (``outcome, effect, std_error, low, high, p_value, n_treated, reason,
        spread, std_effect``), effects in each outcome's own units.

    Raises
    ------
    UsageError
        When the sample does not carry an outcome, or `planned` is missing.

    Examples
    --------
    See ``tests/unit/diagnostics/test_placebo_outcomes.py``.

    References
    ----------
    Lipsitch, Tchetgen Tchetgen and Cohen (2010), Negative controls. *Epidemiology* 21(3).
    doi:10.1097/EDE.0b013e3181d61eeb
    """
    limit, known = checked_limit(PLACEBO_OUTCOMES, limit), needed(PLACEBO_OUTCOMES, planned)
    names = (outcomes,) if isinstance(outcomes, str) else tuple(outcomes)
    if not names:
        return not_applicable(PLACEBO_OUTCOMES, limit, _NO_OUTCOMES)
    if lost := [name for name in names if name not in sample.outcomes]:
        raise UsageError(
            Problem(
                f"The sample does not carry the outcome {', '.join(map(repr, lost))}.",
                f"Its outcomes: {', '.join(sample.outcomes)}.",
            )
        )
    if isinstance(known.estimate, Message):
        return not_applicable(PLACEBO_OUTCOMES, limit, known.estimate)
    spreads = [comparison_sd(sample[name]) for name in names]
    results: list[CounterfactualEstimate | Message] = [
        _NO_SPREAD
        if spread is None
        else known.again(sample[name], f"{PLACEBO_OUTCOMES} {name}", scale=Scale.DIFFERENCE)
        for name, spread in zip(names, spreads, strict=True)
    ]
    done = [
        (name, r, spread)
        for name, r, spread in zip(names, results, spreads, strict=True)
        if not isinstance(r, Message) and spread is not None
    ]
    if not done:
        reason = next(r for r in results if isinstance(r, Message))
        return not_applicable(PLACEBO_OUTCOMES, limit, reason)
    units = [spread for _, _, spread in done]
    joint = together(
        [r.effect for _, r, _ in done], [r.influence for _, r, _ in done], limit, rng, units
    )
    values: dict[str, Any] = {
        "n": len(done),
        "largest": joint.largest,
        "name": done[joint.place][0],
    }
    key, text = "placebo-outcomes.found", _FOUND
    if joint.p is not None and joint.reach is not None:
        key, text = f"{key}-chance", Text(en=text.en + _CHANCE.en, fr=text.fr + _CHANCE.fr)
        values |= {"p": joint.p, "reach": joint.reach}
    table = dict(table_of("outcome", names, results))
    table["spread"] = spreads
    table["std_effect"] = [
        None if effect is None else effect / spread
        for effect, spread in zip(table["effect"], spreads, strict=True)
    ]
    return Diagnostic(
        PLACEBO_OUTCOMES,
        status_of(joint.largest, limit),
        joint.largest,
        limit,
        Message(key, text, values),
        joint.expected,
        joint.chance,
        Parts({"outcomes": table}),
    )


def comparison_sd(sample: Sample) -> float | None:
    """Standard deviation of those compared with; None where they do not vary, or nobody is.

    Of the units never served, in panels in the last period before anybody was served; of all units in
    that period where everybody is served in the end. Every row counts once.
    """
    matrix = sample.matrix()
    if matrix.treatment is None:
        return None
    rows = matrix.measured & (matrix.treatment == 0.0)
    start = first_served(matrix)
    if matrix.period is not None and start is not None:
        n_periods = len(matrix.period.labels)
        first = int(start[start > 0].min(initial=n_periods))
        before = rows & (matrix.period.codes == first - 1)
        never = before & (start == n_periods)
        rows = never if never.any() else before
    y = matrix.y[rows] if matrix.exposure is None else matrix.y[rows] / matrix.exposure[rows]
    if len(y) < 2:
        return None
    spread = float(y.std(ddof=1))
    return spread if spread > 1e-12 * float(np.abs(y).max()) else None
