"""Intervals that are no plain ones: said in full, in contract units, on page 1 and in the results."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mix_plugin import CONTRACT, KnownMix

sys.path.insert(0, str(Path(__file__).parents[1] / "render"))
from example_mix import estimated

from impacteval.contract import Contract, load_contract
from impacteval.estimates import ConfidenceDistribution, StepFunction, StudentT, TestInversion
from impacteval.render.format import coarse, fill
from impacteval.report.interval_notes import finest, interval_notes
from impacteval.report.robustness import range_of


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return written(tmp_path_factory.mktemp("lower"), "lower")


def written(folder: Path, better: str) -> Contract:
    agreed = CONTRACT.replace("RULE", "point_estimate").replace("METHOD", "known-mix")
    path = folder / "contract.yaml"
    path.write_text(agreed.replace("better: lower", f"better: {better}"), encoding="utf-8")
    return load_contract(path)


def notes(contract: Contract, kind: str, language: str = "en") -> list[str]:
    found = interval_notes(estimated(kind=kind), contract, "burden")
    return [fill(said, language) for said in found]


EFFECT = 2.3911616667  # points fewer: what the contract counts


def test_a_plain_interval_needs_no_words(contract: Contract) -> None:
    assert notes(contract, "plain") == []
    assert interval_notes(None, contract, "burden") == ()
    assert KnownMix(kind="plain").kind == "plain"


def test_a_set_without_ends_says_so_with_its_reason(contract: Contract) -> None:
    (said,) = notes(contract, "open")
    assert said == (
        "At 95% no size of effect is excluded, in either direction. There are too few possible "
        "assignments for a bound at this level."
    )
    (said,) = notes(contract, "open", "fr")
    assert said.startswith("À 95\u202f%, aucune taille d’effet n’est exclue, dans aucun sens.")
    found = range_of(estimated(kind="open"), contract, "burden", 0.95, "two")
    assert found is not None
    assert (found.low, found.high, found.pieces) == (None, None, ())


def test_the_end_that_is_missing_is_named_in_contract_units(
    contract: Contract, tmp_path: Path
) -> None:
    # The raw set has no upper end; the contract counts what falls, so that its lower end is missing.
    (said,) = notes(contract, "above")
    assert said.startswith("At 95% the interval has no lower end.")
    found = range_of(estimated(kind="above"), contract, "burden", 0.95, "two")
    assert found is not None
    assert found.low is None
    assert float(found.high or "nan") == pytest.approx(EFFECT + 3, abs=1e-4)
    (said,) = notes(written(tmp_path, "higher"), "above")
    assert said.startswith("At 95% the interval has no upper end.")


def test_an_empty_set_says_so(contract: Contract) -> None:
    (said,) = notes(contract, "empty")
    assert said.startswith("At 95% no size of effect is left. The test rejects every value")
    assert range_of(estimated(kind="empty"), contract, "burden", 0.95, "two") is None


def test_stretches_are_told_one_by_one(contract: Contract) -> None:
    first, outside, second = notes(contract, "pieces")
    low, high = EFFECT - 3, EFFECT + 3
    assert first == (
        f"At 95% the effects that cannot be ruled out are 2 separate stretches: −{-low:.3f} to "
        f"{EFFECT - 1:.2f}; {EFFECT + 1:.2f} to {high:.2f} points of income. What lies between them "
        "is ruled out."
    )
    assert outside.startswith("The estimate itself is not among the values")
    assert second.startswith("At 90%")
    found = range_of(estimated(kind="pieces"), contract, "burden", 0.95, "two")
    assert found is not None
    ends = [float(end or "nan") for piece in found.pieces for end in piece]
    assert ends == pytest.approx([low, EFFECT - 1, EFFECT + 1, high], abs=1e-4)
    assert [found.low, found.high] == [found.pieces[0][0], found.pieces[1][1]]


def test_an_estimate_outside_its_own_set_is_told_once(contract: Contract) -> None:
    (said,) = notes(contract, "outside")
    assert said.startswith(
        "The estimate itself is not among the values that its test leaves at 95%"
    )
    (said,) = notes(contract, "outside", "fr")
    assert "aucun ne se lit seul" in said


def ranks(smallest: float) -> TestInversion:
    """A test by ranks with both sides, of which the smallest p-value is that."""
    up = StepFunction(np.array([0.0]), np.array([1.0]), np.array([smallest, 1.0]))
    down = StepFunction(np.array([0.0]), np.array([1.0]), np.array([1.0, smallest]))
    both = StepFunction(np.array([0.0]), np.array([1.0]), np.array([smallest, smallest]))
    return TestInversion(two=both, greater=up, less=down)


def test_chances_are_no_finer_than_the_test_behind_them() -> None:
    def of(distribution: ConfidenceDistribution) -> str | None:
        estimate = estimated()
        return finest(replace(estimate, effect=replace(estimate.effect, distribution=distribution)))

    assert of(ranks(1 / 14)) == "0.071428571"
    assert of(ranks(0.0005)) is None
    assert of(TestInversion(two=ranks(0.1).two)) is None
    assert of(StudentT(estimated().effect.value, 1.0, 5.0)) is None
    assert finest(None) is None
    assert coarse("0", "0.071428571", "fr") == "moins de 7,1\u202f%"
