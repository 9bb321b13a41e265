"""The ledger: what was paid before, and what others paid for the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from impacteval.canonical import digest
from impacteval.contract.amendments import every_version
from impacteval.contract.calendar import looks
from impacteval.contract.escrow import Disputed
from impacteval.contract.model import POOLED, Contract
from impacteval.contract.money import NOT_PUBLISHED, Amount, NotPublished, add
from impacteval.contract.paperwork import CURRENCY_ELSEWHERE
from impacteval.errors import ContractError
from impacteval.files import (
    FileModel,
    NonBlank,
    PartialDate,
    PlainWords,
    Slug,
    plain,
    read_yaml,
    refuse,
)
from impacteval.files.kinds import Relative, read_number

LEDGER_FILE = "ledger.yaml"


def _signed(value: Any) -> Amount:
    if isinstance(value, NotPublished) or value == "not_published":
        return NOT_PUBLISHED
    return read_number(value)


SignedAmount = Annotated[
    Amount,
    PlainValidator(_signed),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"const": "not_published"}]}),
    PlainSerializer(lambda value: "not_published" if value is NOT_PUBLISHED else value),
]


class Settled(FileModel):
    """What an earlier settlement said about one clause and one group."""

    clause: Slug = Field(description="the clause")
    group: Slug | None = None
    verdict: Literal["met", "not_met"] = Field(description="what was decided: met or not_met")


class Payment(FileModel):
    """One payment made; a repayment is negative."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    date: PartialDate = Field(description="when it was paid")
    amount: SignedAmount = Field(description="how much, negative when paid back, or not_published")
    settlement: Slug | None = None
    clauses: tuple[Settled, ...] = ()
    verdict: NonBlank | None = None
    what: PlainWords | None = None
    source: PlainWords | None = None


class OtherPayment(FileModel):
    """Money that others paid for the same results."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    name: Slug = Field(description="the name that the contract nets under")
    date: PartialDate = Field(description="when it was paid")
    amount: SignedAmount = Field(description="how much, or not_published")
    settlement: Slug | None = None
    source: PlainWords | None = None


class Corrects(FileModel):
    """An earlier settlement that is judged again, because an error was found."""

    settlement: Slug = Field(description="the settlement that is judged again")
    found: PartialDate | None = None
    what: PlainWords | None = None


class Carried(FileModel):
    """A correction that was decided and falls due at a later settlement."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = CURRENCY_ELSEWHERE

    settlement: Slug = Field(description="the settlement that was corrected")
    due_at: Slug = Field(description="the settlement at which the correction falls due")
    amount: SignedAmount = Field(
        description="how much, negative when owed back to the payers, or not_published"
    )
    what: PlainWords | None = None


def _named(value: Any) -> Any:
    return {"settlement": value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class Ledger(FileModel):
    """What was paid before this settlement."""

    format: Literal["impacteval-ledger/1"] = Field(description="the format of the file")
    contract: Slug = Field(description="the id of the contract it belongs to")
    payments: tuple[Payment, ...] = Field(description="every payment so far; [] when there is none")
    other_money: tuple[OtherPayment, ...] = ()
    corrects: Annotated[
        Corrects | None, BeforeValidator(_named, json_schema_input_type=Corrects | Slug | None)
    ] = None
    carried: tuple[Carried, ...] = ()
    dispute: Annotated[
        tuple[Disputed, ...],
        BeforeValidator(_listed, json_schema_input_type=Disputed | list[Disputed]),
    ] = ()

    @model_validator(mode="after")
    def _not_below_nothing(self) -> Self:
        problems = []
        totals = [(("payments",), self.already_paid)]
        totals += [(("other_money",), amount) for amount in self.others.values()]
        for path, total in totals:
            if isinstance(total, Decimal) and total < 0:
                what = f"The amounts add up to {plain(total)}: more was paid back than was paid."
                problems.append((path, what, "Mend the ledger."))
        refuse(problems)
        return self

    @property
    def already_paid(self) -> Amount:
        """Everything paid so far, repayments taken off."""
        return add(payment.amount for payment in self.payments)

    def paid_at(self, settlement: str) -> Amount:
        """What was paid for one settlement, corrections of it among them."""
        return add(p.amount for p in self.payments if p.settlement == settlement)

    def has(self, settlement: str) -> bool:
        """Whether something was paid for that settlement."""
        return any(payment.settlement == settlement for payment in self.payments)

    def disputed(self, settlement: str) -> Disputed | None:
        """The dispute about a settlement."""
        return next((d for d in self.dispute if d.settlement == settlement), None)

    @property
    def others(self) -> Mapping[str, Amount]:
        """What others paid so far, by name."""
        names = dict.fromkeys(payment.name for payment in self.other_money)
        return {name: add(p.amount for p in self.other_money if p.name == name) for name in names}

    @property
    def digest(self) -> str:
        """Digest of the content."""
        said = self.model_dump(exclude_defaults=True)
        return digest(_spelled(said))


def _spelled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _spelled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(item) for item in value]
    return value if isinstance(value, str) or value is None else plain(value)


