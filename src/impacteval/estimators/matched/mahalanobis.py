"""Matching by Mahalanobis distance.

References
----------
Rubin (1980), Bias reduction using Mahalanobis-metric matching. *Biometrics* 36(2). doi:10.2307/2529981
Abadie and Imbens (2006), Large sample properties of matching estimators for average treatment
effects. *Econometrica* 74(1). doi:10.1111/j.1468-0262.2006.00655.x
Abadie and Imbens (2011), Bias-corrected matching estimators for average treatment effects. *Journal of
Business & Economic Statistics* 29(1). doi:10.1198/jbes.2009.07333
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import Parts
from impacteval.estimators.matched import mahalanobis_words as words
from impacteval.estimators.matched import messages
from impacteval.estimators.matched.coarsened_words import law
from impacteval.estimators.matched.effect import build
from impacteval.estimators.matched.mahalanobis_card import MAHALANOBIS
from impacteval.estimators.matched.people import (
    Comparison,
    People,
    read_comparison,
    read_people,
)
from impacteval.estimators.matched.propensity_frozen import (
    MANY,
    MANY_USES,
    Floats,
    Frozen,
    named_pairs,
    pair_tables,
    tables_of,
    thaw,
)
from impacteval.estimators.matched.propensity_sets import apart_by_time, measured_sets, size_of
from impacteval.inference import ArmMeans, collinear_columns
from impacteval.inference.matched_sets import MatchedSets
from impacteval.inference.place_arms import around_places, place_arms, place_arms_by_row
from impacteval.inference.place_nearest import (
    closest_first,
    people_nearer,
    with_replacement,
)
from impacteval.inference.place_patterns import TIED, Placed, Spots, places
from impacteval.inference.scales import DIFFERENCE
from impacteval.inference.score_matching import most_uses, sets_of_patterns
from impacteval.inference.score_nearest import Choice
from impacteval.sample import Preparation
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import BlindSample, Sample

# Comparators whose outcomes tell the variance: two, as in the field's programmes.
NEIGHBOURS = 2

Proof = dict[str, float]


@dataclass(frozen=True, slots=True)
class MahalanobisMatching:
    """Those served against the people who are nearest to them in all covariates at once.

    Parameters
    ----------
    ratio : int
        How many comparators for each person served; at most so many where nobody is used twice, or
        where the caliper leaves fewer. With replacement all who are as near as the last one count too.
    replace : bool
        Whether a comparator may serve for several. Without, the closest pairs are formed first, and
        with a `ratio` above one everyone gets one before anyone gets a second.
    caliper : float, optional
        The largest distance allowed, in units of the Mahalanobis distance (one standard deviation
        along any axis). Who has nobody within is left out.
    distance : {"mahalanobis", "rank"}
        Of the values, or of their ranks: the second is not led by outliers or by rare traits.
    bias_adjusted : bool
        Whether what distance is left is corrected along a line fitted to the comparators. On by
        default: with more than one continuous covariate the bias is otherwise as large as the error
        (Abadie and Imbens 2006, 2011).

    Examples
    --------
    >>> from impacteval.testing.matched import plain
    >>> sample = plain(np.random.default_rng(1), -0.2).sample()
    >>> found = MahalanobisMatching().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 2), found.certificate["nearest"]
    (-1.77, True)
    """

    name: ClassVar[str] = "mahalanobis-matching"
    card: ClassVar[MethodCard] = MAHALANOBIS

    ratio: int = 1
    replace: bool = True
    caliper: float | None = None
    distance: Literal["mahalanobis", "rank"] = "mahalanobis"
    bias_adjusted: bool = True

    def __post_init__(self) -> None:
        if self.ratio < 1:
            raise UsageError(f"ratio must be 1 at least, not {self.ratio}.")
        if self.caliper is not None and not 0.0 < self.caliper < math.inf:
            raise UsageError(
                f"caliper must be a number above 0, or none for no limit, not {self.caliper!r}."
            )

    def prepare(self, blind: BlindSample, *, rng: np.random.Generator) -> Preparation:
        """Pairs, weights and balance, without outcomes.

        Parameters
        ----------
        blind : BlindSample
            Design ``matched``.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When covariates are missing or combinations of each other, or nobody is near enough.
        """
        people = read_people(blind)
        frozen, proof = self._match(people, self._placed(people))
        return Preparation(
            "pairs",
            Parts(
                {
                    **tables_of(people, None, frozen),
                    **pair_tables(people, frozen, self._matching(people)),
                    "certificate": {"what": list(proof), "value": list(proof.values())},
                }
            ),
            self.name,
        )

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
        placed = self._placed(people)
        ready = sample.preparation
        known = None if ready is None else thaw(ready, people, self._matching(people), self.name)
        if ready is None or known is None:
            frozen, proof = self._match(people, placed)
        else:
            table = ready.tables.columns("certificate")
            frozen, proof = known, dict(zip(table["what"], table["value"], strict=True))
        comparison = read_comparison(sample, scale, people)
        sets, lost = measured_sets(comparison, frozen.sets)
        if sets.count < 2:
            raise NotIdentified(words.nobody_near(sets.count))
        arms = self._arms(comparison, sets, frozen, placed)
        kept = np.zeros(people.n, dtype=bool)
        kept[sets.served] = True
        matched = round(float((people.copies * frozen.part)[kept].sum()))
        units, measured = (
            round(float(people.copies[people.served & rows].sum()))
            for rows in (np.ones(people.n, dtype=bool), comparison.measured)
        )
        return build(
            estimator=self.name,
            settings=asdict(self),
            comparison=comparison,
            arms=arms,
            weight=frozen.weight(people),
            scale=scale,
            target=messages.target_served(matched, measured_only=not comparison.complete)
            if matched in (units, measured)
            else messages.target_matched(matched, units),
            label="Abadie-Imbens" if people.cluster is None else "cluster-robust",
            sentences=self._how(people, float(arms.degrees(DIFFERENCE))),
            served_size=float((people.size * frozen.part)[kept].sum()),
            tables={**tables_of(people, None, frozen), **named_pairs(people, frozen)},
            notes=(
                *_notes(people, frozen),
                *lost,
                # A correction along covariates takes away what time at risk has put between groups.
                *(
                    ()
                    if self.bias_adjusted
                    else apart_by_time(comparison, sets, frozen.part, frozen.weight(people))
                ),
            ),
            certificate={
                **proof,
                "nearest": proof["nearer_people"] < (self.ratio if self.replace else 1),
                "caliper": self.caliper,
            },
        )

    def _matching(self, people: People) -> dict[str, Any]:
        """What decides who is compared with whom."""
        settings = {k: v for k, v in asdict(self).items() if k != "bias_adjusted"}
        return {**settings, "covariates": ", ".join(people.covariates)}

    def _placed(self, people: People) -> Placed:
        """Where people stand."""
        if not people.covariates:
            raise NotIdentified(messages.no_covariates())
        extra = collinear_columns(_standard(people), people.counts)
        if extra:
            raise NotIdentified(messages.collinear([people.covariates[k] for k in extra]))
        return Placed(
            served=people.served,
            place=places(_standard(people), people.counts, people.copies, self.distance),
            counts=people.counts,
            copies=people.copies,
            stratum=None if people.stratum is None else people.stratum.codes,
        )

    def _match(self, people: People, placed: Placed) -> tuple[Frozen, Proof]:
        """Who is compared with whom, and the proof that nobody nearer was passed over."""
        own, other = placed.spots(people.served), placed.spots(~people.served)
        choose = with_replacement if self.replace else closest_first
        chosen = choose(own, other, ratio=self.ratio, caliper=self.caliper)
        a, b = own.patterns, other.patterns
        part = np.zeros(people.n)
        share = np.zeros(a.count)
        share[chosen.own] = chosen.matched / a.people[chosen.own]
        part[a.rows] = share[a.of]
        matched = float((people.copies * part).sum())
        if matched < 2.0:
            raise NotIdentified(words.nobody_near(round(matched)))
        sets = sets_of_patterns(placed, a, b, chosen)
        if sets.pools is not None:
            members = np.bincount(sets.pools.of[sets.pools.of >= 0])
            if int(members[sets.others].sum()) <= MANY:
                sets = sets.written_out()
        uses = most_uses(a, b, chosen, replace=self.replace)
        frozen = Frozen(
            sets=sets,
            part=part,
            outside=np.zeros(people.n, dtype=bool),
            width=self.caliper,
            most_uses=uses,
            coefficients=None,
        )
        served = float(people.copies[people.served].sum())
        proof = {"matched": matched, "left_out": served - matched, "most_uses": uses}
        return frozen, {**proof, **self._proof(own, other, chosen)}

    def _proof(self, own: Spots, other: Spots, chosen: Choice) -> Proof:
        """The largest distance, and how many people nearer than a chosen one were passed over."""
        who = np.repeat(chosen.own, np.diff(chosen.start))
        far = np.sqrt(((own.place[who] - other.place[chosen.other]) ** 2).sum(axis=1))
        # Who lacks comparators could have had anyone within the caliper.
        radius = np.full(
            own.patterns.count, np.inf if self.caliper is None else self.caliper + TIED
        )
        found = np.bincount(who, weights=chosen.taken, minlength=own.patterns.count)
        people = own.patterns.people
        wanted = self.ratio * (1.0 if self.replace else people)
        largest = np.zeros(own.patterns.count)
        np.maximum.at(largest, who, far)
        enough = found >= wanted - TIED
        radius[enough] = largest[enough]
        free = other.patterns.people.copy()
        if not self.replace:
            free -= np.bincount(chosen.other, weights=chosen.taken, minlength=len(free))
        nearer = people_nearer(own, other, radius, np.maximum(free, 0.0))
        return {
            "largest_distance": float(far.max(initial=0.0)),
            "mean_distance": float(chosen.taken @ far / chosen.taken.sum()),
            "nearer_people": float(nearer.max(initial=0.0)),
        }

    def _arms(
        self, comparison: Comparison, sets: MatchedSets, frozen: Frozen, placed: Placed
    ) -> ArmMeans:
        """Both means with their errors."""
        people = comparison.people
        size = size_of(people) * frozen.part
        x = _standard(people)
        used = round(float(people.copies[sets.usage(np.ones(people.n)) > 0.0].sum()))
        if self.bias_adjusted and used < x.shape[1] + 2:
            raise NotIdentified(words.too_few_to_correct(used, x.shape[1]))
        if people.cluster is not None:
            return place_arms_by_row(
                comparison.y,
                sets,
                size,
                x,
                corrected=self.bias_adjusted,
                gather=people.gathered,
                exposure=people.exposure,
                copies=people.copies,
            )
        measured = np.where(comparison.measured, people.counts, 0.0)
        return place_arms(
            comparison.y,
            sets,
            size,
            x=x if self.bias_adjusted else None,
            exposure=people.exposure,
            copies=people.copies,
            around=around_places(placed, sets, measured, NEIGHBOURS),
        )

    def _how(self, people: People, df: float) -> list[Message]:
        found = [words.how(self.ratio, replace=self.replace, rank=self.distance == "rank")]
        if people.stratum is not None:
            found.append(words.exact())
        if self.caliper is not None:
            found.append(words.within(self.caliper))
        if self.bias_adjusted:
            found.append(words.corrected())
        if people.cluster is None:
            found.append(words.errors(NEIGHBOURS))
        else:
            found.append(messages.clustered(len(people.labels)))
        return [*found, law(df)]


def _standard(people: People) -> Floats:
    """Covariates centred and in standard deviations, so that their units do not matter."""
    share = people.counts / people.counts.sum()
    # Summed in the order of the values, so that no order of rows can show in the last digit.
    found = np.empty_like(people.x)
    for k in range(people.x.shape[1]):
        column = people.x[:, k]
        order = np.lexsort((share, column))
        centre = float(share[order] @ column[order])
        unit = math.sqrt(float(share[order] @ (column[order] - centre) ** 2))
        found[:, k] = (column - centre) / (unit if unit > 0.0 else 1.0)
    return found


def _notes(people: People, frozen: Frozen) -> list[Message]:
    found = []
    out = round(float((people.copies * (1.0 - frozen.part))[people.served].sum()))
    if out:
        found.append(words.left_out(round(float(people.copies[people.served].sum())), out))
    if frozen.most_uses > MANY_USES:
        found.append(words.many_uses(frozen.most_uses))
    return found
