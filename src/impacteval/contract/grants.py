"""A grant: a fixed sum that is paid whatever the results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from impacteval.contract.money import Amount, MoneyAmount, NotPublished
from impacteval.contract.paperwork import CURRENCY_ELSEWHERE, Source
from impacteval.files import FileModel, Slug, Words
from impacteval.values import Message, Text


class Grant(FileModel):
    """Pays a fixed amount whatever the results: no outcome is compared."""

    ELSEWHERE: ClassVar[Mapping[str, str]] = {
        **CURRENCY_ELSEWHERE,
        "when": "A grant has no condition. Write a clause with `when` and `pay` instead.",
    }

    name: Slug = Field(description="the grant's name")
    plain_name: Words | None = None
    pay: MoneyAmount = Field(description="the amount paid, or not_published")
    source: Source | None = None


def paid(grant: Grant, amount: Amount) -> Message:
    """The one step from nothing to the money of a grant."""
    if isinstance(amount, NotPublished):
        return Message(
            "terms.grant-not-published",
            Text(
                en="The grant “{name}” is paid whatever the results; its amount is not published.",
                fr="La subvention « {name} » est versée quels que soient les résultats ; son montant n’est pas publié.",
            ),
            {"name": grant.name},
        )
    return Message(
        "terms.grant",
        Text(
            en="The grant “{name}” is paid whatever the results: {amount:money}.",
            fr="La subvention « {name} » est versée quels que soient les résultats : {amount:money}.",
        ),
        {"name": grant.name, "amount": amount},
    )


def said(grant: Grant, currency: str) -> Message:
    """A grant in one sentence of the contract."""
    name = grant.name if grant.plain_name is None else grant.plain_name.text()
    if isinstance(grant.pay, NotPublished):
        return Message(
            "contract.grant-not-published",
            Text(
                en="Grant “{clause}”: an amount that is not published is paid whatever the results.",
                fr="Subvention « {clause} » : un montant qui n'est pas publié est versé quels que soient les résultats.",
            ),
            {"clause": name},
        )
    return Message(
        "contract.grant",
        Text(
            en="Grant “{clause}”: {pay:money} is paid whatever the results.",
            fr="Subvention « {clause} » : {pay:money}, versés quels que soient les résultats.",
        ),
        {"clause": name, "pay": f"{grant.pay.normalize():f} {currency}"},
    )
