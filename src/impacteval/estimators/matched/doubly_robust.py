"""Two models, one of which must be right: who is served, and how people fare without and with it.

References
----------
Robins, Rotnitzky and Zhao (1994), Estimation of regression coefficients when some regressors are
not always observed. *Journal of the American Statistical Association* 89(427).
doi:10.1080/01621459.1994.10476818
Chernozhukov, Chetverikov, Demirer, Duflo, Hansen, Newey and Robins (2018), Double/debiased machine
learning for treatment and structural parameters. *Econometrics Journal* 21(1).
doi:10.1111/ectj.12097
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import Parts
from impacteval.estimators.matched import dr_tables as tables
from impacteval.estimators.matched import dr_words as words
from impacteval.estimators.matched import messages
from impacteval.estimators.matched.balance import balance_table
from impacteval.estimators.matched.dr_card import DOUBLY_ROBUST
from impacteval.estimators.matched.dr_folds import Places, deal, kinds, places
from impacteval.estimators.matched.dr_model import (
    Decided,
    Fit,
    check_size,
    family_of,
    fit_outcome,
    scores_without,
    split,
)
from impacteval.estimators.matched.effect import build, weights_table
from impacteval.estimators.matched.people import Comparison, People, read_comparison, read_people
from impacteval.estimators.matched.score import Score, columns_of, fit_score, score_at
from impacteval.inference.aipw import odds
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import BlindSample, Preparation, Sample

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Share of a group's weight that one person carries, from which the report says so.
HEAVY = 0.1


@dataclass(frozen=True, slots=True)
class DoublyRobust:
    """Weights and an outcome model together, fitted on others than those they are used for.

    Parameters
    ----------
    estimand : {"att", "ate"}
        The effect on those served, or on everyone.
    folds : int
        Parts that people are shared out into by lot; the models of a part are fitted on the others.
        1 fits them on everyone.
    repeats : int
        How often people are shared out, an odd number; the result is the median one.
    outcome : {"auto", "linear", "logit", "poisson"}
        Model of the outcome in each group. ``auto`` takes the logit for outcomes of 0 and 1, the log
        link for counts and for rates per exposure, and the line for everything else.
    trim : float, optional
        People with a chance of being served above ``1 - trim`` (and, for everyone, below ``trim``)
        are left out, which changes whom the effect is about.

    Examples
    --------
    The training of the NSW, with others of the same trial as if nobody had drawn lots:

    >>> import causaldata, numpy as np
    >>> from impacteval.sample import Sample
    >>> frame = causaldata.nsw_mixtape.load_pandas().data
    >>> sample = Sample.from_frame(
    ...     frame, design="matched", outcome="re78", treatment="treat",
    ...     covariates=["age", "educ", "black", "re75"],
    ... )
    >>> found = DoublyRobust(folds=1).estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 1), round(found.effect.std_error, 1)
    (1754.7, 669.9)
    """

    name: ClassVar[str] = "doubly-robust"
    card: ClassVar[MethodCard] = DOUBLY_ROBUST

    estimand: Literal["att", "ate"] = "att"
    folds: int = 5
    repeats: int = 1
    outcome: Literal["auto", "linear", "logit", "poisson"] = "auto"
    trim: float | None = None

    def __post_init__(self) -> None:
        if self.folds < 1:
            raise UsageError(f"folds must be 1 at least, not {self.folds}.")
        if self.repeats < 1 or self.repeats % 2 == 0:
            raise UsageError(f"repeats must be an odd number of 1 at least, not {self.repeats}.")
        if self.trim is not None and not 0.0 < self.trim < 0.5:
            raise UsageError(f"trim must lie between 0 and 0.5, not {self.trim}.")

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "estimand": self.estimand,
            "folds": self.folds,
            "repeats": self.repeats,
            "outcome": self.outcome,
            "trim": self.trim,
        }

    def prepare(self, blind: BlindSample, *, rng: np.random.Generator) -> Preparation:
        """The lot that shares people out, the scores and the weights, before outcomes are seen.

        Parameters
        ----------
        blind : BlindSample
            Design ``matched`` or ``rct``, one period.
        rng : numpy.random.Generator
            Draws the lots.

        Returns
        -------
        Preparation
            Tables ``folds`` (``place``, and a column ``fold_1`` a repeat; places are those of
            `places`), ``fitted`` (``repeat, fold, term, coefficient`` of the scores on scaled
            covariates; repeat 0 is everyone's), and for people ``score``, ``coefficients``,
            ``weights``, ``balance`` and ``score_overlap``, all by everyone's score.

        Raises
        ------
        NotIdentified
            When covariates are missing or collinear, or tell without error who was served.
        """
        from impacteval.sample import Preparation

        people = self._people(blind)
        decided = self._decided(people, rng)
        score = decided.score
        fitted = [score.coefficients[None], *decided.without]
        kept = self._kept(score)
        weight = np.where(kept, people.counts * self._times(people, score.chance), 0.0)
        return Preparation(
            kind="scores",
            tables=Parts(
                {
                    "folds": {
                        "place": np.arange(1, people.n + 1),
                        **{f"fold_{k}": fold + 1 for k, fold in enumerate(decided.folds, 1)},
                    },
                    "fitted": tables.stacked(
                        tables.fitted_rows(k, score.columns, own) for k, own in enumerate(fitted)
                    ),
                    "score": {
                        "unit": people.keys[kept].tolist(),
                        "score": score.chance[kept],
                    },
                    "coefficients": score.table(),
                    "weights": {
                        **weights_table(people, weight),
                        "unit": people.keys[weight > 0.0].tolist(),
                    },
                    "balance": balance_table(people, weight, by=self._balance_by),
                    "score_overlap": tables.overlap(people, score.chance, kept),
                }
            ),
            made_by=self.name,
        )

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``matched`` or ``rct``, one period, with covariates or strata.
        scale : Scale
            Any of the four; ``total`` for the effect on those served only.
        rng : numpy.random.Generator
            Draws the lots, where they were not frozen.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        UsageError
            When the frozen preparation is not one of these people and settings.
        """
        scale = Scale.parse(scale)
        people = self._people(sample.blind)
        comparison = read_comparison(sample, scale, people)
        if scale is Scale.TOTAL and self.estimand != "att":
            raise NotIdentified(messages.total_of_served())
        frozen = sample.preparation
        fit = self.fitted(comparison, rng, None if frozen is None else self._frozen(frozen, people))
        inside = fit.kept & comparison.measured
        return build(
            estimator=self.name,
            settings=self._settings,
            comparison=comparison,
            arms=fit.arms,
            weight=fit.weight,
            scale=scale,
            target=self._target(comparison, inside),
            label=words.LABEL if people.cluster is None else words.CLUSTERED,
            sentences=self._sentences(people, fit, scale),
            served_size=(
                float(people.size[inside & people.served].sum()) if self.estimand == "att" else None
            ),
            balance_by=self._balance_by,
            tables=tables.all_of(comparison, fit),
            notes=self._notes(people, fit, comparison.measured),
        )

    def fitted(
        self, comparison: Comparison, rng: np.random.Generator, frozen: Decided | None = None
    ) -> Fit:
        """Both means with the influence of everyone; the part of `estimate` that computes.

        Parameters
        ----------
        comparison : Comparison
        rng : numpy.random.Generator
            Draws the lots, unless they are `frozen`.
        frozen : Decided, optional
            What was decided before.

        Raises
        ------
        NotIdentified
            When the data cannot answer.
        """
        people = comparison.people
        decided = self._decided(people, rng) if frozen is None else frozen
        score = decided.score
        kept, where = self._kept(score), places(people, comparison, kind=decided.kind)
        self._check_kept(people, kept & comparison.measured)
        family = family_of(comparison, self.outcome)
        if self.estimand == "att":
            inside = kept & comparison.measured & people.served
            check_size(people, where, inside[where.order], 1, 1, 1)
        models = {
            group: fit_outcome(comparison, score.columns, where, group, family, kept, self.folds)
            for group in ((1, 0) if self.estimand == "ate" else (0,))
        }
        splits = [
            split(
                comparison,
                score,
                where,
                (models.get(1), models[0]),
                fold,
                without,
                self.estimand,
                kept,
            )
            for fold, without in zip(decided.folds, decided.without, strict=True)
        ]
        order = np.argsort([s.difference for s in splits], kind="stable")
        return Fit(score, models, tuple(splits), int(order[len(splits) // 2]), where, kept)

    # --- what is decided without outcomes ---

    def _people(self, blind: BlindSample) -> People:
        people = read_people(blind)
        if not people.covariates and people.stratum is None:
            raise NotIdentified(messages.no_covariates())
        return people

    def _decided(self, people: People, rng: np.random.Generator) -> Decided:
        score, kind = fit_score(people), kinds(people)
        where = places(people, kind=kind)
        folds = [self._deal(where, rng) for _ in range(self._repeats)]
        without = [scores_without(people, score, where, fold, self.folds) for fold in folds]
        return Decided(score, kind, tuple(folds), tuple(without))

    @property
    def _repeats(self) -> int:
        return 1 if self.folds == 1 else self.repeats

    @property
    def _balance_by(self) -> str:
        return "served" if self.estimand == "att" else "pooled"

    def _deal(self, where: Places, rng: np.random.Generator) -> Ints:
        if self.folds == 1:
            return np.zeros(len(where.item), dtype=np.int64)
        return deal(where.cell, self.folds, rng)[where.item]

    def _times(self, people: People, chance: Floats) -> Floats:
        own, other = (odds(chance, group, self.estimand)[0] for group in (1, 0))
        return np.where(people.served, own, other)

    def _kept(self, score: Score) -> Bools:
        if self.trim is None:
            return np.ones(len(score.chance), dtype=bool)
        kept = score.chance <= 1.0 - self.trim
        if self.estimand == "ate":
            kept &= score.chance >= self.trim
        return np.asarray(kept)

    def _frozen(self, preparation: Preparation, people: People) -> Decided:
        found = preparation.tables
        if preparation.made_by != self.name or {"folds", "fitted"} - set(found):
            raise UsageError(
                f"The preparation was made by {preparation.made_by!r}, not by {self.name!r}."
            )
        lots = found.columns("folds")
        fits = tables.fitted_of(found.columns("fitted"))
        columns = columns_of(people)
        wanted = {k: (1 if k == 0 else self.folds) for k in range(self._repeats + 1)}
        shapes = {k: (folds, len(columns.names)) for k, folds in wanted.items()}
        if (
            len(lots["place"]) != people.n
            or {k: v.shape for k, v in fits.items()} != shapes
            or len(lots) != self._repeats + 1
        ):
            raise UsageError(
                "The preparation is one of other people, covariates or settings: its tables do not "
                "have their sizes."
            )
        self._check_frozen_people(found, people, columns.names)
        score = score_at(people, columns, fits[0][0])
        repeats = range(1, self._repeats + 1)
        return Decided(
            score,
            kinds(people),
            tuple(np.array(lots[f"fold_{k}"], dtype=np.int64) - 1 for k in repeats),
            tuple(fits[k] for k in repeats),
        )

    def _check_frozen_people(self, found: Parts, people: People, names: tuple[str, ...]) -> None:
        """Refuse chances of other people, other groups or other covariates, sizes being equal."""
        terms = tuple(found.columns("coefficients")["term"])
        held = found.columns("weights")
        group = dict(zip(people.keys.tolist(), people.served.tolist(), strict=True))
        now = [group.get(unit) for unit in held["unit"]]
        if terms != names or now != [bool(own) for own in held["served"]]:
            raise UsageError(
                "The preparation is one of other people, groups or covariates than those of the "
                "sample. Prepare the study again with these data."
            )

    # --- what is told ---

    def _check_kept(self, people: People, inside: Bools) -> None:
        for group in (True, False):
            if float(people.copies[inside & (people.served == group)].sum()) < 2.0:
                raise NotIdentified(words.all_trimmed(self.trim or 0.0))

    def _target(self, comparison: Comparison, inside: Bools) -> Message:
        people, complete = comparison.people, comparison.complete
        about = inside & people.served if self.estimand == "att" else inside
        units = round(float(people.copies[about].sum()))
        if self.trim is not None:
            return words.target_trimmed(self.estimand, self.trim, units, measured_only=not complete)
        named = messages.target_served if self.estimand == "att" else messages.target_everyone
        return named(units, measured_only=not complete)

    def _sentences(self, people: People, fit: Fit, scale: Scale) -> list[Message]:
        arms = fit.arms
        contrast = np.array([-1.0, 1.0])
        if scale is Scale.RELATIVE:
            contrast = np.array([-1.0 / arms.means[0], 1.0 / arms.means[1]])
        told = [
            words.formed(self.estimand, people.covariates),
            words.model(fit.models[0].family),
            words.shared_out(
                self.folds, self._repeats, None if people.cluster is None else len(people.labels)
            ),
            words.errors(),
        ]
        if people.cluster is not None:
            told.append(messages.clustered(len(people.labels)))
        return [*told, words.degrees(float(arms.degrees(contrast)))]

    def _notes(self, people: People, fit: Fit, measured: Bools) -> tuple[Message, ...]:
        notes, kept, weight = [], fit.kept, fit.weight
        if not kept.all():
            notes.append(words.trimmed(int((~kept & people.served).sum()), int((~kept).sum())))
        other = np.where(measured & ~people.served, weight / people.copies, 0.0)
        most = float(other.max() / weight[measured & ~people.served].sum())
        if most > HEAVY:
            notes.append(words.heavy(100.0 * most))
        return tuple(notes)
