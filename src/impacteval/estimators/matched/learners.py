"""Learners: outcomes and the chance of being served foretold by models, engines from econml.

The three estimators differ in what is learned; the means, their errors and the tables are made the
same way from what was foretold, see `learners_scores`.

Nothing is prepared before outcomes are seen. What is drawn here is a partition, and people alike in
all that is measured can be told apart without regard to their names only by their outcomes; there is
nothing in it that a person could check, and nobody is chosen or weighted by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import CounterfactualEstimate
from impacteval.estimators.matched import learners_cards as cards
from impacteval.estimators.matched import learners_words as words
from impacteval.estimators.matched import messages
from impacteval.estimators.matched.dr_tables import overlap
from impacteval.estimators.matched.effect import build
from impacteval.estimators.matched.learners_fits import (
    Foretold,
    Plan,
    Rows,
    foretold_by_causal_forest,
    foretold_by_group,
    foretold_partially_linear,
    need_econml,
)
from impacteval.estimators.matched.learners_folds import Ready, drawn_folds, only_measured, ready
from impacteval.estimators.matched.learners_models import Learner
from impacteval.estimators.matched.learners_scores import (
    Scores,
    arms_of,
    averaged,
    everyone_scores,
    overlap_scores,
    served_scores,
)
from impacteval.estimators.matched.learners_tables import groups_are_covariates, tables_of
from impacteval.estimators.matched.people import People, read_comparison, read_people
from impacteval.estimators.matched.score import columns_of
from impacteval.plugin import MethodCard
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.sample import Sample

Floats = NDArray[np.float64]
Target = Literal["att", "ate"]
Fit = Callable[[Rows, Plan], Foretold]
About = Callable[[Floats, Floats, Foretold, float], Scores]

NUISANCE_TREES = 100
"""Trees of the random forests that a causal forest rests on."""


@dataclass(frozen=True, slots=True)
class DrLearner:
    """Doubly robust effects from econml's learner, cross-fitted, for the served or for everyone.

    Parameters
    ----------
    estimand : {"att", "ate"}
        The effect on those served, or on everyone in the data.
    outcome, score : {"linear", "forest"}
        What outcomes, and the chance of being served, are learned by.
    folds : int
        Parts that people are dealt out into; each is foretold by models fitted on the others.
    repeats : int
        Partitions drawn; the figure is the mean over them.
    trees, leaf : int
        Trees of each random forest, and the fewest people in a leaf.
    clip : float
        How near certainty a chance may be before it is held there.

    Examples
    --------
    See ``docs/how-to/use-learners.md``.

    References
    ----------
    Robins, Rotnitzky and Zhao (1994), doi:10.1080/01621459.1994.10476818; Chernozhukov and others
    (2018), doi:10.1111/ectj.12097; Kennedy (2023), doi:10.1214/23-EJS2157.
    """

    name: ClassVar[str] = "dr-learner"
    card: ClassVar[MethodCard] = cards.DR_LEARNER

    estimand: Target = "att"
    outcome: Learner = "linear"
    score: Learner = "linear"
    folds: int = 5
    repeats: int = 5
    trees: int = 100
    leaf: int = 5
    clip: float = 0.01

    def __post_init__(self) -> None:
        _check_settings(self)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`, Student's t.

        Parameters
        ----------
        sample : Sample
            Design ``matched`` or ``rct``, one period, with covariates.
        scale : Scale
            A total only for those served.
        rng : numpy.random.Generator
            Deals people out, and grows forests.

        Raises
        ------
        UsageError
            When econml is not installed.
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        need_econml(self.name)
        scale = Scale.parse(scale)
        about = about_everyone if self.estimand == "ate" else about_served
        return _estimated(self, sample, scale, rng, foretold_by_group, about, [words.mended()])


@dataclass(frozen=True, slots=True)
class DoubleMl:
    """The partially linear coefficient of econml's `LinearDML`, or doubly robust means.

    Parameters
    ----------
    model : {"partially_linear", "interactive"}, optional
        One effect for all, or outcomes learned for each group; by default the first, unless an
        estimand is asked for that it does not have.
    estimand : {"overlap", "att", "ate"}, optional
        Of the partially linear model, people who could have gone either way; of the interactive
        one, those served (the default) or everyone.
    outcome, score, folds, repeats, trees, leaf, clip
        As for `DrLearner`.

    Examples
    --------
    See ``docs/how-to/use-learners.md``.

    References
    ----------
    Robinson (1988), doi:10.2307/1912705; Chernozhukov and others (2018), doi:10.1111/ectj.12097.
    """

    name: ClassVar[str] = "double-ml"
    card: ClassVar[MethodCard] = cards.DOUBLE_ML

    model: Literal["partially_linear", "interactive"] | None = None
    estimand: Literal["overlap", "att", "ate"] | None = None
    outcome: Learner = "linear"
    score: Learner = "linear"
    folds: int = 5
    repeats: int = 5
    trees: int = 100
    leaf: int = 5
    clip: float = 0.01

    def __post_init__(self) -> None:
        # Settings left open are settled here, so that records say what was done.
        model = self.model or (
            "partially_linear" if self.estimand in (None, "overlap") else "interactive"
        )
        estimand = self.estimand or ("overlap" if model == "partially_linear" else "att")
        if (model == "partially_linear") != (estimand == "overlap"):
            raise UsageError(
                f"model {model} does not have the estimand {estimand}: partially_linear is about "
                "the overlap population, interactive about att or ate."
            )
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "estimand", estimand)
        _check_settings(self)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`, Student's t.

        Parameters
        ----------
        sample : Sample
            Design ``matched`` or ``rct``, one period, with covariates.
        scale : Scale
            ``difference``, ``relative`` or ``standardised``.
        rng : numpy.random.Generator
            Deals people out, and grows forests.

        Raises
        ------
        UsageError
            When econml is not installed, or a total is asked for.
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        need_econml(self.name)
        scale = Scale.parse(scale)
        if scale is Scale.TOTAL:
            raise UsageError(
                "double-ml gives no total: its coefficient is about people who could have gone "
                "either way. Use dr-learner for a total over those served."
            )
        if self.model == "partially_linear":
            said = [words.residuals()]
            return _estimated(
                self, sample, scale, rng, foretold_partially_linear, about_overlap, said
            )
        about = about_everyone if self.estimand == "ate" else about_served
        return _estimated(self, sample, scale, rng, foretold_by_group, about, [words.mended()])


@dataclass(frozen=True, slots=True)
class CausalForest:
    """Effects by covariates from econml's `CausalForestDML`, averaged in a doubly robust way.

    Parameters
    ----------
    estimand : {"att", "ate"}
        The effect on those served, or on everyone in the data.
    outcome, score : {"linear", "forest"}
        What outcomes, and the chance of being served, are learned by before trees are grown.
    folds, repeats, clip
        As for `DrLearner`.
    trees, leaf : int
        Trees of the causal forest, and the fewest people in a leaf.

    Examples
    --------
    See ``docs/how-to/use-learners.md``.

    References
    ----------
    Athey, Tibshirani and Wager (2019), doi:10.1214/18-AOS1709; Athey and Wager (2019), Estimating
    treatment effects with causal forests, doi:10.1353/obs.2019.0001.
    """

    name: ClassVar[str] = "causal-forest"
    card: ClassVar[MethodCard] = cards.CAUSAL_FOREST

    estimand: Target = "att"
    outcome: Learner = "forest"
    score: Learner = "forest"
    folds: int = 5
    repeats: int = 1
    trees: int = 500
    leaf: int = 5
    clip: float = 0.01

    def __post_init__(self) -> None:
        _check_settings(self)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`, Student's t.

        Parameters
        ----------
        sample : Sample
            Design ``matched`` or ``rct``, one period, with covariates.
        scale : Scale
            A total only for those served.
        rng : numpy.random.Generator
            Deals people out, and grows forests.

        Raises
        ------
        UsageError
            When econml is not installed.
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        need_econml(self.name)
        scale = Scale.parse(scale)
        about = about_everyone if self.estimand == "ate" else about_served
        said = [words.grown(self.trees), words.mended()]
        return _estimated(self, sample, scale, rng, by_forest, about, said)


Settings = DrLearner | DoubleMl | CausalForest


def _check_settings(own: Settings) -> None:
    problems = []
    if own.folds < 2:
        problems.append(f"folds must be 2 at least, not {own.folds}.")
    if own.repeats < 1:
        problems.append(f"repeats must be 1 at least, not {own.repeats}.")
    if own.trees < 40 or own.trees % 4:
        problems.append(f"trees must be a multiple of 4, 40 at least, not {own.trees}.")
    if own.leaf < 1:
        problems.append(f"leaf must be 1 at least, not {own.leaf}.")
    if not 0.0 < own.clip <= 0.2:
        problems.append(f"clip must be above 0 and at most 0.2, not {own.clip}.")
    if problems:
        raise UsageError(problems)


def by_forest(rows: Rows, plan: Plan) -> Foretold:
    """What a causal forest foretells; refused where some person was drawn by every tree."""
    said = foretold_by_causal_forest(rows, plan, nuisance_trees=NUISANCE_TREES)
    unseen = int(np.isnan(said.without).sum())
    if unseen:
        raise NotIdentified(words.unseen_trees(unseen, plan.trees))
    return said


def about_served(y: Floats, treatment: Floats, said: Foretold, clip: float) -> Scores:
    """Scores of those served."""
    return served_scores(y, treatment, said, clip)


def about_everyone(y: Floats, treatment: Floats, said: Foretold, clip: float) -> Scores:
    """Scores of everyone."""
    return everyone_scores(y, treatment, said, clip)


def about_overlap(y: Floats, treatment: Floats, said: Foretold, _clip: float) -> Scores:
    """Scores of those who could go either way."""
    return overlap_scores(y, treatment, said)


def _estimated(
    own: Settings,
    sample: Sample,
    scale: Scale,
    rng: np.random.Generator,
    fit: Fit,
    about: About,
    how: Sequence[Message],
) -> CounterfactualEstimate:
    """Read, deal out, learn, average, tell."""
    people = read_people(sample)
    if not people.covariates:
        raise NotIdentified(messages.no_covariates())
    whole = read_comparison(sample, scale, people)
    comparison = only_measured(whole)
    people = comparison.people
    held = ready(comparison, columns_of(people).values[:, 1:])
    each, chances = learned(own, held, rng, fit, about)
    scores = averaged(each)
    compared = people.counts * scores.compared
    if not all(
        float(compared[own_group].sum()) > 0.0 for own_group in (people.served, ~people.served)
    ):
        # Chances of zero for all of a group: nobody stands for the others but by a model.
        raise NotIdentified(messages.separated())
    arms = arms_of(people, scores)
    groups = _groups(sample, people)
    notes = _notes(own, people, chances, groups)
    said = [
        *how,
        words.models(own.outcome, own.score, folds=own.folds, repeats=own.repeats),
        *([words.averaged_over(own.repeats)] if own.repeats > 1 else []),
        words.law(None if people.cluster is None else len(people.cluster.labels)),
    ]
    served = own.estimand == "att"
    return build(
        estimator=own.name,
        settings={f.name: getattr(own, f.name) for f in fields(own)},
        comparison=comparison,
        arms=arms,
        weight=compared,
        scale=scale,
        target=_target(own, people, measured_only=not whole.complete),
        label="orthogonal scores" if own.estimand == "overlap" else "doubly robust",
        sentences=said,
        served_size=float(people.size[people.served].sum()) if served else None,
        balance_by="served" if served else "pooled",
        tables={
            **tables_of(comparison, scores, each, groups),
            "score_overlap": overlap(people, np.mean(chances, axis=0), np.ones(people.n, bool)),
        },
        notes=notes,
    )


def learned(
    own: Settings,
    held: Ready,
    rng: np.random.Generator,
    fit: Fit,
    about: About,
) -> tuple[list[Scores], list[Floats]]:
    """Scores by each partition in turn, and the chances foretold, in the order of the sample."""
    people, order = held.comparison.people, held.order
    alike = bool(np.all(held.mass == held.mass[0]))
    treatment = people.treatment.astype(np.float64)
    scores, chances = [], []
    for _ in range(own.repeats):
        part = drawn_folds(people, held.rank, own.folds, rng)
        plan = Plan(own.outcome, own.score, own.trees, own.leaf, int(rng.integers(2**31)), own.clip)
        rows = Rows(
            held.columns[order],
            people.treatment[order],
            held.z[order],
            None if alike else held.mass[order] / held.mass.mean(),
            part[order],
        )
        said = fit(rows, plan)
        back = np.empty(people.n, dtype=np.int64)
        back[order] = np.arange(people.n)
        found = Foretold(
            said.chance[back],
            held.centre + held.unit * said.without[back],
            held.centre + held.unit * said.served[back],
        )
        scores.append(about(held.comparison.y, treatment, found, own.clip))
        chances.append(found.chance)
    return scores, chances


def _groups(sample: Sample, people: People) -> tuple[NDArray[np.int64], list[Any]] | None:
    subgroup = sample.matrix().subgroup
    if subgroup is None:
        return None
    codes = np.asarray(subgroup.codes[people.rows])
    return codes, subgroup.labels.tolist()


def _notes(
    own: Settings,
    people: People,
    chances: Sequence[Floats],
    groups: tuple[NDArray[np.int64], list[Any]] | None,
) -> tuple[Message, ...]:
    told: list[Message] = []
    if own.estimand != "overlap":
        mean = np.mean(chances, axis=0)
        beyond = mean > 1.0 - own.clip
        if own.estimand == "ate":
            beyond |= mean < own.clip
        if beyond.any():
            told.append(words.clipped(round(float(people.copies[beyond].sum())), own.clip))
    if groups is not None and not groups_are_covariates(people, groups[0]):
        told.append(words.groups_beyond_covariates())
    return tuple(told)


def _target(own: Settings, people: People, *, measured_only: bool) -> Message:
    if own.estimand == "overlap":
        return messages.target_overlap(round(float(people.copies.sum())))
    if own.estimand == "ate":
        return messages.target_everyone(
            round(float(people.copies.sum())), measured_only=measured_only
        )
    served = round(float(people.copies[people.served].sum()))
    return messages.target_served(served, measured_only=measured_only)
