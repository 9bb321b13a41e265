"""Synthetic control: a mix of places that were not served stands for one that was.

References
----------
Abadie and Gardeazabal (2003), The economic costs of conflict. *American Economic Review* 93(1).
doi:10.1257/000282803321455188
Abadie, Diamond and Hainmueller (2010), Synthetic control methods for comparative case studies.
*Journal of the American Statistical Association* 105(490). doi:10.1198/jasa.2009.ap08746
Firpo and Possebom (2018), Synthetic control method: inference, sensitivity analysis and confidence
sets. *Journal of Causal Inference* 6(2). doi:10.1515/jci-2016-0026
Abadie and L'Hour (2021), A penalized synthetic control estimator for disaggregated data. *Journal of
the American Statistical Association* 116(536). doi:10.1080/01621459.2021.1971535
Ben-Michael, Feller and Rothstein (2022), Synthetic controls with staggered adoption. *Journal of the
Royal Statistical Society B* 84(2). doi:10.1111/rssb.12448: separate and pooled mixes.
Doudchenko and Imbens (2016), Balancing, regression, difference-in-differences and synthetic control
methods. NBER working paper 22791. doi:10.3386/w22791: the intercept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import CounterfactualEstimate
from impacteval.estimators.synthetic_control import classic_words as words
from impacteval.estimators.synthetic_control import predictors_words, refits
from impacteval.estimators.synthetic_control.certificate import certify_fits
from impacteval.estimators.synthetic_control.chance import Inference, Question
from impacteval.estimators.synthetic_control.classic_card import SYNTHETIC_CONTROL
from impacteval.estimators.synthetic_control.effect import build, shares
from impacteval.estimators.synthetic_control.fits import (
    Fitter,
    OutcomeFitter,
    ServedFits,
    fit_served,
)
from impacteval.estimators.synthetic_control.over_time import (
    conformal_inference,
    t_test_inference,
)
from impacteval.estimators.synthetic_control.panel import Panel, Window, read_panel
from impacteval.estimators.synthetic_control.penalty import chosen_penalty
from impacteval.estimators.synthetic_control.placebo import Statistic
from impacteval.estimators.synthetic_control.placebo_answer import placebo_inference
from impacteval.estimators.synthetic_control.pooling import pooled, spread_over
from impacteval.estimators.synthetic_control.prediction_answer import prediction_inference
from impacteval.estimators.synthetic_control.predictor_fits import (
    PredictorFitter,
    certified,
    tables_of,
    told,
)
from impacteval.estimators.synthetic_control.predictors import (
    Given,
    LaterPart,
    Weighing,
    check_weighing,
    plain,
)
from impacteval.inference.conformal import Permutations
from impacteval.inference.nested_weights import STARTS
from impacteval.inference.sc_prediction import Shocks
from impacteval.sample.roll_out import first_served
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.plugin import MethodCard
    from impacteval.sample import BlindSample, Sample
    from impacteval.values import Message

Floats = NDArray[np.float64]

# Level of the band around what would have happened.
LEVEL = 0.95
# Fewer periods from before than this are a matter for reasons.
SHORT = 5
# Settings that belong to one way of measuring chance.
OWN = {
    "placebo": ("statistic", "max_pre_fit", "draws"),
    "conformal": ("permutations",),
    "t-test": ("folds",),
    "prediction": ("shocks", "simulations"),
}


@dataclass(frozen=True, slots=True)
class SyntheticControl:
    """Compares a served place with the weighted mean of others that followed it before the service.

    Parameters
    ----------
    intercept : bool
        Whether a constant is added to the weighted mean, so that only changes are followed.
    penalty : float, "loo" or None
        How much donors that are far from the served place are held back; ``"loo"`` chooses it by
        leaving out each period from before in turn.
    fit : {"separate", "pooled"}
        Whether each served place has a mix of its own, or those of one starting date share one that
        follows their mean.
    predictors : tuple, optional
        What the mix matches instead of the outcome period by period: names of covariates or
        ``outcome``, each for its mean over the periods before the service, or entries with the
        periods to average over, in a plan ``{name: beer, from: 1984, to: 1988}`` or
        ``{name: outcome, periods: [1975, 1980]}``.
    v : "nested", "cross-validation" or tuple of float
        How predictors are weighted: so that the mix follows the outcome before the service; so
        that predictors of an earlier part lead to a mix that does in a later one; or as given.
    validation_from : optional
        First period of that later part; the second half by default.
    starts : int
        Searches for the weights of predictors, for each place.
    inference : {"placebo", "conformal", "t-test", "prediction"}
        How chance is measured: over places, by pretending that others were served; over time, by
        reordering residuals (sets with exact ends, also for each period); over blocks of time, with
        the bias of the weights taken out (the effect is then the debiased one); or by predicting what
        would have happened, with doubt about the weights and a shock for the new period.
    statistic : {"rmspe-ratio", "signed-ratio"}
        What placebos are ranked by: the root mean square gap after the service over that from
        before, which has no direction, or the mean gap over it, which has.
    max_pre_fit : float, optional
        Placebos whose miss from before is more than so many times the real one are left out.
    draws : int
        Placements drawn where several places are served; all are compared where there are no more
        than these, and always with one served.
    permutations : {"moving-block", "iid"}
        With ``conformal``: the orders of the joint test of no effect in any period; ``iid`` is for
        residuals that are not correlated over time. Sets of averages and periods are the same.
    folds : int
        With ``t-test``: blocks of periods from before that are left out in turn.
    shocks : {"sub-gaussian", "location-scale"}
        With ``prediction``: how a new period's shock is told from residuals.
    simulations : int
        With ``prediction``: draws of the noise that chose the weights.
    window : tuple, optional
        First and last period that the effect is about; all served periods by default.

    Examples
    --------
    Twenty places, of which the first is served in the last three of fifteen years:

    >>> import numpy as np, pandas as pd
    >>> from impacteval.sample import Sample
    >>> rng = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"place": np.repeat(np.arange(20), 15), "year": 20 * list(range(15))})
    >>> frame["on"] = ((frame["place"] == 0) & (frame["year"] >= 12)).astype(int)
    >>> frame["y"] = rng.normal(size=300).round(1) + 5 * frame["on"]
    >>> sample = Sample.from_frame(
    ...     frame,
    ...     design="synthetic_control",
    ...     outcome="y",
    ...     unit="place",
    ...     period="year",
    ...     treatment="on",
    ... )
    >>> found = SyntheticControl().estimate(sample, scale=Scale.DIFFERENCE, rng=rng)
    >>> round(found.effect.value, 4), round(found.effect.p_value(), 4)
    (3.6224, 0.1)
    """

    name: ClassVar[str] = "synthetic-control"
    card: ClassVar[MethodCard] = SYNTHETIC_CONTROL

    intercept: bool = False
    penalty: float | Literal["loo"] | None = None
    fit: Literal["separate", "pooled"] = "separate"
    predictors: Given = ()
    v: Weighing = "nested"
    validation_from: LaterPart = None
    starts: int = STARTS
    inference: Literal["placebo", "conformal", "t-test", "prediction"] = "placebo"
    statistic: Statistic = "rmspe-ratio"
    max_pre_fit: float | None = None
    draws: int = 9999
    permutations: Permutations = "moving-block"
    folds: int = 3
    shocks: Shocks = "sub-gaussian"
    simulations: int = 399
    window: Window | None = None

    def __post_init__(self) -> None:
        if isinstance(self.penalty, float | int) and not 0.0 <= self.penalty < math.inf:
            raise UsageError(f"penalty must be a number from 0 on, not {self.penalty!r}.")
        if self.starts < 1:
            raise UsageError(f"starts must be 1 at least, not {self.starts}.")
        check_weighing(self.predictors, self.v, self.validation_from)
        if self.predictors and (self.intercept or self.penalty or self.fit == "pooled"):
            raise UsageError(
                "predictors go without intercept, penalty and fit pooled: they are another way to "
                "choose weights, for each place."
            )
        if self.max_pre_fit is not None and not self.max_pre_fit >= 1.0:
            raise UsageError(
                f"max_pre_fit must be 1 at least, not {self.max_pre_fit!r}: the real one is compared."
            )
        if self.draws < 19:
            raise UsageError(
                f"draws must be 19 at least, not {self.draws}: fewer cannot reach the 5% level."
            )
        if self.folds < 2:
            raise UsageError(f"folds must be 2 at least, not {self.folds}: one has no spread.")
        if self.simulations < 39:
            raise UsageError(
                f"simulations must be 39 at least, not {self.simulations}: fewer cannot reach the "
                "5% level, half of which is for the weights."
            )
        self._check_inference()

    def _check_inference(self) -> None:
        """Refuse settings that have no part in the way chance is measured."""
        default = {each.name: each.default for each in fields(self)}
        idle = [
            name
            for inference, names in OWN.items()
            for name in names
            if inference != self.inference and getattr(self, name) != default[name]
        ]
        if self.inference != "placebo" and self.penalty:
            idle.append("penalty")
        if self.inference == "prediction" and self.intercept:
            idle.append("intercept")
        if self.inference != "placebo" and self.predictors:
            idle.append("predictors")  # refits by the outcome of each period
        if idle:
            raise UsageError(
                f"{', '.join(idle)} {'has' if len(idle) == 1 else 'have'} no part in inference "
                f"{self.inference!r}. Leave {'it' if len(idle) == 1 else 'them'} out, or choose "
                "another inference."
            )

    @property
    def directional(self) -> bool:
        """Whether one-sided questions are answered with these settings."""
        return self.inference != "placebo" or self.statistic == "signed-ratio"

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "intercept": self.intercept,
            "penalty": self.penalty,
            "fit": self.fit,
            "predictors": plain(self.predictors),
            "v": self.v if isinstance(self.v, str) else list(self.v),
            "validation_from": self.validation_from,
            "starts": self.starts,
            "inference": self.inference,
            "statistic": self.statistic,
            "max_pre_fit": self.max_pre_fit,
            "draws": self.draws,
            "permutations": self.permutations,
            "folds": self.folds,
            "shocks": self.shocks,
            "simulations": self.simulations,
            "window": self.window,
        }

    def concerns(self, blind: BlindSample) -> tuple[Message, ...]:
        """Whether a served place has very few periods from before."""
        matrix = blind.matrix()
        if matrix.period is None:
            return ()
        starts = first_served(matrix)
        if starts is None:
            return ()
        within = starts[(starts > 0) & (starts < len(matrix.period.labels))]
        if not within.size or int(within.min()) >= SHORT:
            return ()
        return (words.short_before(int(within.min())),)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`, with the set of effects that the test does not reject.

        Parameters
        ----------
        sample : Sample
            Design ``synthetic_control``, one outcome, every place measured in every period.
        scale : Scale
            ``difference``, ``relative`` or ``total``.
        rng : numpy.random.Generator
            Draws placements, or orders of periods, where these are too many, and weights with
            ``prediction``; unused otherwise.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        # Only placebos let chance fall on places.
        over_time = self.inference != "placebo"
        panel = read_panel(sample, scale, window=self.window, incomplete=True, grouped=over_time)
        fitter, how, choice = self._fitter(panel)
        # What is followed before the service: each served place, or the mean of those of one date.
        followed, group = (
            pooled(panel) if self.fit == "pooled" else (panel, np.arange(len(panel.served)))
        )
        fits = fit_served(followed, fitter)
        each = spread_over(fits, panel, group) if self.fit == "pooled" else fits
        chance = self._chance(Question(panel, fitter, each, LEVEL, rng))
        proof = certify_fits(followed, fits, chance.donors)
        matched = told(followed, fitter, fits)
        earlier, missed = self._in_time(followed, fitter)
        return build(
            estimator=self.name,
            settings=self._settings,
            panel=panel,
            counterfactual=each.counterfactual,
            answer=chance.answer,
            scale=scale,
            sentences=(*how, *matched.sentences, *chance.sentences),
            certificate={**proof.values, **certified(fits)},
            tables={
                "weights": weights_table(followed, fits.weights),
                "units": units_table(followed, fits),
                **chance.tables,
                **refits.leave_one_out(followed, fitter, fits),
                **earlier,
                **choice,
                **tables_of(followed, fitter, fits),
            },
            notes=(*proof.notes, *matched.notes, *chance.notes, *missed),
            band=chance.band,
            level=LEVEL,
        )

    def _chance(self, question: Question) -> Inference:
        """How sure one can be, by the setting `inference`."""
        if self.inference == "conformal":
            return conformal_inference(
                question, permutations=self.permutations, intercept=self.intercept
            )
        if self.inference == "t-test":
            return t_test_inference(question, folds=self.folds, intercept=self.intercept)
        if self.inference == "prediction":
            return prediction_inference(question, shocks=self.shocks, simulations=self.simulations)
        return placebo_inference(
            question,
            statistic=self.statistic,
            max_pre_fit=self.max_pre_fit,
            draws=self.draws,
        )

    def _in_time(
        self, panel: Panel, fitter: Fitter
    ) -> tuple[dict[str, dict[str, Any]], tuple[Message, ...]]:
        """A service that is pretended to begin earlier, as far as predictors reach back."""
        try:
            return refits.in_time(panel, fitter), ()
        except NotIdentified:
            if not self.predictors:
                raise
            return {}, (predictors_words.not_earlier(),)

    def _fitter(
        self, panel: Panel
    ) -> tuple[Fitter, tuple[Message, ...], dict[str, dict[str, Floats]]]:
        """How mixes are made, how that is told, and a table of how it was chosen."""
        if self.predictors:
            matching = PredictorFitter(self.predictors, self.v, self.validation_from, self.starts)
            matching.check(panel)
            mixed = predictors_words.mixed(len(panel.donors), len(panel.served))
            return matching, (mixed,), {}
        penalty, choice = self.penalty or 0.0, {}
        if penalty == "loo":
            penalty, choice["penalty"] = chosen_penalty(panel, intercept=self.intercept)
        assert isinstance(penalty, float | int)  # chosen by now; for mypy
        said = [
            words.mixed(
                len(panel.donors),
                len(panel.served),
                intercept=self.intercept,
                pooled=self.fit == "pooled",
            ),
            words.penalised(float(penalty)) if penalty else None,
            words.chosen() if choice else None,
        ]
        fitter = OutcomeFitter(self.intercept, float(penalty))
        return fitter, tuple(sentence for sentence in said if sentence is not None), choice


def weights_table(panel: Panel, weights: Floats) -> dict[str, Any]:
    """Every donor's weight, the heaviest first; with several served places one block for each.

    Parameters
    ----------
    panel : Panel
    weights : array, shape (N, U)
    """
    names = panel.labels.astype(str)
    donors = panel.donors
    # Places are in the order of their labels, which decides between equal weights.
    blocks = [np.argsort(-row, kind="stable") for row in weights[:, donors]]
    found: dict[str, Any] = {
        "unit": np.concatenate([names[donors[order]] for order in blocks]).tolist(),
        "weight": np.concatenate(
            [row[donors[order]] for row, order in zip(weights, blocks, strict=True)]
        ),
    }
    if len(weights) > 1:
        served = np.repeat(names[panel.served], len(donors)).tolist()
        return {"served": served, **found}
    return found


def units_table(panel: Panel, fits: ServedFits) -> dict[str, Any]:
    """Each served place: since when, its effect, what it counts for, and how well it is met."""
    share = shares(panel)
    part = share.sum(axis=1)
    gap = panel.y[panel.served] - fits.counterfactual
    with np.errstate(invalid="ignore"):
        effect = np.where(part > 0.0, (share * gap).sum(axis=1) / part, np.nan)
    return {
        "unit": panel.labels[panel.served].astype(str).tolist(),
        "start": [panel.periods[k] for k in panel.start[panel.served].tolist()],
        "effect": effect,
        "share": part,
        "pre_rmspe": fits.pre_rmspe,
    }
