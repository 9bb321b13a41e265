"""Amounts of money: Decimal, or "not published", in the one currency of the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import (
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema

from impacteval.files.kinds import fail, read_number

# An estimate may be as large as a float, of 309 digits; times a price, a share and people of 15
# digits before the point and 12 after it, with room for sums: no operation on money or on contract
# numbers is ever rounded except where the contract says so. The caller's
# own decimal context never reaches a payment.
ARITHMETIC = Context(
    prec=500, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow]
)

Mode = Literal["half_up", "half_even"]
_ROUNDING = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def _codes(text: str) -> frozenset[str]:
    return frozenset(re.findall("[A-Z]{3}", text))


CURRENCIES = _codes(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
    GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS
    KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
    TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """
)
_NO_DECIMALS = _codes(
    """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF
    """
)
_THREE_DECIMALS = _codes(
    """
    BHD IQD JOD KWD LYD OMR TND
    """
)


class NotPublished(Enum):
    """An amount that the parties have not made public. Never 0."""

    NOT_PUBLISHED = "not_published"

    def __str__(self) -> str:
        return "not published"


NOT_PUBLISHED = NotPublished.NOT_PUBLISHED
Amount = Decimal | NotPublished


def decimals_of(currency: str) -> int:
    """Decimals of a currency (ISO 4217).

    Examples
    --------
    >>> decimals_of("USD"), decimals_of("XAF"), decimals_of("TND")
    (2, 0, 3)
    """
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def rounded(number: Decimal, decimals: int, mode: str) -> Decimal:
    """Round as the contract says. ``half_up`` takes a half away from zero.

    Infinite numbers stay what they are.

    Examples
    --------
    >>> rounded(Decimal("9.95"), 1, "half_up"), rounded(Decimal("9.85"), 1, "half_even")
    (Decimal('10.0'), Decimal('9.8'))
    >>> rounded(Decimal("-0.04"), 1, "half_up")
    Decimal('0.0')
    """
    if not number.is_finite():
        return number
    unit = Decimal(1).scaleb(-decimals)
    result = number.quantize(unit, rounding=_ROUNDING[mode], context=ARITHMETIC)
    return abs(result) if result.is_zero() else result


def add(amounts: Iterable[Amount]) -> Amount:
    """The sum; one amount that is not published makes it not published, 0 beside it or not.

    Examples
    --------
    >>> add([Decimal("1.50"), Decimal("2.00")])
    Decimal('3.50')
    >>> str(add([Decimal(0), NOT_PUBLISHED]))
    'not published'
    """
    total = Decimal(0)
    for amount in amounts:
        if amount is NOT_PUBLISHED:
            return NOT_PUBLISHED
        assert isinstance(amount, Decimal)
        total = ARITHMETIC.add(total, amount)
    return total


def capped(amount: Amount, cap: Amount) -> Amount:
    """The smaller of the two, as far as it is known.

    A ceiling that is not published leaves nothing at nothing and hides everything else; an
    amount that is not published stays so under any ceiling, even 0: it could be a penalty.

    Examples
    --------
    >>> capped(Decimal(7), Decimal(5)), capped(Decimal(0), NOT_PUBLISHED)
    (Decimal('5'), Decimal('0'))
    >>> str(capped(Decimal(7), NOT_PUBLISHED)), str(capped(NOT_PUBLISHED, Decimal(5)))
    ('not published', 'not published')
    """
    if isinstance(amount, Decimal) and isinstance(cap, Decimal):
        return min(amount, cap)
    if isinstance(amount, Decimal) and amount <= 0:
        return amount
    return NOT_PUBLISHED


def apportioned(total: Decimal, shares: Sequence[Decimal], decimals: int) -> tuple[Decimal, ...]:
    """A rounded total in parts that add up to it to the last unit.

    Each part is cut to the unit; the units left over go one by one to the parts that were cut
    most, the first in the list when two were cut alike.

    Examples
    --------
    >>> [str(part) for part in apportioned(Decimal("100.00"), [Decimal("0.3")] * 3, 2)]
    ['33.34', '33.33', '33.33']
    >>> [str(part) for part in apportioned(Decimal("-0.01"), [Decimal("0.5")] * 2, 2)]
    ['-0.01', '0.00']
    """
    whole = sum((Fraction(share) for share in shares), Fraction(0))
    units = int(Fraction(total).__abs__() * 10**decimals)
    exact = [Fraction(share) / whole * units for share in shares]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda k: parts[k] - exact[k])
    for k in order[: units - sum(parts)]:
        parts[k] += 1
    sign = -1 if total < 0 else 1
    return tuple(Decimal(sign * part).scaleb(-decimals, ARITHMETIC) for part in parts)


_WITH_CODE = re.compile(r"([A-Z]{3}|[$€£¥₹])?\s*([+-]?[0-9.]+)\s*([A-Z]{3}|[$€£¥₹])?")


def _amount(value: Any, info: ValidationInfo) -> Amount:
    if isinstance(value, NotPublished):
        return value
    if value == "not_published":
        return NOT_PUBLISHED
    if isinstance(value, str):
        match = _WITH_CODE.fullmatch(value.strip())
        if match is not None and (match[1] or match[3]):
            own = (info.context or {}).get("currency")
            said = match[1] or match[3]
            if said != own and said in CURRENCIES:
                raise fail(
                    f"{value.strip()!r} is in {said} and the contract is in {own}: two currencies.",
                    "A contract has one currency. Convert at a rate the parties agree on, and say so.",
                )
            raise fail(
                f"{value.strip()!r} repeats a currency.",
                f"Write the number alone: it is read in {own}, the contract's currency.",
            )
        if value.strip().endswith("%"):
            raise fail(f"{value.strip()!r} is a percentage, not an amount.", "Write an amount.")
    return read_number(value)


def _not_negative(value: Amount) -> Amount:
    if isinstance(value, Decimal) and value < 0:
        raise fail(f"The amount {value} is negative.", "Write 0 or more.")
    return value


def _currency(value: Any) -> str:
    if isinstance(value, list | dict):
        raise fail("A contract has one currency.", "Write one code, such as EUR.")
    if not isinstance(value, str) or value not in CURRENCIES:
        raise fail(
            f"{str(value)[:20]!r} is not a currency code.",
            "Write one code of ISO 4217, such as EUR, GBP or USD.",
        )
    return value


_SCHEMA = WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"const": "not_published"}]})
_WRITE = PlainSerializer(lambda value: "not_published" if value is NOT_PUBLISHED else value)

MoneyAmount = Annotated[
    Amount, PlainValidator(_amount), AfterValidator(_not_negative), _SCHEMA, _WRITE
]
Currency = Annotated[
    str,
    PlainValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
]
