"""The tables behind a complier effect."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates import RatioTest, StudentT
from impacteval.estimators.randomised import wording
from impacteval.estimators.randomised.effect import clusters_table
from impacteval.estimators.randomised.offers import OUTCOME, TAKE_UP, Moved, OfferFit
from impacteval.estimators.randomised.trial import Trial, is_binary
from impacteval.inference import (
    ArmMeans,
    Variance,
    cluster_regression,
    on_scale,
    regression_classical,
    regression_influence,
)
from impacteval.inference._arrays import group_sums
from impacteval.values import Scale

Floats = NDArray[np.float64]
Table = dict[str, Any]

LEVELS = (0.9, 0.95, 0.99)
VARIANCES: tuple[Variance, ...] = ("hc2", "hc1", "hc0", "hc3")


def tables(
    trial: Trial,
    offer: Floats,
    received: Floats,
    fit: OfferFit,
    moved: Moved,
    arms: ArmMeans,
    *,
    strength: float,
    ratio: RatioTest,
    variance: Variance,
    binary: bool,
) -> dict[str, Table]:
    """Every table of a complier effect.

    Returns
    -------
    dict
        ``offer`` (effect of the offer, one row a scale, ``difference`` first), ``take_up``,
        ``first_stage`` (F by convention), ``compliance``, ``types`` and ``compliers`` (where
        take-up is yes or no), ``anderson_rubin`` (one row a level and piece), ``strata`` and
        ``clusters`` where there are any, ``conventions`` (other standard errors of the effect).
    """
    errors = _errors(trial, fit)
    found = {
        "offer": _offer(trial, offer, moved),
        "take_up": _take_up(moved, strength),
        "first_stage": _first_stage(trial, fit, moved, errors),
        "compliance": _compliance(trial, offer, received, binary=binary),
    }
    if binary:
        if is_binary(offer):
            found["types"] = _types(moved)
        found["compliers"] = _compliers(arms)
    found["anderson_rubin"] = _anderson_rubin(ratio)
    if trial.stratum is not None:
        found["strata"] = _strata(trial, fit)
    if trial.cluster is not None:
        found["clusters"] = clusters_table(trial)
    found["conventions"] = _conventions(trial, fit, moved, arms, variance, errors)
    return found


def _interval(value: float, error: float, df: float) -> tuple[float, float]:
    if not error > 0.0:
        return value, value
    band = StudentT(value, error, df).interval(0.95)
    return band.low, band.high


def _offer(trial: Trial, offer: Floats, moved: Moved) -> Table:
    arms = moved.offer_arms()
    served = float((trial.size * offer).sum())
    scales = [Scale.DIFFERENCE, Scale.TOTAL]
    if (arms.means > 0.0).all():
        scales.insert(1, Scale.RELATIVE)
    table: Table = {
        name: [] for name in ("scale", "effect", "std_error", "df", "low", "high", "p_value")
    }
    for scale in scales:
        found = on_scale(arms, scale, served=served)
        value, error, df = float(found.value), float(found.std_error), float(found.df)
        if error > 0.0 and found.log_ratio is not None and found.log_std_error is not None:
            log = StudentT(float(found.log_ratio), float(found.log_std_error), df)
            band = log.interval(0.95)
            low, high, p = float(np.expm1(band.low)), float(np.expm1(band.high)), log.p_value()
        else:
            low, high = _interval(value, error, df)
            p = StudentT(value, error, df).p_value() if error > 0.0 else np.nan
        row = (scale.value, value, error, df, low, high, p)
        for name, cell in zip(table, row, strict=True):
            table[name].append(cell)
    return table


def _take_up(moved: Moved, strength: float) -> Table:
    psi = moved.influence[TAKE_UP]
    value, error = float(moved.values[TAKE_UP]), float(np.sqrt((psi**2).sum()))
    df = float(moved.degrees(psi)) if np.isfinite(strength) else np.inf
    low, high = _interval(value, error, df)
    return {
        "without_offer": [float(moved.levels[TAKE_UP])],
        "effect": [value],
        "std_error": [error],
        "df": [df],
        "low": [low],
        "high": [high],
        "f": [strength],
    }


def _errors(trial: Trial, fit: OfferFit) -> list[tuple[str, Floats]]:
    """Influence of slopes by every correction, the field's own name first."""
    contrast = fit.slope[None]
    found = []
    for variance in VARIANCES:
        if trial.cluster is None:
            psi = regression_influence(fit.fit, contrast, variance)
        else:
            psi = cluster_regression(fit.fit, trial.cluster.codes, variance).influence(contrast)
        label = wording.variance_label(variance, trial.cluster is not None)
        found.append((label.lower(), psi[..., 0, :]))
    return found


def _first_stage(
    trial: Trial, fit: OfferFit, moved: Moved, errors: list[tuple[str, Floats]]
) -> Table:
    value = float(moved.values[TAKE_UP])
    names, strengths = [], []
    for name, psi in errors:
        names.append(name)
        strengths.append(_f(value, float((psi[TAKE_UP] ** 2).sum())))
    if trial.cluster is None:
        names.append("classical")
        squares = regression_classical(fit.fit, fit.slope[None])[TAKE_UP, 0]
        strengths.append(_f(value, float(squares)))
    return {"convention": names, "f": strengths}


