"""Diagnosands of a declared design, each with the error of its own simulation.

References
----------
Blair, Cooper, Coppock and Humphreys (2019), Declaring and diagnosing research designs. *American
Political Science Review* 113(3). doi:10.1017/S0003055419000194
Gelman and Carlin (2014), Beyond power calculations: assessing type S (sign) and type M (magnitude)
errors. *Perspectives on Psychological Science* 9(6). doi:10.1177/1745691614551642
Agresti and Coull (1998), Approximate is better than "exact" for interval estimation of binomial
proportions. *The American Statistician* 52(2). doi:10.1080/00031305.1998.10480550
Morris, White and Crowther (2019), Using simulation studies to evaluate statistical methods.
*Statistics in Medicine* 38(11), for the Monte Carlo errors. doi:10.1002/sim.8086
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import (
    ImpactEvalError,
    NotAnswerable,
    NotIdentified,
    PluginError,
    Problem,
    UsageError,
)
from impacteval.power.answers import Test
from impacteval.power.declare import Answer, Declaration
from impacteval.power.paid import PaidBy
from impacteval.registry import entry, estimator
from impacteval.simulation.workers import mapped
from impacteval.values import Message, Question

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

DRAWS = 1000
FEWEST, MOST = 50, 1_000_000
_BLOCK = 100  # designs run from one seed; fixed, so that workers never change a digit


@dataclass(frozen=True, slots=True)
class Diagnosand:
    """One property of a design.

    Attributes
    ----------
    name : str
        Among `NAMES`.
    value : float
        What the simulation found; NaN where the design has no such number.
    error : float
        The standard error of the simulation itself; NaN where there is none.
    """

    name: str
    value: float
    error: float


NAMES = (
    "truth",
    "mean_estimate",
    "bias",
    "sd_estimate",
    "mean_std_error",
    "rmse",
    "coverage",
    "power",
    "type_s",
    "type_m",
    "passes",
    "refused",
    "expected_payment",
    "not_judged",
)
"""The diagnosands, in the order in which they are told. The last two need a contract: the average
payment where it is judged, and how often it cannot be."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a design does over many runs.

    Attributes
    ----------
    diagnosands : tuple of Diagnosand
        In the order of `NAMES`; the payment only where a contract was given.
    draws, seed : int
        How often the design was run, and from which seed.
    answer : Answer
        The estimator that answered.
    test : Test
        The question whose power is told.
    refusal : Message or None
        The first reason for which the estimator gave no estimate.
    """

    diagnosands: tuple[Diagnosand, ...]
    draws: int
    seed: int
    answer: Answer
    test: Test
    refusal: Message | None = None

    def __getitem__(self, name: str) -> Diagnosand:
        """The diagnosand of that name."""
        for each in self.diagnosands:
            if each.name == name:
                return each
        raise KeyError(name)

    def to_frame(self) -> pd.DataFrame:
        """One row a diagnosand: ``name, value, error``."""
        import pandas as pd

        return pd.DataFrame([(d.name, d.value, d.error) for d in self.diagnosands]).set_axis(
            ["name", "value", "error"], axis=1
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What came of some runs; arrays of shape (runs,), NaN where there was no estimate."""

    truth: Floats
    value: Floats
    std_error: Floats
    covered: Floats
    rejects: Floats
    answers: list[Mapping[Question, float]]
    refusal: Message | None


