"""Page 1: what a payer reads first, and often only."""

from __future__ import annotations

from impacteval.render import format as fmt
from impacteval.render.blocks import (
    ClauseView,
    Drawing,
    EvidenceView,
    Figure,
    Note,
    PageOneView,
)
from impacteval.render.pen import Pen
from impacteval.render.plots import scale_drawing
from impacteval.render.sections_settling import escrow_figures
from impacteval.report.record import ClauseRow, EvidenceGrade, MoneyBox, PageOne, Record

_MARKS = {
    "pay": "met",
    "pay_in_part": "met",
    "do_not_pay": "not_met",
    "cannot_be_judged": "cannot_be_judged",
    "not_for_payment": "not_for_payment",
}


def page_one(record: Record, pen: Pen) -> PageOneView:
    """Build page 1 in the pen's language."""
    page, words = record.page_one, pen.words
    escrow = None if record.settling is None else record.settling.escrow
    return PageOneView(
        mark=_MARKS[page.answer],
        answer_heading=words("answer.heading"),
        answer=words(f"answer.{page.answer}"),
        headline=pen.say(page.headline),
        due_name=words(_due_name(record)),
        due=pen.money(page.money.due_now if escrow is None else escrow.payable_now),
        money=(*escrow_figures(record, pen), *_money(page.money, pen, total_name(record))),
        rounding=pen.say(page.money.rounding),
        clauses_heading=words("clause.heading"),
        clauses=tuple(
            _clause(clause, pen, told=_told(clause, page.clauses[:k]))
            for k, clause in enumerate(page.clauses)
        ),
        # What confidence means is told where a number of it stands.
        confidence_note=pen.say(page.confidence_note) if told_confidence(page) else "",
        warnings=tuple(pen.say(warning) for warning in page.warnings),
        evidence_heading=words("note.evidence"),
        evidence=_evidence(page, pen),
        notes=_notes(record, pen),
    )


def told_confidence(page: PageOne) -> bool:
    """Whether any clause tells a confidence."""
    return any(c.chance_passes or c.chance_nothing_or_harm for c in page.clauses)


def _evidence(page: PageOne, pen: Pen) -> tuple[EvidenceView, ...]:
    """The evidence of the whole payment, or that of each outcome where they differ."""
    named: list[tuple[str, EvidenceGrade]] = [
        (pen.both(one.plain_name), one) for one in page.evidence_by_outcome
    ]
    return tuple(
        EvidenceView(
            name=name,
            kind=pen.say(found.kind),
            grade=found.grade,
            of=found.of,
            text=pen.words("note.grade", grade=found.grade, of=found.of),
            why=pen.say(found.why),
        )
        for name, found in named or [("", page.evidence)]
    )


def _due_name(record: Record) -> str:
    """What the first amount is called."""
    settling = record.settling
    if settling is None or (settling.escrow is None and settling.correction is None):
        return "money.due_now"
    return "money.payable_now" if settling.correction is None else "money.correction"


def total_name(record: Record) -> str:
    """What the amount is called that everything judged comes to: of a contract, or of one date of it."""
    return "money.total" if record.settling is None else "money.total_settlement"


def _money(box: MoneyBox, pen: Pen, total: str) -> tuple[Figure, ...]:
    words = pen.words
    no_ceiling = words("money.no_ceiling")
    ceiling = no_ceiling if box.ceiling is None else pen.money(box.ceiling)
    left = no_ceiling if box.ceiling is None else pen.money(box.ceiling_left)
    match box.already_paid:
        case None:
            paid = words("money.paid_unknown")
        case "0":
            paid = words("money.none")
        case _:
            paid = pen.money(box.already_paid)
    return (
        Figure(words("money.already_paid"), paid),
        Figure(words(total), pen.money(box.total)),
        Figure(words("money.ceiling"), ceiling),
        Figure(words("money.ceiling_left"), left),
    )


def _told(clause: ClauseRow, before: tuple[ClauseRow, ...]) -> bool:
    """Whether an earlier clause has shown these very numbers already."""

    def numbers(row: ClauseRow) -> tuple[object, ...]:
        return (
            row.outcome,
            row.group,
            row.observed,
            row.counterfactual,
            row.estimate,
            row.interval,
            row.value,
            row.threshold,
        )

    return clause.estimate is not None and any(numbers(row) == numbers(clause) for row in before)


def _clause(clause: ClauseRow, pen: Pen, *, told: bool) -> ClauseView:
    words = pen.words
    sentence = pen.say(clause.sentence)
    reason = "" if clause.reason is None else pen.say(clause.reason)
    # What an audit did to the count is why the number compared is not the estimate, or is.
    audited = [pen.say(step) for step in clause.steps if step.key.startswith("decide.audit-")]
    reason = reason or " ".join(audited)
    return ClauseView(
        mark=clause.verdict,
        word=words(f"verdict.{clause.verdict}"),
        name=pen.clause_name(clause),
        sentence=sentence,
        # A verdict that is withheld already says why in its sentence.
        reason="" if reason in sentence else reason,
        figures=() if told else _figures(clause, pen),
        interval=""
        if told or clause.interval is None
        else pen.interval(clause.interval, clause.unit),
        drawing=None if told else _scale(clause, pen),
        distance="" if clause.distance is None else pen.say(clause.distance),
        chances=() if told and clause.chance_passes is None else _chances(clause, pen),
        amount=pen.money(clause.amount),
        remarks=() if told else tuple(pen.say(said) for said in clause.remarks),
    )


