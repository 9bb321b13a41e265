"""The reporting checklist of a run: the standard of its designs, and what this report answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from impacteval.report.checklist import (
    CONSORT,
    TARGET,
    TREND,
    Standard,
    checklist,
    standard_of,
)
from impacteval.report.record import Both, Checklist, ChecklistRow, Said
from impacteval.report.run import Run
from impacteval.values import Message, Text

_BESIDES = Text(
    en="{standard} is the standard of a study that holds a draw by lot, and is applied to the whole. "
    "Some results rest, wholly or in part, on no draw by lot: {outcomes}. {other}, their own standard, "
    "is not filled in.",
    fr="{standard} est la grille d'une étude qui comporte un tirage au sort ; elle est appliquée à "
    "l'ensemble. Certains résultats reposent, en tout ou partie, sur autre chose qu'un tirage au sort : "
    "{outcomes}. {other}, leur propre grille, n'est pas remplie.",
)
_BESIDES_MATCHED = Text(
    en="{standard} is the standard of a study that compares the served with similar people, and is "
    "applied to the whole. Some results rest, wholly or in part, on another comparison or on none: "
    "{outcomes}. {other}, their own standard, is not filled in.",
    fr="{standard} est la grille d'une étude qui compare les personnes servies à des personnes "
    "semblables ; elle est appliquée à l'ensemble. Certains résultats reposent, en tout ou partie, sur "
    "une autre comparaison ou sur aucune : {outcomes}. {other}, leur propre grille, n'est pas remplie.",
)
_REGISTERED = {CONSORT.name: "2", TARGET.name: "18"}
"""The item that asks for registration."""


def checked(run: Run) -> Checklist:
    """Each item of the standard that fits, and where it is answered.

    Parameters
    ----------
    run : Run
        Everything that the report is built from.
    """
    standard = standard_of(analysis.design for analysis in run.plan.analyses.values())
    given = {number: words.text() for number, words in run.plan.checklist.items()}
    evaluator = run.contract.parties.evaluator
    if standard.name in _REGISTERED and evaluator and evaluator.registration:
        given.setdefault(_REGISTERED[standard.name], evaluator.registration.text())
    absent = _ABSENT[standard.name](run)
    rows = checklist(given, standard, absent=absent)
    return Checklist(
        standard=standard.name,
        rows=tuple(
            ChecklistRow(number=n, item=Both.of(i), where=Both.of(w) if w else None)
            for n, i, w in rows
        ),
        given=sum(where is not None for _, _, where in rows),
        note=_besides(run, standard),
    )


def _besides(run: Run, standard: Standard) -> Said | None:
    """The outcomes that are judged by another kind of comparison than the standard is for."""
    own = {name: standard_of([a.design]) for name, a in run.plan.analyses.items()}
    outside = {name for name, found in own.items() if found is not standard}
    outcomes = {run.plan.analyses[name].outcome for name in outside}
    named = [o.plain_name.text() for name, o in run.contract.outcomes.items() if name in outcomes]
    if not named:
        return None
    listed = Text(en="; ".join(n.en for n in named), fr=" ; ".join(n.fr for n in named))
    others = sorted({own[name].name for name in outside})
    values = {
        "standard": standard.name,
        "other": others[0]
        if len(others) == 1
        else Text(en=" or ".join(others), fr=" ou ".join(others)),
        "outcomes": listed,
    }
    if standard is CONSORT:
        return Said.of(Message("checklist.besides", _BESIDES, values))
    return Said.of(Message("checklist.besides-matched", _BESIDES_MATCHED, values))


def _rerun(run: Run) -> bool:
    """Whether the plan has other analyses of the same number."""
    return any(f.analysis.robustness for f in run.findings.values())


def _balanced(run: Run) -> bool:
    """Whether there is a table of what the groups were like before."""
    return any(
        check.diagnostic.name == "balance" for f in run.findings.values() for check in f.diagnostics
    )


def _weighed(run: Run) -> bool:
    """Whether a comparison tells what both groups were like, before people were matched and after."""
    return any(
        f.estimate is not None and "balance" in f.estimate.parts for f in run.findings.values()
    )


def _absent_of_consort(run: Run) -> frozenset[str]:
    """Items whose section says, in this study, that there is nothing."""
    absent = set()
    if not _rerun(run):
        absent |= {"21d", "28"}
    if not _balanced(run):
        absent.add("25")
    if not run.locked:
        absent.add("3")
    return frozenset(absent)


def _absent_of_trend(run: Run) -> frozenset[str]:
    """Items whose section says, in this study, that there is nothing."""
    absent = set()
    steps = [step for finding in run.own for step in finding.flow]
    if not _rerun(run):
        absent |= {"11b", "18"}
    if not _balanced(run):
        absent.add("14a")
    if not any(finding.against == "data" for finding in run.findings.values()):
        absent |= {"8c", "15"}  # held against a figure or nothing: no group to be alike
    if not any(step.step.key == "flow.units" for step in steps):
        absent.add("10a")
    if not any(step.treated is not None for step in steps):
        absent |= {"12b", "12c"}
    if not run.locked:
        absent.add("12f")
    if not run.contract.watched:
        absent.add("19")
    return frozenset(absent)


def _absent_of_target(run: Run) -> frozenset[str]:
    """Items whose section says, in this study, that there is nothing."""
    absent = set()
    if not _rerun(run):
        absent |= {"7h(ii)", "14"}
    if not (_balanced(run) or _weighed(run)):
        absent |= {"7g(ii)", "9"}
    if not any(finding.against == "data" for finding in run.findings.values()):
        absent |= {"7c", "7g(i)"}  # no estimate: nobody was compared with anybody
    return frozenset(absent)


_ABSENT: Mapping[str, Callable[[Run], frozenset[str]]] = {
    CONSORT.name: _absent_of_consort,
    TARGET.name: _absent_of_target,
    TREND.name: _absent_of_trend,
}
