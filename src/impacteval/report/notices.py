"""Who was left out, what changed since the lock, what to beware of."""

from __future__ import annotations

from collections.abc import Iterator

from impacteval.estimates import DiagnosticStatus
from impacteval.report import findings_facts as facts
from impacteval.report.grade import FEW_TREATED
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
_LOST = Text(
    en=(
        "{lost:int} of {n:int} people have no measured outcome ({treated:int} offered the programme, "
        "{comparison:int} not); the result rests on the others."
    ),
    fr=(
        "{lost:int} personnes sur {n:int} n'ont pas de résultat mesuré ({treated:int} à qui le programme a été "
        "proposé, {comparison:int} non) ; le résultat repose sur les autres."
    ),
)
_RULED_OUT = Text(
    en="{out:int} rows of the data do not count by the stated rules (section 2).",
    fr="{out:int} lignes des données ne comptent pas selon les règles énoncées (partie 2).",
)
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
        en="Nothing changed: contract, plan and data are those that were locked.",
        fr="Rien n'a changé : contrat, plan et données sont ceux qui ont été verrouillés.",
    ),
)
_NO_FALLBACK = Message(
    "warning.if-not-judged",
    Text(
        en="The contract does not say what happens if a clause can never be judged.",
        fr="Le contrat ne dit pas ce qui se passe si une clause ne peut jamais être jugée.",
    ),
)
_FEW = Text(
    en=(
        "The programme was assigned to only {places:int} places: the interval covers chance between "
        "people and not what else happened there."
    ),
    fr=(
        "Le programme n'a été attribué qu'à {places:int} lieux : l'intervalle couvre le hasard entre les "
        "personnes et non ce qui s'y est passé par ailleurs."
    ),
)
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


def left_out(run: Run) -> Iterator[Message]:
    contract = run.contract
    if not contract.who_counts.count_everyone:
        yield Message("left-out.participants", _PARTICIPANTS)
    said: list[Message] = []
    whole = True
    people = 0
    for finding in run.own:
        steps = {step.step.key: step for step in finding.flow}
        assigned, measured = steps.get("flow.assigned"), steps["flow.measured"]
        read, counted = finding.flow[0].n, (assigned or measured).n
        if finding.analysis.eligible and read > counted and finding.group == "all":
            said.append(Message("left-out.rules", _RULED_OUT, {"out": read - counted}))
            whole = False
        if assigned is not None and assigned.n > measured.n:
            said.append(
                Message(
                    "left-out.lost",
                    _LOST,
                    {
                        "lost": assigned.n - measured.n,
                        "n": assigned.n,
                        "treated": (assigned.treated or 0) - (measured.treated or 0),
                        "comparison": (assigned.comparison or 0) - (measured.comparison or 0),
                    },
                )
            )
            whole = False
        people = max(people, counted)
    if whole and people:
        randomised = all(f.analysis.design == "rct" for f in run.own)
        everyone = _EVERYONE if randomised and contract.who_counts.count_everyone else _ALL_COUNTED
        total = sum(f.flow[-1].n for f in run.own if f.outcome == run.own[0].outcome)
        yield Message("left-out.nobody", everyone, {"n": total})
    yield from dict.fromkeys(said)


def changes(run: Run) -> Iterator[Message]:
    for name, group in run.contract.groups.items():
        if group.cancelled is not None:
            shown = facts.group_name(run.contract, name)
            yield Message(
                "changes.cancelled", _CANCELLED, {"group": shown, "date": group.cancelled}
            )
    yield from run.deviations
    if run.locked and not run.deviations:
        yield _UNCHANGED


def warnings(run: Run) -> Iterator[Message]:
    if any(clause.if_not_judged is None for clause in run.contract.clauses):
        yield _NO_FALLBACK
    if run.locked and not run.prepared:
        yield _NOT_FROZEN
    places = [
        f.estimate.treated_clusters
        for f in run.findings.values()
        if f.estimate is not None and f.estimate.treated_clusters < FEW_TREATED
    ]
    if places:
        yield Message("warning.few-places", _FEW, {"places": min(places)})
    failed = {
        check.title: None
        for finding in run.findings.values()
        for check in finding.diagnostics
        if check.diagnostic.status is DiagnosticStatus.FAILED and not check.required
    }
    for title in failed:
        yield Message("warning.diagnostic", _FAILED, {"check": title})
