"""The names of tests and statistics that methods write in short English, in the reader's language."""

from __future__ import annotations

from impacteval.render.blocks import Cell
from impacteval.render.mix_cells import DASH, number
from impacteval.render.pen import Pen

_TESTS = {
    "rmspe-ratio": "mix.test_ratio",
    "signed-ratio": "mix.test_signed",
    "effect-rank": "mix.test_effect",
    "placement": "mix.test_effect",
    "placement, sampled": "mix.test_sampled",
    "in-space placebo": "mix.test_spread",
    "no effect in any period, iid": "mix.test_orders",
    "no effect in any period, moving-block": "mix.test_blocks",
}


def test_name(written: str, pen: Pen) -> str:
    """A test by what it ranks; one that is not known here by its own short name."""
    return pen.words(_TESTS[written]) if written in _TESTS else written


def statistic(written: str | None, pen: Pen) -> Cell:
    """The value of a statistic; one that is told in words is what the test's name says."""
    try:
        return number(written, pen)
    except ValueError:
        return Cell(DASH)


test_name.__test__ = False  # type: ignore[attr-defined]  # no test, whatever its name
