"""What two runs do not share, and which of them was run as it was locked."""

from __future__ import annotations

import json
from collections.abc import Iterator

from impacteval.report import compared_words as words
from impacteval.report.record import Record
from impacteval.report.record_findings import FindingFacts
from impacteval.report.record_values import Both, Said
from impacteval.values import Message, Text

REPLACED = "lock.replaced"
"""Key of the deviation that names a lock which stood before."""


def same_contract(here: Record, there: Record) -> bool:
    """Whether both were judged by the same contract, amendments included."""
    return here.contract.digest == there.contract.digest


def standing(here: Record, there: Record) -> Message:
    """Which of the two runs is the one that was fixed beforehand, as far as locks tell."""
    mine, theirs = (record.annex.digests.get("lock") for record in (here, there))
    if mine is None or theirs is None:
        text = (
            words.ONLY_HERE_LOCKED
            if mine is not None
            else words.ONLY_THERE_LOCKED
            if theirs is not None
            else words.NOT_LOCKED
        )
        return Message("compared.standing", text)
    if mine != theirs:
        text = (
            words.LOCKED_FIRST_THERE
            if theirs in _replaced(here)
            else words.LOCKED_FIRST_HERE
            if mine in _replaced(there)
            else words.TWO_LOCKS
        )
        return Message("compared.standing", text)
    by_departures = {
        (False, False): words.BOTH_AS_LOCKED,
        (False, True): words.HERE_AS_LOCKED,
        (True, False): words.THERE_AS_LOCKED,
        (True, True): words.NEITHER_AS_LOCKED,
    }
    departs = (_departs(here), _departs(there))
    return Message("compared.standing", by_departures[departs])


def _replaced(record: Record) -> set[object]:
    """Digests of the locks that stood before the one of this run."""
    return {d.what.values["digest"] for d in record.deviations if d.what.key == REPLACED}


def _departs(record: Record) -> bool:
    """Whether a run departs from its own lock, whatever stood there before that."""
    return any(deviation.what.key != REPLACED for deviation in record.deviations)


def circumstances(here: Record, there: Record) -> Iterator[Said]:
    """Everything that the runs do not share, in the order in which it enters a run."""
    yield from _inputs(here, there)
    yield from _plans(here, there)
    for record, lead in ((here, words.DEPARTURE_HERE), (there, words.DEPARTURE_THERE)):
        for deviation in record.deviations:
            what = deviation.what
            yield what.model_copy(update={"en": lead.en + what.en, "fr": lead.fr + what.fr})
    if here.annex.seed != there.annex.seed:
        seeds = {"here": str(here.annex.seed), "there": str(there.annex.seed)}
        yield _said("seed", words.SEED, **seeds)
    mine, theirs = here.annex.versions, there.annex.versions
    for package in sorted(mine.keys() | theirs.keys()):
        a, b = mine.get(package), theirs.get(package)
        if a != b:
            yield _said(
                "software",
                words.SOFTWARE,
                package=package,
                here=a or words.NONE,
                there=b or words.NONE,
            )


def _said(key: str, text: Text, **values: str | int | Text | Both) -> Said:
    given = {
        name: Text(en=value.en, fr=value.fr) if isinstance(value, Both) else value
        for name, value in values.items()
    }
    return Said.of(Message(f"compared.{key}", text, given))


def _inputs(here: Record, there: Record) -> Iterator[Said]:
    if not same_contract(here, there):
        yield _said("contract", words.CONTRACT)
    if here.study.id != there.study.id:
        yield _said("study", words.STUDY, here=here.study.id, there=there.study.id)
    if here.study.settlement != there.study.settlement:
        yield _said(
            "settlement",
            words.SETTLEMENT,
            here=here.study.settlement or words.NONE,
            there=there.study.settlement or words.NONE,
        )
    mine, theirs = ({t.name: t for t in record.data} for record in (here, there))
    for name in dict.fromkeys([*mine, *theirs]):
        if name not in theirs:
            yield _said("table", words.TABLE_HERE, table=name)
        elif name not in mine:
            yield _said("table", words.TABLE_THERE, table=name)
        elif mine[name].digest != theirs[name].digest:
            rows = {"here": mine[name].rows, "there": theirs[name].rows}
            yield _said("table", words.TABLE, table=name, **rows)
    for key, text in (("preparation", words.PREPARATION), ("ledger", words.LEDGER)):
        if here.annex.digests.get(key) != there.annex.digests.get(key):
            yield _said(key, text)


def _plans(here: Record, there: Record) -> Iterator[Said]:
    """That plans differ, and how the methods that decide do."""
    if here.annex.digests.get("plan") != there.annex.digests.get("plan"):
        yield _said("plan", words.PLAN)
    theirs = {(f.outcome, f.group): f for f in there.findings}
    told: set[str] = set()
    for finding in here.findings:
        other = theirs.get((finding.outcome, finding.group))
        for said in () if other is None else _methods(finding, other):
            line = said.model_dump_json()
            if line not in told:  # the same for every group of an outcome
                told.add(line)
                yield said


def _methods(here: FindingFacts, there: FindingFacts) -> Iterator[Said]:
    whose = here.plain_name
    if here.method.name != there.method.name:
        names = {"here": here.method.name, "there": there.method.name}
        yield _said("method", words.METHOD, whose=whose, **names)
    else:
        mine, theirs = here.method.settings, there.method.settings
        for name in sorted(mine.keys() | theirs.keys()):
            if (name in mine, mine.get(name)) != (name in theirs, theirs.get(name)):
                yield _said(
                    "setting",
                    words.SETTING,
                    whose=whose,
                    setting=name,
                    here=_written(mine[name]) if name in mine else words.DEFAULT,
                    there=_written(theirs[name]) if name in theirs else words.DEFAULT,
                )
    ours = {row.covariate for row in here.baseline}
    others = {row.covariate for row in there.baseline}
    if not ours or not others:
        return  # a run that shows no characteristics does not say which it compared
    for text, names_ in (
        (words.COVARIATE_HERE, ours - others),
        (words.COVARIATE_THERE, others - ours),
    ):
        for name in sorted(names_):
            yield _said("covariate", text, whose=whose, covariate=name)


def _written(setting: object) -> str:
    return setting if isinstance(setting, str) else json.dumps(setting, ensure_ascii=False)
