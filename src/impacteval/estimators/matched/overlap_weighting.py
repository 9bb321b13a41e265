"""People weighted by the chance of being in the other group.

References
----------
Li, Morgan and Zaslavsky (2018), Balancing covariates via propensity score weighting. *Journal of
the American Statistical Association* 113(521). doi:10.1080/01621459.2016.1260466
Li, Thomas and Li (2019), Addressing extreme propensity scores via the overlap weights. *American
Journal of Epidemiology* 188(1). doi:10.1093/aje/kwy201
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.matched import messages
from impacteval.estimators.matched import weighting_words as words
from impacteval.estimators.matched.inverse_probability import score_step, score_weighted
from impacteval.estimators.matched.people import People, read_comparison, read_people
from impacteval.estimators.matched.redraws import Floats, weighted_effects
from impacteval.estimators.matched.weighting import (
    Weighted,
    estimate_weighted,
    frozen_step,
    frozen_values,
    heavy_concerns,
    settings_table,
)
from impacteval.estimators.matched.weighting_cards import OVERLAP_WEIGHTING
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import Draws, MethodCard
    from impacteval.sample import BlindSample, Preparation, Sample


@dataclass(frozen=True, slots=True)
class OverlapWeighting:
    """The effect among people who could as well have been served as not.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> frame = pd.DataFrame({
    ...     "treated": [1, 1, 1, 0, 1, 0, 0, 0], "poor": [1, 1, 1, 1, 0, 0, 0, 0],
    ...     "y": [5.0, 6.0, 7.0, 4.0, 9.0, 7.0, 8.0, 9.0],
    ... })
    >>> sample = Sample.from_frame(
    ...     frame, design="matched", outcome="y", treatment="treated", covariates=["poor"]
    ... )
    >>> found = OverlapWeighting().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )

    Effects of 2 among the poor and of 1 among the others, who count alike:

    >>> round(found.effect.value, 6)
    1.5
    """

    name: ClassVar[str] = "overlap-weighting"
    card: ClassVar[MethodCard] = OVERLAP_WEIGHTING
    estimand: ClassVar[str] = "overlap"

    def prepare(self, blind: BlindSample, *, rng: np.random.Generator) -> Preparation:
        """Scores, weights and balance, before outcomes.

        Parameters
        ----------
        blind : BlindSample
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            As `estimate`.
        """
        from impacteval.estimates import Parts
        from impacteval.sample import Preparation

        found = score_step(read_people(blind), "overlap", None, None)
        found["settings"] = settings_table(self)
        return Preparation("weights", Parts(found), made_by=self.name)

    def concerns(self, blind: BlindSample) -> tuple[Message, ...]:
        """That one person carries most of the weight of a group."""
        try:
            people = read_people(blind)
            weighted = self._weighted(people, blind, np.random.default_rng(0))
        except NotIdentified:
            return ()  # told where the estimate is asked for
        return heavy_concerns(people, weighted.weight(people))

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``matched`` or ``rct``, one period, a covariate or strata.
        scale : Scale
            ``difference``, ``relative`` or ``standardised``; a total is that of the served, about
            whom this effect is not.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        UsageError
            On scale ``total``.
        NotIdentified
            When covariates tell without error who was served, and where the core of the family
            refuses.
        """
        scale = Scale.parse(scale)
        if scale is Scale.TOTAL:
            raise UsageError(messages.total_of_served().text.en)
        people = read_people(sample)
        weighted = self._weighted(people, sample, rng)
        comparison = read_comparison(sample, scale, people)
        units = round(float(people.copies[comparison.measured].sum()))
        strata = None if people.stratum is None else len(people.stratum.labels)
        return estimate_weighted(
            estimator=self.name,
            settings={},
            comparison=comparison,
            weighted=weighted,
            scale=scale,
            target=messages.target_overlap(units),
            formed=[words.by_score("overlap", people.covariates, strata)],
        )

    def redrawn(self, sample: Sample, draws: Draws, *, scale: Scale) -> Floats | None:
        """Effects of many draws at once, see `impacteval.plugin.Redrawn`."""
        return weighted_effects(sample, draws, scale, "overlap")

    def _weighted(
        self, people: People, sample: BlindSample | Sample, rng: np.random.Generator
    ) -> Weighted:
        frozen = frozen_step(self, sample, rng)
        inside, chance = frozen_values(people, frozen.tables, "score", "score")
        return score_weighted(people, inside, chance, "overlap")
