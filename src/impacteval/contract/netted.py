"""Which of the money that others paid is taken off at a settlement."""

from __future__ import annotations

from collections.abc import Mapping

from impacteval.contract.calendar import Look, earlier_payments, looks
from impacteval.contract.ledger import Ledger, OtherPayment
from impacteval.contract.model import Contract
from impacteval.contract.money import Amount, add
from impacteval.errors import Problem, UsageError


def others_at(
    contract: Contract, look: Look | None, ledger: Ledger, where: str = ""
) -> Mapping[str, Amount]:
    """What others paid that is taken off at one settlement, by name.

    A payment that counts every result so far takes off all that others paid so far. Any other
    takes money off once, at the settlement that the ledger names for it; at the others there is
    none unless the ledger says so.

    Parameters
    ----------
    contract : Contract
        As it stands at that settlement.
    look : Look or None
        The settlement; None without a calendar, where everything is taken off.
    ledger : Ledger
    where : str, optional
        The ledger's file, for the error.

    Raises
    ------
    UsageError
        When several settlements could take the same money off, and the ledger does not say which.
    """
    if look is None or not ledger.other_money:
        return ledger.others
    paying = [other.name for other in looks(contract) if other.pays]
    if len(paying) > 1:
        silent = [f"{m.name} ({m.date})" for m in ledger.other_money if m.settlement is None]
        if silent:
            raise UsageError(
                Problem(
                    "Money that others paid could be taken off at several settlements "
                    f"({', '.join(paying)}), and the ledger does not say at which: "
                    f"{', '.join(silent)}.",
                    "Write `settlement:` for each entry under `other_money`.",
                    where,
                )
            )
    names = {look.name}
    if counts_all_so_far(contract):
        names |= {other.name for other in earlier_payments(contract, look)}
    return _by_name([m for m in ledger.other_money if m.settlement in (None, *names)])


def _by_name(money: list[OtherPayment]) -> Mapping[str, Amount]:
    return {
        name: add(m.amount for m in money if m.name == name)
        for name in dict.fromkeys(m.name for m in money)
    }


def counts_all_so_far(contract: Contract) -> bool:
    """Whether money is taken off what all results so far are worth, before earlier payments are."""
    bounds = contract.bounds
    first = bounds.index("netting") < bounds.index("clawback")
    return contract.payment.cumulative is not None and first
