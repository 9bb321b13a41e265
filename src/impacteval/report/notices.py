"""Who was left out, what changed since the lock, what to beware of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from impacteval.contract.amendment_sentences import amendment_sentence
from impacteval.contract.words_composed import CEILING_BINDS_FROM
from impacteval.contract.words_sittings import share_of_level
from impacteval.estimates import DiagnosticStatus
from impacteval.report import findings_facts as facts
from impacteval.report.findings import Finding, FlowStep, Method
from impacteval.report.funnel_facts import not_taken_on
from impacteval.report.grade import FEW_TREATED
from impacteval.report.interrupted_words import FEW as _FEW_BEFORE
from impacteval.report.losses import loss_rows, loss_warning
from impacteval.report.robustness import hinges
from impacteval.report.run import Run
from impacteval.values import Message, Text

_EVERYONE = Text(
    en="Nobody: all {n:int} people drawn by lot are counted, whether or not they took part.",
    fr="Personne : les {n:int} personnes tirées au sort sont toutes comptées, qu'elles aient participé ou non.",
)
_ALL_COUNTED = Text(
    en="Nobody: the outcome of all {n:int} people who count is known.",
    fr="Personne : le résultat des {n:int} personnes qui comptent est connu.",
)
_ALL_ROWS = Text(
    en="Nobody: the outcome is known in all {n:int} rows that count, one for each unit and period.",
    fr="Personne : le résultat est connu dans les {n:int} lignes qui comptent, une par unité et par période.",
)
_LOST = Text(
    en="no measured outcome for {lost:int} of {n:int}; the result rests on the others.",
    fr="sans résultat mesuré, {lost:int} sur {n:int} ; le résultat repose sur les autres.",
)
_LOST_BY_ARM = Text(
    en=(
        "no measured outcome for {lost:int} of {n:int} people ({treated:int} offered the programme, "
        "{comparison:int} not); the result rests on the others."
    ),
    fr=(
        "sans résultat mesuré, {lost:int} sur {n:int} personnes ({treated:int} à qui le programme a "
        "été proposé, {comparison:int} non) ; le résultat repose sur les autres."
    ),
)
_OUT: Mapping[str, Text] = {
    "flow.eligible": Text(
        en="rows of the data that do not count by the stated rules, {out:int} (section 3).",
        fr="lignes des données qui ne comptent pas selon les règles énoncées, {out:int} (partie 3).",
    ),
    "flow.no-group": Text(
        en="rows of the data in none of the contract's groups, {out:int} (section 3).",
        fr="lignes des données qui n'appartiennent à aucun groupe du contrat, {out:int} (partie 3).",
    ),
    "flow.cancelled": Text(
        en="rows of the data in a group that was cancelled, {out:int} (section 3).",
        fr="lignes des données d'un groupe annulé, {out:int} (partie 3).",
    ),
}
_PARTICIPANTS = Text(
    en="The contract counts participants only, not everyone eligible.",
    fr="Le contrat ne compte que les participants, non toutes les personnes éligibles.",
)
_CANCELLED = Text(
    en="Group {group} was cancelled ({date:date}) and is not judged.",
    fr="Le groupe {group} a été annulé ({date:date}) et n'est pas jugé.",
)
_UNCHANGED = Message(
    "changes.none",
    Text(
        en="Nothing changed: contract and plan are those that were locked, and the data without "
        "outcomes are those that were frozen.",
        fr="Rien n'a changé : contrat et plan sont ceux qui ont été verrouillés, et les données "
        "sans résultats sont celles qui ont été figées.",
    ),
)
_SINCE_LOCK = Message(
    "changes.none-since-lock",
    Text(
        en="Since the lock nothing changed: contract, amendments and plan are those that were locked, "
        "and the data without outcomes are those that were frozen.",
        fr="Depuis le verrouillage rien n'a changé : contrat, avenants et plan sont ceux qui ont été "
        "verrouillés, et les données sans résultats sont celles qui ont été figées.",
    ),
)
# A lock holds the shape of the data, never a value: only what was frozen is known to be the same.
_AS_LOCKED = Message(
    "changes.as-locked",
    Text(
        en="Contract and plan are those that were locked. The data were not frozen, so nobody can "
        "tell whether they changed.",
        fr="Contrat et plan sont ceux qui ont été verrouillés. Les données n'ont pas été figées : "
        "nul ne peut dire si elles ont changé.",
    ),
)
_NO_FALLBACK = Message(
    "warning.if-not-judged",
    Text(
        en="The contract does not say what happens if a clause can never be judged.",
        fr="Le contrat ne dit pas ce qui se passe si une clause ne peut jamais être jugée.",
    ),
)
_EARLIER = Message(
    "warning.earlier-settlements",
    Text(
        en="What earlier settlements paid is not known here, and is not taken off the amount due.",
        fr="Ce qu'ont payé les échéances précédentes n'est pas connu ici, et n'est pas déduit du "
        "montant dû.",
    ),
)
_EARLIER_NEEDED = Message(
    "warning.earlier-settlements-needed",
    Text(
        en="What earlier settlements paid is not known here, and the amount due depends on it.",
        fr="Ce qu'ont payé les échéances précédentes n'est pas connu ici, et le montant dû en "
        "dépend.",
    ),
)
_FEW = Text(
    en=(
        "The programme was assigned to only {places:int} {places:plural:place|places}: the interval covers chance between "
        "people and not what else happened there."
    ),
    fr=(
        "Le programme n'a été attribué qu'à {places:int} {places:plural:lieu|lieux} : l'intervalle couvre le hasard entre les "
        "personnes et non ce qui s'y est passé par ailleurs."
    ),
)
_FEW_MIXED = Text(
    en=(
        "The programme was assigned to only {places:int} {places:plural:place|places}: chance is told from how other "
        "places moved, and something else that happened only there cannot be told from the effect."
    ),
    fr=(
        "Le programme n'a été attribué qu'à {places:int} {places:plural:lieu|lieux} : le hasard se lit dans l'évolution "
        "des autres lieux, et ce qui ne se serait passé que là ne se distingue pas de l'effet."
    ),
)
# What tells chance where few places are served, by design; of all others the first.
_FEW_PLACES: Mapping[str, tuple[str, Text]] = {
    "": ("warning.few-places", _FEW),
    "synthetic_control": ("warning.few-places-mixed", _FEW_MIXED),
    "interrupted_time_series": ("warning.few-places-before", _FEW_BEFORE),
}
_NOT_FROZEN = Message(
    "warning.not-prepared",
    Text(
        en="The sample was not frozen before outcomes were joined.",
        fr="L'échantillon n'a pas été figé avant que les résultats y soient joints.",
    ),
)
_FAILED = Text(
    en="A planned check failed, which the contract does not let decide: {check}.",
    fr="Un contrôle prévu a échoué, sans que le contrat lui permette de décider : {check}.",
)
_JUSTIFIED = Text(
    en=" Why the plan uses this method all the same: {plan_reason}",
    fr=" Pourquoi le plan emploie cette méthode malgré tout : {plan_reason}",
)
_UNJUSTIFIED = Text(
    en=" The plan does not say why it uses this method all the same.",
    fr=" Le plan ne dit pas pourquoi il emploie cette méthode malgré tout.",
)

_BINDS = f"terms.{CEILING_BINDS_FROM}"


_MONEY_CHANGED = frozenset(
    f"amended.{what}-{how}" for what in ("total", "due") for how in ("more", "less")
)


def left_out(run: Run) -> Iterator[Message]:
    """Everyone in the data who is not in the result, by reason; or that there is nobody."""
    contract = run.contract
    if not contract.who_counts.count_everyone:
        yield Message("left-out.participants", _PARTICIPANTS)
    yield from not_taken_on(run)
    said: dict[Message, None] = {}
    people: dict[str, int] = {}
    for finding in run.own:
        steps = {step.step.key: step for step in finding.flow}
        shown = ("flow.no-group", "flow.cancelled")
        out: dict[str, int] = {key: steps[key].n for key in shown if key in steps}
        ruled = [step.n for step in finding.flow if step.step.key == "flow.eligible"]
        if ruled:
            out["flow.eligible"] = steps["flow.read"].n - ruled[-1]
        for key, n in out.items():
            if n > 0:
                said[_led(run, finding, key, _OUT[key], {"out": n}, whole=True)] = None
        measured = steps["flow.measured"]
        assigned = steps.get("flow.assigned", measured)
        if assigned.n > measured.n:
            said[_lost(run, finding, assigned, measured)] = None
        people[finding.outcome] = people.get(finding.outcome, 0) + measured.n
    if said:
        yield from said
    elif people:
        randomised = all(f.analysis.design == "rct" for f in run.own)
        everyone = _EVERYONE if randomised and contract.who_counts.count_everyone else _ALL_COUNTED
        if any(f.analysis.columns.period is not None for f in run.own):
            everyone = _ALL_ROWS
        # Outcomes may stand in tables of their own; the smallest count is true of all of them.
        yield Message("left-out.nobody", everyone, {"n": min(people.values())})


def _lost(run: Run, finding: Finding, assigned: FlowStep, measured: FlowStep) -> Message:
    """Missing outcomes of one finding: how many in each arm."""
    values = {"lost": assigned.n - measured.n, "n": assigned.n}
    text = _LOST
    if assigned.treated is not None and assigned.comparison is not None:
        values["treated"] = assigned.treated - (measured.treated or 0)
        values["comparison"] = assigned.comparison - (measured.comparison or 0)
        text = _LOST_BY_ARM
    return _led(run, finding, "lost", text, values)


def _led(
    run: Run,
    finding: Finding,
    key: str,
    text: Text,
    values: Mapping[str, Any],
    *,
    whole: bool = False,
) -> Message:
    """The sentence after the name of the outcome, and of the group unless it is about the whole."""
    said = {**values, "outcome": run.contract.outcomes[finding.outcome].plain_name.text()}
    group = None if whole else facts.group_name(run.contract, finding.group)
    en, fr = "{outcome}: ", "{outcome} : "
    if group is not None:
        said["whose"] = group
        en, fr = "{outcome}, {whose}: ", "{outcome}, {whose} : "
    return Message(f"left-out.{key}", Text(en=en + text.en, fr=fr + text.fr), said)


def changes(run: Run) -> Iterator[Message]:
    """Amendments up to the settlement, groups that were cancelled, and departures from the lock."""
    contract = run.contract
    yield from (amendment_sentence(change) for change in contract.changes)
    both = run.decision.amended
    if both is not None:
        # What the amendments do to the payment belongs beside them, on the page of the payer.
        yield from (said for said in both.differences if said.key in _MONEY_CHANGED)
    by_amendment = {
        name for name, group in contract.as_contracted.groups.items() if group.cancelled is None
    }
    for name, group in contract.groups.items():
        if group.cancelled is not None and name not in by_amendment:
            shown = facts.group_name(run.contract, name)
            yield Message(
                "changes.cancelled", _CANCELLED, {"group": shown, "date": group.cancelled}
            )
    yield from run.deviations
    if run.locked and not run.deviations:
        if not run.prepared:
            yield _AS_LOCKED
        else:
            yield _SINCE_LOCK if contract.changes else _UNCHANGED


def earlier_settlements(run: Run) -> bool:
    """Whether an earlier settlement of the contract may have paid what nobody states here."""
    return run.at is not None and run.at.unknown


def warnings(run: Run) -> Iterator[Message]:
    for stop in run.decision.stops:
        if stop.state != "quiet":
            yield stop.said
    # Where the amount is not published, this is all that can be said of it.
    yield from (step for step in run.decision.steps if step.key == _BINDS)
    if earlier_settlements(run) and run.at is not None and run.at.look.pays:
        yield _EARLIER if run.decision.due_now is not None else _EARLIER_NEEDED
    if run.at is not None and run.at.look.share is not None:
        yield share_of_level(run.at.look, run.at.look.share)
    if any(clause.if_not_judged is None for clause in run.contract.clauses):
        yield _NO_FALLBACK
    if run.locked and not run.prepared:
        yield _NOT_FROZEN
    for key, text in _FEW_PLACES.values():
        places = [
            f.estimate.treated_clusters
            for f in run.findings.values()
            if f.estimate is not None
            and f.estimate.treated_clusters < FEW_TREATED
            and _FEW_PLACES.get(f.analysis.design, _FEW_PLACES[""])[0] == key
        ]
        if places:
            yield Message(key, text, {"places": min(places)})
    yield from _concerns(run)
    failed = {
        check.title: None
        for finding in run.findings.values()
        for check in finding.diagnostics
        if check.diagnostic.status is DiagnosticStatus.FAILED and not check.required
    }
    for title in failed:
        yield Message("warning.diagnostic", _FAILED, {"check": title})
    yield from _losses(run)
    yield from hinges(run)


def _concerns(run: Run) -> Iterator[Message]:
    """What the methods that decide have against their own use here, with the plan's reason."""
    methods = [
        method
        for finding in run.findings.values()
        for method in ([part.finding.method for part in finding.parts] or [finding.method])
    ]
    told = dict.fromkeys(_concern(said, method) for method in methods for said in method.concerns)
    yield from told


def _concern(said: Message, method: Method) -> Message:
    more = _UNJUSTIFIED if method.justification is None else _JUSTIFIED
    text = Text(en=said.text.en + more.en, fr=said.text.fr + more.fr)
    reason = {} if method.justification is None else {"plan_reason": method.justification}
    return Message(f"warning.{said.key}", text, {**said.values, **reason})


def _losses(run: Run) -> Iterator[Message]:
    """Paid outcomes on which losing people one way, the mildest assumption, leaves a verdict open."""
    contract = run.contract
    paid = {clause.outcome for clause in contract.clauses}
    open_ = {
        finding.outcome: None
        for finding in run.findings.values()
        if finding.outcome in paid
        for row in loss_rows(finding, contract, run.alternatives, run.decision)
        if row.kind == "one_way" and row.flips
    }
    for outcome in open_:
        yield loss_warning(contract.outcomes[outcome].plain_name.text())
