"""How far each unit pulls an estimate, and the two means behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.estimates._shared import rebuilt

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MeansInfluence:
    """Influence values of the observed and of the counterfactual mean, label by label.

    Products of the two columns add up to the covariance matrix of the means. Effects that are made
    of the means, such as a ratio of sums over groups, get their error from it by the delta method.

    Attributes
    ----------
    observed, counterfactual : array of float, shape (m,)
        Influence of each label on either mean, in the outcome's own units.
    observed_df, counterfactual_df : float
        Degrees of freedom of the standard error of either mean.

    Examples
    --------
    >>> means = MeansInfluence(np.array([3.0, 0.0]), np.array([0.0, 4.0]), 8.0, 9.0)
    >>> means.along(1.0, -1.0).tolist()
    [3.0, -4.0]
    """

    observed: Floats
    counterfactual: Floats
    observed_df: float = math.inf
    counterfactual_df: float = math.inf

    __reduce__ = rebuilt

    def __post_init__(self) -> None:
        for name in ("observed", "counterfactual"):
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.ndim != 1 or not np.all(np.isfinite(array)):
                raise ValueError("Influence on a mean is one finite value a label.")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if self.observed.shape != self.counterfactual.shape:
            raise ValueError("Both means have influence under the same labels.")
        if not (self.observed_df > 0.0 and self.counterfactual_df > 0.0):
            raise ValueError("Degrees of freedom are positive.")

    def along(self, observed: float, counterfactual: float) -> Floats:
        """Influence on ``observed x mean with + counterfactual x mean without``, shape (m,)."""
        found: Floats = observed * self.observed + counterfactual * self.counterfactual
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """Influence values whose sum of squares is the squared standard error.

    Two estimates on the same units have covariance ``sum(a * b)`` over the labels they share,
    which is how baskets and pooled cohorts get their joint uncertainty.

    Attributes
    ----------
    labels : array, shape (m,)
        Unit labels, or cluster labels when errors are clustered; each once.
    values : array of float, shape (m,)
        Influence of each on the estimate, finite-sample corrections included.
    level : str
        ``"unit"`` or ``"cluster"``.
    means : MeansInfluence or None
        Influence of the same labels on the observed and on the counterfactual mean: what a ratio
        of sums over several groups is made of.
    """

    labels: NDArray[Any]
    values: Floats
    level: str = "unit"
    means: MeansInfluence | None = None

    __reduce__ = rebuilt

    def __post_init__(self) -> None:
        labels = np.array(self.labels)
        values = np.array(self.values, dtype=np.float64)
        if labels.ndim != 1 or labels.shape != values.shape or not labels.size:
            raise ValueError("Influence needs one value a label, at least one.")
        if not np.all(np.isfinite(values)):
            raise ValueError("Influence values must be finite.")
        if _repeated(labels):
            raise ValueError("Each label stands once in an influence.")
        if self.level not in ("unit", "cluster"):
            raise ValueError("level must be 'unit' or 'cluster'.")
        if self.means is not None and self.means.observed.shape != values.shape:
            raise ValueError("Influence on both means stands under the same labels.")
        for name, array in (("labels", labels), ("values", values)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def std_error(self) -> float:
        """The standard error these values reproduce."""
        return math.sqrt(math.fsum((self.values**2).tolist()))

    def covariance(self, other: Influence) -> float:
        """Covariance with another estimate, over the labels both share."""
        if self.level != other.level:
            raise ValueError("Influence by unit and by cluster cannot be combined.")
        mine = dict(zip(self.labels.tolist(), self.values.tolist(), strict=True))
        pairs = zip(other.labels.tolist(), other.values.tolist(), strict=True)
        return math.fsum(mine[label] * value for label, value in pairs if label in mine)


def _repeated(labels: NDArray[Any]) -> bool:
    """Whether any label stands twice."""
    if labels.dtype.kind in "iu":  # numbers are sorted faster than they are told apart
        ordered = np.sort(labels)
        return bool((ordered[1:] == ordered[:-1]).any())
    return len(set(labels.tolist())) != labels.size
