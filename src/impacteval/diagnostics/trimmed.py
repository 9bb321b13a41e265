"""Does the effect rest on people who have hardly any like among the others? They are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.diagnostics import trimmed_words as words
from impacteval.diagnostics.chance import influence_table, largest_by_chance
from impacteval.diagnostics.draws import whole_of
from impacteval.diagnostics.entry import DiagnosticEntry
from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.diagnostics.leave_out import fewest_of
from impacteval.diagnostics.planned import Planned, needed
from impacteval.diagnostics.reruns import rerun, table_of
from impacteval.errors import Problem, UsageError
from impacteval.estimates import CounterfactualEstimate, Diagnostic, Parts, Rerun
from impacteval.inference import collinear_columns, fit_glm
from impacteval.values import Message, Scale, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import BlindMatrix, Sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TRIMMED_OVERLAP = "trimmed-overlap"
BOUNDS = (0.1, 0.9)
"""The rule of thumb of Crump and others (2009)."""
COMMON = "common"
_BEYOND = 15.0


def trimmed_overlap(
    sample: Sample,
    *,
    limit: float | None = None,
    rng: Generator | None = None,
    planned: Planned | None = None,
    bounds: Sequence[float] | None = None,
    least: int = 1,
) -> Diagnostic:
    """How far the effect moves when only those are compared who could have been on either side.

    The chance of having been served is estimated by a logit on the covariates, and strata where there
    are any; in panels on those of each unit's first period. The planned method is then run again,
    whatever it is, on units whose chance lies between the bounds, and on those within the common
    support: between the lowest chance among the served and the highest among the others.

    The statistic is the larger move, whatever its sign, on the planned scale (where totals are
    planned, of the average effect). `expected` and `chance_sound_fails` hold where the effect is the
    same for everybody, from the influence of the moves: effects that truly differ move it too, and
    it is then an effect on other people.

    Parameters
    ----------
    sample : Sample
        With covariates.
    limit : float, optional
        The largest move that passes, raw, on the planned scale.
    rng : Generator, optional
        For the 20,000 draws behind `expected` and `chance_sound_fails`.
    planned : Planned
        The planned estimate.
    bounds : two floats, optional
        The lowest and highest chance that is kept. Without them 0.1 and 0.9 as the chance would be
        were both groups of one size: where few are served, few have a chance of a tenth.
    least : int
        The fewest units that are left out: what is left out can be told from what remains, so that
        small parts of people are not.

    Returns
    -------
    Diagnostic
        Parts: ``trims`` (``trim, effect, std_error, low, high, p_value, n_treated, reason, move,
        from, to, left_out_served, left_out_others``). Its `reruns` are those that leave somebody out.

    Raises
    ------
    UsageError
        When `planned` is missing, or a setting is out of its range.

    Examples
    --------
    See ``tests/unit/diagnostics/test_trimmed.py``.

    References
    ----------
    Crump, Hotz, Imbens and Mitnik (2009), Dealing with limited overlap in estimation of average
    treatment effects. *Biometrika* 96(1). doi:10.1093/biomet/asn055
    """
    name = TRIMMED_OVERLAP
    limit, known = checked_limit(name, limit), needed(name, planned)
    stated = None if bounds is None else _checked_bounds(bounds)
    fewest = fewest_of(name, least)
    whole = whole_of(name, sample, known)
    if isinstance(whole, Message):
        return not_applicable(name, limit, whole)
    scored = _scores(sample)
    if isinstance(scored, Message):
        return not_applicable(name, limit, scored)
    low, high = scored.usual if stated is None else stated
    trims = [scored.trim("bounds", low, high), scored.trim(COMMON, *scored.common)]
    made = [trim for trim in trims if trim.left_out >= fewest]
    if not made and any(trim.left_out for trim in trims):
        return not_applicable(name, limit, words.too_few(fewest))
    unit = sample.table.unit.codes
    results = [
        rerun(
            known,
            lambda trim=trim: sample.part(trim.kept[unit]),  # type: ignore[misc]
            f"{name} {trim.name}",
            scale=whole.scale,
        )
        for trim in made
    ]
    return _judged(made, results, whole, known, limit, rng, (low, high))


@dataclass(frozen=True, slots=True, eq=False)
class _Trim:
    """One way to leave out units: `kept` by unit, and how many of either side are not."""

    name: str
    low: float
    high: float
    kept: Bools
    served: int
    others: int

    @property
    def left_out(self) -> int:
        return self.served + self.others


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """Chance of having been served of each unit, and who was."""

    chance: Floats
    served: Bools

    @property
    def common(self) -> tuple[float, float]:
        """From the lowest chance among the served to the highest among the others."""
        return float(self.chance[self.served].min()), float(self.chance[~self.served].max())

    @property
    def usual(self) -> tuple[float, float]:
        """`BOUNDS` of the chance in groups of one size, as chances in these."""
        odds = float(self.served.mean()) / float((~self.served).mean())
        low, high = (odds * b / (1.0 - b) for b in BOUNDS)
        return low / (1.0 + low), high / (1.0 + high)

    def trim(self, name: str, low: float, high: float) -> _Trim:
        # The ends of the common support are chances of units, which stay.
        kept = (self.chance >= low * (1.0 - 1e-12)) & (self.chance <= high * (1.0 + 1e-12))
        return _Trim(
            name,
            low,
            high,
            kept,
            int((self.served & ~kept).sum()),
            int((~self.served & ~kept).sum()),
        )


def _scores(sample: Sample) -> _Scores | Message:
    """The logit of having been served, by unit in the order of their codes."""
    first = sample.units()
    matrix = sample.matrix()
    if matrix.treatment is None or not matrix.covariate_names:
        return words.NO_COVARIATES
    units = len(matrix.unit.labels)
    served = np.zeros(units, dtype=bool)
    served[matrix.unit.codes[matrix.treatment > 0.0]] = True
    order = np.argsort(first.unit.codes)
    x, weight = _columns(first)
    x, weight = x[order], weight[order]
    if np.isnan(x).any():
        return words.NO_COVARIATES
    if min(int(served.sum()), int((~served).sum())) < x.shape[1] + 1:
        return words.NO_SCORE
    fit = fit_glm(x, served.astype(np.float64), "binomial", weight=weight)
    linear = x @ fit.regression.coefficients
    if not bool(fit.converged) or float(np.abs(linear).max()) > _BEYOND:
        return words.NO_SCORE
    return _Scores(1.0 / (1.0 + np.exp(-linear)), served)


def _columns(first: BlindMatrix) -> tuple[Floats, Floats]:
    """Level, strata and standardised covariates, without those that say nothing new; and weights."""
    spread = first.X.std(axis=0)
    parts = [np.ones((first.n, 1))]
    if first.stratum is not None:
        parts.append(np.eye(len(first.stratum.labels))[first.stratum.codes][:, 1:])
    parts.append((first.X - first.X.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0))
    columns = np.hstack(parts)
    extra = {j + 1 for j in collinear_columns(columns[:, 1:])}
    kept = [j for j in range(columns.shape[1]) if j not in extra]
    counted = first.weight is not None and first.weight_kind in ("sampling", "frequency")
    weight = np.asarray(first.weight) if counted else np.ones(first.n)
    return columns[:, kept], np.maximum(weight / weight.mean(), 1e-12)


def _judged(
    made: list[_Trim],
    results: list[CounterfactualEstimate | Message],
    whole: CounterfactualEstimate,
    planned: Planned,
    limit: float | None,
    rng: Generator | None,
    bounds: tuple[float, float],
) -> Diagnostic:
    name, centre = TRIMMED_OVERLAP, whole.effect.value
    done = [(t, r) for t, r in zip(made, results, strict=True) if not isinstance(r, Message)]
    if made and not done:
        return not_applicable(name, limit, next(r for r in results if isinstance(r, Message)))
    if not made:
        values: dict[str, Any] = {"low": bounds[0], "high": bounds[1]}
        said = Message(f"{name}.nobody", words.NOBODY, values)
        chance = None if limit is None else 0.0
        return Diagnostic(name, status_of(0.0, limit), 0.0, limit, said, 0.0, chance)
    moves = [r.effect.value - centre for _, r in done]
    place = int(np.argmax(np.abs(moves)))
    trim, largest = done[place][0], done[place][1]
    expected = chance = None
    table = influence_table([whole.influence, *(r.influence for _, r in done)])
    if table is not None:
        pulls = table[1:] - table[0]
        expected, chance = largest_by_chance(pulls @ pulls.T, limit, rng)
    values = {
        "low": trim.low,
        "high": trim.high,
        "served": trim.served,
        "others": trim.others,
        "effect": largest.effect.value,
        "whole": centre,
    }
    rows = dict(table_of("trim", [t.name for t in made], results))
    rows["move"] = [None if isinstance(r, Message) else r.effect.value - centre for r in results]
    rows |= {
        "from": [t.low for t in made],
        "to": [t.high for t in made],
        "left_out_served": [t.served for t in made],
        "left_out_others": [t.others for t in made],
    }
    return Diagnostic(
        name,
        status_of(abs(moves[place]), limit),
        abs(moves[place]),
        limit,
        Message(f"{name}.found", words.FOUND, values),
        expected,
        chance,
        Parts({"trims": rows}),
        # Averages beside a planned total would be read as totals.
        ()
        if planned.scale is Scale.TOTAL
        else tuple(
            Rerun(t.name, words.title(t.name), r) for t, r in zip(made, results, strict=True)
        ),
    )


def _checked_bounds(bounds: Sequence[float]) -> tuple[float, float]:
    given = list(bounds) if isinstance(bounds, Sequence) and not isinstance(bounds, str) else []
    plain = all(isinstance(b, int | float) and not isinstance(b, bool) for b in given)
    if len(given) != 2 or not plain or not 0.0 < given[0] < given[1] < 1.0:
        raise UsageError(
            Problem(
                f"The setting `bounds` of diagnostic {TRIMMED_OVERLAP!r} cannot be {bounds!r}.",
                "Write the lowest and the highest chance that is kept, such as [0.1, 0.9].",
            )
        )
    return float(given[0]), float(given[1])


TRIMMED = DiagnosticEntry(
    TRIMMED_OVERLAP,
    Text(en="Only those who have their like", fr="Seulement ceux qui ont leurs semblables"),
    Text(
        en="Does the effect rest on people who have hardly any like among the others?",
        fr="L'effet repose-t-il sur des personnes qui n'ont guère de semblables dans l'autre groupe ?",
    ),
    Text(
        en="Largest move of the effect when those without their like are left out, on the planned scale",
        fr="Plus grand déplacement de l'effet sans ceux qui n'ont pas de semblables, sur l'échelle prévue",
    ),
    trimmed_overlap,
    ("bounds", "least"),
    planned=True,
)
