"""The propensity score: the chance of being served given covariates, by logit.

References
----------
Rosenbaum and Rubin (1983), The central role of the propensity score in observational studies for
causal effects. *Biometrika* 70(1). doi:10.1093/biomet/70.1.41
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimators.matched import messages
from impacteval.estimators.matched.people import People
from impacteval.inference import collinear_columns, fit_glm, predicted, separated

Floats = NDArray[np.float64]

# A linear predictor beyond this is looked at: only then is the exact test of separation run.
LOOK = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of a model of people: a level for each stratum, then covariates.

    Attributes
    ----------
    values : array, shape (n, p)
        Covariates centred and divided by their standard deviation, so that models are well
        conditioned whatever the units.
    names : tuple of str, length p
    centre, unit : array, shape (k,)
        What covariates were centred at and divided by.
    """

    values: Floats
    names: tuple[str, ...]
    centre: Floats
    unit: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A fitted score.

    Attributes
    ----------
    chance : array, shape (n,)
        Estimated chance of being served.
    linear : array, shape (n,)
        Its logit.
    columns : Columns
    coefficients : array, shape (p,)
        On `columns`.
    information : array, shape (p, p)
        ``sum counts e (1 - e) x x'``.
    """

    chance: Floats
    linear: Floats
    columns: Columns
    coefficients: Floats
    information: Floats

    def pulls(self, people: People) -> Floats:
        """Influence of each row on the coefficients, shape (n, p): inverse information times score.

        A row of several copies has the root of their number times the influence of one, see
        `People.gathered`.
        """
        own = people.counts / np.sqrt(people.copies) * (people.treatment - self.chance)
        rows = own[:, None] * self.columns.values
        return np.asarray(np.linalg.solve(self.information, rows.T).T, dtype=np.float64)

    def table(self) -> dict[str, list[object]]:
        """Coefficients in units of the covariates, for people: ``term, coefficient``."""
        return {
            "term": list(self.columns.names),
            "coefficient": [*in_units(self.coefficients, self.columns)],
        }


def in_units(coefficients: Floats, columns: Columns) -> list[float]:
    """Coefficients on `columns`, shape (p,), in units of the covariates."""
    strata = len(coefficients) - len(columns.unit)
    slopes = coefficients[strata:] / columns.unit
    levels = coefficients[:strata].copy()
    levels[:1] -= slopes @ columns.centre
    return [float(v) for v in (*levels, *slopes)]


def columns_of(people: People) -> Columns:
    """The columns of every model of these people: level, strata, covariates.

    Raises
    ------
    NotIdentified
        When covariates are constant or combinations of those before them.
    """
    n = people.n
    level, names = np.ones((n, 1)), ["(level)"]
    if people.stratum is not None:
        codes, labels = people.stratum.codes, people.stratum.labels
        level = np.column_stack([level, np.eye(len(labels))[:, 1:][codes]])
        names += [f"stratum {label}" for label in labels[1:]]
    share = people.counts / people.counts.sum()
    centre: Floats = np.asarray(share @ people.x)
    away = people.x - centre
    unit: Floats = np.asarray(np.sqrt(share @ away**2), dtype=np.float64)
    unit = np.where(unit > 0.0, unit, 1.0).astype(np.float64)
    values = np.column_stack([level, away / unit])
    extra = collinear_columns(values[:, 1:], people.counts)
    if extra:
        told = [*names[1:], *people.covariates]
        raise NotIdentified(messages.collinear([told[j] for j in extra]))
    return Columns(values, (*names, *people.covariates), centre, unit)


def fit_score(people: People, columns: Columns | None = None) -> Score:
    """The logit of being served on covariates, and strata where there are any.

    Parameters
    ----------
    people : People
    columns : Columns, optional
        Where they were made already, or other ones.

    Raises
    ------
    NotIdentified
        When covariates are collinear, or tell without error who was served.

    Examples
    --------
    See ``tests/unit/estimators/test_matched_score.py``.
    """
    columns = columns_of(people) if columns is None else columns
    x, treatment = columns.values, people.treatment.astype(np.float64)
    try:
        fit = fit_glm(x, treatment, "binomial", weight=people.counts)
    except np.linalg.LinAlgError:
        # Steps that run away leave nothing to solve: of few people, told apart without error.
        told = messages.separated if separated(x, treatment, "binomial") else messages.no_score
        raise NotIdentified(told()) from None
    beta = fit.regression.coefficients
    linear = x @ beta
    suspicious = not bool(fit.converged) or float(np.abs(linear).max()) > LOOK
    if suspicious and separated(x, treatment, "binomial"):
        raise NotIdentified(messages.separated())
    if not bool(fit.converged):
        raise NotIdentified(messages.no_score())
    return score_at(people, columns, beta)


def score_at(people: People, columns: Columns, coefficients: Floats) -> Score:
    """The score with coefficients that were fitted, and frozen, before; shape (p,)."""
    x = columns.values
    linear = x @ coefficients
    chance, slope = predicted("binomial", linear)
    information = (x * (people.counts * slope)[:, None]).T @ x
    return Score(chance, linear, columns, coefficients, information)
