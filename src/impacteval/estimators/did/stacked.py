"""Stacked difference-in-differences: a clean study of every starting date, then their average.

References
----------
Cengiz, Dube, Lindner and Zipperer (2019), The effect of minimum wages on low-wage jobs. *Quarterly
Journal of Economics* 134(3). doi:10.1093/qje/qjz014
Wing, Freedman and Hollingsworth (2024), Stacked difference-in-differences. *NBER Working Paper*
32054. doi:10.3386/w32054
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.estimators.did import clean_words as words
from impacteval.estimators.did.clean_cards import STACKED
from impacteval.estimators.did.clean_comparisons import CleanComparisons, Control, Rules
from impacteval.estimators.did.clean_result import check_window, estimate_of
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample
    from impacteval.values import Message


@dataclass(frozen=True, slots=True)
class Stacked:
    """The effect on the served in the first periods of their service, from stacked clean studies.

    Parameters
    ----------
    weighting : {"corrective", "variance"}
        What starting dates count for: those they served (the corrective weights of Wing and others),
        or the spread of the service, as the regression on the stack without weights has it.
    control : {"not_yet", "never"}
        Which units are compared with: all that the service does not reach within the window, or
        those that it never reaches.
    before, after : int, optional
        How many periods before the last one without the service, and after the first one with it,
        every window has; starting dates that lack one are left out. By default each starting date
        has the longest window that it can, so that all who are served count.
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
    >>> found = Stacked().estimate(sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1))
    >>> round(found.effect.value, 6), round(found.effect.std_error, 6)
    (2.0, 0.707107)
    """

    name: ClassVar[str] = "stacked"
    card: ClassVar[MethodCard] = STACKED

    weighting: Literal["corrective", "variance"] = "corrective"
    control: Control = "not_yet"
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
            window="own",
            regression=self.weighting == "variance",
        )

        def told(_: CleanComparisons) -> tuple[Message, ...]:
            return (words.stacked(self.before, self.after, never=self.control == "never"),)

        return estimate_of(self.name, asdict(self), rules, told, sample, scale)
