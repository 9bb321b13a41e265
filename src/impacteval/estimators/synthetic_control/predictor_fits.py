"""The fitter that matches predictors, and the tables that tell how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import UsageError
from impacteval.estimators.synthetic_control import predictors_words as words
from impacteval.estimators.synthetic_control.fits import Fits, Fitter, ServedFits, check
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.estimators.synthetic_control.predictors import (
    Averages,
    Given,
    LaterPart,
    Weighing,
    averages,
    check_predictors,
    read,
    standardised,
)
from impacteval.inference.nested_weights import STARTS, Distances, Nested, mix, nested
from impacteval.values import Message

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PredictorFits(Fits):
    """Mixes that match predictors.

    Attributes
    ----------
    averages : Averages
        The predictors that were matched.
    v : array, shape (K, P)
        Their weights, sum one a row.
    searches : tuple of Nested
        How they were found for each place; empty where they were given.
    """

    averages: Averages
    v: Floats
    searches: tuple[Nested, ...]


@dataclass(frozen=True, slots=True)
class PredictorFitter:
    """Mixes that match predictors, weighted so that they follow the outcome.

    Attributes
    ----------
    predictors : tuple of str or Predictor
    v : "nested", "cross-validation" or tuple of float
        How the predictors are weighted: so that the mix follows the outcome in all periods before
        the service; or, from predictors of the earlier part, in the later part alone, with
        predictors of that part in the end; or as stated.
    validation_from : int, float or str, optional
        First period of the later part; the second half by default.
    starts : int
        Searches, as in `nested`.
    """

    predictors: Given
    v: Weighing = "nested"
    validation_from: LaterPart = None
    starts: int = STARTS

    def __call__(self, panel: Panel, targets: Ints, allowed: Bools, before: int) -> PredictorFits:
        """As `Fitter`. Predictors without any period before `before` are left out.

        Raises
        ------
        NotIdentified
            When a place has no measured cell of a predictor, a predictor is the same everywhere,
            none is left, or a mix cannot be proved.
        """
        split = self.split(panel, before) if self.v == "cross-validation" else 0
        table = averages(panel, read(self.predictors), split, before)
        rows = standardised(table.values)
        outcomes = panel.y[:, :before].T
        learnt = rows
        if split:
            early = averages(panel, read(self.predictors), 0, split)
            # Weights need each predictor in both parts.
            both = np.intersect1d(table.kept, early.kept)
            table, early = _only(table, both), _only(early, both)
            rows, learnt = standardised(table.values), standardised(early.values)
        weights = np.zeros(allowed.shape)
        v = np.empty((len(targets), len(rows)))
        gap, size = np.empty((2, len(targets)))
        unique = np.ones(len(targets), dtype=bool)
        searches = []
        for k, target in enumerate(targets.tolist()):
            held = np.flatnonzero(allowed[k])

            if isinstance(self.v, tuple):
                given = np.array(self.v)[table.kept]
                v[k] = given / given.sum() if given.sum() > 0.0 else 1.0 / len(given)
                found = mix(
                    Distances(_away(rows, held, target), _away(outcomes, held, target)), v[k]
                )
            else:
                early_part = Distances(
                    _away(learnt, held, target), _away(outcomes[split:], held, target)
                )
                search = nested(early_part, starts=self.starts)
                searches.append(search)
                v[k] = search.v
                found = search.mix
                if split:
                    found = mix(
                        Distances(_away(rows, held, target), _away(outcomes, held, target)),
                        search.v,
                    )
            weights[k, held] = found.weights
            gap[k], size[k], unique[k] = found.gap, found.size, not found.many
        fits = PredictorFits(
            targets=targets,
            before=before,
            weights=weights,
            intercept=np.zeros(len(targets)),
            gap=gap,
            size=size,
            unique=unique,
            averages=table,
            v=v,
            searches=tuple(searches),
        )
        check(panel, fits)
        return fits

    def split(self, panel: Panel, before: int) -> int:
        """Place of the first period of the later part of a cross-validation.

        Raises
        ------
        UsageError
            When `validation_from` does not lie within the periods before the service.
        """
        if self.validation_from is not None:
            labels = panel.periods.tolist()
            found = [k for k, label in enumerate(labels) if str(label) == str(self.validation_from)]
            if not found:
                raise UsageError(
                    f"validation_from names the period {self.validation_from!r}, which is not in "
                    f"the data: these go from {labels[0]!r} to {labels[-1]!r}."
                )
            first = int(panel.start[panel.served].min())
            if not 0 < found[0] < first:
                raise UsageError(
                    f"validation_from ({self.validation_from!r}) must leave periods on both sides "
                    f"before the service begins ({panel.periods[first]})."
                )
            # A test that pretends an earlier start keeps the half that there is.
            if found[0] < before:
                return found[0]
        return before // 2

    def check(self, panel: Panel) -> None:
        """Refuse predictors that do not fit the data.

        Raises
        ------
        UsageError
            When a predictor or a period is not in the data, is measured after the service began,
            or is wanted in both parts of a cross-validation and found in one only.
        """
        check_predictors(panel, read(self.predictors))
        if self.v != "cross-validation":
            return
        before = int(panel.start[panel.served].min())
        split = self.split(panel, before)
        late = averages(panel, read(self.predictors), split, before).kept
        early = averages(panel, read(self.predictors), 0, split).kept
        one_sided = [
            one.label
            for at, one in enumerate(read(self.predictors))
            if at not in late or at not in early
        ]
        if one_sided:
            raise UsageError(
                f"v: cross-validation weighs predictors on the periods before "
                f"{panel.periods[split]} and uses them on those from then on, and has no period of "
                f"{', '.join(one_sided)} on one of both sides. State periods on both, or choose "
                "validation_from or v: nested."
            )


def _away(values: Floats, held: Ints, target: int) -> Floats:
    return np.asarray(values[:, held] - values[:, [target]])


def _only(table: Averages, kept: Ints) -> Averages:
    held = np.isin(table.kept, kept)
    return Averages(table.kept[held], table.values[held], table.measured[held], table.stated[held])


def tables_of(panel: Panel, fitter: Fitter, fits: ServedFits) -> dict[str, dict[str, Any]]:
    """The tables ``predictors`` and ``starts``; none for fitters of another kind.

    ``predictors``: each predictor of the served place, of its mix, and of the donors' plain mean,
    with its weight and the periods averaged over. ``starts``: where each search for weights began
    and ended, as root mean square misses of the outcome. With several served places a column
    ``served`` besides.
    """
    if not isinstance(fitter, PredictorFitter):
        return {}
    predictors = read(fitter.predictors)
    names = panel.labels.astype(str)
    matched, searched = [], []
    for part in _parts(fits):
        table, donors = part.averages, part.averages.values[:, panel.donors].mean(axis=1)
        for k, target in enumerate(part.targets.tolist()):
            mixed = table.values @ part.weights[k]
            matched += [
                {
                    "served": names[target],
                    "predictor": predictors[at].label,
                    "treated": table.values[row, target],
                    "synthetic": mixed[row],
                    "donors_mean": donors[row],
                    "v": part.v[k, row],
                    "measured": int(table.measured[row, target]),
                }
                for row, at in enumerate(table.kept.tolist())
            ]
        for target, search in zip(part.targets.tolist(), part.searches, strict=False):
            searched += [
                {"served": names[target], "start": kind, "began": began, "ended": ended}
                for kind, began, ended in zip(
                    search.kinds,
                    np.sqrt(search.began).tolist(),
                    np.sqrt(search.ended).tolist(),
                    strict=True,
                )
            ]
    found = {"predictors": _columns(matched)}
    if searched:
        found["starts"] = _columns(searched)
    if len(panel.served) == 1:
        for columns in found.values():
            del columns["served"]
    return found


def _columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _parts(fits: ServedFits) -> list[PredictorFits]:
    return [part for part in fits.parts if isinstance(part, PredictorFits)]


def certified(fits: ServedFits) -> dict[str, Any]:
    """What the certificate says of searches for predictor weights, of the worst served place.

    ``least_pre_rmspe``: no mix follows the outcome better, predictors aside. ``starts``: descents
    made. ``starts_best`` and ``starts_worst``: the lowest and highest miss at which they ended.
    """
    searches = [one for part in _parts(fits) for one in part.searches]
    if not searches:
        return {}
    return {
        "least_pre_rmspe": float(np.sqrt(max(one.floor for one in searches))),
        "starts": min(len(one.kinds) for one in searches),
        "starts_best": float(np.sqrt(max(one.ended.min() for one in searches))),
        "starts_worst": float(np.sqrt(max(one.ended.max() for one in searches))),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """How a mix matched predictors, and what a reader must know of it."""

    sentences: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()


def told(panel: Panel, fitter: Fitter, fits: ServedFits) -> Told:
    """What to say of predictors; nothing for fitters of another kind."""
    if not isinstance(fitter, PredictorFitter):
        return Told()
    predictors = read(fitter.predictors)
    sentences = [words.matched([one.label for one in predictors])]
    if isinstance(fitter.v, tuple):
        sentences.append(words.given())
    elif fitter.v == "nested":
        searches = [one for part in _parts(fits) for one in part.searches]
        sentences.append(words.nested(max(len(one.kinds) for one in searches)))
    else:
        split = fitter.split(panel, int(panel.start[panel.served].min()))
        sentences.append(words.cross_validated(str(panel.periods[split])))
    gaps: dict[str, tuple[int, int]] = {}
    exact = []
    for part in _parts(fits):
        table = part.averages
        missing = table.stated[:, None] - table.measured
        for at, row in zip(table.kept.tolist(), missing, strict=True):
            if row.any():
                gaps[predictors[at].label] = int(row.sum()), int((row > 0).sum())
        exact += [
            str(panel.labels[target])
            for target, search in zip(part.targets.tolist(), part.searches, strict=False)
            if search.matched
        ]
    notes = [words.gaps(label, *counts) for label, counts in gaps.items()]
    if exact:
        notes.append(words.all_matched(exact))
    return Told(tuple(sentences), tuple(notes))
