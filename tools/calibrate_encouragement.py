"""Measure the coverage of `encouragement` and write docs/reference/coverage/.

    python tools/calibrate_encouragement.py            # resumes, as tools/calibrate.py
    python tools/calibrate_encouragement.py --force
    python tools/calibrate_encouragement.py --fast --out DIR

Two tables: Student's t about the estimate, refused below F = 10, and the sets of Anderson and
Rubin at any strength.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from impacteval.estimators.randomised.offers import (
    OUTCOME,
    TAKE_UP,
    WITH,
    WITHOUT,
    Moved,
    fit_offer,
    moved,
    outcomes_of,
)
from impacteval.inference import ScaledEffect, Spread, on_scale
from impacteval.values import Scale

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import (
    Bools,
    Calibrated,
    Measured,
    plain_roles,
    publish,
    served_of,
    spread_of,
    truth_of,
)
from calibrate_designs import Floats, Trials
from calibrate_offers import Offers, designs

WEAKEST = 10.0


def moved_by(trials: Offers) -> Moved:
    """What the offer moved in every replication, as the estimator computes it."""
    y, roles = plain_roles(trials)
    assert trials.received is not None
    x = trials.x if trials.adjusts else None
    shared = trials.weight is None and trials.exposure is None
    fit = fit_offer(
        outcomes_of(y, trials.received, binary=True),
        trials.treatment.astype(np.float64),
        x=x,
        stratum=trials.stratum,
        # Without weights the shares of the strata are those of every replication.
        size=roles["size"][0] if shared and x is None else roles["size"],
        weight=roles["weight"],
    )
    plain = trials.stratum is None and trials.cluster is None and not trials.adjusts
    found, _ = moved(
        fit,
        treatment=trials.treatment,
        welch=plain,
        cluster=trials.cluster,
        weight=roles["weight"],
    )
    return found


def _scaled(
    found: Moved, trials: Offers, scale: Scale, spread: Spread
) -> tuple[ScaledEffect, Bools]:
    """The effect on its scale, and where there is one at all."""
    arms = found.complier_arms()
    raised = found.values[TAKE_UP] > 0.0
    if scale is Scale.TOTAL:
        return on_scale(found.offer_arms(), scale, served=served_of(trials)), raised
    legal = raised & (arms.means > 0.0).all(axis=-1) if scale is Scale.RELATIVE else raised
    return on_scale(arms, scale, spread=spread), legal


def _truth(trials: Offers, scale: Scale) -> Floats:
    found = truth_of(trials, scale)
    return found * trials.share if scale is Scale.TOTAL else found


def wald(trials: Trials, scale: Scale) -> Measured:
    """Student's t about the estimate, refused where the first stage is weak."""
    assert isinstance(trials, Offers)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = moved_by(trials)
        effect, legal = _scaled(found, trials, scale, spread_of(trials))
        strength = found.values[TAKE_UP] ** 2 / (found.influence[TAKE_UP] ** 2).sum(axis=-1)
    centre = effect.value if effect.log_ratio is None else effect.log_ratio
    error = effect.std_error if effect.log_std_error is None else effect.log_std_error
    if scale is not Scale.TOTAL:
        legal &= strength >= WEAKEST
    legal &= np.isfinite(centre) & np.isfinite(error) & (error > 1e-12)
    return Measured(
        np.where(legal, centre, np.nan),
        np.where(legal, error, np.nan),
        np.where(legal, effect.df, 1.0),
        _truth(trials, scale),
    )


