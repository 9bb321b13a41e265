"""Numbers, money, dates and sentences in the reader's language.

Every figure a person reads passes through here, so that the HTML, the PDF, the Markdown and the
terminal write it the same way. Nothing here computes: a number is rounded for the eye only, and
money is never rounded at all.

The places of a `Text`
----------------------
``{name}``
    Text as it stands; whole numbers (`int`) and numbers with a decimal point are written as
    numbers. A text in both languages picks its language.
``{name:text}``
    As it stands, even when it looks like a number (a year, a version, a code).
``{name:int}``
    A count: ``1,802`` or ``1 802``.
``{name:number}``
    For reading: at most two decimals, three significant digits below one; more where two
    different numbers of one sentence would otherwise read the same.
``{name:number0}`` ... ``{name:number6}``
    That many decimals.
``{name:exact}``
    Every digit it has.
``{name:percent}``, ``{name:percent0}`` ... ``{name:percent6}``
    A fraction written in percent, one decimal unless told: 0.881 is ``88.1%``. A chance that is
    neither nil nor certain never rounds to 0% or 100%.
``{name:in_percent}``, ``{name:in_percent1}``
    A number that is in percent already: 8.4 is ``8.4%``.
``{name:money}``
    ``"1234.5 USD"``, or an amount whose currency stands in the message's value ``currency`` or
    is passed to `fill`. ``not_published`` and ``open`` have their words. Never rounded.
``{name:date}``
    ``2014-04-30`` or ``2014-04`` in words.
``{name:list}``
    A list separated by ``|``: ``a, b and c``.
``{name:plural:one|other}``
    No number, only the word that agrees with it: ``{n:int} {n:plural:person|people}``.
"""

from __future__ import annotations

import re
import string
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from impacteval.report.record import Both, Said
from impacteval.values import Language, Message, Text, written

if TYPE_CHECKING:
    from collections.abc import Iterable

Number = str | int | float | Decimal

MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
HARD = "\N{NO-BREAK SPACE}"

NOT_PUBLISHED = Text(en="not published", fr="non publié")
OPEN = Text(en="open", fr="en suspens")
UNBOUNDED = Text(en="no limit", fr="sans limite")
NONE = Text(en="none", fr="aucun")

_WRITTEN_NUMBER = re.compile(r"[+-]?\d+\.\d+|[+-]?\d+(\.\d+)?[eE][+-]?\d+")
_MONEY = re.compile(r"(?P<amount>[+-]?\d[\d.]*(?:[eE][+-]?\d+)?) (?P<currency>[A-Z]{3})")
_SPEC = re.compile(r"(?P<kind>[a-z_]+?)(?P<digits>\d)?")


@lru_cache(maxsize=2)
def _locale(language: Language) -> Any:
    from babel import Locale

    return Locale.parse("en_GB" if language is Language.EN else "fr_FR")