def _figures(clause: ClauseRow, pen: Pen) -> tuple[Figure, ...]:
    words, found = pen.words, []
    level, unit = ("", "") if clause.outcome_unit is None else pen.apart(clause.outcome_unit)
    sign, contract_unit = pen.apart(clause.unit)
    # Numbers in one unit stand with the same decimals, so that the eye can subtract them.
    alike = [x for x in (clause.observed, clause.counterfactual) if x is not None]
    same_unit = clause.outcome_unit == clause.unit
    if same_unit and clause.estimate is not None:
        alike.append(clause.estimate)
    decimals = max((fmt.readable_decimals(x) for x in alike), default=0)
    if clause.observed is not None:
        value = fmt.number(clause.observed, pen.language, decimals)
        found.append(Figure(words("clause.with"), value + level, unit))
    if clause.claimed is not None:
        value = pen.near(clause.claimed, (clause,))
        found.append(Figure(words("clause.claimed"), value + sign, contract_unit))
    if clause.counterfactual is not None:
        value = fmt.number(clause.counterfactual, pen.language, decimals)
        found.append(Figure(words("clause.without"), value + level, unit))
    if clause.estimate is not None:
        value = pen.near(clause.estimate, (clause,))
        plain = fmt.number(clause.estimate, pen.language, decimals)
        if same_unit and len(plain) > len(value):
            value = plain
        found.append(Figure(words(_estimated(clause)), value + sign, contract_unit))
        if clause.against == "nothing":
            found.append(Figure(words("clause.otherwise"), "–", words("clause.not_estimated")))
    # Shown apart only when rounding by the contract or its rule makes it another number.
    shown = "" if clause.estimate is None else pen.near(clause.estimate, (clause,)) + sign
    if clause.value is not None and pen.compared(clause) != shown:
        found.append(Figure(words("clause.compared"), pen.compared(clause), contract_unit))
    if clause.operator is not None and clause.threshold is not None:
        asked = pen.threshold(clause)
        found.append(Figure(words(f"clause.asks_{clause.operator}"), asked, contract_unit))
    return tuple(found)


def _estimated(clause: ClauseRow) -> str:
    """What the estimate is called: a difference, or a count."""
    if clause.against != "nothing":
        return "clause.effect"
    return "clause.counted" if clause.claimed is None else "clause.audited"


def _chances(clause: ClauseRow, pen: Pen) -> tuple[Figure, ...]:
    words, found = pen.words, []
    if clause.chance_passes is not None:
        key = "clause.chance_counted" if clause.against == "nothing" else "clause.chance_passes"
        found.append(Figure(words(key), pen.confidence(clause.chance_passes, clause)))
    if clause.chance_nothing_or_harm is not None:
        harm = pen.confidence(clause.chance_nothing_or_harm, clause)
        found.append(Figure(words("clause.chance_harm"), harm))
    return tuple(found)


def _scale(clause: ClauseRow, pen: Pen) -> Drawing | None:
    if clause.estimate is None or clause.interval is None:
        return None
    name = pen.clause_name(clause)
    values = {
        "name": name,
        "estimate": pen.with_unit(pen.near(clause.estimate, (clause,)), clause.unit),
        "interval": pen.interval(clause.interval),
    }
    asked = pen.asked(clause)
    alt = (
        pen.words("plot.scale.alt", asked=asked, **values)
        if asked
        else pen.words("plot.scale.alt_plain", **values)
    )
    wide, narrow = (scale_drawing(clause, pen, narrow=n) for n in (False, True))
    return Drawing(svg=wide, alt=alt, caption="", data=None, narrow=narrow)


def _notes(record: Record, pen: Pen) -> tuple[Note, ...]:
    page, study, words = record.page_one, record.study, pen.words
    left_out = tuple(pen.say(said) for said in page.left_out)
    changes = tuple(pen.say(said) for said in page.changes)
    registered = (
        words("note.unregistered")
        if study.registration is None
        else words("note.registered", registration=pen.both(study.registration))
    )
    who = words(
        "note.who_line", evaluator=pen.both(study.evaluator), paid_by=pen.both(study.paid_by)
    )
    return (
        Note(words("note.left_out"), left_out or (words("note.left_out_none"),)),
        Note(words("note.changes"), changes or (words("note.changes_none"),)),
        Note(words("note.who"), (f"{who} {registered}",)),
        Note(words("note.rerun"), (words("note.rerun_line"),), code=page.rerun),
        Note(words("note.contest"), (pen.both(page.contest),), wide=True),
    )
