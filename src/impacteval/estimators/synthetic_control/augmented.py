"""Synthetic control whose miss before the service is corrected by a ridge regression.

References
----------
Ben-Michael, Feller and Rothstein (2021), The augmented synthetic control method. *Journal of the
American Statistical Association* 116(536). doi:10.1080/01621459.2021.1929245
Barber, Candès, Ramdas and Tibshirani (2021), Predictive inference with the jackknife+. *Annals of
Statistics* 49(1). doi:10.1214/20-AOS1965
Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic difference-in-differences.
*American Economic Review* 111(12). doi:10.1257/aer.20190159: placebo, jackknife, bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import CounterfactualEstimate, Influence, StudentT
from impacteval.estimators.synthetic_control import augmented_tables as tables
from impacteval.estimators.synthetic_control import augmented_words as words
from impacteval.estimators.synthetic_control.augmented_card import AUGMENTED
from impacteval.estimators.synthetic_control.augmented_chance import Chance, Variance, chance_of
from impacteval.estimators.synthetic_control.augmented_fit import (
    Alike,
    Choices,
    CovariateUse,
    Rule,
    Unspread,
)
from impacteval.estimators.synthetic_control.augmented_places import PlaceFit, Places, gaps
from impacteval.estimators.synthetic_control.effect import Answer, build, shares
from impacteval.estimators.synthetic_control.panel import Panel, Window, read_panel
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message

Floats = NDArray[np.float64]

# Level of the band around what would have happened.
LEVEL = 0.95
# Negative weights that add up to less are left unsaid: a correction that is next to nothing.
EXTRAPOLATES = 0.005
# Served places below which leaving them out tells little.
FEW = 10


@dataclass(frozen=True, slots=True)
class AugmentedSyntheticControl:
    """Holds each served place against a mix of others, corrected for what the mix misses.

    Parameters
    ----------
    variance : {"placebo", "jackknife", "bootstrap", "jackknife+"}
        How chance is measured: by places never served in the place of the served; by leaving out
        each place, or drawing places with replacement (several served places); or by predicting
        stretches of periods from before the service (one date).
    penalty : float, optional
        Of the ridge regression, in squared units of the outcome; chosen by held-out periods when
        not given.
    folds : int, optional
        Stretches of periods that are held out to choose it; each period by itself when not given.
    rule : {"one-standard-error", "minimum"}
        Which penalty is taken: the largest whose mean error is within one standard error of the
        smallest, or the one with the smallest.
    covariates : {"stacked", "residualised"}
        Covariates of the sample as further rows of what is balanced, or taken out of the outcomes
        first and balanced exactly.
    fixed_effects : bool
        Whether outcomes are taken from each place's own mean before the service.
    draws : int
        Groups of stand-ins (all of them where they are no more), or draws of the bootstrap.
    window : tuple, optional
        First and last period that the effect is about.

    Examples
    --------
    Six places over eight years, of which the first is served from the sixth on:

    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> rng = np.random.default_rng(5)
    >>> frame = pd.DataFrame({"place": np.repeat(list("abcdef"), 8), "year": 6 * list(range(8))})
    >>> frame["on"] = ((frame["place"] == "a") & (frame["year"] >= 5)).astype(int)
    >>> frame["y"] = 10 + rng.normal(size=48).round(1) + 5 * frame["on"]
    >>> sample = Sample.from_frame(
    ...     frame, design="synthetic_control", outcome="y", unit="place", period="year",
    ...     treatment="on",
    ... )
    >>> found = AugmentedSyntheticControl().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    >>> round(found.effect.value, 3), round(found.certificate["sum_of_weights"], 9)
    (4.56, 1.0)
    """

    name: ClassVar[str] = "augmented-synthetic-control"
    card: ClassVar[MethodCard] = AUGMENTED

    variance: Variance = "placebo"
    penalty: float | None = None
    folds: int | None = None
    rule: Rule = "one-standard-error"
    covariates: CovariateUse = "stacked"
    fixed_effects: bool = False
    draws: int = 200
    window: Window | None = None

    def __post_init__(self) -> None:
        if self.penalty is not None and not self.penalty > 0.0:
            raise UsageError(f"penalty must be above 0, not {self.penalty}.")
        if self.folds is not None and self.folds < 2:
            raise UsageError(f"folds must be 2 at least, not {self.folds}.")
        if self.draws < 19:
            raise UsageError(f"draws must be 19 at least, not {self.draws}.")

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "variance": self.variance,
            "penalty": self.penalty,
            "folds": self.folds,
            "rule": self.rule,
            "covariates": self.covariates,
            "fixed_effects": self.fixed_effects,
            "draws": self.draws,
            "window": self.window,
        }

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`, with the uncertainty that `variance` names.

        Parameters
        ----------
        sample : Sample
            Design ``synthetic_control``, one outcome.
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        rng : numpy.random.Generator
            Draws groups of stand-ins, or places.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        # Only jackknife+ tells chance over time.
        over_time = self.variance == "jackknife+"
        panel = read_panel(sample, scale, window=self.window, grouped=over_time)
        choices = Choices(self.penalty, self.folds, self.rule, self.covariates, self.fixed_effects)
        places = _places(panel, choices)
        try:
            fits = places.fits()
            chance = chance_of(places, fits, self.variance, self.draws, rng)
        except Unspread as error:
            names = [panel.covariates[k] for k in error.which]
            raise NotIdentified(words.flat_covariates(names)) from error
        except Alike as error:
            raise NotIdentified(words.alike()) from error
        proof = tables.certificate(panel, places, fits, chance)
        without = np.array([found.counterfactual for found in fits])
        answer = Answer(
            places.effect(gaps(fits)),
            chance.distribution,
            chance.std_error,
            _influence(panel, chance),
        )
        return build(
            estimator=self.name,
            settings=self._settings,
            panel=panel,
            counterfactual=without,
            answer=answer,
            scale=scale,
            sentences=self._sentences(panel, fits, chance),
            certificate=proof.values,
            tables=tables.tables(panel, places, fits, chance),
            notes=(*proof.notes, *self._notes(panel, places, fits, chance)),
            band=_band(places, without, chance),
            level=LEVEL,
        )

    def _sentences(self, panel: Panel, fits: list[PlaceFit], chance: Chance) -> list[Message]:
        served, donors = len(fits), len(panel.donors)
        said = [
            words.formed(donors, fits[0].fit.penalty)
            if served == 1
            else words.formed_each(donors, served)
        ]
        if self.fixed_effects:
            said.append(words.fixed_effects())
        if panel.covariates:
            said.append(words.covariates(panel.covariates, self.covariates))
        if self.penalty is None:
            said.append(words.chosen(self.rule, self.folds))
        df = 0.0 if chance.df is None else round(chance.df, 1)
        match self.variance:
            case "placebo":
                told = words.placebo(chance.compared, exact=chance.exact, alone=served == 1, df=df)
            case "jackknife":
                told = words.jackknife(df)
            case "bootstrap":
                told = words.bootstrap(chance.compared, df)
            case _:
                told = words.held_out(chance.compared, chance.length)
        return [*said, told]

    def _notes(
        self, panel: Panel, places: Places, fits: list[PlaceFit], chance: Chance
    ) -> tuple[Message, ...]:
        said = []
        beyond = [found for found in fits if float(found.fit.weights.min()) < 0.0]
        if beyond:
            worst = max(float(-np.minimum(found.fit.weights, 0.0).sum()) for found in beyond)
            if worst >= EXTRAPOLATES:
                names = [str(panel.labels[found.place]) for found in beyond]
                said.append(words.extrapolates(names, worst))
        if self.variance in ("jackknife", "bootstrap") and len(fits) < FEW:
            said.append(words.few_served(len(fits), self.variance))
        if self.variance == "jackknife+":
            window = int((places.shares.sum(axis=0) > 0.0).sum())
            if chance.length < window:
                said.append(words.held_shorter(chance.length, window))
            if chance.compared + 1 <= 20:
                said.append(words.few_blocks(chance.compared, 1.0 - 1.0 / (chance.compared + 1)))
        return tuple(said)


def _places(panel: Panel, choices: Choices) -> Places:
    """The tables of the panel; covariates must be there before the last start."""
    x = panel.x
    last = int(panel.start[panel.served].max())
    if x.shape[2]:
        gone = np.isnan(x[:, :last]).any(axis=(0, 1))
        if gone.any():
            names = [panel.covariates[k] for k in np.flatnonzero(gone).tolist()]
            raise NotIdentified(words.missing_covariates(names))
    return Places(
        panel.y, x, panel.served, panel.donors, panel.start[panel.served], shares(panel), choices
    )


def _influence(panel: Panel, chance: Chance) -> Influence | None:
    if chance.moved is None:
        return None
    order = np.concatenate([panel.served, panel.donors])
    return Influence(panel.labels[order], chance.moved, "unit")


def _band(places: Places, without: Floats, chance: Chance) -> tuple[Floats, Floats] | None:
    """What would have happened in each period that counts, give or take its own error."""
    if chance.periods is None or chance.df is None:
        return None
    middle = places.path(without)
    times = StudentT(0.0, 1.0, chance.df).interval(LEVEL).high
    return middle - times * chance.periods, middle + times * chance.periods
