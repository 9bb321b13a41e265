"""The contract at one of several looks: the same one, at the level that the look may use up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from impacteval.contract.calendar import Look
from impacteval.contract.clauses import Clause
from impacteval.contract.money import ARITHMETIC
from impacteval.contract.rules import Rule, divided

if TYPE_CHECKING:
    from impacteval.contract.model import Contract


def shared(rule: Rule, share: Decimal) -> Rule:
    """The rule at a look that may use up a share of what may go wrong.

    The level becomes 1 - share x (1 - level). Whatever the looks have in common, together they go
    wrong at most as often as the rule alone would: a split after Bonferroni over looks, which is
    the simplest rule that holds for any dates and any estimator.

    Examples
    --------
    >>> from impacteval.contract.rules import ChanceRule
    >>> shared(ChanceRule(chance_at_least=Decimal("0.95")), Decimal("0.2")).chance_at_least
    Decimal('0.99')
    """
    with localcontext(ARITHMETIC):
        return divided(rule, 1 / share)


def at_look(contract: Contract, look: Look | None) -> Contract:
    """The contract as it judges at a look; the contract itself where no level is shared.

    Parameters
    ----------
    contract : Contract
        As agreed.
    look : Look or None
        The settlement or look that is judged.
    """
    if look is None or look.share is None or look.share == 1:
        return contract
    rule = contract.decide_on
    changed = {
        "decide_on": None if rule is None else shared(rule, look.share),
        "payment": _with_levels(contract.payment, look.share),
    }
    return contract.model_copy(update=changed)


def _with_levels(part: Any, share: Decimal) -> Any:
    if isinstance(part, tuple):
        return tuple(
            _with_levels(item, share) if isinstance(item, BaseModel) else item for item in part
        )
    changed: dict[str, Any] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name == "decide_on":
            if isinstance(part, Clause) and value is not None:
                changed[name] = shared(value, share)
        elif isinstance(value, BaseModel | tuple):
            changed[name] = _with_levels(value, share)
        elif isinstance(value, Mapping):
            changed[name] = MappingProxyType({k: _with_levels(v, share) for k, v in value.items()})
    return part.model_copy(update=changed)
