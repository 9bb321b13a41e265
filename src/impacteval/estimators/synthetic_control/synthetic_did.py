"""Synthetic difference-in-differences: weighted places, weighted periods, and the change between.

References
----------
Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic difference-in-differences.
*American Economic Review* 111(12). doi:10.1257/aer.20190159
Clarke, Pailanir, Athey and Imbens (2023), Synthetic difference in differences estimation.
arXiv:2301.11859
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import Influence, NoUncertainty, StudentT
from impacteval.estimators.synthetic_control import synthetic_did_words as words
from impacteval.estimators.synthetic_control.effect import Answer, build
from impacteval.estimators.synthetic_control.panel import ROUNDING, Panel, Window, read_panel
from impacteval.estimators.synthetic_control.synthetic_did_card import SYNTHETIC_DID
from impacteval.estimators.synthetic_control.synthetic_did_chance import (
    Resampled,
    Variance,
    stand_ins,
)
from impacteval.estimators.synthetic_control.synthetic_did_fit import (
    Draws,
    Rollout,
    Weights,
    fit,
    within,
)
from impacteval.estimators.synthetic_control.synthetic_did_tables import Found, tables
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message

Floats = NDArray[np.float64]

# Level of the band around what would have happened.
LEVEL = 0.95
# Placebos below which their spread is itself a guess, and served places below which their own is.
FEW_PLACEBOS, FEW_SERVED = 20, 10
# Placebos below which a normal law for them would claim far more than they can tell.
FEWEST = 5


@dataclass(frozen=True, slots=True)
class SyntheticDid:
    """Compares the change of the served with that of a mix of places, over weighted periods.

    Parameters
    ----------
    variance : {"placebo", "jackknife", "bootstrap"}
        Whether chance is measured on places never served put in the stead of the served, on
        places left out in turn, or on places drawn with replacement.
    window : tuple, optional
        First and last period that the effect is about; all served periods by default. Weights are
        found for all served periods whatever the window, so that effects of windows add up.
    draws : int
        Placements or resamples drawn; placements are enumerated where there are no more than these,
        or one place is served among a thousand donors or fewer.

    Examples
    --------
    Twelve towns over eight years, the first served in the last three:

    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> rng = np.random.default_rng(5)
    >>> frame = pd.DataFrame({"town": np.repeat(np.arange(12), 8), "year": 12 * [*range(2001, 2009)]})
    >>> frame["on"] = ((frame["town"] == 0) & (frame["year"] >= 2006)).astype(int)
    >>> frame["y"] = (rng.normal(size=96) + frame["town"] + 4 * frame["on"]).round(1)
    >>> sample = Sample.from_frame(
    ...     frame, design="synthetic_control", outcome="y", unit="town", period="year", treatment="on"
    ... )
    >>> found = SyntheticDid().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    >>> round(found.effect.value, 4), round(found.effect.std_error, 4)
    (4.7374, 0.8546)
    """

    name: ClassVar[str] = "synthetic-did"
    card: ClassVar[MethodCard] = SYNTHETIC_DID

    variance: Variance = "placebo"
    window: Window | None = None
    draws: int = 500

    def __post_init__(self) -> None:
        if self.draws < 20:
            raise UsageError(
                f"draws must be 20 at least, not {self.draws}: the spread of fewer is a guess."
            )

    @property
    def _settings(self) -> dict[str, Any]:
        window = None if self.window is None else list(self.window)
        return {"variance": self.variance, "window": window, "draws": self.draws}

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`, normal with the standard error of the variance chosen.

        Parameters
        ----------
        sample : Sample
            Design ``synthetic_control``.
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        rng : numpy.random.Generator
            Draws placements where they are too many to be enumerated, or resamples.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        panel = read_panel(sample, scale, window=self.window)
        panel, notes = _check_covariates(panel)
        rollout = Rollout(
            panel.y, panel.x, panel.donors, panel.served, panel.start[panel.served],
            panel.weight[panel.served],
        )  # fmt: skip
        self._check_served(panel, rollout)
        weights, effects = fit(rollout, Draws.real(rollout))
        self._check_weights(panel, rollout, weights)
        chance, others = stand_ins(rollout, weights, self.variance, self.draws, rng)
        found = Found(panel, rollout, weights, effects, chance, others)
        error = float(chance.errors(found.averages))
        if not error > ROUNDING * np.abs(panel.y).max():
            raise NotIdentified(words.no_spread(self.variance))
        return build(
            estimator=self.name,
            settings=self._settings,
            panel=panel,
            counterfactual=found.counterfactual,
            answer=self._answer(found, error),
            scale=scale,
            sentences=self._method(panel, rollout, chance),
            certificate=found.certificate.values,
            tables=tables(found, self.variance, LEVEL),
            notes=(*notes, *found.certificate.notes, *self._notes(rollout, chance)),
            band=found.band(LEVEL) if self._tells(chance) else None,
            level=LEVEL,
        )

    def _check_served(self, panel: Panel, rollout: Rollout) -> None:
        served, donors = len(rollout.served), len(rollout.donors)
        if self.variance == "placebo" and donors <= served:
            raise NotIdentified(words.few_placebos(donors, served))
        if self.variance == "bootstrap" and served < 2:
            alone = rollout.served
        elif self.variance == "jackknife":
            _, place, count = np.unique(rollout.start, return_inverse=True, return_counts=True)
            alone = rollout.served[count[place] == 1]
        else:
            return
        if alone.size:
            names = [str(label) for label in panel.labels[alone].tolist()]
            raise NotIdentified(words.alone(self.variance, names))

    def _check_weights(self, panel: Panel, rollout: Rollout, weights: Weights) -> None:
        if not (weights.noise > ROUNDING * np.abs(panel.y).max()).all():
            raise NotIdentified(words.no_noise())
        whole = weights.units[0].max(axis=1) >= 1.0 - 1e-12
        if self.variance == "jackknife" and whole.any():
            donor = rollout.donors[int(weights.units[0][whole][0].argmax())]
            raise NotIdentified(words.one_donor(str(panel.labels[donor])))

    def _tells(self, chance: Resampled) -> bool:
        """Whether there are enough placebos for their spread to say anything."""
        return self.variance != "placebo" or not chance.every or len(chance.draws) >= FEWEST

    def _answer(self, found: Found, error: float) -> Answer:
        effect = found.effect
        if not self._tells(found.chance):
            return Answer(effect, NoUncertainty(effect))
        influence = None
        if self.variance == "jackknife":
            values = found.chance.influence(found.averages)
            influence = Influence(found.panel.labels, values)
        return Answer(effect, StudentT(effect, error, label=self.variance), error, influence)

    def _method(self, panel: Panel, rollout: Rollout, chance: Resampled) -> list[Message]:
        said = [words.formed(len(rollout.served), len(rollout.donors), len(rollout.starts))]
        if panel.covariates:
            said.append(words.adjusted(panel.covariates))
        count = len(chance.draws)
        match self.variance:
            case "jackknife":
                said.append(words.jackknife(count))
            case "bootstrap":
                said.append(words.bootstrap(count))
            case _:
                said.append(words.placebo(count, every=chance.every))
        return said

    def _notes(self, rollout: Rollout, chance: Resampled) -> list[Message]:
        served = len(rollout.served)
        if self.variance == "placebo":
            if not self._tells(chance):
                return [words.too_few_to_tell(len(chance.draws))]
            few = chance.every and len(chance.draws) < FEW_PLACEBOS
            return [words.few_to_tell(len(chance.draws))] if few else []
        return [words.few_served(self.variance, served)] if served < FEW_SERVED else []


def _check_covariates(panel: Panel) -> tuple[Panel, list[Message]]:
    """The panel with the covariates that have a say, and what is said of the others."""
    from dataclasses import replace

    x = panel.x
    if not x.shape[2]:
        return panel, []
    names = np.array(panel.covariates)
    gone = np.isnan(x).any(axis=(0, 1))
    if gone.any():
        raise NotIdentified(words.missing_covariates(names[gone].tolist()))
    own = within(x[panel.donors])
    moves = np.abs(own).max(axis=(0, 1)) > 1e-9 * np.abs(x).max(axis=(0, 1))
    if moves.any():
        own = own[:, :, moves].reshape(-1, int(moves.sum()))
        scaled = own / np.sqrt((own**2).sum(axis=0))
        if np.linalg.matrix_rank(scaled, tol=1e-7) < scaled.shape[1]:
            raise NotIdentified(words.tangled(names[moves].tolist()))
    kept = replace(panel, x=x[:, :, moves], covariates=tuple(names[moves].tolist()))
    if moves.all():
        return kept, []
    return kept, [words.constant_covariates(names[~moves].tolist())]
