"""What a result of `augmented-synthetic-control` shows: its proof and its tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimators.synthetic_control.augmented_chance import Chance
from impacteval.estimators.synthetic_control.augmented_places import PlaceFit, Places, gaps
from impacteval.estimators.synthetic_control.certificate import (
    Certificate,
    certify,
)
from impacteval.estimators.synthetic_control.fits import Fits, check
from impacteval.estimators.synthetic_control.panel import Panel

Floats = NDArray[np.float64]


def certificate(
    panel: Panel, places: Places, fits: Sequence[PlaceFit], chance: Chance
) -> Certificate:
    """The proof of the mixes and what the corrections made of them.

    ``gap``, ``relative_gap`` and ``solutions`` are of the mixes; sums, smallest and largest weights
    and the misses are of the corrected weights. Besides: ``mix_pre_rmspe`` is the miss before the
    correction, ``weights_norm`` the root of the sum of squared weights, ``negative_weights`` how
    much weight is negative, ``penalty`` that of the ridge regression. With several served places
    each is that of the worst; the misses are the root mean square over all of them.

    Raises
    ------
    NotIdentified
        When a mix is not proved to be the closest.
    """
    proofs = [_proof(panel, found) for found in fits]
    for own in proofs:
        check(panel, own)
    weights = np.zeros((len(fits), len(panel.y)))
    for row, one in zip(weights, fits, strict=True):
        row[one.donors] = one.fit.weights
    donors = np.array([before(own) for own in chance.alone])
    found = certify(
        panel,
        weights=weights,
        counterfactual=np.array([own.counterfactual for own in fits]),
        gap=np.array([float(own.gap[0]) for own in proofs]),
        relative_gap=np.array([float(own.relative_gap[0]) for own in proofs]),
        many=np.array([not own.fit.simplex.unique for own in fits]),
        donors=donors,
        simplex=False,
        levels=not places.choices.fixed_effects,
    )
    mixed = [_mixed(panel, own) for own in fits]
    values = {
        **found.values,
        "mix_pre_rmspe": float(np.sqrt(np.mean(np.square(mixed)))),
        "weights_norm": float(np.sqrt((weights**2).sum(axis=1)).max()),
        "negative_weights": float(-np.minimum(weights, 0.0).sum(axis=1).min()),
        "penalty": max(own.fit.penalty for own in fits),
    }
    return Certificate(values, found.notes)


def _proof(panel: Panel, found: PlaceFit) -> Fits:
    """The mix of one place as the rest of the family proves it."""
    simplex = found.fit.simplex
    weights = np.zeros((1, len(panel.y)))
    weights[0, found.donors] = simplex.weights
    target = found.fit.target
    spread = float(((target - target.mean()) ** 2).sum())
    return Fits(
        targets=np.array([found.place]),
        before=found.start,
        weights=weights,
        intercept=np.zeros(1),
        gap=np.array([simplex.gap]),
        size=np.array([max(simplex.objective, spread)]),
        unique=np.array([simplex.unique]),
    )


def before(found: PlaceFit) -> float:
    """Root mean square gap before the service."""
    return math.sqrt(float((found.gap[: found.start] ** 2).mean()))


def _mixed(panel: Panel, found: PlaceFit) -> float:
    """The same of the mix before it was corrected."""
    y = panel.y[:, : found.start]
    away = y[found.place] - found.fit.simplex.weights @ y[found.donors]
    if found.fixed_effects:
        away = away - away.mean()
    return math.sqrt(float((away**2).mean()))


def tables(
    panel: Panel, places: Places, fits: Sequence[PlaceFit], chance: Chance
) -> dict[str, dict[str, Any]]:
    """Weights, penalties, served places, and the placebo tests where there are any."""
    found = {"weights": _weights(panel, fits), "units": _units(panel, places, fits)}
    tried = [own for own in fits if own.fit.trials is not None]
    if tried:
        found["penalties"] = _penalties(panel, tried)
    # Only places in the place of one, from one date on, have a rank among each other.
    if chance.alone and len({own.start for own in chance.alone}) == 1:
        found |= _placebos(panel, places, [*fits, *chance.alone])
        if len(fits) == 1:
            found["placebo_test"] = _tests(places, fits[0], chance.alone)
    return found


def _names(panel: Panel, fits: Sequence[PlaceFit]) -> list[str]:
    return [str(panel.labels[own.place]) for own in fits]


def _weights(panel: Panel, fits: Sequence[PlaceFit]) -> dict[str, Any]:
    """Each donor's weight, and the one it had in the mix before it was corrected."""
    each = [(name, own) for name, own in zip(_names(panel, fits), fits, strict=True)]
    labels = [panel.labels[own.donors].tolist() for own in fits]
    table: dict[str, Any] = {
        "unit": [str(label) for part in labels for label in part],
        "weight": np.concatenate([own.fit.weights for own in fits]),
        "mix": np.concatenate([own.fit.simplex.weights for own in fits]),
    }
    if len(fits) > 1:
        table["served"] = [name for name, own in each for _ in range(len(own.donors))]
    return table


