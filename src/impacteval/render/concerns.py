"""What a method has against its own use on these data, and what the plan says to it."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Items, Para
from impacteval.render.pen import Pen
from impacteval.report.record import MethodFacts, RobustnessRow


def concerns(method: MethodFacts, pen: Pen) -> Iterator[Block]:
    """Under the description of the method that decides."""
    words = pen.words
    if not method.concerns:
        return
    yield Para(words("otherwise.concerns"))
    yield Items(tuple(pen.say(said) for said in method.concerns))
    if method.justification is None:
        yield Para(words("otherwise.unjustified"), "warning")
    else:
        yield Para(words("otherwise.justified", reason=pen.both(method.justification)))


def concern_lines(row: RobustnessRow, pen: Pen) -> Iterator[str]:
    """Under the table of other analyses: one line for each concern."""
    title = pen.both(row.title)
    for said in row.concerns:
        concern = pen.say(said)
        if row.justification is None:
            yield pen.words("firm.unjustified", title=title, concern=concern)
        else:
            reason = pen.both(row.justification)
            yield pen.words("firm.justified", title=title, concern=concern, reason=reason)
