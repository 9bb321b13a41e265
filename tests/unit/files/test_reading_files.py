"""The reader of YAML files that people write, on a small model of its own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from impacteval.errors import PlanError
from impacteval.files import (
    Bool,
    Count,
    Decimals,
    FileModel,
    ListOfWords,
    NonBlank,
    NotNegative,
    Number,
    PartialDate,
    Percent,
    PlainWords,
    Positive,
    Slug,
    Table,
    plain,
    read_yaml,
    refuse,
)
from impacteval.files.kinds import MaybePercent


class Step(FileModel):
    LATER: ClassVar[frozenset[str]] = frozenset(("teleport",))

    size: Number = Field(description="how far")
    pace: Literal["slow", "quick"] = "slow"


class Walk(FileModel):
    LATER_WORDS: ClassVar = {"mood": frozenset(("grumpy",))}

    format: Literal["impacteval-plan/1"]
    name: NonBlank
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=2)] = ()
    stops: Table[Step] = Field(default_factory=dict)
    mood: Literal["glad", "sad"] | None = None
    note: PlainWords | None = None


def read(tmp_path, text):
    path = tmp_path / "plan.yaml"
    path.write_text("format: impacteval-plan/1\n" + text, "utf-8")
    return read_yaml(path, Walk, kind="plan", error=PlanError)


def said(tmp_path, text):
    """Every problem as (line, column, sentence)."""
    with pytest.raises(PlanError) as caught:
        read(tmp_path, text)
    return [(p.line, p.column, f"{p.what} {p.fix}".strip()) for p in caught.value.problems]


def test_scalars_stay_text_until_a_field_says_what_they_are(tmp_path):
    walk, _ = read(tmp_path, "name: no\nsteps: [{size: 0.10}]\n")
    assert walk.name == "no"
    assert walk.steps[0].size == Decimal("0.10")
    assert str(walk.steps[0].size) == "0.10"


def test_a_key_may_be_empty_only_where_the_field_allows_it(tmp_path):
    assert read(tmp_path, "name: x\nmood:\n")[0].mood is None
    assert read(tmp_path, "name: x\nmood: null\n")[0].mood is None
    assert read(tmp_path, "name: 'null'\n")[0].name == "null"
    assert said(tmp_path, "name:\n") == [
        (2, 6, "`name` has no value. Write one, or remove the key.")
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "sentence"),
    [
        ("name: [a]\n", 2, 1, "`name` must be a text, not a list."),
        ("name: {a: b}\n", 2, 1, "`name` must be a text, not a block of keys."),
        ("name: ' '\n", 2, 7, "`name`: The text is empty. Write at least one word."),
        (
            "name: x\nmood: gald\n",
            3,
            7,
            "`mood`: 'gald' is not allowed here. Did you mean `glad`? Allowed: glad, sad.",
        ),
        (
            "name: x\nmood: [glad]\n",
            3,
            1,
            "`mood` has a list where one word is expected. Allowed: glad, sad.",
        ),
        (
            "name: x\nmood: grumpy\n",
            3,
            7,
            "This version cannot execute `grumpy` under `mood`. Allowed: glad, sad.",
        ),
        (
            "name: x\nsteps: [{size: 1, teleport: 2}]\n",
            3,
            19,
            "This version cannot execute `teleport`. Allowed keys here: size, pace.",
        ),
        (
            "name: x\nsteps: [{size: 1, pase: slow}]\n",
            3,
            19,
            "The key `pase` is not known in `steps[1]`. Did you mean `pace`? Allowed: size, pace.",
        ),
        (
            "name: x\nsteps: [{}]\n",
            3,
            9,
            "The key `size` is missing in `steps[1]`. It says how far.",
        ),
        (
            "name: x\nsteps: [far]\n",
            3,
            9,
            "`steps[1]` must be a block of keys and values, not 'far'. Allowed keys: size, pace.",
        ),
        ("name: x\nsteps:\n", 3, 7, "`steps` has no value. Write one, or remove the key."),
        (
            "name: x\nsteps: [{size: 1}, {size: 1}, {size: 1}]\n",
            3,
            1,
            "`steps` has too many entries. At most 2.",
        ),
        ("name: x\nstops: [1]\n", 3, 1, "`stops` must be a block of keys and values, not a list."),
        (
            "name: x\nstops: {Here: {size: 1}}\n",
            3,
            9,
            "`stops.Here`: 'Here' cannot be a name. Use small letters, digits and _ or -, beginning with a letter.",
        ),
        (
            "name: x\nstops:\n  here:\n    size: far\n",
            5,
            11,
            "`stops.here.size`: 'far' is not a number.",
        ),
        ("name: x\nnote: [1, 2]\n", 3, 1, "`note` must be given in both languages."),
        ("name: x\nnote: {en: a}\n", 3, 1, "The key `fr` is missing in `note`. It says in French."),
        (
            "name: x\n  odd: y\n",
            3,
            6,
            "The file is not valid YAML: mapping values are not allowed here.",
        ),
    ],
)
def test_sentences(tmp_path, text, line, column, sentence):
    (found,) = said(tmp_path, text)
    assert found[:2] == (line, column)
    assert found[2].startswith(sentence)


def test_every_problem_at_once_in_the_order_of_the_file(tmp_path):
    found = said(tmp_path, "nmae: x\nmood: bad\nsteps: [{size: far}, {pace: fast}]\nmood: glad\n")
    assert [line for line, _, _ in found] == [1, 2, 3, 4, 4, 4, 5]


def test_no_more_problems_than_anybody_would_read(tmp_path):
    found = said(tmp_path, "name: x\n" + "".join(f"k{n}: 1\n" for n in range(80)))
    assert len(found) == 51
    assert found[-1][2] == "30 more problems are not listed. Mend these first."


def test_the_format_says_its_kind(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("format: impacteval-contract/1\nname: x\n", "utf-8")
    with pytest.raises(
        PlanError, match=r"plan.yaml:1:9: The format 'impacteval-contract/1' is not read"
    ):
        read_yaml(path, Walk, kind="plan", error=PlanError)


def test_places_point_at_values_and_keys(tmp_path):
    _, locate = read(tmp_path, "name: x\nstops:\n  here:\n    size: 1\n")
    assert locate(("stops", "here", "size")) == (5, 11)
    assert locate(("stops", "here")) == (4, 3)
    assert locate.key(("stops", "here", "size")) == (5, 5)
    assert locate(("stops", "nowhere", "size")) == (3, 1)
    assert locate.known(("stops", "made-up-tag", "here")) == ("stops", "here")
    assert str(locate.problem(("name",), "Is short.")).endswith("plan.yaml:2:7: Is short.")


def test_a_context_reaches_the_validators(tmp_path):
    seen = []

    class Asks(FileModel):
        format: str

        @classmethod
        def model_validate(cls, data, **settings):
            seen.append(settings["context"])
            return super().model_validate(data, **settings)

    path = tmp_path / "plan.yaml"
    path.write_text("format: impacteval-plan/1\n")
    read_yaml(path, Asks, kind="plan", error=PlanError, context=lambda data: {"n": len(data)})
    assert seen == [{"n": 1}]


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (Number, "15.12", Decimal("15.12")),
        (Number, "+3", Decimal(3)),
        (Number, 7, Decimal(7)),
        (Number, 0.1, Decimal("0.1")),
        (Number, Decimal("1.50"), Decimal("1.50")),
        (MaybePercent, "10 %", Percent(10)),
        (Count, "936", 936),
        (Count, "12.0", 12),
        (Decimals, "12", 12),
        (Positive, "0.01", Decimal("0.01")),
        (NotNegative, "0", Decimal(0)),
        (Bool, "true", True),
        (Bool, "false", False),
        (Bool, False, False),
        (PartialDate, "2014", "2014"),
        (PartialDate, " 2014-04 ", "2014-04"),
        (PartialDate, "2016-02-29", "2016-02-29"),
        (PartialDate, date(2014, 4, 30), "2014-04-30"),
        (Slug, "cohort_1", "cohort_1"),
        (Slug, "a-b", "a-b"),
    ],
)
def test_kinds_accept(kind, given, expected):
    found = TypeAdapter(kind).validate_python(given)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Number, "1,000"),
        (Number, "1 000"),
        (Number, "1_000"),
        (Number, "1e3"),
        (Number, "0x10"),
        (Number, "١٢"),
        (Number, ".5"),
        (Number, "5."),
        (Number, "10%"),
        (Number, "nan"),
        (Number, "inf"),
        (Number, True),
        (Number, None),
        (Number, Decimal("NaN")),
        (Number, float("inf")),
        (Number, "1" * 16),
        (Number, "0." + "1" * 13),
        (Count, "-1"),
        (Count, "1.5"),
        (Decimals, "13"),
        (Positive, "0"),
        (NotNegative, "-0.1"),
        (Bool, "yes"),
        (Bool, "no"),
        (Bool, "True"),
        (Bool, "1"),
        (PartialDate, "2014-4"),
        (PartialDate, "04/2014"),
        (PartialDate, "2015-02-29"),
        (PartialDate, "0000"),
        (PartialDate, None),
        (Slug, "Upper"),
        (Slug, "1st"),
        (Slug, "a__b"),
        (Slug, "é"),
        (Slug, ""),
        (Slug, None),
    ],
)
def test_kinds_refuse(kind, given):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given)


def test_words_given_once_read_the_same_in_both_languages():
    (words,) = TypeAdapter(ListOfWords).validate_python("Big Lottery Fund")
    assert (words["en"], words["fr"]) == ("Big Lottery Fund", "Big Lottery Fund")


def test_nothing_refused_raises_nothing():
    refuse([])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1E+3", "1000"),
        ("7.50", "7.5"),
        ("-0.00", "0"),
        ("0.001", "0.001"),
        ("Infinity", "Infinity"),
    ],
)
def test_numbers_as_people_write_them(number, text):
    assert plain(Decimal(number)) == text
