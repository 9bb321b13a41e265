"""The reporting checklist of a run: the standard of its designs, and what this report answers."""

from __future__ import annotations

from impacteval.report.checklist import CONSORT, RANDOMISED, TREND, checklist, standard_of
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
    if standard is CONSORT and evaluator and evaluator.registration:
        given.setdefault("2", evaluator.registration.text())
    absent = _absent_of_consort(run) if standard is CONSORT else _absent_of_trend(run)
    rows = checklist(given, standard, absent=absent)
    return Checklist(
        standard=standard.name,
        rows=tuple(
            ChecklistRow(number=n, item=Both.of(i), where=Both.of(w) if w else None)
            for n, i, w in rows
        ),
        given=sum(where is not None for _, _, where in rows),
        note=_besides(run) if standard is CONSORT else None,
    )


def _besides(run: Run) -> Said | None:
    """The outcomes that a study with a draw by lot judges without one."""
    without = {a.outcome for a in run.plan.analyses.values() if a.design not in RANDOMISED}
    named = [o.plain_name.text() for name, o in run.contract.outcomes.items() if name in without]
    if not named:
        return None
    listed = Text(en="; ".join(n.en for n in named), fr=" ; ".join(n.fr for n in named))
    values = {"standard": CONSORT.name, "other": TREND.name, "outcomes": listed}
    return Said.of(Message("checklist.besides", _BESIDES, values))


def _rerun(run: Run) -> bool:
    """Whether the plan has other analyses of the same number."""
    return any(f.analysis.robustness for f in run.findings.values())


def _balanced(run: Run) -> bool:
    """Whether there is a table of what the groups were like before."""
    return any(
        check.diagnostic.name == "balance" for f in run.findings.values() for check in f.diagnostics
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
