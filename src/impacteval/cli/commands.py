"""What each command does, in plain functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impacteval.cli.frozen import show_frozen
from impacteval.cli.show import progress, say, show_command, show_json, show_rows
from impacteval.errors import Problem, StudyError, UsageError
from impacteval.values import Language, Text

if TYPE_CHECKING:
    from impacteval.contract import Contract
    from impacteval.contract.ledger import Ledger
    from impacteval.decide import BothWays, ClauseResult, Decision
    from impacteval.report import Report

_TOGETHER = Text(en="groups together", fr="groupes ensemble")
SCAFFOLD = Path(__file__).parent / "scaffold"


def pairs(given: Iterable[str]) -> dict[str, str]:
    """``NAME=VALUE`` as a mapping; every malformed or repeated one is a problem."""
    found: dict[str, str] = {}
    problems = []
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name.strip() or not value.strip():
            problems.append(Problem(f"{item!r} is not NAME=VALUE.", "Write for example x=8.4."))
        elif name.strip() in found:
            problems.append(Problem(f"{name.strip()} is given twice.", "Give it once."))
        else:
            found[name.strip()] = value.strip()
    if problems:
        raise UsageError(problems)
    return found


def new(folder: Path) -> None:
    """Copy the scaffold to a folder that does not exist yet or is empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StudyError(
            Problem(f"{folder} exists and is not an empty folder.", "Name a new folder.")
        )
    name = folder.resolve().name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"{folder} cannot be made: {error.strerror}."
        raise StudyError(Problem(what, "Name a folder where you may write.")) from error
    for source in sorted(SCAFFOLD.iterdir()):
        # The notebook is a template because tools take every .py here for a module.
        if source.suffix in (".yaml", ".csv", ".template"):
            text = source.read_text(encoding="utf-8").replace("STUDY-ID", _slug(name))
            target = folder / source.name.removesuffix(".template")
            target.write_text(text, encoding="utf-8", newline="\n")
    say(f"Made {folder}: a contract, a plan and synthetic data that work together.")
    say("Next:")
    for command in ("check", "lock", "prepare"):
        show_command(f"impacteval {command} {folder}", lead="  ")
    show_command(f"impacteval verify {folder} --out {folder / 'out'}", lead="  ")


def _slug(name: str) -> str:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    parts = [part for part in kept.split("-") if part]
    slug = "-".join(parts)
    return slug if slug and slug[0].isalpha() else f"study-{slug}".rstrip("-")


def check(path: Path) -> None:
    """Check a study, or a contract alone."""
    if path.is_file() or (not (path / "plan.yaml").exists() and (path / "contract.yaml").exists()):
        _check_contract(path)
        return
    from impacteval.study import load_study
    from impacteval.study.check import check_study

    with progress():
        study = load_study(path)
        done = check_study(study)
    for line in done:
        say(f"ok: {line}")
    say(f"{path}: nothing wrong was found.")
    if study.lock is None:
        show_command(f"impacteval lock {path}", lead="Next: ")


def _check_contract(path: Path) -> None:
    from impacteval.study.looks import load_checked

    contract = load_checked(path)
    say(f"ok: the contract {contract.id} can be read and priced.")
    _check_examples(path / "examples.yaml" if path.is_dir() else path.parent / "examples.yaml")


def _check_examples(path: Path) -> None:
    if not path.exists():
        return
    from impacteval.study.check import examples_hold

    say(f"ok: {examples_hold(path)}")


def lock(path: Path, date: str | None, *, again: bool) -> None:
    """Write the lock; one that exists already is never replaced silently."""
    from impacteval.study import load_study
    from impacteval.study.check import check_study
    from impacteval.study.lock import LOCK_FILE, anew, write_lock
    from impacteval.study.locking import lock_now

    if date is not None:
        _check_date(date)
    with progress():
        study = load_study(path)
        check_study(study)
        earlier = study.lock
        date = date or (earlier.date if earlier and not again else None)
        made = anew(lock_now(study, date=date), earlier)
    if earlier is not None and earlier == made:
        say(f"{path / LOCK_FILE} is as it was: the same contract, plan and data schema.")
    elif earlier is not None and not again:
        raise UsageError(
            Problem(
                f"{path} is locked already, and this would be another lock.",
                "Use --again to lock anew: the new lock names this one, and so does every report.",
            )
        )
    else:
        write_lock(path / LOCK_FILE, made)
        say(f"Locked contract, plan and data schema in {path / LOCK_FILE}.")
    show_rows([("contract", made.contract.digest), ("plan", made.plan.digest)])
    show_command(f"impacteval prepare {path}", lead="Next: ")


def _check_date(text: str) -> None:
    try:
        if dt.date.fromisoformat(text).isoformat() == text:
            return
    except ValueError:
        pass  # said below, like a date written in another way
    raise UsageError(Problem(f"{text!r} is not a date.", "Write it like 2026-03-31."))


