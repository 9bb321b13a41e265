"""A unit that begins with a percent sign is written alike at every figure of page 1."""

from __future__ import annotations

import pytest
from example_record import both, job_training

from impacteval.render.page_one import page_one
from impacteval.render.pen import Pen
from impacteval.values import Language

INCOME = both("% of income", "% du revenu")
LEVELS = {"observed": "12.39875", "counterfactual": "14.20286789", "estimate": "1.80411789"}


def figures(language: Language, **changed: object) -> list[tuple[str, str]]:
    record = job_training()
    (clause, *_) = record.page_one.clauses
    told = clause.model_copy(update=LEVELS | {"value": "1.8", "threshold": "0.5"} | changed)
    page = record.page_one.model_copy(update={"clauses": (told,)})
    view = page_one(record.model_copy(update={"page_one": page}), Pen(language, "EUR"))
    return [(figure.value, figure.unit) for figure in view.clauses[0].figures]


@pytest.mark.parametrize(
    ("language", "sign", "unit"),
    [(Language.EN, "%", "of income"), (Language.FR, "\N{NARROW NO-BREAK SPACE}%", "du revenu")],
)
def test_levels_and_differences_carry_the_sign_alike(
    language: Language, sign: str, unit: str
) -> None:
    found = figures(language, unit=INCOME, outcome_unit=INCOME)
    assert len(found) >= 4
    assert {under for _, under in found} == {unit}
    assert all(value.endswith(sign) and value[-len(sign) - 1].isdigit() for value, _ in found)


def test_a_percent_change_of_a_plain_level_keeps_the_level_plain() -> None:
    found = figures(Language.EN, unit=both("%", "%"), outcome_unit=both("nights", "nuits"))
    assert found[0] == ("12.4", "nights")
    assert found[1] == ("14.2", "nights")
    assert found[2][0].endswith("%")
    assert found[2][1] == ""


def test_a_level_in_percent_of_a_difference_in_points() -> None:
    found = figures(Language.EN, unit=both("points", "points"), outcome_unit=INCOME)
    assert found[0] == ("12.4%", "of income")
    assert found[2] == ("1.8", "points")


def test_a_level_without_unit_has_none() -> None:
    assert figures(Language.EN, unit=INCOME, outcome_unit=None)[0] == ("12.4", "")
