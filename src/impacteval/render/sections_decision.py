"""Sections 6 to 9: from result to money, how firm, what is not known, fairness."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render.blocks import Block, Cell, Column, Drawing, Items, Para, Sub, Table
from impacteval.render.concerns import concern_lines
from impacteval.render.curve_plot import curve
from impacteval.render.labels import slug
from impacteval.render.pen import Pen
from impacteval.render.plots import forest_drawing
from impacteval.render.sections_amended import both_readings
from impacteval.render.sections_besides import stops, unpaid
from impacteval.render.sections_compared import compared
from impacteval.render.sections_looks import looks
from impacteval.render.sections_losses import losses
from impacteval.render.sections_mix_firm import firm_mixes
from impacteval.render.sections_panel import panel
from impacteval.render.sections_settling import settling
from impacteval.render.sections_study import clauses_of
from impacteval.render.sections_trends import trends
from impacteval.render.verdict_cells import (
    clause_key,
    clause_name,
    interval_cell,
    verdict_cell,
    written_key,
)
from impacteval.report.record import ClauseRow, FindingFacts, Range, Record


def money(record: Record, pen: Pen) -> Iterator[Block]:
    """Each step from the result to the amount, then the same under the other rules."""
    words, page = pen.words, record.page_one
    for clause in page.clauses:
        verdict = words(f"verdict.{clause.verdict}")
        heading = words("money_steps.clause", name=pen.clause_name(clause), verdict=verdict)
        yield Sub(heading, slug("money", clause.name, clause.group))
        yield Para(words("money_steps.rule", rule=pen.say(clause.rule)))
        if clause.value is not None and clause.threshold is not None:
            yield Para(
                words(
                    "money_steps.compared",
                    value=pen.with_unit(pen.compared(clause).rstrip("%\u202f "), clause.unit),
                    asked=pen.asked(clause),
                )
            )
        if clause.steps:
            yield Items(tuple(pen.say(step) for step in clause.steps), ordered=True)
        else:
            yield Para(words("money_steps.none"))
        if clause.reason is not None and clause.reason not in clause.steps:
            yield Para(pen.say(clause.reason), "warning")
        amount = pen.money(clause.amount)
        if not (clause.steps and amount in pen.say(clause.steps[-1])):
            yield Para(words("money_steps.amount", amount=amount), "lead")
    yield from stops(record, pen)
    yield Sub(words("money_steps.sum"), "money-sum")
    told = {step for clause in page.clauses for step in map(pen.say, clause.steps)}
    together = tuple(said for said in map(pen.say, record.money_steps) if said not in told)
    if together:
        yield Items(together, ordered=True)
    else:
        yield Para(words("money_steps.no_sum"))
    yield Para(words("money_steps.rounding", rounding=pen.say(page.money.rounding)))
    yield from both_readings(record, pen)
    yield from settling(record, pen)
    yield Sub(words("rules.heading"), "money-rules")
    yield from _rules(record, pen)


def _rules(record: Record, pen: Pen) -> Iterator[Block]:
    words = pen.words
    if not record.other_rules:
        yield Para(words("rules.none"))
        return
    yield Para(words("rules.intro"))
    order = {written_key(clause_key(c)): k for k, c in enumerate(record.page_one.clauses)}
    several = len({name for rule in record.other_rules for name in rule.verdicts}) > 1
    rows: list[tuple[Cell, ...]] = []
    for rule in record.other_rules:
        keys = sorted(rule.verdicts, key=lambda key: (order.get(written_key(key), len(order)), key))
        named = {key: clause_name(key, record, pen) for key in keys}
        values = [_value(rule.values.get(key), key, record, pen) for key in keys]
        marks = [rule.verdicts[key] for key in keys]
        verdicts = [words(f"verdict.{mark}") for mark in marks]
        row = [
            Cell(pen.say(rule.rule)),
            Cell(words("rules.binding_yes" if rule.binding else "rules.binding_no")),
        ]
        if several:
            lines = zip(keys, values, verdicts, marks, strict=True)
            row.append(
                Cell(
                    "",
                    more=tuple(
                        Cell(
                            words("rules.line", clause=named[k], value=v, verdict=said),
                            mark,
                        )
                        for k, v, said, mark in lines
                    ),
                )
            )
        else:
            missing = words("rules.no_value")
            row.append(Cell(values[0] if values else missing))
            row.append(Cell(verdicts[0], marks[0]) if verdicts else Cell(missing))
        row.append(Cell(pen.money(rule.due_now)))
        rows.append(tuple(row))
    middle = (
        (Column(words("rules.by_clause")),)
        if several
        else (Column(words("rules.value"), "right"), Column(words("rules.verdict")))
    )
    yield Table(
        words("rules.caption"),
        (
            Column(words("rules.rule")),
            Column(words("rules.binding")),
            *middle,
            Column(words("rules.due"), "right"),
        ),
        tuple(rows),
        tuple(k for k, rule in enumerate(record.other_rules) if rule.binding),
    )
    reasons = [
        words("rules.reason", rule=pen.say(rule.rule), reason=pen.say(rule.reason))
        for rule in record.other_rules
        if rule.reason is not None
    ]
    if reasons:
        yield Items(tuple(reasons))


def _value(value: str | None, key: str, record: Record, pen: Pen) -> str:
    if value is None:
        return pen.words("rules.no_value")
    return pen.near(
        value,
        (c for c in record.page_one.clauses if written_key(clause_key(c)) == written_key(key)),
    )


def firm(record: Record, pen: Pen) -> Iterator[Block]:
    """Distance to the threshold, confidence, other analyses of the same number."""
    words = pen.words
    yield Sub(words("firm.distance"), "firm-distance")
    yield from _distances(record, pen)
    yield from looks(record, pen)
    yield from panel(record, pen)
    yield Sub(words("firm.other"), "firm-other")
    tested = [finding for finding in record.findings if finding.robustness]
    if not tested:
        yield Para(words("firm.no_other"))
    for finding in tested:
        yield from _robustness(finding, record, pen)
    yield from losses(record, pen)
    yield from trends(record, pen)
    yield from firm_mixes(record, pen)
    yield from compared(record.compared, pen)


def _distances(record: Record, pen: Pen) -> Iterator[Block]:
    words = pen.words
    if not record.page_one.clauses:
        yield Para(words("firm.no_clause"))
        return
    yield Table(
        words("firm.caption"),
        (
            Column(words("firm.clause")),
            Column(words("firm.smallest"), "right"),
            Column(words("firm.passes"), "right"),
            Column(words("firm.harm"), "right"),
        ),
        tuple(
            (
                Cell(pen.clause_name(clause)),
                Cell(
                    words("firm.not_computed")
                    if clause.smallest_change is None
                    else pen.number(clause.smallest_change, clause.unit)
                ),
                _chance(clause.chance_passes, clause, pen),
                _chance(clause.chance_nothing_or_harm, clause, pen),
            )
            for clause in record.page_one.clauses
        ),
    )
    distances = [pen.say(c.distance) for c in record.page_one.clauses if c.distance is not None]
    if distances:
        yield Items(tuple(distances))
    yield Para(pen.say(record.page_one.confidence_note), "note")


def _chance(value: str | None, clause: ClauseRow, pen: Pen) -> Cell:
    if value is not None:
        return Cell(pen.confidence(value, clause))
    unanswered = any(said.key == "clause.unanswered" for said in clause.remarks)
    return Cell(pen.words("firm.unanswerable" if unanswered else "firm.not_computed"))


def _robustness(finding: FindingFacts, record: Record, pen: Pen) -> Iterator[Block]:
    words, name = pen.words, pen.finding_name(finding)
    clauses = clauses_of(finding, record.page_one.clauses)
    two = [found for found in finding.intervals if found.side == "two"]
    main = max(two, key=lambda found: float(found.level), default=None)
    done = [row for row in finding.robustness if row.estimate is not None]
    flips = sum(row.flips for row in done)
    # Under tiers and prices by the unit a clause can be met and pay another amount.
    due = record.page_one.money.due_now
    known = finding.paid and due is not None
    dearer = sum(row.due_now not in (None, due) for row in done) if known else 0
    if flips:
        yield Para(words("firm.flips_some", n=flips, of=len(done)), "warning")
    elif dearer:
        yield Para(words("firm.pays_otherwise", n=dearer, of=len(done)), "warning")
    else:
        yield Para(words("firm.flips_none"), "lead")
    drawn: list[tuple[str, str, Range | None, str]] = []
    if finding.estimate is not None:
        drawn.append((words("firm.main"), finding.estimate, main, ""))
    drawn += [(pen.both(row.title), row.estimate or "0", row.interval, "") for row in done]
    sorted_curve = None
    if any(check.name == "specification-curve" for check in finding.diagnostics):
        sorted_curve = curve(finding, pen, clauses)
    if sorted_curve is not None:
        yield sorted_curve
        if flips:
            yield Para(words("curve.note"), "note")
    elif len(drawn) > 1:
        estimates = sorted((row.estimate or "0" for row in done), key=float)
        yield Drawing(
            svg=forest_drawing(finding, pen, clauses, drawn),
            alt=words(
                "plot.forest.alt",
                name=name,
                n=len(done),
                low=pen.number(estimates[0]),
                high=pen.number(estimates[-1]),
                unit=pen.both(finding.contract_unit),
            ),
            caption=words("plot.forest.caption", name=name),
            data=None,
        )
    rows: list[tuple[Cell, ...]] = []
    if finding.estimate is not None:
        verdicts = {clause.name: clause.verdict for clause in clauses}
        rows.append(
            (
                Cell(words("firm.main")),
                Cell(pen.near(finding.estimate, clauses)),
                interval_cell(main, pen),
                verdict_cell(dict(verdicts), record, pen),
                Cell(pen.money(record.page_one.money.due_now)),
                Cell("–"),
            )
        )
    for row in finding.robustness:
        missing = words("status.not_applicable")
        rows.append(
            (
                Cell(pen.both(row.title)),
                Cell(missing if row.estimate is None else pen.near(row.estimate, clauses)),
                interval_cell(row.interval, pen),
                verdict_cell(dict(row.verdicts), record, pen),
                Cell("–" if row.estimate is None else pen.money(row.due_now)),
                Cell(
                    "–"
                    if row.estimate is None
                    else words("firm.flips_yes" if row.flips else "firm.flips_no")
                ),
            )
        )
    yield Table(
        words("firm.other_caption", name=name),
        (
            Column(words("firm.analysis")),
            Column(words("firm.estimate"), "right"),
            Column(words("firm.interval"), "right"),
            Column(words("firm.verdict")),
            Column(words("firm.due"), "right"),
            Column(words("firm.flips")),
        ),
        tuple(rows),
        (0,) if finding.estimate is not None else (),
    )
    reasons = [
        words("firm.reason", title=pen.both(row.title), reason=pen.say(row.reason))
        for row in finding.robustness
        if row.reason is not None
    ]
    reasons += [line for row in finding.robustness for line in concern_lines(row, pen)]
    if reasons:
        yield Items(tuple(reasons))


def unknown(record: Record, pen: Pen) -> Iterator[Block]:
    """What is not known, the limits of the methods, the warnings of the run."""
    words = pen.words
    if record.unknowns:
        yield Items(tuple(pen.both(text) for text in record.unknowns))
    else:
        yield Para(words("unknown.none"))
    yield Sub(words("unknown.limits"), "unknown-limits")
    methods = [m for f in record.findings for m in ([p.method for p in f.parts] or [f.method])]
    limits = dict.fromkeys(pen.both(text) for method in methods for text in method.limits)
    if limits:
        yield Items(tuple(limits))
    else:
        yield Para(words("unknown.limits_none"))
    yield Sub(words("unknown.warnings"), "unknown-warnings")
    if record.page_one.warnings:
        yield Items(tuple(pen.say(said) for said in record.page_one.warnings))
    else:
        yield Para(words("unknown.warnings_none"))


def fairness(record: Record, pen: Pen) -> Iterator[Block]:
    """Groups and side effects."""
    yield Para(pen.say(record.fairness))
    yield from unpaid(record, pen)