def prepare(path: Path, *, again: bool) -> None:
    """Freeze the blind step; what is frozen already is never replaced silently."""
    from impacteval.study import load_study
    from impacteval.study.check import check_study
    from impacteval.study.locking import prepare_now
    from impacteval.study.preparation import PREPARED_FILE, frozen_anew, write_prepared

    with progress():
        study = load_study(path)
        check_study(study, outcomes=False)
        made = frozen_anew(prepare_now(study), study.prepared)
    file = path / PREPARED_FILE
    if study.prepared is not None and study.prepared == made:
        say(f"{file} is as it was: the same data without outcomes, the same plan.")
    elif study.prepared is not None and not again:
        raise UsageError(
            Problem(
                f"{file} was frozen already, and now it would be another one "
                f"(frozen {study.prepared.digest}, found {made.digest}).",
                "Put the data and the plan back, or use --again: it names what it replaces, and so "
                "does every report.",
            )
        )
    else:
        write_prepared(file, made)
        say(f"Froze the data without outcomes in {file}.")
    for sample in made.samples:
        served = "" if sample.treated is None else f", {sample.treated} served"
        show_rows(
            [
                (f"{sample.analysis}, {sample.group}", f"{sample.rows} rows{served}"),
                ("", sample.blind_digest),
            ]
        )
        if sample.step is not None:
            show_frozen(sample.step)
    show_command(f"impacteval verify {path} --out OUT", lead="Next: ")


def verify(
    path: Path,
    out: Path,
    settlement: str | None,
    languages: tuple[Language, ...],
    against: Path | None = None,
    tolerance: str | None = None,
) -> None:
    """Verify and write the report, in the languages of the plan unless others are asked for."""
    from impacteval.cli.checks import Stopwatch, show_checks
    from impacteval.cli.comparing import fail_apart, show_compared, tolerance_of
    from impacteval.render import write
    from impacteval.report.reading import load_record
    from impacteval.study import load_study
    from impacteval.verification import verify as verify_study

    # Said before the work and not after it.
    there = next(place for place in (out, *out.absolute().parents) if place.exists())
    if not there.is_dir():
        raise UsageError(Problem(f"{there} is a file.", "Name a folder for the report."))
    watch = Stopwatch()
    share = tolerance_of(tolerance)
    if tolerance is not None and against is None:
        what = "--tolerance says how far another run may be off, and none is named."
        raise UsageError(Problem(what, "Name one with --against."))
    other = None if against is None else load_record(against)
    with progress(watch):
        study = load_study(path)
        languages = languages or tuple(Language(own) for own in study.plan.languages)
        report = verify_study(study, settlement=settlement)
        if other is not None:
            report = report.against(other, share)
        written = write(report, out, languages=languages)
    _summary(report, languages[0])
    show_checks(report.record, languages[0], watch.seconds)
    say()
    lead = Text(en="The report is in", fr="Le rapport est dans")[languages[0]]
    say(f"{lead} {out}{':' if languages[0] is Language.EN else ' :'}")
    for file in written:
        say(str(file), indent="  ")
    compared = report.record.compared
    if compared is not None:
        say()
        show_compared(compared, report.record, languages[0])
        fail_apart(compared)


def _summary(report: Report, language: Language) -> None:
    from impacteval.render.format import fill, pick

    record = report.record
    if record.study.label is not None:
        say(pick(record.study.label, language))
        say()
    currency = record.page_one.money.currency
    say(fill(record.page_one.headline, language, currency))
    show_rows(
        (
            clause.name if clause.group == "all" else f"{clause.name}, {clause.group}",
            fill(clause.sentence, language, currency),
        )
        for clause in record.page_one.clauses
    )
    for warning in (*record.page_one.changes, *record.page_one.warnings):
        say(f"- {fill(warning, language, currency)}")


def price(path: Path, given: list[str], *, as_json: bool, language: Language) -> None:
    """Price typed-in results."""
    from impacteval.adjudicated import price as price_contract
    from impacteval.study.looks import load_checked

    contract = load_checked(path)
    given_values = pairs(given)
    already_paid, as_of, settlement, settlement_date = (
        given_values.pop(word, None)
        for word in ("already_paid", "as_of", "settlement", "settlement_date")
    )
    people, others = _under("people.", given_values), _under("other_money.", given_values)
    stops = _under("stop.", given_values)
    audits, errors, anyway = (
        _under(f"{word}.", given_values) if word not in contract.outcomes else {}
        for word in ("audit", "std_error", "counterfactual")
    )
    decision = price_contract(
        contract,
        given_values,
        people,
        already_paid=already_paid,
        other_money=others,
        as_of=as_of,
        as_contracted=_under("as_contracted.", given_values),
        settlement=settlement,
        ledger=_ledger_beside(path, contract),
        settlement_date=settlement_date,
        stops=stops,
        audit=audits,
        std_error=errors,
        counterfactual=anyway,
    )
    if as_json:
        show_json(decision.to_json())
        return
    _show_decision(contract, decision, language)


def _ledger_beside(path: Path, contract: Contract) -> Ledger | None:
    """The ledger beside a contract, which says what was paid before."""
    from impacteval.contract.ledger import LEDGER_FILE, load_ledger_of

    file = (path if path.is_dir() else path.parent) / LEDGER_FILE
    return load_ledger_of(file, contract) if file.exists() else None


