"""The checks as values: a list for pytest, or one run that tells every result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from impacteval.plugin import Concerned, Estimator, Prepares, contract_breaches
from impacteval.testing import algebra, blindness, calibration, counting, structure
from impacteval.testing.bench import Bench, require
from impacteval.testing.samples import SampleMaker, known_samples


@dataclass(frozen=True)
class Check:
    """One check of one estimator. Call it: it returns in silence or raises `AssertionError`.

    Attributes
    ----------
    name : str
        What is checked, such as ``shift``.
    design : str
        The design it is checked on; empty when it is about the class alone.
    run : callable
        The check itself.
    """

    name: str
    design: str
    run: Callable[[], None]

    def __call__(self) -> None:
        self.run()

    def __str__(self) -> str:
        return f"{self.name}[{self.design}]" if self.design else self.name


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check.

    Attributes
    ----------
    name, design : str
        As in `Check`.
    passed : bool
        Whether it held.
    detail : str
        What went wrong; empty when it passed.
    """

    name: str
    design: str
    passed: bool
    detail: str = ""


def estimator_checks(
    estimator: Estimator, *, samples: Iterable[SampleMaker] | None = None
) -> list[Check]:
    """The estimator contract as a list of named checks.

    Parameters
    ----------
    estimator : Estimator
        An instance, with the settings to be tested.
    samples : iterable of SampleMaker, optional
        Known-truth samples of the estimator's designs, the plainest first. Without them, those of the kit (see `known_samples`).

    Returns
    -------
    list of Check
        A design on the card for which there is no known-truth sample gives a check that fails:
        nothing is skipped in silence.

    Examples
    --------
    In a test module of the package that offers the estimator::

        @pytest.mark.parametrize("check", estimator_checks(MyEstimator()), ids=str)
        def test_estimator_contract(check):
            check()
    """
    broken = contract_breaches(type(estimator))
    if broken:
        return [Check("contract", "", partial(require, False, " ".join(broken)))]
    given = None if samples is None else tuple(samples)
    checks = [
        Check(name, "", partial(run, estimator))
        for name, run in (*structure.CLASS_CHECKS, *blindness.CLASS_CHECKS)
    ]
    for design in estimator.card.designs:
        whose = set(estimator.card.estimands)
        makers = tuple(
            maker
            for maker in (known_samples(design) if given is None else given)
            if maker.design == design and whose <= set(maker.estimands) and maker.suits(estimator)
        )
        if not makers:
            told = f"there is no known-truth sample of design {design!r}: pass some as samples=."
            checks.append(Check("known_truth", design, partial(require, False, told)))
            continue
        bench = Bench(estimator, design, makers)
        named = [
            *structure.BENCH_CHECKS,
            *_moved(bench),
            *algebra.BENCH_CHECKS,
            *blindness.BENCH_CHECKS,
            *(structure.CONCERN_CHECKS if isinstance(estimator, Concerned) else ()),
            *(blindness.PREPARE_CHECKS if isinstance(estimator, Prepares) else ()),
            *calibration.bench_checks(bench),
        ]
        checks += [Check(name, design, partial(run, bench)) for name, run in named]
    return checks


def _moved(bench: Bench) -> counting.Checks:
    """What must happen when every outcome moves, by what the effect is held against."""
    match bench.against:
        case "figure":
            return counting.FIGURE_CHECKS
        case "nothing":
            return counting.LIST_CHECKS
        case _:
            return algebra.MOVED_CHECKS


def run_checks(
    estimator: Estimator, *, samples: Iterable[SampleMaker] | None = None
) -> tuple[CheckResult, ...]:
    """Run every check and tell every result; an error inside a check is a check that failed."""
    return tuple(_result(check) for check in estimator_checks(estimator, samples=samples))


def _result(check: Check) -> CheckResult:
    try:
        check()
    except AssertionError as error:
        return CheckResult(check.name, check.design, passed=False, detail=str(error))
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        return CheckResult(check.name, check.design, passed=False, detail=told)
    return CheckResult(check.name, check.design, passed=True)
