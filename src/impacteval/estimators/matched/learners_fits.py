"""econml at work: each person foretold by models that did not see them.

Every function takes people in the order that contents decide, and gives back what was foretold in
that order. econml is imported here, inside functions: it takes nine seconds.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import UsageError
from impacteval.estimators.matched.learners_models import (
    ByGroup,
    Learner,
    chance_model,
    outcome_model,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to learn.

    Attributes
    ----------
    outcome, score : {"linear", "forest"}
        What outcomes, and the chance of being served, are learned by.
    trees, leaf : int
        Trees of a forest, and the fewest people in one of their leaves.
    seed : int
    clip : float
        Chances are held this far from zero and one where econml divides by them.
    """

    outcome: Learner
    score: Learner
    trees: int
    leaf: int
    seed: int
    clip: float


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What is learned from, in the order that contents decide.

    Attributes
    ----------
    x : array, shape (n, p)
    treatment : array of int, shape (n,)
    z : array, shape (n,)
        Outcomes in their own unit.
    mass : array, shape (n,), or None
        What rows count for; None where all count alike.
    part : array of int, shape (n,)
        The part each row is predicted in.
    """

    x: Floats
    treatment: Ints
    z: Floats
    mass: Floats | None
    part: Ints

    @property
    def splits(self) -> list[tuple[Ints, Ints]]:
        """Rows learned from and rows predicted, part by part."""
        parts = range(int(self.part.max()) + 1)
        return [(np.flatnonzero(self.part != k), np.flatnonzero(self.part == k)) for k in parts]


@dataclass(frozen=True, slots=True, eq=False)
class Foretold:
    """What models that did not see a person say of them, each of shape (n,).

    Attributes
    ----------
    chance : array
        Of being served.
    without, served : array
        Outcome without the programme, and with it.
    """

    chance: Floats
    without: Floats
    served: Floats


def need_econml(name: str) -> None:
    """Refuse where econml is not installed.

    Raises
    ------
    UsageError
        In one sentence that says what to install.
    """
    try:
        with _compiled_in_peace():
            import econml.dml
            import econml.dr  # noqa: F401 - asked for before any data are read
    except ImportError:
        raise UsageError(
            f"{name} needs econml, which is not installed: "
            'run pip install "impacteval[causal-ml]", or choose doubly-robust.'
        ) from None


@contextmanager
def _compiled_in_peace() -> Iterator[None]:
    """Let dowhy, which econml imports, be compiled where warnings are errors.

    Its source has escapes that Python warns of when it compiles it for the first time: a
    DeprecationWarning up to 3.11, a SyntaxWarning since. They say nothing about what is run here.
    """
    with warnings.catch_warnings():
        for kind in (DeprecationWarning, SyntaxWarning):
            warnings.filterwarnings("ignore", "invalid escape sequence", kind)
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the libraries of linear algebra to one thread, so that sums have the same last digits."""
    with _pools().limit(limits=1):
        yield


@cache
def _pools() -> Any:
    """The libraries with threads of their own; finding them takes as long as a fit."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def foretold_by_group(rows: Rows, plan: Plan) -> Foretold:
    """Outcomes by a model for each group, and chances, from econml's `LinearDRLearner`."""
    from econml.dr import LinearDRLearner

    seeds = _seeds(plan.seed)
    size = {"trees": plan.trees, "leaf": plan.leaf}
    learner = LinearDRLearner(
        model_propensity=chance_model(plan.score, seed=seeds[0], **size),
        model_regression=ByGroup(
            outcome_model(plan.outcome, seed=seeds[1], **size),
            outcome_model(plan.outcome, seed=seeds[2], **size),
        ),
        min_propensity=plan.clip,
        cv=rows.splits,
        random_state=seeds[3],
    )
    with one_thread():
        learner.fit(rows.z, rows.treatment, X=rows.x, sample_weight=rows.mass, inference=None)
        chance, without, served = (np.empty(len(rows.z)) for _ in range(3))
        for k, (_, tested) in enumerate(rows.splits):
            x = rows.x[tested]
            score, model = learner.models_propensity[0][k], learner.models_regression[0][k]
            chance[tested] = score.predict_proba(x)[:, 1]
            without[tested] = model.predict(np.column_stack([x, np.zeros(len(x))]))
            served[tested] = model.predict(np.column_stack([x, np.ones(len(x))]))
    return Foretold(chance, without, served)


def foretold_partially_linear(rows: Rows, plan: Plan) -> Foretold:
    """Outcomes under one effect for all, and chances, from econml's `LinearDML`."""
    from econml.dml import LinearDML

    seeds = _seeds(plan.seed)
    size = {"trees": plan.trees, "leaf": plan.leaf}
    learner = LinearDML(
        model_y=outcome_model(plan.outcome, seed=seeds[0], **size),
        model_t=chance_model(plan.score, seed=seeds[1], **size),
        discrete_treatment=True,
        cv=rows.splits,
        random_state=seeds[2],
    )
    with one_thread():
        learner.fit(
            rows.z,
            rows.treatment,
            X=None,
            W=rows.x,
            sample_weight=rows.mass,
            inference=None,
            cache_values=True,
        )
    chance, overall = _residuals(rows, learner.residuals_)
    return _around(overall, chance, np.full(len(rows.z), float(learner.intercept_)))


def foretold_by_causal_forest(rows: Rows, plan: Plan, *, nuisance_trees: int) -> Foretold:
    """Effects by trees that did not draw a person, from econml's `CausalForestDML`.

    Outcomes of each group follow from the outcome foretold whoever was served, the chance, and the
    effect: without the programme, the first less chance times effect.
    """
    from econml.dml import CausalForestDML

    seeds = _seeds(plan.seed)
    size = {"trees": nuisance_trees, "leaf": plan.leaf}
    learner = CausalForestDML(
        model_y=outcome_model(plan.outcome, seed=seeds[0], **size),
        model_t=chance_model(plan.score, seed=seeds[1], **size),
        discrete_treatment=True,
        cv=rows.splits,
        n_estimators=plan.trees,
        min_samples_leaf=plan.leaf,
        # The averages econml makes of them are over everyone alike and, for the served, not
        # doubly robust: they are made from what is foretold, see `learners_scores`.
        drate=False,
        n_jobs=1,
        random_state=seeds[2],
    )
    with one_thread():
        learner.fit(
            rows.z,
            rows.treatment,
            X=rows.x,
            sample_weight=rows.mass,
            inference=None,
            cache_values=True,
        )
        effect = np.ravel(learner.model_final_.oob_predict(rows.x))
    chance, overall = _residuals(rows, learner.residuals_)
    return _around(overall, chance, effect)


def _residuals(rows: Rows, residuals: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """Chance of being served and outcome foretold, from what econml left of both."""
    treatment = rows.treatment.astype(np.float64)
    return treatment - np.ravel(residuals[1]), rows.z - np.ravel(residuals[0])


def _around(overall: Floats, chance: Floats, effect: Floats) -> Foretold:
    """Outcomes of each group whose mean at those chances is the outcome overall."""
    return Foretold(chance, overall - chance * effect, overall + (1.0 - chance) * effect)


def _seeds(seed: int) -> list[int]:
    """Seeds for each model, from one."""
    return [int(s) for s in np.random.SeedSequence(seed).generate_state(4)]
