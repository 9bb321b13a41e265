"""Section 3: a table for each kind of steps, under the names of its outcomes."""

from __future__ import annotations

from example_record import job_training
from example_strained import strained
from reading import squeezed

from impacteval.render.blocks import Table
from impacteval.render.pen import Pen
from impacteval.render.sections_study import counted
from impacteval.report.record import Record
from impacteval.values import Language


def tables(record: Record, language: Language) -> list[tuple[str, int]]:
    """Captions and numbers of rows of the steps."""
    blocks = [block for block in counted(record, Pen(language, "USD")) if isinstance(block, Table)]
    return [(t.caption, len(t.rows)) for t in blocks if len(t.columns) == 4]


def test_steps_of_several_kinds_stand_under_their_outcomes() -> None:
    assert tables(strained(), Language.EN) == [
        ("Early release: from everyone concerned to everyone measured", 1),
        ("In work; Housed: from everyone concerned to everyone measured", 1),
    ]
    french = [caption for caption, _ in tables(strained(), Language.FR)]
    assert squeezed(french[1]).startswith(squeezed("En emploi ; Logés : des personnes"))


def test_steps_that_all_share_are_one_table() -> None:
    assert tables(job_training(), Language.EN) == [
        ("From everyone concerned to everyone measured", 2)
    ]
