"""What causes what by the plan, for readers: the drawing, its arrows, and what is assumed."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Drawing, Items, Para, Sub, Table
from impacteval.render.causes_drawing import causes_drawing
from impacteval.render.labels import slug
from impacteval.render.mix_cells import both_widths
from impacteval.render.pen import Pen
from impacteval.report.record import FindingFacts
from impacteval.report.record_causes import CausesFacts


def caused(finding: FindingFacts, drawn: dict[str, CausesFacts], pen: Pen) -> Iterator[Block]:
    """The graph of the plan; nothing where it draws none.

    Parameters
    ----------
    finding : FindingFacts
    drawn : dict of str to CausesFacts
        Graphs drawn so far by the name of their finding, to which this one is added: groups of one
        analysis share theirs.
    pen : Pen
    """
    found = finding.causes
    if found is None:
        return
    words, name = pen.words, pen.finding_name(finding)
    for other, facts in drawn.items():
        if facts == found:
            yield Para(words("causes.same", name=other))
            return
    drawn[name] = found
    nodes = {node.name: node for node in found.nodes}
    yield Sub(words("causes.heading"), slug("causes", finding.outcome, finding.group))
    yield Para(words("causes.lead"))
    arrows = tuple(
        (
            Cell(pen.both(nodes[arrow.cause].label)),
            Cell(words(f"causes.{nodes[arrow.cause].kind}")),
            Cell(pen.both(nodes[arrow.effect].label)),
            Cell(words(f"causes.{nodes[arrow.effect].kind}")),
        )
        for arrow in found.arrows
    )
    yield Drawing(
        **both_widths(causes_drawing, finding, pen),
        alt=words("causes.alt", name=name, things=len(found.nodes), arrows=len(arrows)),
        caption=words("causes.caption", name=name),
        data=Table(
            words("causes.caption", name=name),
            tuple(
                Column(words(head))
                for head in ("causes.cause", "causes.what", "causes.acts_on", "causes.what")
            ),
            arrows,
        ),
        printed=True,
    )
    yield Items(tuple(pen.say(said) for said in found.said))
    for said in found.assumed:
        yield Para(pen.say(said), "warning")
