"""The cards say what was measured, in both languages."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from impacteval.estimators.randomised.ancova import Ancova
from impacteval.estimators.randomised.cuped import Cuped
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.g_computation import GComputation
from impacteval.estimators.randomised.lin import Lin
from impacteval.plugin import Estimator
from impacteval.values import Scale

BOTH = pytest.mark.parametrize("kind", [DifferenceInMeans, Lin], ids=lambda k: k.name)
ALL = pytest.mark.parametrize(
    "kind", [DifferenceInMeans, Lin, Ancova, Cuped, GComputation], ids=lambda k: k.name
)
# Tables beside an estimator's own: what it does in other designs, or with another setting.
MORE = {
    "difference-in-means": ["pairs-and-fine-strata"],
    "g-computation": ["g-computation-pooled"],
}
TABLES = Path(__file__).parents[4] / "docs" / "reference" / "coverage"


@ALL
def test_fits_the_door(kind) -> None:
    assert isinstance(kind(), Estimator)
    assert kind.card.designs == ("rct",)
    assert kind.card.scales == tuple(Scale)
    assert kind.card.handles == ()


@ALL
def test_settings_are_checked_by_their_type(kind) -> None:
    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(kind)
    assert adapter.validate_json(b'{"variance": "hc3"}', strict=True) == kind(variance="hc3")
    with pytest.raises(ValidationError):
        adapter.validate_json(b'{"variance": "hc9"}', strict=True)


@ALL
def test_every_measured_figure_stands_in_the_table(kind) -> None:
    """A limit quotes coverage to one decimal; each must be a row of the committed table."""
    measured = set()
    for name in (kind.name, *MORE.get(kind.name, ())):
        with (TABLES / f"{name}.csv").open(encoding="utf-8") as file:
            measured |= {f"{100 * float(row['coverage']):.1f}" for row in csv.DictReader(file)}
    quoted = [f for limit in kind.card.limits for f in re.findall(r"\d\d\.\d", limit.en)]
    assert len(quoted) >= 4
    assert set(quoted) <= measured
    french = [f for limit in kind.card.limits for f in re.findall(r"\d\d,\d", limit.fr)]
    assert [f.replace(",", ".") for f in french] == quoted


@BOTH
def test_every_shortfall_of_the_difference_is_in_the_card(kind) -> None:
    """The designs that fall short at 95% are those the limits speak of: skew, and Lin's target."""
    with (TABLES / f"{kind.name}.csv").open(encoding="utf-8") as file:
        short = {
            row["design"]
            for row in csv.DictReader(file)
            if row["verdict"] == "below" and row["level"] == "0.95"
        }
    skewed = {name for name in short if "lognormal" in name}
    other = {"normal, 60+20, SD 1 and 3", "normal, 60+20, SD 3 and 1"} if kind is Lin else set()
    assert short == skewed | other
