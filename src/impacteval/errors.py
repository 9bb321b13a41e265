"""Errors that a person can act on, and the exit code each one gives.

The tree::

    ImpactEvalError
    ├── InputError            2   contract, plan, data or usage; lists every problem found
    │   ├── ContractError
    │   ├── PlanError
    │   ├── DataError
    │   ├── StudyError
    │   └── UsageError
    ├── CheckFailed           1   a check or a comparison found problems
    ├── LockError             3   the study cannot be verified as locked
    ├── PluginError          70   an estimator broke its contract; names the package
    ├── NotIdentified             valid data cannot answer: the clause becomes "cannot be judged"
    └── NotAnswerable             the distribution has no answer to this question

Any other exception is an internal error (exit code 70) and no report is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from impacteval.values import Message

EXIT_DONE = 0
EXIT_CHECK_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_NOT_AS_LOCKED = 3
EXIT_INTERNAL = 70


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it.

    Attributes
    ----------
    what : str
        One sentence: what is wrong.
    fix : str
        One sentence: what to do, or what is allowed. May be empty.
    file : str
        The file, as the user named it. Empty when the input was not a file.
    line, column : int
        Place in the file, counted from 1; 0 when unknown.
    """

    what: str
    fix: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    @property
    def place(self) -> str:
        """``file:line:column`` with the parts that are known."""
        parts = [self.file] if self.file else []
        if self.line:
            parts += [str(self.line), str(self.column or 1)]
        return ":".join(parts)

    def __str__(self) -> str:
        text = f"{self.place}: {self.what}" if self.place else self.what
        return f"{text} {self.fix}" if self.fix else text


class ImpactEvalError(Exception):
    """Base of every error that impacteval shows without a traceback."""

    exit_code: ClassVar[int] = EXIT_INTERNAL


class InputError(ImpactEvalError):
    """Something the user gave is wrong. Holds every problem found, not only the first.

    Parameters
    ----------
    problems : Problem, str, or an iterable of them
        At least one.
    """

    exit_code = EXIT_BAD_INPUT

    def __init__(self, problems: Problem | str | Iterable[Problem | str]) -> None:
        if isinstance(problems, Problem | str):
            problems = [problems]
        listed = tuple(Problem(p) if isinstance(p, str) else p for p in problems)
        if not listed:
            raise ValueError("An InputError needs at least one problem.")
        self.problems: tuple[Problem, ...] = listed
        super().__init__("\n".join(str(p) for p in listed))


class ContractError(InputError):
    """The contract file cannot be read or does not make sense."""


class PlanError(InputError):
    """The analysis plan cannot be read or does not fit the contract."""


class DataError(InputError):
    """The data do not have the shape or the values that were declared."""


class StudyError(InputError):
    """The study folder is incomplete or inconsistent."""


class UsageError(InputError):
    """A function or a command was called with something it cannot use."""


class CheckFailed(ImpactEvalError):
    """A check or a comparison ran to its end and found problems."""

    exit_code = EXIT_CHECK_FAILED


class LockError(ImpactEvalError):
    """The study cannot be verified as it was locked."""

    exit_code = EXIT_NOT_AS_LOCKED


class PluginError(ImpactEvalError):
    """An estimator broke its contract.

    Parameters
    ----------
    message : str
        What went wrong.
    package : str
        The distribution that provides the estimator.
    """

    exit_code = EXIT_INTERNAL

    def __init__(self, message: str, *, package: str) -> None:
        self.package = package
        super().__init__(f"{message} (package: {package})")


class NotIdentified(ImpactEvalError):
    """Valid data that cannot answer the question; raised by estimators.

    Parameters
    ----------
    reason : Message
        Why, in both languages.
    """

    def __init__(self, reason: Message) -> None:
        self.reason = reason
        super().__init__(str(reason))


class NotAnswerable(ImpactEvalError):
    """A confidence distribution was asked something it has no answer to.

    Parameters
    ----------
    reason : Message
        Why, in both languages.
    """

    def __init__(self, reason: Message) -> None:
        self.reason = reason
        super().__init__(str(reason))