@dataclass(frozen=True)
class Inverted:
    """Sets of Anderson and Rubin in every replication: ratios and what tests of them need."""

    centre: Floats
    error: Floats
    df: Floats
    truth: Floats
    top: Floats
    under: Floats
    variance: Floats
    covariance: Floats
    under_variance: Floats

    def _statistic(self) -> Floats:
        away = self.top - self.truth * self.under
        square = (
            self.variance - 2.0 * self.truth * self.covariance + self.truth**2 * self.under_variance
        )
        found: Floats = away / np.sqrt(square)
        return found

    def holds(self, side: str, level: float) -> Bools:
        """Whether each set holds the truth."""
        reach = stdtrit(self.df, 1.0 - (1.0 - level) / (2.0 if side == "two" else 1.0))
        t = self._statistic()
        low, high = t <= reach, t >= -reach
        found: Bools = {"two": low & high, "lower": low, "upper": high}[side]
        return found

    def bounds(self, side: str, level: float) -> tuple[Floats, Floats]:
        """The ends of two-sided sets that are intervals; infinite for the others."""
        reach = stdtrit(self.df, 1.0 - (1.0 - level) / (2.0 if side == "two" else 1.0)) ** 2
        a = self.under**2 - reach * self.under_variance
        b = self.top * self.under - reach * self.covariance
        c = self.top**2 - reach * self.variance
        with np.errstate(divide="ignore", invalid="ignore"):
            root = np.sqrt(np.maximum(b * b - a * c, 0.0))
            low, high = (b - root) / a, (b + root) / a
        return np.where(a > 0.0, low, -np.inf), np.where(a > 0.0, high, np.inf)

    @classmethod
    def joined(cls, parts: Sequence[Inverted]) -> Inverted:
        """Replications measured in several chunks, as one."""
        names = [f.name for f in fields(cls)]
        return cls(*(np.concatenate([getattr(part, n) for part in parts]) for n in names))


def anderson_rubin(trials: Trials, scale: Scale) -> Inverted:
    """Sets of Anderson and Rubin, refused where the offer did not raise take-up."""
    assert isinstance(trials, Offers)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = moved_by(trials)
        spread = spread_of(trials)
        effect, legal = _scaled(found, trials, scale, spread)
    top, psi = found.values[OUTCOME], found.influence[OUTCOME]
    under, phi = found.values[TAKE_UP], found.influence[TAKE_UP]
    truth, centre = _truth(trials, scale), effect.value
    if scale is Scale.RELATIVE:
        top, psi = found.values[WITH], found.influence[WITH]
        under, phi = -found.values[WITHOUT], -found.influence[WITHOUT]
        truth, centre = np.exp(truth), 1.0 + centre
    elif scale is Scale.STANDARDISED:
        phi = spread.value[..., None] * phi + under[..., None] * spread.influence
        under = under * spread.value
    legal &= np.isfinite(centre) & np.isfinite(effect.df)
    return Inverted(
        np.where(legal, centre, np.nan),
        np.where(legal, effect.std_error, np.nan),
        np.where(legal, effect.df, 1.0),
        truth,
        top,
        under,
        (psi**2).sum(axis=-1),
        (psi * phi).sum(axis=-1),
        (phi**2).sum(axis=-1),
    )


COMMAND = "python tools/calibrate_encouragement.py"
NOTE = (
    "The truth is the effect on compliers; the total is that of the offers made. Replications in "
    "which the offer did not raise take-up are refused"
)
METHODS = (
    Calibrated(
        "encouragement",
        wald,
        designs,
        command=COMMAND,
        note=f"{NOTE}, and so are those with F below 10, but for the total. For the weak designs it "
        "is shown how often the interval holds the truth where it was not refused: far too seldom, "
        "so where bounds or tests decide and the first stage may be weak, use anderson_rubin.",
    ),
    Calibrated(
        "encouragement-anderson-rubin",
        anderson_rubin,  # type: ignore[arg-type]  # an object with the same attributes
        designs,
        scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.STANDARDISED),
        command=COMMAND,
        note=f"`interval: anderson_rubin`, at any strength. {NOTE}. On scale total both settings "
        "give the same. The mean length in the CSV is infinite where some sets are.",
    ),
)


def main(arguments: list[str] | None = None) -> int:
    """Measure both settings and write the tables."""
    return publish(METHODS, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
