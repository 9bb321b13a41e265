"""What is learned about people: outcomes and the chance of being served, by lines or by forests.

Each model has the two methods that econml asks of one, ``fit(x, y, sample_weight)`` and ``predict``
(``predict_proba`` of a chance), and is fitted and read under one thread: sums differ in their last
digits with the number of threads, and trees would then split elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.matched import messages
from impacteval.inference import collinear_columns, fit_glm, predicted, separated

Floats = NDArray[np.float64]
Learner = Literal["linear", "forest"]

LOOK = 15.0
"""A linear predictor beyond this is looked at: only then is the exact test of separation run."""
DIGITS = 11
"""Predictions are told to so many decimals of a standard deviation: what is beyond is noise."""


class Model(Protocol):
    """What econml asks of a model of outcomes."""

    def fit(self, x: Floats, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn `y` from the columns of `x`."""
        ...

    def predict(self, x: Floats) -> Floats:
        """What is foretold, shape (n,)."""
        ...


@dataclass
class Line:
    """Least squares with a level.

    Examples
    --------
    >>> x = np.arange(4.0)[:, None]
    >>> Line().fit(x, 1.0 + 2.0 * x[:, 0]).predict(np.array([[10.0]])).tolist()
    [21.0]
    """

    beta: Floats = field(default_factory=lambda: np.zeros(0))

    def fit(self, x: Floats, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn; columns that are a combination of others are shared out between them."""
        root = np.sqrt(_weights(x, sample_weight))
        columns, outcome = _with_level(x) * root[:, None], np.ravel(y) * root
        self.beta = np.linalg.lstsq(columns, outcome, rcond=None)[0]
        return self

    def predict(self, x: Floats) -> Floats:
        """What is foretold, shape (n,)."""
        return np.round(_with_level(x) @ self.beta, DIGITS)


@dataclass
class Logit:
    """The chance of being served by maximum likelihood, without a penalty.

    Raises
    ------
    NotIdentified
        From `fit`, when covariates tell without error who was served.
    """

    beta: Floats = field(default_factory=lambda: np.zeros(0))
    classes_: tuple[int, int] = (0, 1)

    def fit(self, x: Floats, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn; columns that say nothing new among these people are left out."""
        weight, served = _weights(x, sample_weight), np.ravel(y).astype(np.float64)
        idle = set(collinear_columns(x, weight))
        kept = [0, *(j + 1 for j in range(x.shape[1]) if j not in idle)]
        columns = _with_level(x)[:, kept]
        fit = fit_glm(columns, served, "binomial", weight=weight)
        found = fit.regression.coefficients
        suspicious = not bool(fit.converged) or float(np.abs(columns @ found).max()) > LOOK
        if suspicious and separated(columns, served, "binomial"):
            raise NotIdentified(messages.separated())
        if not bool(fit.converged):
            raise NotIdentified(messages.no_score())
        self.beta = np.zeros(x.shape[1] + 1)
        self.beta[kept] = found
        return self

    def predict_proba(self, x: Floats) -> Floats:
        """Chances of going without and of being served, shape (n, 2)."""
        chance, _ = predicted("binomial", _with_level(x) @ self.beta)
        return _both(chance)

    def predict(self, x: Floats) -> NDArray[np.int64]:
        """The likelier of the two, shape (n,)."""
        return (self.predict_proba(x)[:, 1] > 0.5).astype(np.int64)


@dataclass
class Forest:
    """A random forest of outcomes: the mean over trees grown on people drawn with replacement."""

    trees: int
    leaf: int
    seed: int
    fitted: Any = None

    def fit(self, x: Floats, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn from rows in the order given, which the draws go by."""
        from sklearn.ensemble import RandomForestRegressor

        self.fitted = RandomForestRegressor(
            n_estimators=self.trees,
            min_samples_leaf=self.leaf,
            max_features=_tried(x.shape[1]),
            random_state=self.seed,
            n_jobs=1,
        ).fit(x, np.ravel(y), sample_weight=sample_weight)
        return self

    def predict(self, x: Floats) -> Floats:
        """What is foretold, shape (n,)."""
        found: Floats = np.round(self.fitted.predict(x), DIGITS)
        return found


@dataclass
class ForestChance(Forest):
    """The same of the chance of being served.

    Raises
    ------
    NotIdentified
        From `fit`, when it tells of everyone without error who was served.
    """

    classes_: tuple[int, int] = (0, 1)

    def fit(self, x: Floats, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn, and look whether anything is left to chance."""
        super().fit(x, y, sample_weight)
        told = self.predict_proba(x)[:, 1]
        if bool(np.isin(told, (0.0, 1.0)).all()):
            raise NotIdentified(messages.separated())
        return self

    def predict_proba(self, x: Floats) -> Floats:
        """Chances of going without and of being served, shape (n, 2)."""
        # A mean of zeros and ones is a chance: growing on squares or on Gini is the same split.
        return _both(np.round(np.clip(self.fitted.predict(x), 0.0, 1.0), DIGITS))

    def predict(self, x: Floats) -> Any:
        """The likelier of the two, shape (n,)."""
        return (self.predict_proba(x)[:, 1] > 0.5).astype(np.int64)


@dataclass
class ByGroup:
    """One model of outcomes for those served and one for the others.

    The last column says who was served, as econml hands it over.
    """

    served: Model
    others: Model

    def fit(self, x: Floats, y: Any, sample_weight: Floats | None = None) -> Self:
        """Learn both, each from its own people."""
        y = np.ravel(y)
        for model, inside in ((self.served, x[:, -1] == 1.0), (self.others, x[:, -1] == 0.0)):
            held = None if sample_weight is None else sample_weight[inside]
            model.fit(x[inside, :-1], y[inside], sample_weight=held)
        return self

    def predict(self, x: Floats) -> Floats:
        """What is foretold of each row as served or not, shape (n,)."""
        served = x[:, -1] == 1.0
        found = np.empty(len(x))
        for model, inside in ((self.served, served), (self.others, ~served)):
            if inside.any():
                found[inside] = model.predict(x[inside, :-1])
        return found


def outcome_model(kind: Learner, *, trees: int, leaf: int, seed: int) -> Model:
    """A model of outcomes that is not fitted yet."""
    return Line() if kind == "linear" else Forest(trees, leaf, seed)


def chance_model(kind: Learner, *, trees: int, leaf: int, seed: int) -> Logit | ForestChance:
    """A model of the chance of being served that is not fitted yet."""
    return Logit() if kind == "linear" else ForestChance(trees, leaf, seed)


def _tried(columns: int) -> int:
    """Columns tried at a split: a third, and two at least where there are two."""
    return max(min(columns, 2), columns // 3)


def _with_level(x: Floats) -> Floats:
    return np.column_stack([np.ones(len(x)), x])


def _weights(x: Floats, weight: Floats | None) -> Floats:
    return np.ones(len(x)) if weight is None else np.asarray(weight, dtype=np.float64)


def _both(chance: Floats) -> Floats:
    return np.column_stack([1.0 - chance, chance])
