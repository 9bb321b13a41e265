"""The jump at a line on one side of which people are served.

References
----------
Calonico, Cattaneo and Titiunik (2014), Robust nonparametric confidence intervals for
regression-discontinuity designs. *Econometrica* 82(6). doi:10.3982/ECTA11757
Cattaneo, Idrobo and Titiunik (2020), *A practical introduction to regression discontinuity designs:
Foundations*. Cambridge University Press. doi:10.1017/9781108684606
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimators.discontinuity import words
from impacteval.estimators.discontinuity.card import REGRESSION_DISCONTINUITY
from impacteval.estimators.discontinuity.people import AtLine, read_at_line
from impacteval.estimators.discontinuity.result import build
from impacteval.inference.local_polynomial import (
    Bandwidths,
    Kernel,
    TooFew,
    limit_at_line,
    mse_bandwidths,
)
from impacteval.values import Scale

if TYPE_CHECKING:
    from impacteval.estimates import CounterfactualEstimate
    from impacteval.plugin import MethodCard
    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class RegressionDiscontinuity:
    """The effect on people at the line.

    Attributes
    ----------
    side : {"at_or_above", "above", "at_or_below", "below"}
        Where people are served. A treatment column must say the same of everyone.
    bandwidth : float, optional
        How far from the line people are used; by default the distance with the smallest mean squared
        error of the jump. A number that is given serves for the bias as well.
    kernel : {"triangular", "epanechnikov", "uniform"}
        How people count by their distance.
    polynomial : {1, 2}
        Order of the curve on each side.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> score = np.arange(-30.0, 30.0) + 0.5
    >>> frame = pd.DataFrame({
    ...     "score": score, "y": 5.0 + score / 10 + 2.0 * (score >= 0) + np.tile([-0.1, 0.1], 30),
    ... })
    >>> sample = Sample.from_frame(
    ...     frame, design="regression_discontinuity", outcome="y", running="score", cutoff=0.0
    ... )
    >>> found = RegressionDiscontinuity(bandwidth=25.0).estimate(
    ...     sample, scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    ... )
    >>> round(found.effect.value, 1)
    2.0
    """

    name: ClassVar[str] = "regression-discontinuity"
    card: ClassVar[MethodCard] = REGRESSION_DISCONTINUITY

    side: Literal["at_or_above", "above", "at_or_below", "below"] = "at_or_above"
    bandwidth: float | None = None
    kernel: Kernel = "triangular"
    polynomial: Literal[1, 2] = 1

    def __post_init__(self) -> None:
        if self.side not in ("at_or_above", "above", "at_or_below", "below"):
            raise UsageError(
                f"side cannot be {self.side!r}. Write at_or_above, above, at_or_below or below."
            )
        if self.kernel not in ("triangular", "epanechnikov", "uniform"):
            raise UsageError(
                f"kernel cannot be {self.kernel!r}. Write triangular, epanechnikov or uniform."
            )
        if self.polynomial not in (1, 2):
            raise UsageError(f"polynomial must be 1 or 2, not {self.polynomial!r}.")
        if self.bandwidth is not None and not (
            math.isfinite(self.bandwidth) and self.bandwidth > 0.0
        ):
            raise UsageError(f"bandwidth must be a number above 0, not {self.bandwidth!r}.")

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The effect on `scale`.

        Parameters
        ----------
        sample : Sample
            Design ``regression_discontinuity``, one period, one cutoff.
        scale : Scale
            ``difference`` or ``relative``.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        UsageError
            On another scale.
        NotIdentified
            When the treatment column contradicts the line (a fuzzy design), when there are several
            cutoffs, periods, strata or pairs, when a side has too few people or distinct values near
            the line, and when outcomes do not vary.
        """
        scale = Scale.parse(scale)
        if scale not in self.card.scales:
            raise UsageError(words.no_scale(scale))
        line = read_at_line(sample, scale, self.side)
        bandwidths = self._bandwidths(line)
        line.check_near(bandwidths.main, self.kernel)
        try:
            limits = tuple(
                limit_at_line(side, bandwidths, polynomial=self.polynomial, kernel=self.kernel)
                for side in line.sides
            )
        except TooFew:
            raise NotIdentified(words.too_few_values()) from None
        return build(
            estimator=self.name,
            settings=asdict(self),
            line=line,
            limits=(limits[0], limits[1]),
            bandwidths=bandwidths,
            chosen=self.bandwidth is None,
            kernel=self.kernel,
            polynomial=self.polynomial,
            scale=scale,
        )

    def _bandwidths(self, line: AtLine) -> Bandwidths:
        if self.bandwidth is not None:
            return Bandwidths(float(self.bandwidth), float(self.bandwidth))
        line.check_varies()
        try:
            return mse_bandwidths(line.sides, polynomial=self.polynomial, kernel=self.kernel)
        except TooFew:
            raise NotIdentified(words.no_bandwidth()) from None