def _units(panel: Panel, places: Places, fits: Sequence[PlaceFit]) -> dict[str, Any]:
    part = places.shares.sum(axis=1)
    summed = (places.shares * gaps(fits)).sum(axis=1)
    nothing = np.full(len(fits), np.nan)
    return {
        "unit": _names(panel, fits),
        "start": [panel.periods[own.start] for own in fits],
        "share": part,
        "effect": np.divide(summed, part, out=nothing, where=part > 0.0),
        "pre_rmspe": [before(own) for own in fits],
        "mix_pre_rmspe": [_mixed(panel, own) for own in fits],
        "penalty": [own.fit.penalty for own in fits],
    }


def _penalties(panel: Panel, fits: Sequence[PlaceFit]) -> dict[str, Any]:
    """How well each penalty predicted the periods held out."""
    rows: dict[str, list[Any]] = {
        "served": [], "penalty": [], "error": [], "std_error": [], "chosen": []
    }  # fmt: skip
    for name, own in zip(_names(panel, fits), fits, strict=True):
        trials = own.fit.trials
        assert trials is not None  # those without are left out; for mypy
        rows["served"] += [name] * len(trials.penalties)
        rows["penalty"] += trials.penalties.tolist()
        rows["error"] += trials.mean.tolist()
        rows["std_error"] += trials.std_error.tolist()
        rows["chosen"] += (trials.penalties == own.fit.penalty).tolist()
    return rows


def _summary(places: Places, found: PlaceFit) -> tuple[float, float, float]:
    """Effect, root mean square gap since the service and from before, periods as they count."""
    weight = places.shares.sum(axis=0)
    return float(weight @ found.gap), math.sqrt(float(weight @ found.gap**2)), before(found)


def _placebos(
    panel: Panel, places: Places, everyone: Sequence[PlaceFit]
) -> dict[str, dict[str, Any]]:
    summaries = np.array([_summary(places, own) for own in everyone])
    ratio = _ratio(summaries[:, 1], summaries[:, 2])
    order = sorted(range(len(everyone)), key=lambda k: everyone[k].place)
    names = _names(panel, everyone)
    served = set(panel.served.tolist())
    return {
        "placebos": {
            "unit": [names[k] for k in order],
            "served": [everyone[k].place in served for k in order],
            "effect": summaries[order, 0],
            "pre_rmspe": summaries[order, 2],
            "post_rmspe": summaries[order, 1],
            "ratio": ratio[order],
            "rank": [int((ratio >= ratio[k] * (1.0 - 1e-12)).sum()) for k in order],
            "kept": [True] * len(order),
        },
        "placebo_paths": {
            "unit": [names[k] for k in order for _ in range(panel.n_periods)],
            "period": np.tile(panel.periods, len(order)),
            "gap": np.concatenate([everyone[k].gap for k in order]),
        },
    }


def _ratio(after: Floats, first: Floats) -> Floats:
    nothing = np.full(len(after), np.inf)
    found: Floats = np.divide(after, first, out=nothing, where=first > 0.0)
    return found


def _tests(places: Places, own: PlaceFit, others: Sequence[PlaceFit]) -> dict[str, Any]:
    """How the served place ranks among the others put in its place; other tests than the effect's."""
    mine = _summary(places, own)
    rest = np.array([_summary(places, found) for found in others])
    total = len(rest) + 1
    ratio = _ratio(np.append(rest[:, 1], mine[1]), np.append(rest[:, 2], mine[2]))
    slack = 1e-9 * max(abs(mine[0]), float(np.abs(rest[:, 0]).max()))
    counts = {
        ("rmspe-ratio", "two"): (ratio[:-1] >= ratio[-1] * (1.0 - 1e-9)).sum(),
        ("effect-rank", "two"): (np.abs(rest[:, 0]) >= abs(mine[0]) - slack).sum(),
        ("effect-rank", "greater"): (rest[:, 0] >= mine[0] - slack).sum(),
        ("effect-rank", "less"): (rest[:, 0] <= mine[0] + slack).sum(),
    }
    return {
        "test": [test for test, _ in counts],
        "statistic": [float(ratio[-1]), mine[0], mine[0], mine[0]],
        "p_value": [float((1 + count) / total) for count in counts.values()],
        "side": [side for _, side in counts],
        "compared": [total] * 4,
        "attainable": [1.0 / total] * 4,
    }