def decimal(value: Number) -> Decimal:
    """The number as a Decimal, exactly as written; `ValueError` when it is none.

    Examples
    --------
    >>> decimal("1E+5"), decimal(0.1)
    (Decimal('100000'), Decimal('0.1'))
    """
    try:
        number = Decimal(repr(float(value)) if isinstance(value, float) else str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number.") from None
    if number.is_nan():
        raise ValueError("NaN is not a number that a report can show.")
    return number if number.is_infinite() else Decimal(written(number))


def _decimals_of(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _rounded(number: Decimal, decimals: int) -> Decimal:
    with localcontext() as context:
        context.prec = max(28, len(number.as_tuple().digits) + decimals + 2)
        return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)


def _group(number: Decimal, decimals: int, language: Language) -> str:
    """The number with exactly so many decimals and the language's separators."""
    from babel.numbers import format_decimal

    shown = _rounded(number, decimals)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    text: str = format_decimal(abs(shown), format=pattern, locale=_locale(language))
    return (MINUS if shown < 0 else "") + text


def count(n: int, language: str) -> str:
    """A whole number with separators.

    Examples
    --------
    >>> count(1802, "en")
    '1,802'
    """
    return _group(Decimal(n), 0, Language(language))


def number(value: Number, language: str, decimals: int | None = None) -> str:
    """A number for reading.

    Parameters
    ----------
    value : str, int, float or Decimal
    language : str
        ``"en"`` or ``"fr"``.
    decimals : int, optional
        Exactly so many decimals. By default at most two, and three significant digits below one.

    Examples
    --------
    >>> number("1794.342404", "en"), number("0.0079312", "en"), number("1E+5", "en")
    ('1,794.34', '0.00793', '100,000')
    >>> number("-8.4", "en", 2)
    '−8.40'
    """
    lang, exact_number = Language(language), decimal(value)
    if exact_number.is_infinite():
        return "∞" if exact_number > 0 else MINUS + "∞"
    if decimals is not None:
        return _group(exact_number, decimals, lang)
    return _group(exact_number, readable_decimals(exact_number), lang)


def readable_decimals(value: Number) -> int:
    """How many decimals `number` gives this number when none are asked."""
    number_ = decimal(value)
    wanted = 2
    if number_ != 0 and abs(number_) < 1:
        wanted = 2 - number_.adjusted()
    return _decimals_of(_rounded(number_, wanted))


def exact(value: Number, language: str) -> str:
    """The number with every digit it has.

    Examples
    --------
    >>> exact("1794.342404", "en")
    '1,794.342404'
    """
    exact_number = decimal(value)
    if exact_number.is_infinite():
        return number(exact_number, language)
    return _group(exact_number, _decimals_of(exact_number), Language(language))


def apart(value: Number, other: Number, language: str) -> tuple[str, str]:
    """Two numbers for reading, with as many decimals as it takes to tell them apart.

    A result just under its threshold must never be printed as the threshold.

    Examples
    --------
    >>> apart("9.9962", "10", "en")
    ('9.996', '10')
    >>> apart("1794.342404", "1000", "en")
    ('1,794.34', '1,000')
    """
    a, b = decimal(value), decimal(other)
    shown = number(a, language), number(b, language)
    if a == b or shown[0] != shown[1] or a.is_infinite() or b.is_infinite():
        return shown
    lang = Language(language)
    for digits in range(3, max(_decimals_of(a), _decimals_of(b)) + 1):
        near = _plain(_rounded(a, digits)), _plain(_rounded(b, digits))
        if near[0] != near[1]:
            return _group(near[0], _decimals_of(near[0]), lang), _group(
                near[1], _decimals_of(near[1]), lang
            )
    return shown


def percent(value: Number, language: str, decimals: int = 1) -> str:
    """A fraction in percent; neither nil nor certain is ever rounded to 0% or 100%.

    Examples
    --------
    >>> percent("0.8814", "en"), percent("0.95", "en"), percent("0.99996", "en")
    ('88.1%', '95%', 'over 99.9%')
    """
    fraction = decimal(value)
    shown = _rounded(fraction * 100, decimals)
    unit = Decimal(1).scaleb(-decimals)
    lang = Language(language)
    if shown == 0 and fraction > 0:
        return (
            f"under {in_percent(unit, lang)}"
            if lang is Language.EN
            else f"moins de {in_percent(unit, lang)}"
        )
    if shown == 100 and fraction < 1:
        end = in_percent(100 - unit, lang)
        return f"over {end}" if lang is Language.EN else f"plus de {end}"
    return in_percent(_plain(shown), lang)


def confidence(value: Number, language: str, decimals: int = 1) -> str:
    """A confidence, which no sample makes nil or certain even where its digits have run out.

    Examples
    --------
    >>> confidence("0", "en"), confidence("1", "en"), confidence("0.8814", "en")
    ('under 0.1%', 'over 99.9%', '88.1%')
    """
    least = Decimal(1).scaleb(-decimals - 3)
    return percent(min(max(decimal(value), least), 1 - least), language, decimals)


def coarse(value: Number, finest: Number, language: str) -> str:
    """A confidence from a test by ranks, which tells no more than its smallest p-value.

    Examples
    --------
    >>> coarse("0", "0.0714", "en"), coarse("1", "0.0714", "en"), coarse("0.9286", "0.0714", "en")
    ('under 7.1%', 'over 92.9%', '92.9%')
    """
    lang, share, least = Language(language), decimal(value), decimal(finest)
    if share < least:
        return f"{'under' if lang is Language.EN else 'moins de'} {percent(least, lang)}"
    if share > 1 - least:
        return f"{'over' if lang is Language.EN else 'plus de'} {percent(1 - least, lang)}"
    return percent(share, lang)


def _plain(number_: Decimal) -> Decimal:
    return Decimal(written(number_.normalize()))


def in_percent(value: Number, language: str, decimals: int | None = None) -> str:
    """A number that is in percent already, with its sign.

    Examples
    --------
    >>> in_percent("8.4", "en")
    '8.4%'
    """
    return number(value, language, decimals) + percent_sign(language)


def percent_sign(language: str) -> str:
    """``%``, with the space that French puts before it."""
    return "%" if Language(language) is Language.EN else NARROW + "%"


def money(value: Number | None, language: str, currency: str | None = None) -> str:
    """An amount with its currency, never rounded; whole amounts without decimals.

    Parameters
    ----------
    value : str, number or None
        ``"1234.5 USD"``, or an amount, ``"not_published"``, or ``None`` or ``"open"`` for a
        clause not judged yet.
    language : str
    currency : str, optional
        ISO 4217 code, when the value does not carry its own.

    Examples
    --------
    >>> money("185000", "en", "USD"), money("0.1 GBP", "en")
    ('USD\\xa0185,000', 'GBP\\xa00.10')
    >>> money("not_published", "fr"), money(None, "fr")
    ('non publié', 'en suspens')
    """
    lang = Language(language)
    if value is None or value in ("open", "None"):
        return OPEN[lang]
    if value == "not_published":
        return NOT_PUBLISHED[lang]
    carried = _MONEY.fullmatch(value) if isinstance(value, str) else None
    if carried:
        value, currency = carried["amount"], carried["currency"]
    if not currency:
        raise ValueError(f"The amount {value!r} has no currency.")
    amount = decimal(value)
    if amount.is_infinite():
        return UNBOUNDED[lang]
    decimals = _decimals_of(amount)
    if decimals:
        from babel.numbers import get_currency_precision

        decimals = max(decimals, int(get_currency_precision(currency)))
    figure = _group(amount, decimals, lang)
    if lang is Language.EN:
        return f"{currency}{HARD}{figure}"
    return f"{figure}{HARD}{'€' if currency == 'EUR' else currency}"


def date(value: str, language: str) -> str:
    """An ISO date or month in words; other text stays as it stands.

    Examples
    --------
    >>> date("2014-04-30", "en"), date("2014-04", "fr"), date("2014", "en")
    ('30 April 2014', 'avril 2014', '2014')
    """
    from datetime import date as day

    from babel.dates import format_date

    locale = _locale(Language(language))
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            pattern = "d MMMM y"
            if Language(language) is Language.FR and value.endswith("-01"):
                pattern = "d'er' MMMM y"
            return str(format_date(day.fromisoformat(value), format=pattern, locale=locale))
        if re.fullmatch(r"\d{4}-\d{2}", value):
            first = day.fromisoformat(f"{value}-01")
            return str(format_date(first, format="MMMM y", locale=locale))
    except ValueError:
        return value
    return value


def period(value: str, language: str, *, short: bool = False) -> str:
    """A period as readers write it: months in words, quarters in their own letter.

    Examples
    --------
    >>> period("2020-04", "fr"), period("2020-04", "en", short=True), period("2020Q3", "fr")
    ('avril 2020', 'Apr 2020', 'T3 2020')
    >>> period("2019", "en"), period("2020-S1", "en"), period("wave 2", "en")
    ('2019', 'H1 2020', 'wave 2')
    """
    from datetime import date as day

    from babel.dates import format_date

    lang = Language(language)
    part = re.fullmatch(r"(\d{4})-?([QTS])([1-4])", value)
    if part:
        year, kind, number_ = part.groups()
        letter = {"S": {"en": "H", "fr": "S"}}.get(kind, {"en": "Q", "fr": "T"})[lang.value]
        return f"{letter}{number_} {year}"
    if not short:
        return date(value, language)
    try:
        if re.fullmatch(r"\d{4}-\d{2}", value):
            first = day.fromisoformat(f"{value}-01")
            return str(format_date(first, format="MMM y", locale=_locale(lang)))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return str(
                format_date(day.fromisoformat(value), format="d MMM y", locale=_locale(lang))
            )
    except ValueError:
        return value
    return value


def listed(items: Iterable[str], language: str) -> str:
    """``a, b and c``.

    Examples
    --------
    >>> listed(["a", "b", "c"], "en"), listed(["a", "b"], "fr")
    ('a, b and c', 'a et b')
    """
    found = list(items)
    if len(found) < 2:
        return "".join(found)
    last = " and " if Language(language) is Language.EN else " et "
    return ", ".join(found[:-1]) + last + found[-1]


def plural(n: Number, language: str, one: str, other: str) -> str:
    """The form of a word that agrees with a number (French counts 0 as singular).

    Examples
    --------
    >>> plural(0, "en", "person", "people"), plural(0, "fr", "personne", "personnes")
    ('people', 'personne')
    """
    form = _locale(Language(language)).plural_form(abs(decimal(n)))
    return one if form == "one" else other


def typography(text: str, language: str) -> str:
    """French apostrophes, and spaces that do not break before ``: ; ! ? %`` and inside « ».

    Examples
    --------
    >>> typography("Qui paie ?", "fr") == "Qui paie\\u202f?"
    True
    """
    if Language(language) is Language.EN:
        return text
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    text = re.sub(r" ([;!?%])", NARROW + r"\1", text)
    text = re.sub(r" ([:»])", HARD + r"\1", text)
    return text.replace("« ", "«" + HARD)


def pick(text: Both | Text, language: str) -> str:
    """The text of that language, with its typography."""
    lang = Language(language)
    return typography(text.fr if lang is Language.FR else text.en, lang)


def fill(said: Said | Message, language: str, currency: str | None = None) -> str:
    """A sentence with its values, formatted for the reader (places: see the module's docstring).

    Parameters
    ----------
    said : Said or Message
    language : str
        ``"en"`` or ``"fr"``.
    currency : str, optional
        Of amounts that carry none, unless the message has a value ``currency``.

    Raises
    ------
    ValueError
        A place names an unknown format or a value that the format cannot write.

    Examples
    --------
    >>> from impacteval.values import Message, Text
    >>> text = Text(en="{n:int} people, {x:money}", fr="{n:int} personnes, {x:money}")
    >>> fill(Message("doc.example", text, {"n": 1802, "x": "9638911.36 USD"}), "en")
    '1,802 people, USD\\xa09,638,911.36'
    """
    if isinstance(said, Message):
        said = Said.of(said)
    lang = Language(language)
    given = said.values.get("currency", currency)
    code = given if isinstance(given, str) else None
    parts: list[str] = []
    places = list(string.Formatter().parse(said.fr if lang is Language.FR else said.en))
    compared = {
        name: said.values.get(name) for _, name, spec, _ in places if name and spec == "number"
    }
    for literal, name, spec, _ in places:
        parts.append(typography(literal, lang))
        if name is None:
            continue
        if name not in said.values:
            raise ValueError(f"message {said.key!r} lacks a value for {name!r}.")
        try:
            written_ = _place(said.values[name], spec or "", lang, code)
            if spec == "number":
                written_ = _distinct(said.values[name], compared.values(), lang) or written_
            parts.append(written_)
        except ValueError as error:
            raise ValueError(f"message {said.key!r}, place {name!r}: {error}") from None
    return typography("".join(parts), lang)


def _distinct(
    value: str | int | Both, others: Iterable[str | int | Both | None], language: Language
) -> str:
    """The number with the decimals that keep it apart from the sentence's other numbers.

    "9.9996 is not at least 10" must not read "10 is not at least 10".
    """
    if isinstance(value, Both):
        return ""
    told = [
        apart(value, other, language)[0]
        for other in others
        if other is not None and not isinstance(other, Both)
    ]
    return max(told, key=len, default="")


def _place(value: str | int | Both, spec: str, language: Language, currency: str | None) -> str:
    if isinstance(value, Both):
        return pick(value, language)
    if spec == "":
        if isinstance(value, int):
            return count(value, language)
        return number(value, language) if _WRITTEN_NUMBER.fullmatch(value) else value
    if spec.startswith("plural:"):
        one, _, other = spec.removeprefix("plural:").partition("|")
        return plural(value, language, one, other)
    parsed = _SPEC.fullmatch(spec)
    kind, digits = (parsed["kind"], parsed["digits"]) if parsed else (spec, None)
    decimals = None if digits is None else int(digits)
    match kind:
        case "text":
            return str(value)
        case "int":
            whole = decimal(value)
            if whole != whole.to_integral_value():
                raise ValueError(f"{value!r} is not a whole number.")
            return count(int(whole), language)
        case "number":
            return number(value, language, decimals)
        case "exact":
            return exact(value, language)
        case "percent":
            return percent(value, language, 1 if decimals is None else decimals)
        case "in_percent":
            return in_percent(value, language, decimals)
        case "money":
            return money(value, language, currency)
        case "date":
            return date(str(value), language)
        case "list":
            return listed(str(value).split("|"), language)
    raise ValueError(f"the format {spec!r} is not known.")
