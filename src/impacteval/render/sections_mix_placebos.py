"""Placebos for their readers: every other place, as if it had been the one served."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Column, Drawing, Para, Sub, Table
from impacteval.render.labels import slug
from impacteval.render.mix_bars import ranked, ranks_drawing
from impacteval.render.mix_cells import DASH, both_widths, number, paths_table
from impacteval.render.mix_names import statistic, test_name
from impacteval.render.mix_paths import gap_drawing
from impacteval.render.pen import Pen
from impacteval.report.record import FindingFacts
from impacteval.report.record_mix import Mix, PlaceboRow, Placebos, PlacePath

ENDLESS = "∞"


def placebos(finding: FindingFacts, mix: Mix, pen: Pen) -> Iterator[Block]:
    """The gap; and where there are placebos, the test in words, the paths and the order."""
    found, words = mix.placebos, pen.words
    if found is None:
        yield _gap(finding, mix, pen)
        return
    heading = "mix.placebos" if found.rows else "mix.tests"
    yield Sub(words(heading), slug("mix-placebos", finding.outcome, finding.group))
    for said in found.said:
        yield Para(pen.say(said))
    if found.tests:
        yield _tests(finding, found, pen)
        yield Para(words("mix.tests_note"), "note")
    yield _gap(finding, mix, pen)
    notes = []
    if len(found.paths) < found.paths_of:
        notes.append(words("mix.paths_some", n=len(found.paths), of=found.paths_of))
    if found.left_out and found.paths:
        notes.append(words("mix.paths_left_out"))
    if notes:
        yield Para(" ".join(notes), "note")
    if found.rows:
        yield from _ranks(finding, found, pen)


def _gap(finding: FindingFacts, mix: Mix, pen: Pen) -> Drawing:
    words, name, unit = pen.words, pen.finding_name(finding), pen.both(finding.outcome_unit)
    gaps = [(float(row.served) > 0, row.gap) for row in mix.history if row.gap is not None]

    def end(since: bool, pick: Callable[..., str]) -> str:
        own = [gap for served, gap in gaps if served is since]
        return pen.number(pick(own, key=float)) if own else DASH

    alt = words(
        "mix.gap_alt",
        name=name,
        unit=unit,
        low_before=end(False, min),
        high_before=end(False, max),
        low_after=end(True, min),
        high_after=end(True, max),
        last=pen.number(gaps[-1][1]),
    )
    paths = () if mix.placebos is None else mix.placebos.paths
    others = sum(not path.served for path in paths)
    if others:
        alt = f"{alt} {words('mix.gap_alt_others', n=others)}"
    caption = "mix.gap_caption_placebos" if others else "mix.gap_caption"
    if mix.units and not paths:
        caption = "mix.gap_caption_mean"
    if mix.weights is None and not paths:
        caption = "mix.gap_caption_plain"
    if len(paths) - others > 1:
        caption = "mix.gap_caption_several"
    own = PlacePath(place=words("mix.gap"), values=tuple(row.gap for row in mix.history))
    periods = mix.path_periods or tuple(row.period for row in mix.history)
    return Drawing(
        **both_widths(gap_drawing, finding, pen),
        alt=alt,
        caption=words(caption, name=name),
        data=paths_table(
            words("mix.gap_data", name=name, unit=unit), periods, paths or (own,), pen
        ),
    )


def _tests(finding: FindingFacts, found: Placebos, pen: Pen) -> Table:
    words = pen.words
    sides = {"greater": "mix.side_greater", "less": "mix.side_less"}
    return Table(
        words("mix.tests_caption", name=pen.finding_name(finding)),
        (
            Column(words("mix.test")),
            Column(words("mix.side")),
            Column(words("mix.statistic"), "right"),
            Column(words("mix.p_value"), "right"),
            Column(words("mix.test_compared"), "right"),
            Column(words("mix.attainable"), "right"),
        ),
        tuple(
            (
                Cell(test_name(row.test, pen)),
                Cell(words(sides.get(row.side, "mix.side_two"))),
                statistic(row.statistic, pen),
                Cell(pen.p_value(row.p_value)),
                Cell(fmt.count(row.compared, pen.language)),
                Cell(DASH if row.attainable is None else pen.p_value(row.attainable)),
            )
            for row in found.tests
        ),
    )


def _ranks(finding: FindingFacts, found: Placebos, pen: Pen) -> Iterator[Block]:
    words, name = pen.words, pen.finding_name(finding)
    drawn, _ = ranked(found)
    served = [row for row in drawn if row.served]

    def drawn_at(row: PlaceboRow) -> str:
        value = row.effect if found.by == "effect" else row.ratio
        return ENDLESS if value is None else pen.number(value)

    table = Table(
        words("mix.ranks_data", name=name, unit=pen.both(finding.outcome_unit)),
        (
            Column(words("mix.place")),
            Column(words("mix.rank"), "right"),
            Column(words("mix.ratio"), "right"),
            Column(words("mix.pre_rmspe"), "right"),
            Column(words("mix.post_rmspe"), "right"),
            Column(words("mix.effect"), "right"),
            Column(words("mix.compared")),
        ),
        tuple(
            (
                Cell(row.place),
                Cell(DASH if row.rank is None else fmt.count(row.rank, pen.language)),
                Cell(ENDLESS) if row.endless else number(row.ratio, pen),
                number(row.pre_rmspe, pen),
                number(row.post_rmspe, pen),
                number(row.effect, pen),
                Cell(
                    words(
                        "mix.compared_served"
                        if row.served
                        else "mix.compared_yes"
                        if row.kept
                        else "mix.compared_no"
                    )
                ),
            )
            for row in found.rows
        ),
        strong=tuple(k for k, row in enumerate(found.rows) if row.served),
    )
    if drawn:
        effects = found.by == "effect"
        told = {"name": name, "top": drawn[0].place, "largest": drawn_at(drawn[0])}
        if len(served) == 1:
            (place,) = served
            alt = words(
                "mix.ranks_alt_effect" if effects else "mix.ranks_alt",
                **told,
                n=len(drawn),
                place=place.place,
                rank=place.rank or drawn.index(place) + 1,
                value=drawn_at(place),
            )
        else:
            alt = words("mix.ranks_alt_several", **told, n=len(drawn))
        yield Drawing(
            **both_widths(ranks_drawing, finding, pen),
            alt=alt,
            caption=words(
                "mix.ranks_caption_effect" if effects else "mix.ranks_caption", name=name
            ),
            data=table,
            printed=True,
        )
    else:
        yield table
    if found.further:
        yield Para(words("mix.ranks_further", n=found.further), "note")
