"""Matching on the chance of being served.

References
----------
Rosenbaum and Rubin (1983), The central role of the propensity score in observational studies for
causal effects. *Biometrika* 70(1). doi:10.1093/biomet/70.1.41
Austin (2011), Optimal caliper widths for propensity-score matching. *Pharmaceutical Statistics*
10(2). doi:10.1002/pst.433
Abadie and Imbens (2006), Large sample properties of matching estimators for average treatment
effects. *Econometrica* 74(1). doi:10.1111/j.1468-0262.2006.00655.x
Abadie and Imbens (2016), Matching on the estimated propensity score. *Econometrica* 84(2).
doi:10.3982/ECTA11293
Abadie and Spiess (2022), Robust post-matching inference. *Journal of the American Statistical
Association* 117(538). doi:10.1080/01621459.2020.1840383
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.matched import messages
from impacteval.estimators.matched import propensity_words as words
from impacteval.estimators.matched.effect import build
from impacteval.estimators.matched.people import (
    Comparison,
    People,
    read_comparison,
    read_people,
)
from impacteval.estimators.matched.propensity_card import PROPENSITY_MATCHING
from impacteval.estimators.matched.propensity_frozen import (
    MANY,
    Frozen,
    certificate_of,
    freeze,
    named_pairs,
    notes_of,
    read_score,
    tables_of,
    thaw,
)
from impacteval.estimators.matched.propensity_sets import (
    apart_by_time,
    basis_of,
    measured_sets,
    size_of,
)
from impacteval.estimators.matched.score import Score, fit_score
from impacteval.estimators.randomised import wording
from impacteval.inference import ArmMeans
from impacteval.inference.matched_sets import MatchedSets, matched_arms, matched_arms_by_row
from impacteval.inference.score_matching import (
    Scored,
    around_on_score,
    common_support,
    match_on_score,
)
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import BlindSample, Preparation, Sample

DIFFERENCE = np.array([-1.0, 1.0])
# Comparators whose outcomes tell the variance given the score: two, as in the field's programmes.
NEIGHBOURS = 2


@dataclass(frozen=True, slots=True)
class PropensityMatching:
    """Those served against the people whose chance of being served was nearest.

    Parameters
    ----------
    ratio : int
        How many comparators for each person served; at most so many where nobody is used twice, or
        where the caliper leaves fewer.
    replace : bool
        Whether a comparator may serve for several. Without, the highest scores choose first, and
        with a `ratio` above one everyone chooses one before anyone chooses a second.
    caliper : float or None
        How far apart the linear score (the logit of the chance) may be, in standard deviations: the
        root of the mean of both groups' variances. Who has nobody within is left out.
    ties : bool
        With replacement: everyone as near as the last one counts, and all share the weight. Without
        ties exactly `ratio` people count, those equally near in parts. Where nobody is used twice
        people with the same score share what is matched of them; nothing else is tied.
    score : str or None
        A covariate that is the score itself. None: a logit on all covariates.
    distance : {"chance", "linear"}
        Nearest in chance, or in its logit. Without a fitted score both are the score as given.
    common_support : bool
        Leave out, on either side, whose score lies outside the range of the other group.
    variance : {"score-estimated", "score-given"}
        Errors that know that the score was estimated, or that take it as given. Where errors are by
        cluster, and where the score was given, that decides.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> table = pd.DataFrame({
    ...     "on": [1, 1, 1, 0, 0, 0, 0, 0], "age": [20, 30, 40, 21, 29, 39, 44, 60],
    ...     "y": [5.0, 7.0, 9.0, 4.0, 5.0, 7.0, 8.0, 9.0],
    ... })
    >>> sample = Sample.from_frame(
    ...     table, design="matched", outcome="y", treatment="on", covariates=["age"]
    ... )
    >>> found = PropensityMatching(score="age", caliper=None).estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 6)
    1.666667
    """

    name: ClassVar[str] = "propensity-matching"
    card: ClassVar[MethodCard] = PROPENSITY_MATCHING

    ratio: int = 1
    replace: bool = False
    caliper: float | None = 0.2
    ties: bool = True
    score: str | None = None
    distance: Literal["chance", "linear"] = "chance"
    common_support: bool = False
    variance: Literal["score-estimated", "score-given"] = "score-estimated"

    def __post_init__(self) -> None:
        if self.ratio < 1:
            raise UsageError(f"ratio must be 1 at least, not {self.ratio}.")
        if self.caliper is not None and not 0.0 < self.caliper < math.inf:
            raise UsageError(
                f"caliper must be a number above 0, or none for no limit, not {self.caliper!r}."
            )

    def prepare(self, blind: BlindSample, *, rng: np.random.Generator) -> Preparation:
        """Pairs, weights, score and balance, without outcomes.

        Parameters
        ----------
        blind : BlindSample
            Design ``matched``.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the covariates cannot tell who is alike, or nobody is near enough.
        """
        people = read_people(blind)
        frozen = self.match(people)
        scored, _ = self.scored(people, frozen)
        return freeze(people, scored, frozen, self._matching, self.name)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on those served who were matched, on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``matched``; where it has a preparation of this method with these settings, its
            pairs are used.
        scale : Scale
            Any of the four.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        scale = Scale.parse(scale)
        people = read_people(sample)
        found = None
        if sample.preparation is not None:
            found = thaw(sample.preparation, people, self._matching, self.name)
        frozen = self.match(people) if found is None else found
        scored, score = self.scored(people, frozen)
        comparison = read_comparison(sample, scale, people)
        sets, lost = measured_sets(comparison, frozen.sets)
        if float(people.copies[sets.served].sum()) < 2.0:
            raise NotIdentified(words.nobody_near(sets.count))
        arms, told, label = self.means(comparison, sets, frozen, scored, score)
        kept = np.zeros(people.n, dtype=bool)
        kept[sets.served] = True
        matched = float((people.copies * frozen.part)[kept].sum())
        units = float(people.copies[people.served].sum())
        whole = round(matched) == round(units) or round(matched) == round(
            float(people.copies[people.served & comparison.measured].sum())
        )
        return build(
            estimator=self.name,
            settings=asdict(self),
            comparison=comparison,
            arms=arms,
            weight=frozen.weight(people),
            scale=scale,
            target=messages.target_served(round(matched), measured_only=not comparison.complete)
            if whole
            else messages.target_matched(round(matched), round(units)),
            label=label,
            sentences=(*self._how(people, frozen), *told),
            served_size=float((people.size * frozen.part)[kept].sum()),
            tables={**tables_of(people, scored, frozen), **named_pairs(people, frozen)},
            notes=(
                *notes_of(people, frozen),
                *lost,
                *apart_by_time(comparison, sets, frozen.part, frozen.weight(people)),
            ),
            certificate=certificate_of(people, scored, frozen),
        )

    @property
    def _matching(self) -> dict[str, Any]:
        """The settings that decide who is compared with whom."""
        return {k: v for k, v in asdict(self).items() if k != "variance"}

    def match(self, people: People) -> Frozen:
        """Who is compared with whom, of people without outcomes.

        Raises
        ------
        NotIdentified
            As `prepare`.
        """
        score = None
        if self.score is None:
            if not people.covariates:
                raise NotIdentified(messages.no_covariates())
            score = fit_score(people)
        scored = self._scored_by(people, score)
        inside = common_support(scored) if self.common_support else np.ones(people.n, dtype=bool)
        width = None if self.caliper is None else self.caliper * _spread(people, scored)
        found = match_on_score(
            scored,
            ratio=self.ratio,
            replace=self.replace,
            caliper=width,
            ties=self.ties,
            within=inside,
        )
        matched = float((people.copies * found.part).sum())
        if matched < 2.0:
            raise NotIdentified(words.nobody_near(round(matched)))
        sets = found.sets
        if sets.pools is not None:
            members = np.bincount(sets.pools.of[sets.pools.of >= 0])
            if int(members[sets.others].sum()) <= MANY:
                sets = sets.written_out()
        return Frozen(
            sets=sets,
            part=found.part,
            outside=people.served & ~inside,
            width=width,
            most_uses=found.most_uses,
            coefficients=None if score is None else score.table(),
        )

    def scored(self, people: People, frozen: Frozen) -> tuple[Scored, Score | None]:
        """People with the score that was frozen."""
        score = None if frozen.coefficients is None else read_score(people, frozen.coefficients)
        return self._scored_by(people, score), score

    def _scored_by(self, people: People, score: Score | None) -> Scored:
        if score is None:
            if self.score not in people.covariates:
                raise NotIdentified(words.unknown_score(str(self.score), people.covariates))
            reach = near = people.x[:, people.covariates.index(str(self.score))]
        else:
            reach = score.linear
            near = score.chance if self.distance == "chance" else score.linear
        return Scored(
            served=people.served,
            score=near,
            reach=reach,
            counts=people.counts,
            copies=people.copies,
            stratum=None if people.stratum is None else people.stratum.codes,
        )

    def means(
        self,
        comparison: Comparison,
        sets: MatchedSets,
        frozen: Frozen,
        scored: Scored,
        score: Score | None,
    ) -> tuple[ArmMeans, tuple[Message, ...], str]:
        """Both means with their errors, what is said of them, and the name of the errors."""
        people = comparison.people
        size = size_of(people) * frozen.part
        estimated = score is not None and self.variance == "score-estimated"
        if people.cluster is None and not estimated:
            around = around_on_score(
                scored, sets, np.where(comparison.measured, people.counts, 0.0), NEIGHBOURS
            )
            arms = matched_arms(
                comparison.y,
                sets,
                size,
                exposure=people.exposure,
                copies=people.copies,
                around=around,
            )
            return arms, (words.errors_by_set(NEIGHBOURS), _degrees(arms)), "Abadie-Imbens"
        told: tuple[Message, ...] = ()
        if score is not None and estimated:
            told = (words.errors_of_score(),)
        if people.cluster is not None:
            told = (*told, messages.clustered(len(people.labels)))
        arms = matched_arms_by_row(
            comparison.y,
            sets,
            size,
            basis_of(people, scored, sets),
            exposure=people.exposure,
            copies=people.copies,
            columns=score.columns.values if score is not None and estimated else None,
            pulls=score.pulls(people) if score is not None and estimated else None,
            gather=None if people.cluster is None else people.gathered,
        )
        label = "Abadie-Imbens" if people.cluster is None else "cluster-robust"
        return arms, (*told, _degrees(arms)), label

    def _how(self, people: People, frozen: Frozen) -> tuple[Message, ...]:
        found = [words.how(self.ratio, replace=self.replace, score=self.score)]
        if people.stratum is not None:
            found.append(words.exact())
        if self.caliper is not None and frozen.width is not None:
            found.append(words.within(self.caliper, frozen.width))
        return tuple(found)


def _degrees(arms: ArmMeans) -> Message:
    return wording.degrees("welch", float(arms.degrees(DIFFERENCE)))


def _spread(people: People, scored: Scored) -> float:
    """Root of the mean of both groups' variances of the linear score."""
    total = 0.0
    for inside in (people.served, ~people.served):
        share = people.counts[inside] / people.counts[inside].sum()
        x = scored.reach[inside]
        free = 1.0 - float((people.copies[inside] * (share / people.copies[inside]) ** 2).sum())
        total += float(share @ (x - share @ x) ** 2) / max(free, 1e-12)
    return math.sqrt(0.5 * total)