def _f(value: float, squares: float) -> float:
    return value**2 / squares if squares > 1e-24 * value**2 else np.inf


def _compliance(trial: Trial, offer: Floats, received: Floats, *, binary: bool) -> Table:
    """What was offered against what was taken up: counts, and shares of those offered alike."""
    copies = np.ones(len(trial.y)) if trial.copies is None else trial.copies
    weight = copies if trial.weight is None else copies * trial.weight
    names = ("assigned", "received", "n", "share") if binary else ("assigned", "n", "mean_received")
    table: Table = {name: [] for name in names}
    for offered in np.unique(offer):
        alike = offer == offered
        mass = float(weight[alike].sum())
        if not binary:
            table["assigned"].append(float(offered))
            table["n"].append(round(float(copies[alike].sum())))
            table["mean_received"].append(float((weight * received)[alike].sum()) / mass)
            continue
        for taken in (1.0, 0.0):
            inside = alike & (received == taken)
            table["assigned"].append(float(offered))
            table["received"].append(taken)
            table["n"].append(round(float(copies[inside].sum())))
            table["share"].append(float(weight[inside].sum()) / mass)
    return table


def _types(moved: Moved) -> Table:
    """Shares of the people by what they would do, if nobody does the opposite of the offer."""
    always, share = float(moved.levels[TAKE_UP]), float(moved.values[TAKE_UP])
    level, slope = moved.level_influence[TAKE_UP], moved.influence[TAKE_UP]
    errors = [float(np.sqrt((psi**2).sum())) for psi in (level, level + slope, slope)]
    return {
        "type": ["always_takers", "never_takers", "compliers"],
        "share": [always, 1.0 - always - share, share],
        "std_error": errors,
    }


def _compliers(arms: ArmMeans) -> Table:
    errors = np.sqrt((arms.influence**2).sum(axis=-1))
    return {
        "programme": ["with", "without"],
        "mean": [float(arms.means[1]), float(arms.means[0])],
        "std_error": [float(errors[1]), float(errors[0])],
    }


def _anderson_rubin(ratio: RatioTest) -> Table:
    table: Table = {name: [] for name in ("level", "kind", "piece", "low", "high")}
    for level in LEVELS:
        pieces = ratio.above(round(1.0 - level, 12))
        if len(pieces) > 1:
            kind = "two half lines"
        elif np.isinf(pieces[0]).all():
            kind = "whole line"
        else:
            kind = "half line" if np.isinf(pieces[0]).any() else "interval"
        for k, (low, high) in enumerate(pieces, 1):
            for name, cell in zip(table, (level, kind, k, low, high), strict=True):
                table[name].append(cell)
    return table


def _strata(trial: Trial, fit: OfferFit) -> Table:
    assert trial.stratum is not None
    s = len(trial.stratum.labels)
    copies = np.ones(len(trial.y)) if trial.copies is None else trial.copies
    counts = group_sums(copies, 2 * trial.stratum.codes + trial.treatment, 2 * s)
    share = group_sums(trial.size, trial.stratum.codes, s)
    slopes = fit.fit.coefficients[..., s : 2 * s]
    return {
        "stratum": [str(label) for label in trial.stratum.labels],
        "n_programme": np.round(counts[1::2]).astype(np.int64),
        "n_comparison": np.round(counts[0::2]).astype(np.int64),
        "share": share / share.sum(),
        "offer_effect": slopes[OUTCOME],
        "take_up": slopes[TAKE_UP],
    }


def _conventions(
    trial: Trial,
    fit: OfferFit,
    moved: Moved,
    arms: ArmMeans,
    variance: Variance,
    errors: list[tuple[str, Floats]],
) -> Table:
    """Standard errors of the effect by every convention, that of the estimate first."""
    effect = float(arms.means[1] - arms.means[0])
    take_up = float(moved.values[TAKE_UP])
    label = wording.variance_label(variance, trial.cluster is not None).lower()
    found = [
        (name, float(np.sqrt(((psi[OUTCOME] - effect * psi[TAKE_UP]) ** 2).sum())) / take_up)
        for name, psi in errors
    ]
    if trial.cluster is None:
        residual = fit.fit.whitened[OUTCOME] - effect * fit.fit.whitened[TAKE_UP]
        spread = float((residual**2).sum()) / (fit.fit.n - fit.fit.p)
        load = float((fit.fit.loads(fit.slope[None]) ** 2).sum())
        found.append(("classical", float(np.sqrt(spread * load)) / take_up))
    found.sort(key=lambda row: row[0] != label)
    return {
        "convention": [name for name, _ in found],
        "effect": [effect] * len(found),
        "std_error": [error for _, error in found],
        "used": [k == 0 for k in range(len(found))],
    }