def ledger_problems(ledger: Ledger, contract: Contract) -> list[Relative]:
    """Every name in a ledger that its contract does not know.

    Parameters
    ----------
    ledger : Ledger
    contract : Contract
        The one it should belong to.

    Returns
    -------
    list of (path, what, fix)
    """
    found: list[Relative] = []

    def known(
        path: tuple[str | int, ...], name: str | None, names: Sequence[str], what: str
    ) -> None:
        if name is not None and name not in names:
            fix = f"Known: {', '.join(names) or 'none'}."
            found.append((path, f"The contract has no {what} `{name}`.", fix))

    if ledger.contract != contract.id:
        what = f"The ledger belongs to the contract {ledger.contract!r}, and this one is {contract.id!r}."
        found.append((("contract",), what, "Put the ledger of this contract here."))
        return found
    # What was settled before an amendment goes by the names of that time.
    versions = every_version(contract)
    dates = _names(look.name for v in versions for look in looks(v) if look.pays)
    clauses = _names(leaf.name for v in versions for leaf in v.clauses)
    named = _names(group for v in versions for group in v.groups)
    for k, payment in enumerate(ledger.payments):
        if contract.calendar is not None:
            known(("payments", k, "settlement"), payment.settlement, dates, "settlement")
        for j, settled in enumerate(payment.clauses):
            known(("payments", k, "clauses", j, "clause"), settled.clause, clauses, "clause")
            groups = [*named, *([POOLED] if named else [])]
            known(("payments", k, "clauses", j, "group"), settled.group, groups, "group")
            if all(v.groups for v in versions) and settled.group is None:
                what = (
                    f"The contract has groups, and `{settled.clause}` is settled for none of them."
                )
                fix = f"Write `group:` with one of: {', '.join(groups)}."
                found.append((("payments", k, "clauses", j), what, fix))
    for k, other in enumerate(ledger.other_money):
        if contract.calendar is not None:
            known(("other_money", k, "settlement"), other.settlement, dates, "settlement")
    if contract.calendar is not None:
        _later_problems(ledger, contract, known, dates, found)
        return found
    for key in ("corrects", "carried", "dispute"):
        if getattr(ledger, key):
            what = f"`{key}` is about a settlement, and the contract has no calendar."
            found.append(((key,), what, "Name the settlements under `calendar:` in the contract."))
    return found


def _names(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


def _later_problems(
    ledger: Ledger,
    contract: Contract,
    known: Callable[[tuple[str | int, ...], str | None, Sequence[str], str], None],
    dates: Sequence[str],
    found: list[Relative],
) -> None:
    """What a ledger says of corrections and disputes."""
    for k, carried in enumerate(ledger.carried):
        known(("carried", k, "settlement"), carried.settlement, dates, "settlement")
        known(("carried", k, "due_at"), carried.due_at, dates, "settlement")
    for k, dispute in enumerate(ledger.dispute):
        known(("dispute", k, "settlement"), dispute.settlement, dates, "settlement")
        if ledger.disputed(dispute.settlement) is not dispute:
            what = f"Two disputes are about `{dispute.settlement}`."
            found.append((("dispute", k), what, "Write one of them, as it stands now."))
    corrects = ledger.corrects
    if corrects is None:
        return
    known(("corrects", "settlement"), corrects.settlement, dates, "settlement")
    if corrects.settlement in dates and not ledger.has(corrects.settlement):
        what = f"Nothing was paid at `{corrects.settlement}`, so there is nothing to correct."
        fix = "Write its payment, with `amount: 0` if it paid nothing."
        found.append((("corrects",), what, fix))
    if ledger.disputed(corrects.settlement) is not None:
        what = f"`{corrects.settlement}` is contested and corrected at once."
        found.append((("corrects",), what, "Write the dispute as it ended under `what`, or wait."))
    agreed = contract.corrections
    if agreed is not None and agreed.how != "none" and corrects.found is None:
        what = "Corrections have a time limit, and nothing says when the error was found."
        found.append((("corrects",), what, "Write `corrects: {settlement: ..., found: date}`."))


def load_ledger_of(path: str | Path, contract: Contract) -> Ledger:
    """Read the ledger of a contract; names that the contract does not know are problems too."""
    ledger, locate = read_yaml(path, Ledger, kind="ledger", error=ContractError)
    if found := ledger_problems(ledger, contract):
        raise ContractError([locate.problem(*problem) for problem in found])
    return ledger


def load_ledger(path: str | Path) -> Ledger:
    """Read a ledger.

    Parameters
    ----------
    path : path
        A file that begins with ``format: impacteval-ledger/1``.

    Raises
    ------
    ContractError
        With every problem found, each with file, line and column.
    """
    return read_yaml(path, Ledger, kind="ledger", error=ContractError)[0]
