"""Sections 10 to 13: data, independence, the checklist, the receipts."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.render import format as fmt
from impacteval.render.blocks import Block, Cell, Code, Column, Facts, Items, Para, Sub, Table
from impacteval.render.pen import Pen, short
from impacteval.report.record import Receipt, Record


def data(record: Record, pen: Pen) -> Iterator[Block]:
    """What was read, how persons are protected, who opened what."""
    words = pen.words
    for source in record.data:
        licence = words("data.licence_none") if source.licence is None else pen.both(source.licence)
        yield Facts(
            (
                (words("data.name"), source.name),
                (words("data.source"), source.source),
                (words("data.rows"), fmt.count(source.rows, pen.language)),
                (words("data.columns"), ", ".join(source.columns)),
                (words("data.licence"), licence),
                (words("data.digest"), source.digest),
            ),
            code=True,
        )
        if source.note is not None:
            note = words("data.note", name=source.name, note=pen.both(source.note))
            yield Para(note, "note")
    yield Sub(words("data.privacy"), "data-privacy")
    yield Para(pen.both(record.privacy))
    yield Sub(words("data.access"), "data-access")
    if record.access:
        yield Items(tuple(pen.say(said) for said in record.access))
    else:
        yield Para(words("data.access_none"))


def independence(record: Record, pen: Pen) -> Iterator[Block]:
    """Who evaluated, for whom, with what interests; what departs from the lock; how to contest."""
    words, study = pen.words, record.study
    registration = (
        words("independence.registration_none")
        if study.registration is None
        else pen.both(study.registration)
    )
    yield Para(pen.both(record.independence), "lead")
    yield Facts(
        (
            (words("independence.evaluator"), pen.both(study.evaluator)),
            (words("independence.paid_by"), pen.both(study.paid_by)),
            (words("independence.registration"), registration),
        )
    )
    yield Sub(words("independence.interests"), "independence-interests")
    if record.interests:
        yield Items(tuple(pen.both(text) for text in record.interests))
    else:
        yield Para(words("independence.interests_none"))
    yield Sub(words("independence.deviations"), "independence-deviations")
    if record.locked_on is not None:
        yield Para(words("independence.locked_on", date=fmt.date(record.locked_on, pen.language)))
    else:
        yield Para(
            words("independence.locked" if record.locked else "independence.unlocked"),
            "plain" if record.locked else "warning",
        )
    if record.deviations:
        yield Items(tuple(pen.say(deviation.what) for deviation in record.deviations))
    elif record.locked:
        yield Para(words("independence.deviations_none"))
    else:
        yield Para(words("independence.deviations_unlocked"))
    yield Sub(words("independence.contest"), "independence-contest")
    yield Para(pen.both(record.page_one.contest))


def checklist(record: Record, pen: Pen) -> Iterator[Block]:
    """Where each item of the reporting standard is answered, or that it is not."""
    words, checked = pen.words, record.checklist
    if not checked.rows:
        yield Para(words("checklist.none"))
        return
    standard = checked.standard
    yield Para(
        words("checklist.intro", given=checked.given, of=len(checked.rows), standard=standard)
    )
    if checked.note is not None:
        yield Para(pen.say(checked.note), "note")
    missing = words("checklist.missing")
    yield Table(
        words("checklist.caption", standard=standard),
        (
            Column(words("checklist.number")),
            Column(words("checklist.item")),
            Column(words("checklist.where")),
        ),
        tuple(
            (
                Cell(row.number),
                Cell(pen.both(row.item)),
                Cell(missing, "missing") if row.where is None else Cell(pen.both(row.where)),
            )
            for row in checked.rows
        ),
    )


def annex(record: Record, pen: Pen) -> Iterator[Block]:
    """Digests, versions, seed, command, and where each figure comes from."""
    words, facts = pen.words, record.annex
    yield Sub(words("annex.command"), "annex-command")
    yield Code(facts.command)
    yield Sub(words("annex.digests"), "annex-digests")
    if facts.digests:
        yield Facts(tuple(sorted(facts.digests.items())), code=True)
    else:
        yield Para(words("annex.digests_none"))
    yield Sub(words("annex.versions"), "annex-versions")
    yield Facts(
        (
            *sorted(facts.versions.items()),
            (words("annex.seed"), str(facts.seed)),
            (words("annex.format"), record.format),
        ),
        code=True,
    )
    yield Sub(words("annex.receipts"), "annex-receipts")
    if not facts.receipts:
        yield Para(words("annex.receipts_none"))
        return
    origins = list(dict.fromkeys(_origin(receipt) for receipt in facts.receipts))
    yield Table(
        words("annex.receipts_caption"),
        (
            Column(words("annex.figure")),
            Column(words("annex.value"), "right"),
            Column(words("annex.clause")),
            Column(words("annex.origin"), "right"),
        ),
        tuple(
            (
                Cell(receipt.figure),
                Cell(_receipt_value(receipt.value, pen)),
                Cell(receipt.clause),
                Cell(str(origins.index(_origin(receipt)) + 1)),
            )
            for receipt in facts.receipts
        ),
    )
    yield Table(
        words("annex.origins_caption"),
        (
            Column(words("annex.origin")),
            Column(words("annex.plan")),
            Column(words("annex.estimator")),
            Column(words("annex.data"), code=True),
            Column(words("annex.seed_short"), code=True),
        ),
        tuple(
            (Cell(str(k)), *(Cell(text) for text in origin))
            for k, origin in enumerate(origins, start=1)
        ),
    )


def _origin(receipt: Receipt) -> tuple[str, str, str, str]:
    """Where a figure comes from: plan entry, estimator, data, seed."""
    return (
        receipt.plan_entry,
        f"{receipt.estimator} ({receipt.version})",
        short(receipt.data_digest),
        receipt.seed,
    )


def _receipt_value(value: str, pen: Pen) -> str:
    try:
        return fmt.exact(value, pen.language)
    except ValueError:
        return value
