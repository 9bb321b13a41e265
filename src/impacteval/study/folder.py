"""A study folder as one value: contract, plan, lock and frozen preparation, all read at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impacteval.canonical import digest
from impacteval.contract import Contract
from impacteval.contract.amendments import contract_at
from impacteval.contract.ledger import LEDGER_FILE, Ledger, load_ledger, load_ledger_of
from impacteval.errors import InputError, PlanError, Problem, StudyError
from impacteval.files import Locate
from impacteval.plan import Analysis, Funnel, Plan, TableSpec, load_plan_located
from impacteval.sample.roles import Kind, Roles
from impacteval.study.fit import fit, in_contract_order
from impacteval.study.lock import LOCK_FILE, Lock, content_of, read_lock
from impacteval.study.looks import load_checked
from impacteval.study.preparation import PREPARED_FILE, Prepared, read_prepared

if TYPE_CHECKING:
    import pandas as pd

PLAN_FILE = "plan.yaml"


@dataclass(frozen=True, eq=False)
class Study:
    """A study as it stands in its folder.

    Attributes
    ----------
    root : Path
        The folder.
    contract : Contract
        What is paid for what.
    plan : Plan
        What is estimated, how, from which columns.
    lock : Lock or None
        What was fixed beforehand.
    prepared : Prepared or None
        The frozen outcome-blind step.
    ledger : Ledger or None
        What was paid before.
    """

    root: Path
    contract: Contract
    plan: Plan
    contract_file: Path
    lock: Lock | None
    prepared: Prepared | None
    ledger: Ledger | None
    locate: Locate
    """Finds the line of a key of the plan, for checks that come later."""

    @property
    def id(self) -> str:
        """The study's name."""
        return self.plan.study

    @property
    def contract_digest(self) -> str:
        """Digest of the contract's canonical content (line endings do not matter)."""
        return self.contract.digest

    @cached_property
    def plan_digest(self) -> str:
        """Digest of the plan's canonical content."""
        return digest(content_of(self.plan))

    def table(self, analysis: Analysis) -> TableSpec:
        """Where the data of that analysis come from."""
        return self.plan.data[analysis.data]

    def columns_of(self, table: str, *, outcomes: bool = True) -> dict[str, Kind]:
        """Every column that the planned analyses read from that table, and what it is read as.

        Parameters
        ----------
        table : str
            Name of the table in the plan.
        outcomes : bool
            Whether outcome columns are among them.
        """
        wanted: dict[str, Kind] = {}
        hidden: set[str] = set()

        def add(kinds: Mapping[str, Kind]) -> None:
            for column, kind in kinds.items():
                # A column that is a number anywhere is read as one: labels can be numbers.
                if wanted.get(column) != "number":
                    wanted[column] = kind

        for _, analysis in in_contract_order(self.plan, self.contract):
            if analysis.data != table:
                continue
            hidden.add(analysis.columns.outcome)
            if analysis.columns.audited is not None:
                hidden.add(analysis.columns.audited)
            hidden.update(analysis.other_outcomes)
            add(roles_of(analysis.columns.model_dump(exclude_none=True)).kinds())
            add(dict.fromkeys(analysis.other_outcomes, "number"))
            for other in analysis.robustness:
                if other.columns.changed:
                    add(roles_of(other.columns.changed).kinds())
            add({c.column: "text" for c in analysis.eligible})
            if analysis.groups is not None:
                add({analysis.groups.column: "text"})
            add({part.column: "text" for part in analysis.equity.values()})
        if self.plan.funnel is not None and self.plan.funnel.data == table:
            add(funnel_kinds(self.plan.funnel))
        return {c: k for c, k in wanted.items() if outcomes or c not in hidden}

    def read(self, table: str, *, outcomes: bool = True) -> pd.DataFrame:
        """Read the named columns of one table, and no others. Identifiers are as in the file."""
        from impacteval.study.read import read_table

        return read_table(
            self.plan.data[table], self.columns_of(table, outcomes=outcomes), folder=self.root
        )


def funnel_kinds(funnel: Funnel) -> dict[str, Kind]:
    """The columns of the table of everyone eligible, and what each is read as."""
    steps = funnel.columns
    kinds: dict[str, Kind] = {column: "text" for _, column in funnel.read_columns()}
    numbers = (steps.referred, steps.accepted, steps.measured, *funnel.profile)
    kinds.update({column: "number" for column in numbers if column is not None})
    return kinds


def roles_of(columns: Mapping[str, Any]) -> Roles:
    """The roles of a sample from the columns of a plan."""
    given = dict(columns)
    outcome = given.pop("outcome", ())
    # What an audit found is read where outcomes are, and never before them.
    audited = given.pop("audited", None)
    outcomes = (outcome,) if isinstance(outcome, str) else tuple(outcome)
    return Roles(outcome=(*outcomes, *(() if audited is None else (audited,))), **given)


def load_study(path: str | Path) -> Study:
    """Read a study folder.

    Parameters
    ----------
    path : path
        The folder that holds ``plan.yaml`` and ``contract.yaml``.

    Raises
    ------
    InputError
        Every problem of contract and plan at once: unreadable files, a clause whose outcome has
        no planned analysis, an analysis of an outcome the contract does not know.
    LockError
        When a lock is there but cannot be read.
    """
    root = Path(path)
    if not root.is_dir():
        raise StudyError(
            Problem(
                f"{root} is not a folder.",
                "Name the folder of a study, such as studies/nsw-job-training.",
            )
        )
    plan_file = root / PLAN_FILE
    if not plan_file.exists():
        raise StudyError(
            Problem(
                f"{root} has no {PLAN_FILE}, so it is not a study.",
                "`impacteval new` makes a study folder to start from.",
            )
        )
    problems: list[Problem] = []
    plan: Plan | None = None
    contract: Contract | None = None
    locate: Locate | None = None
    contract_file = root / "contract.yaml"
    try:
        plan, locate = load_plan_located(plan_file)
        contract_file = root / plan.contract
    except PlanError as error:
        problems += error.problems
    try:
        contract = load_checked(contract_file)
    except InputError as error:
        problems += error.problems
    ledger: Ledger | None = None
    ledger_file = root / LEDGER_FILE
    if ledger_file.exists():
        try:
            ledger = load_ledger_of(ledger_file, contract) if contract else load_ledger(ledger_file)
        except InputError as error:
            problems += error.problems
    if plan is not None and contract is not None and locate is not None:
        problems += fit(plan, contract_at(contract, plan.settlement), locate)
    if problems or plan is None or contract is None or locate is None:
        raise StudyError(problems)
    return Study(
        root=root,
        contract=contract,
        plan=plan,
        contract_file=contract_file,
        lock=read_lock(root / LOCK_FILE),
        prepared=read_prepared(root / PREPARED_FILE),
        ledger=ledger,
        locate=locate,
    )
