"""Figures and sentences as readers of both languages see them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impacteval.render import format as fmt
from impacteval.render.pen import Pen
from impacteval.report.record import Both, Said
from impacteval.values import Language, Message, Text

NN = "\N{NARROW NO-BREAK SPACE}"
NB = "\N{NO-BREAK SPACE}"


def said(text: str, **values: object) -> Said:
    return Said(key="test", en=text, fr=text, values=values)


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        ("0", "0", "0"),
        ("-0", "0", "0"),
        ("1E+5", "100,000", f"100{NN}000"),
        ("1794.342404", "1,794.34", f"1{NN}794,34"),
        ("8.40", "8.4", "8,4"),
        ("-12345.678", "−12,345.68", f"−12{NN}345,68"),
        ("0.0079312", "0.00793", "0,00793"),
        ("0.5", "0.5", "0,5"),
        ("2.5E-7", "0.00000025", "0,00000025"),
        ("Infinity", "∞", "∞"),
        (38.0, "38", "38"),
        (Decimal("999.996"), "1,000", f"1{NN}000"),
    ],
)
def test_numbers_for_reading(value: object, english: str, french: str) -> None:
    assert fmt.number(value, "en") == english
    assert fmt.number(value, "fr") == french


def test_asked_decimals_are_kept_even_when_zero() -> None:
    assert fmt.number("8.4", "en", 2) == "8.40"
    assert fmt.number("2.5", "en", 0) == "2"  # half to even, for the eye only


def test_a_result_never_reads_as_the_threshold_it_missed() -> None:
    assert fmt.apart("9.9996", "10", "en") == ("9.9996", "10")
    assert fmt.apart("7.5", "7.5", "fr") == ("7,5", "7,5")
    assert fmt.apart("1000.004", "1000", "fr") == (f"1{NN}000,004", f"1{NN}000")


@given(
    st.decimals(-(10**6), 10**6, allow_nan=False, places=6),
    st.decimals(-(10**6), 10**6, allow_nan=False, places=6),
)
def test_apart_tells_any_two_numbers_apart(a: Decimal, b: Decimal) -> None:
    left, right = fmt.apart(a, b, "en")
    assert (left == right) is (a == b)


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        ("0.881", "88.1%", f"88,1{NN}%"),
        ("0.95", "95%", f"95{NN}%"),
        ("0.00004", "under 0.1%", f"moins de 0,1{NN}%"),
        ("0.99996", "over 99.9%", f"plus de 99,9{NN}%"),
        ("0", "0%", f"0{NN}%"),
        ("1", "100%", f"100{NN}%"),
    ],
)
def test_percent_of_a_fraction(value: str, english: str, french: str) -> None:
    assert fmt.percent(value, "en") == english
    assert fmt.percent(value, "fr") == french


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        ("0", "under 0.1%", f"moins de 0,1{NN}%"),
        ("1", "over 99.9%", f"plus de 99,9{NN}%"),
        ("0.0004", "under 0.1%", f"moins de 0,1{NN}%"),
        ("0.0006", "0.1%", f"0,1{NN}%"),
        ("0.881", "88.1%", f"88,1{NN}%"),
    ],
)
def test_a_confidence_is_never_nil_nor_certain(value: str, english: str, french: str) -> None:
    assert fmt.confidence(value, "en") == english
    assert fmt.confidence(value, "fr") == french


@pytest.mark.parametrize(
    ("value", "currency", "english", "french"),
    [
        ("185000", "USD", f"USD{NB}185,000", f"185{NN}000{NB}USD"),
        ("9638911.36", "USD", f"USD{NB}9,638,911.36", f"9{NN}638{NN}911,36{NB}USD"),
        ("0.1", "EUR", f"EUR{NB}0.10", f"0,10{NB}€"),
        # A price per unit may have more decimals than the currency has coins: none is lost.
        ("0.12345", "EUR", f"EUR{NB}0.12345", f"0,12345{NB}€"),
        ("1E+6", "XOF", f"XOF{NB}1,000,000", f"1{NN}000{NN}000{NB}XOF"),
        ("-50.5", "EUR", f"EUR{NB}−50.50", f"−50,50{NB}€"),
        ("not_published", None, "not published", "non publié"),
        (None, "EUR", "open", "en suspens"),
        ("12.5 CHF", "EUR", f"CHF{NB}12.50", f"12,50{NB}CHF"),
    ],
)
def test_money(value: str | None, currency: str | None, english: str, french: str) -> None:
    assert fmt.money(value, "en", currency) == english
    assert fmt.money(value, "fr", currency) == french


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=0, max_value=10**12))
def test_money_keeps_every_digit(amount: Decimal) -> None:
    shown = fmt.money(str(amount), "en", "EUR")
    assert Decimal(shown.removeprefix(f"EUR{NB}").replace(",", "")) == amount


def test_money_without_a_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="has no currency"):
        fmt.money("10", "en")


def test_dates() -> None:
    assert fmt.date("2014-04-01", "fr") == "1er avril 2014"
    assert fmt.date("2014-04-30", "fr") == "30 avril 2014"
    assert fmt.date("2014-04", "en") == "April 2014"
    assert fmt.date("2014-13", "en") == "2014-13"
    assert fmt.date("at the end of 2014", "en") == "at the end of 2014"


def test_every_place_format() -> None:
    filled = fmt.fill(
        said(
            "{a} {b:text} {c:int} {d:number} {d:number1} {d:exact} {e:percent} {e:percent0} "
            "{f:in_percent1} {g:money} {h:money} {i:date} {j:list} {c:plural:man|men} {k} {l} {m}",
            a="as it stands",
            b="2014",
            c=1802,
            d="1794.342404",
            e="0.884",
            f="8.4",
            g="12.5 CHF",
            h="7",
            currency="EUR",
            i="2014-04",
            j="x|y|z",
            k="2014",
            l="1.5",
            m=1802,
        ),
        "en",
    )
    assert filled == (
        "as it stands 2014 1,802 1,794.34 1,794.3 1,794.342404 88.4% 88% "
        f"8.4% CHF{NB}12.50 EUR{NB}7 April 2014 x, y and z men 2014 1.5 1,802"
    )


def test_a_message_and_its_record_read_the_same() -> None:
    message = Message(
        "test",
        Text(en="{x} of {y:money}: {z}", fr="{x} sur {y:money} : {z}"),
        {"x": 1794.3424042702, "y": "100 EUR", "z": Text(en="paid", fr="payé")},
    )
    for language in ("en", "fr"):
        assert fmt.fill(message, language) == fmt.fill(Said.of(message), language)
    assert fmt.fill(message, "fr") == f"1{NN}794,34 sur 100{NB}€{NB}: payé"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{x:colour}", {"x": "1"}),
        ("{x:number}", {"x": "many"}),
        ("{x:int}", {"x": "1.5"}),
        ("{x:money}", {"x": "10"}),
        ("{x:number}", {"x": "nan"}),
        ("{x}", {}),
    ],
)
def test_a_place_that_cannot_be_written_is_an_error(text: str, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="message 'test'"):
        fmt.fill(said(text, **values), "en")


def test_french_spaces_do_not_break() -> None:
    text = Both(en="Who pays?", fr="Qui paie ? « Nous » : 5 % ; voilà !")
    assert fmt.pick(text, "fr") == (f"Qui paie{NN}? «{NB}Nous{NB}»{NB}: 5{NN}%{NN}; voilà{NN}!")
    assert fmt.pick(text, "en") == "Who pays?"


def test_plurals_follow_the_language() -> None:
    assert [fmt.plural(n, "en", "s", "p") for n in (0, 1, 2)] == ["p", "s", "p"]
    assert [fmt.plural(n, "fr", "s", "p") for n in (0, 1, 2)] == ["s", "s", "p"]


def test_a_sentence_keeps_its_numbers_apart() -> None:
    sentence = said(
        "{value:number} is not at least {threshold:number}.", value="9.9996", threshold="10"
    )
    assert fmt.fill(sentence, "en") == "9.9996 is not at least 10."


def test_french_apostrophes_are_typographic() -> None:
    assert fmt.pick(Both(en="one's", fr="l'emploi d'aujourd'hui"), "fr") == "l’emploi d’aujourd’hui"
    assert fmt.pick(Both(en="one's", fr="l'un"), "en") == "one's"


def test_a_p_value_whose_digits_ran_out_is_under_the_smallest_told() -> None:
    assert Pen(Language.EN, "EUR").p_value("0") == "under 0.0001"
    assert Pen(Language.FR, "EUR").p_value("0") == "moins de 0,0001"
    assert Pen(Language.EN, "EUR").p_value("0.0001") == "0.0001"


@pytest.mark.parametrize(
    ("written", "english", "french"),
    [
        ("normal", "normal", "loi normale"),
        (
            "influence functions, normal",
            "influence functions, normal",
            "fonctions d’influence, loi normale",
        ),
        (
            "influence functions, log ratio, normal",
            "influence functions, log ratio, normal",
            "fonctions d’influence, logarithme du rapport, loi normale",
        ),
        (
            "CR2, Student t, 39 df",
            "CR2, Student t, 39 degrees of freedom",
            "CR2, loi de Student, 39 degrés de liberté",
        ),
        ("multipliers, 999 draws", "multipliers, 999 draws", "multiplicateurs, 999 tirages"),
        ("something new", "something new", "something new"),
    ],
)
def test_how_an_interval_was_computed_is_told_in_the_reader_s_language(
    written: str, english: str, french: str
) -> None:
    assert Pen(Language.EN, "EUR").method(written) == english
    assert Pen(Language.FR, "EUR").method(written) == french