def diagnose(
    design: Declaration[Any],
    *,
    draws: int = DRAWS,
    seed: int = 1,
    test: Test | None = None,
    better: str = "higher",
    contract: PaidBy | None = None,
) -> Diagnosis:
    """Run a design many times and say what it does.

    Parameters
    ----------
    design : Declaration
        The design.
    draws, seed : int
        How often, and the seed of the first run; every run has a generator of its own.
    test : Test, optional
        Whose power is told, and at whose level coverage is; against zero by default.
    better : {"higher", "lower"}
        The side on which a one-sided test rejects.
    contract : PaidBy, optional
        For the expected payment (`paid_by`).

    Returns
    -------
    Diagnosis

    Raises
    ------
    UsageError
        When the estimator has no answer in any run, or draws are too few or too many.
    PluginError
        When the estimator fails in a way that is not its place.

    Notes
    -----
    Runs are independent of each other and of the number of workers, which is joblib's ambient
    configuration. Coverage, power, type S and M and payments are over the runs with an estimate;
    ``refused`` is the share without one. Type S is the share of rejections on the side of zero
    (of the threshold) where the truth is not, type M how many times too far from it they lie on
    average.

    Examples
    --------
    >>> from impacteval.power.declare import planned
    >>> from impacteval.power.trial import PlannedTrial
    >>> from impacteval.simulation.assumed import Kind
    >>> found = diagnose(planned(PlannedTrial(Kind.NORMAL, 50, 50, sd=1.0), 0.2), draws=200)
    >>> abs(found["bias"].value) < 4 * found["bias"].error
    True
    >>> abs(found["power"].value - 0.1677) < 4 * found["power"].error
    True
    """
    if not FEWEST <= draws <= MOST:
        raise UsageError(Problem(f"{draws} draws were asked for.", f"Ask for {FEWEST} to {MOST}."))
    if better not in ("higher", "lower"):
        raise UsageError(f"better is 'higher' or 'lower', not {better!r}.")
    if contract is not None and contract.scale is not design.answer.scale:
        raise UsageError(
            Problem(
                f"The contract reads {contract.outcome!r} on scale {contract.scale}, and the design "
                f"answers on {design.answer.scale}.",
                "Give the design the contract's scale.",
            )
        )
    asked = Test() if test is None else test
    calls = [
        (design, asked, better, contract, start, min(_BLOCK, draws - start), seed)
        for start in range(0, draws, _BLOCK)
    ]
    parts = list(mapped(_runs, calls))
    whole = _joined(parts)
    if np.isnan(whole.value).all():
        raise UsageError(
            Problem(
                f"The estimator {design.answer.estimator!r} has no answer in any run: "
                f"{whole.refusal}",
                "Choose another estimator, or mend the design.",
            )
        )
    return Diagnosis(
        tuple(_diagnosands(whole, asked, better, contract)),
        draws,
        seed,
        design.answer,
        asked,
        whole.refusal,
    )


def _runs(
    design: Declaration[Any],
    test: Test,
    better: str,
    contract: PaidBy | None,
    start: int,
    runs: int,
    seed: int,
) -> _Run:
    answer = design.answer
    built = estimator(answer.estimator, **answer.settings)
    columns = np.full((5, runs), math.nan)
    answers: list[Mapping[Question, float]] = []
    refusal: Message | None = None
    for k in range(runs):
        world_rng, data_rng, own = (
            np.random.default_rng(s) for s in np.random.SeedSequence([seed, start + k]).spawn(3)
        )
        world = design.model(world_rng)
        columns[0, k] = truth = float(design.inquiry(world))
        sample = design.data(world, data_rng)
        try:
            found = built.estimate(sample, scale=answer.scale, rng=own)
        except NotIdentified as none:
            refusal = refusal or none.reason
            if contract is not None:
                answers.append(contract.answers(none.reason))
            continue
        except ImpactEvalError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"The estimator {answer.estimator!r} failed on run {start + k + 1} of the design: "
                f"{type(error).__name__}: {error}.",
                package=entry(answer.estimator).package,
            ) from error
        if contract is not None:
            answers.append(contract.answers(found))
        effect = found.effect
        columns[1, k] = effect.value
        columns[2, k] = math.nan if effect.std_error is None else effect.std_error
        side = "two" if test.sides == "two" else "greater" if better == "higher" else "less"
        try:
            columns[3, k] = effect.p_value(truth, side) > 1.0 - test.level
            columns[4, k] = effect.p_value(test.threshold, side) <= 1.0 - test.level
        except NotAnswerable:
            pass  # a method without uncertainty covers and finds nothing: told as no number
    truths, values, errors, covered, rejects = columns
    return _Run(truths, values, errors, covered, rejects, answers, refusal)