def _under(prefix: str, given: dict[str, Any]) -> dict[str, Any]:
    """Take what stands under a prefix out of what was typed."""
    names = [name for name in given if name.startswith(prefix)]
    return {name.removeprefix(prefix): given.pop(name) for name in names}


def _named(contract: Contract, clause: ClauseResult, language: Language) -> str:
    """A clause and whom it judges, by the names that people read."""
    from impacteval.contract.model import POOLED
    from impacteval.contract.saying import called, names

    # A contract read as of another date may have other clauses than the file in force.
    leaves = (*contract.clauses, *contract.as_contracted.clauses)
    leaf = next((leaf for leaf in leaves if leaf.name == clause.name), None)
    if clause.group in contract.groups:
        where = names(contract, (clause.group,))[language]
    else:
        where = _TOGETHER[language] if clause.group == POOLED else ""
    name = clause.name if leaf is None else called(leaf)[language]
    return f"{name}, {where}" if where else name


def _show_decision(contract: Contract, decision: Decision, language: Language) -> None:
    from impacteval.decide import money_text
    from impacteval.render.catalogue import Words
    from impacteval.render.format import OPEN, fill, money

    words = Words(language)
    for clause in decision.clauses:
        amount = money(money_text(clause.amount), language, decision.currency)
        verdict = OPEN[language] if clause.verdict is None else words(f"verdict.{clause.verdict}")
        name = _named(contract, clause, language)
        colon = "\u00a0: " if language is Language.FR else ": "
        say(f"{name}{colon}{verdict[0].lower()}{verdict[1:]}, {amount}")
        for step in clause.steps:
            say(fill(step, language, decision.currency), indent="    ")
        if clause.reason is not None and clause.reason not in clause.steps:
            say(fill(clause.reason, language, decision.currency), indent="    ")
    say()
    for stop in decision.stops:
        say(fill(stop.said, language, decision.currency))
    for step in decision.steps:
        say(fill(step, language, decision.currency))
    due = money(money_text(decision.due_now), language, decision.currency)
    total = money(money_text(decision.total), language, decision.currency)
    owing = "money.due_now" if decision.correction is None else "money.correction"
    whole = "money.total" if decision.look is None else "money.total_settlement"
    rows = [(words(owing), due), (words(whole), total)]
    if decision.dispute is not None:
        parts = (
            ("money.payable_now", decision.dispute.payable_now),
            ("money.in_escrow", decision.dispute.held),
        )
        rows = [
            (words("money.due_settlement"), due),
            *(
                (words(name), money(money_text(part), language, decision.currency))
                for name, part in parts
            ),
            rows[1],
        ]
    show_rows(rows)
    if decision.amended is not None:
        _show_both_ways(decision.amended, language, decision.currency)


def _show_both_ways(both: BothWays, language: Language, currency: str) -> None:
    """Which amendments are in force, and what they change in words and in money."""
    from impacteval.render.amended import amendment_line
    from impacteval.render.catalogue import Words
    from impacteval.render.format import fill

    say()
    say(Words(language)("amended.heading"))
    say(fill(both.reading, language, currency))
    for change, in_force in both.changes:
        say(f"- {amendment_line(change, language, in_force=in_force)}")
    say()
    say(Words(language)("amended.differences"))
    for difference in both.differences:
        say(f"- {fill(difference, language, currency)}")


def explain(path: Path, language: Language, as_of: str | None) -> None:
    """Say a contract back, as it stands or as it stood on a date."""
    from impacteval.contract import contract_as_of
    from impacteval.render.explain import explain as explain_contract
    from impacteval.study.looks import load_checked

    contract = load_checked(path)
    read = contract if as_of is None else contract_as_of(contract, as_of)
    say(explain_contract(read, language, as_of=as_of))


def export(path: Path, out: Path, verdict: Path | None) -> None:
    """Write a contract, and what was found, in the fields of INDIGO."""
    from impacteval.render.indigo_write import write_indigo
    from impacteval.report.reading import load_record
    from impacteval.study import load_study
    from impacteval.study.looks import load_checked

    study = path.is_dir() and (path / "plan.yaml").exists()
    contract = load_study(path).contract if study else load_checked(path)
    record = None if verdict is None else load_record(verdict)
    for file in write_indigo(contract, out, record):
        say(str(file))


def estimators(*, as_json: bool, language: Language) -> None:
    """List the estimators."""
    from impacteval.registry import catalogue, entries

    if as_json:
        show_json(catalogue())
        return
    for found in entries():
        card = found.cls.card
        say(f"{found.name}  ({found.package} {found.version})")
        say(card.title[language], indent="    ")
        say(card.description[language], indent="    ")
        say(f"{', '.join(card.designs)} | {', '.join(card.scales)}", indent="    ")
        say()


def run(path: Path, out: Path, given: list[str]) -> None:
    """Execute the notebook."""
    from impacteval.notebook import run_notebook, typed_parameters

    parameters = typed_parameters(path, given)
    with progress():
        written = run_notebook(path, out, parameters)
    say(f"The executed notebook is {written}.")
