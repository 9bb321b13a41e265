"""Long changes of those who begin, beside those that the service has not reached by then.

References
----------
Dube, Girardi, Jorda and Taylor (2025), A local projections approach to difference-in-differences.
*Journal of Applied Econometrics*. doi:10.1002/jae.70000
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.estimators.did import clean_words as words
from impacteval.estimators.did.clean_cards import LOCAL_PROJECTIONS
from impacteval.estimators.did.clean_comparisons import CleanComparisons, Control, Rules
from impacteval.estimators.did.clean_result import check_window, estimate_of
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message


@dataclass(frozen=True, slots=True)
class LocalProjections:
    """The effect on the served from changes over each time since the start.

    Parameters
    ----------
    weighting : {"served", "variance"}
        What starting dates count for: their served unit-periods (the regression reweighted to equal
        weights), or the spread of the service as in the regression itself.
    control : {"not_yet", "never"}
        Which units are compared with: all that the service has not reached by then, or those that
        it never reaches.
    pooled : bool
        Average the outcomes of all periods after the start first, and compare once.
    same_units : bool
        Compare the same units at all times since the start.
    base : {"last", "mean"}
        Compare with the last period before the service, or with the mean of all of them.
    before, after : int, optional
        How many periods before the base, and after the first served one, are looked at; as many as
        there are by default (with `same_units`, as many as every starting date has).
    anticipation : int
        Periods before the start in which the service may already show.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> frame = pd.DataFrame({
    ...     "unit": np.repeat(["a", "b", "c", "d"], 2), "year": [2001, 2002] * 4,
    ...     "start": np.repeat([2002, 2002, np.nan, np.nan], 2),
    ...     "y": [1.0, 4.0, 2.0, 6.0, 1.0, 2.0, 3.0, 5.0],
    ... })
    >>> sample = Sample.from_frame(
    ...     frame, design="did", outcome="y", unit="unit", period="year", adopted="start"
    ... )
    >>> found = LocalProjections().estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 6), round(found.effect.std_error, 6)
    (2.0, 0.707107)
    """

    name: ClassVar[str] = "local-projections"
    card: ClassVar[MethodCard] = LOCAL_PROJECTIONS

    weighting: Literal["served", "variance"] = "served"
    control: Control = "not_yet"
    pooled: bool = False
    same_units: bool = False
    base: Literal["last", "mean"] = "last"
    before: int | None = None
    after: int | None = None
    anticipation: int = 0

    def __post_init__(self) -> None:
        check_window(self.before, self.after, self.anticipation)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The average effect on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``did``: a panel, balanced or not.
        scale : Scale
            Any of the four.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the data cannot answer; the reason says what to do.
        """
        rules = Rules(
            control=self.control,
            anticipation=self.anticipation,
            before=self.before,
            after=self.after,
            window="common" if self.same_units else "open",
            regression=self.weighting == "variance",
            pooled=self.pooled,
            mean_base=self.base == "mean",
        )

        def told(found: CleanComparisons) -> tuple[Message, ...]:
            said = (
                words.local_projections(
                    never=self.control == "never",
                    same=self.same_units,
                    mean_base=self.base == "mean",
                ),
            )
            return (*said, words.pooled(found.rules.after)) if self.pooled else said

        return estimate_of(self.name, asdict(self), rules, told, sample, scale)