def _joined(parts: Sequence[_Run]) -> _Run:
    return _Run(
        truth=np.concatenate([p.truth for p in parts]),
        value=np.concatenate([p.value for p in parts]),
        std_error=np.concatenate([p.std_error for p in parts]),
        covered=np.concatenate([p.covered for p in parts]),
        rejects=np.concatenate([p.rejects for p in parts]),
        answers=[row for p in parts for row in p.answers],
        refusal=next((p.refusal for p in parts if p.refusal is not None), None),
    )


def _diagnosands(run: _Run, test: Test, better: str, contract: PaidBy | None) -> list[Diagnosand]:
    there = ~np.isnan(run.value)
    truth, value = run.truth[there], run.value[there]
    off = value - truth
    sign = 1.0 if better == "higher" else -1.0
    rejects = run.rejects[there]
    rejected = rejects == 1.0
    away = truth - test.threshold
    beyond = value - test.threshold
    certain = rejected & (away != 0.0)
    found = [
        _mean("truth", truth),
        _mean("mean_estimate", value),
        _mean("bias", off),
        _spread("sd_estimate", value),
        _mean("mean_std_error", run.std_error[there]),
        _root("rmse", off),
        _chance("coverage", run.covered[there]),
        _chance("power", rejects),
        _chance("type_s", (beyond * away < 0.0)[certain].astype(np.float64)),
        _mean("type_m", np.abs(beyond[certain]) / np.abs(away[certain])),
        _chance("passes", (sign * beyond >= 0.0).astype(np.float64)),
        _chance("refused", (~there).astype(np.float64)),
    ]
    if contract is not None:
        paid = contract.paid(run.answers)
        judged = ~np.isnan(paid)
        found.append(_mean("expected_payment", paid[judged]))
        found.append(_chance("not_judged", (~judged).astype(np.float64)))
    return found


def _mean(name: str, values: Floats) -> Diagnosand:
    """A mean, and its error."""
    if not values.size or np.isnan(values).any():
        return Diagnosand(name, math.nan, math.nan)
    error = float(values.std(ddof=1)) / math.sqrt(values.size) if values.size > 1 else math.nan
    return Diagnosand(name, float(values.mean()), error)


def _chance(name: str, times: Floats) -> Diagnosand:
    """How often something is so, and the error of that.

    What was always or never so in the draws is not known without error: two successes and two
    failures are added there (Agresti and Coull 1998).
    """
    found = _mean(name, times)
    if found.value in (0.0, 1.0):
        n = times.size + 4.0
        p = (float(times.sum()) + 2.0) / n
        return Diagnosand(name, found.value, math.sqrt(p * (1.0 - p) / n))
    return found


def _spread(name: str, values: Floats) -> Diagnosand:
    """A standard deviation; its error by the fourth moment, so for any distribution."""
    n = values.size
    if n < 3:
        return Diagnosand(name, math.nan, math.nan)
    squares = (values - values.mean()) ** 2
    variance = float(squares.sum()) / (n - 1)
    sd = math.sqrt(variance)
    error = float(squares.std(ddof=1)) / math.sqrt(n) / (2.0 * sd) if sd else 0.0
    return Diagnosand(name, sd, error)


def _root(name: str, off: Floats) -> Diagnosand:
    n = off.size
    if n < 2:
        return Diagnosand(name, math.nan, math.nan)
    squares = off**2
    root = math.sqrt(float(squares.mean()))
    error = float(squares.std(ddof=1)) / math.sqrt(n) / (2.0 * root) if root else 0.0
    return Diagnosand(name, root, error)
