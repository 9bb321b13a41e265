"""From everyone eligible to the rows of a report: what may be shown, and what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from impacteval.diagnostics.selection import Profile, compare, tells_nobody
from impacteval.diagnostics.shown_sums import shown_sums
from impacteval.diagnostics.small_groups import hidden_groups
from impacteval.report import findings_facts as facts
from impacteval.report import funnel_words as said
from impacteval.report.funnel import FunnelFinding
from impacteval.report.record_funnel import (
    FunnelFacts,
    FunnelRow,
    FunnelStep,
    ProfileFacts,
    ProfileRow,
    ReasonRow,
)
from impacteval.report.record_values import Both, Said
from impacteval.report.run import Run
from impacteval.sample import Funnel
from impacteval.sample.codes import Bools
from impacteval.sample.funnel import ACCEPTED, NOT_REFERRED, REFUSED
from impacteval.values import LEAST_SHOWN, Message, Text, significant, written

_COLUMNS = 4
"""So many reasons are shown side by side, the most frequent ones."""


def funnels_facts(run: Run) -> tuple[FunnelFacts, ...]:
    """Everyone eligible, group by group; empty where the plan names no table of them."""
    return tuple(_facts(run, finding) for finding in run.funnels)


def shown_counts(finding: FunnelFinding) -> dict[str, int | None]:
    """The counts of a funnel that may be told, by step; None for the others."""
    return _Counts(finding).shown


def _facts(run: Run, finding: FunnelFinding) -> FunnelFacts:
    name = facts.group_name(run.contract, finding.group)
    counts = _Counts(finding)
    told = (*_remarks(run, finding), *((said.HIDDEN,) if counts.hides else ()))
    return FunnelFacts(
        group=finding.group,
        group_name=None if name is None else Both.of(name),
        counts="everyone_eligible" if finding.everyone else "participants",
        steps=tuple(_steps(finding, counts)),
        reasons=tuple(_reasons(run, finding, counts)),
        profiles=tuple(_profiles(run, finding, counts)),
        said=tuple(Said.of(message) for message in told),
    )


# --- which counts may stand side by side --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sum:
    """A count, and the finest groups that it is made of."""

    n: int
    places: tuple[int, ...]


class _Counts:
    """Every count that the section would like to show, and which of them it shows.

    Attributes
    ----------
    shown : dict of str to int or None
        ``table``, ``rule 0``, ..., ``eligible``, ``referred``, ``accepted``, ``measured``.
    """

    def __init__(self, finding: FunnelFinding) -> None:
        funnel = finding.funnel
        seen = funnel.measured
        before = finding.rows
        cells: list[int] = []
        for _, after in finding.rules:
            cells.append(before - after)
            before = after
        rules = range(len(cells))
        fates = (NOT_REFERRED, REFUSED, ACCEPTED) if funnel.referral else (REFUSED, ACCEPTED)
        of: dict[tuple[int, bool], int] = {}
        for fate in fates:
            inside = funnel.of(fate)
            for known in (True,) if seen is None else (True, False):
                of[fate, known] = len(cells)
                cells.append(int((inside if seen is None else inside & (seen == known)).sum()))

        def some(kept: Sequence[int], *, known: bool = False) -> _Sum:
            places = tuple(p for (f, k), p in of.items() if f in kept and (k or not known))
            return _Sum(sum(cells[p] for p in places), places)

        whole = some(fates)
        base = whole if finding.everyone else some((ACCEPTED,))
        wanted: dict[str, _Sum] = {"eligible": whole, "accepted": some((ACCEPTED,))}
        if seen is not None:
            wanted["measured"] = some(fates if finding.everyone else (ACCEPTED,), known=True)
        if funnel.referral:
            wanted["referred"] = some((REFUSED, ACCEPTED))
        if cells[: len(rules)]:
            wanted["table"] = _Sum(finding.rows, (*rules, *whole.places))
        for k in rules:
            wanted[f"rule {k}"] = _Sum(cells[k], (k,))
        # How many are counted stands in the flow of the analysis too, whatever is shown here.
        shown = (
            shown_sums(cells, [s.places for s in wanted.values()], known=(base.places,))
            if funnel.people
            else (True,) * len(wanted)
        )
        self.shown: dict[str, int | None] = {
            name: s.n if shows else None
            for (name, s), shows in zip(wanted.items(), shown, strict=True)
        }
        self.hides = not all(shown)

    def left(self, before: str, after: str) -> int | None:
        """Who did not go from one step to the next, where both are shown."""
        a, b = self.shown[before], self.shown[after]
        return None if a is None or b is None else a - b


def _steps(finding: FunnelFinding, counts: _Counts) -> Iterator[FunnelRow]:
    shown = counts.shown

    def row(step: Message, name: str, before: str | None = None) -> FunnelRow:
        n, whole = shown[name], shown["eligible"]
        left = None if before is None else counts.left(before, name)
        return FunnelRow(
            step=Said.of(step),
            n=n,
            left=left,
            share=None if n is None or not whole else written(significant(n / whole)),
            hidden=n is None or (before is not None and left is None),
        )

    if finding.rules:
        yield row(said.TABLE, "table").model_copy(update={"share": None})
        for k, (condition, _) in enumerate(finding.rules):
            values = {"column": condition.column, "because": condition.because.text()}
            left = shown[f"rule {k}"]
            yield FunnelRow(
                step=Said.of(Message("funnel.rule", said.RULE, values)),
                n=None,
                left=left,
                share=None,
                hidden=left is None,
            )
    yield row(said.ELIGIBLE, "eligible")
    if finding.funnel.referral:
        yield row(said.REFERRED, "referred", "eligible")
    yield row(said.ACCEPTED, "accepted", "referred" if finding.funnel.referral else "eligible")
    if finding.funnel.measured is not None:
        base = "eligible" if finding.everyone else "accepted"
        yield row(said.MEASURED[finding.everyone], "measured", base)


def not_taken_on(run: Run) -> Iterator[Message]:
    """For page 1: how many of those eligible were not taken on, where that may be told."""
    for finding in run.funnels:
        counts, whole = _Counts(finding), finding.funnel.n
        left = counts.left("eligible", "accepted")
        if left is None or counts.shown["eligible"] is None:
            continue
        name = facts.group_name(run.contract, finding.group)
        yield said.not_taken_on(name, left, whole)


# --- reasons ------------------------------------------------------------------------------------


def _groups(finding: FunnelFinding) -> Iterator[tuple[FunnelStep, Bools]]:
    """Those who stopped at each step, by the reason that is asked for there."""
    funnel = finding.funnel
    if funnel.referral:
        yield "referred", funnel.of(NOT_REFERRED)
    yield "accepted", funnel.of(REFUSED)
    if funnel.measured is not None:
        yield "measured", funnel.of(ACCEPTED) & ~funnel.measured


def _told(step: FunnelStep, finding: FunnelFinding, counts: _Counts) -> bool:
    """Whether the number of those who stopped at a step can be told, so that reasons may add up to it."""
    referral = finding.funnel.referral
    match step:
        case "referred":
            return counts.left("eligible", "referred") is not None
        case "accepted":
            return counts.left("referred" if referral else "eligible", "accepted") is not None
        case "measured":
            return not finding.everyone and counts.left("accepted", "measured") is not None


def shown_reasons(
    reasons: Sequence[str | None], *, people: bool
) -> tuple[dict[str | None, int], int, int]:
    """Reasons that may be told with their counts, and how many others have how many people together.

    Parameters
    ----------
    reasons : sequence of (str or None)
        One for each person who stopped at a step whose number is shown.
    people : bool
        Whether small groups are hidden.

    Examples
    --------
    >>> shown_reasons(["moved"] * 30 + ["ill"] * 12 + [None] * 3, people=True)
    ({'moved': 30}, 2, 15)
    """
    times = Counter(reasons)
    order = sorted(times, key=lambda r: (-times[r], r is None, r or ""))
    if not people:
        return {r: times[r] for r in order}, 0, 0
    keyed = {str(k): reason for k, reason in enumerate(order)}
    hidden = hidden_groups({key: (times[reason],) for key, reason in keyed.items()})
    shown = {reason: times[reason] for key, reason in keyed.items() if key not in hidden}
    return shown, len(hidden), sum(times[keyed[key]] for key in hidden)


def _reasons(run: Run, finding: FunnelFinding, counts: _Counts) -> Iterator[ReasonRow]:
    funnel = finding.funnel
    if not funnel.has_reasons:
        return
    for step, inside in _groups(finding):
        if not inside.any() or (funnel.people and not _told(step, finding, counts)):
            continue
        told = [funnel.reason[k] for k in np.flatnonzero(inside)]
        shown, others, people = shown_reasons(told, people=funnel.people)
        for reason, n in shown.items():
            yield ReasonRow(step=step, reason=_called(run, reason), n=n)
        if others:
            yield ReasonRow(step=step, reason=None, n=people, together=others)


def _called(run: Run, reason: str | None) -> Both | None:
    if reason is None:
        return None
    rule = run.plan.funnel
    named = None if rule is None else rule.reasons.get(reason)
    return Both(en=reason, fr=reason) if named is None else Both.of(named.text())


# --- who they are -------------------------------------------------------------------------------


def _profiles(run: Run, finding: FunnelFinding, counts: _Counts) -> Iterator[ProfileFacts]:
    funnel = finding.funnel
    never, refused, on = (funnel.of(f) for f in (NOT_REFERRED, REFUSED, ACCEPTED))
    if funnel.people and (_small(never) or _small(refused)):
        # Beside those taken on, either small group could be computed from the other's profile.
        yield _profile(run, finding, counts, "accepted", funnel.referral, never | refused, on)
    else:
        if funnel.referral:
            yield _profile(run, finding, counts, "referred", False, never, refused | on)
        yield _profile(run, finding, counts, "accepted", False, refused, on)
    if funnel.measured is not None:
        base = np.ones(funnel.n, dtype=bool) if finding.everyone else on
        seen = funnel.measured
        yield _profile(run, finding, counts, "measured", False, base & ~seen, base & seen)


def _small(inside: Bools) -> bool:
    return 0 < int(inside.sum()) < LEAST_SHOWN


def _profile(
    run: Run,
    finding: FunnelFinding,
    counts: _Counts,
    step: FunnelStep,
    from_referral: bool,
    left: Bools,
    on: Bools,
) -> ProfileFacts:
    funnel = finding.funnel
    found: Profile | None = None
    if not left.any():
        message = said.nobody(step, from_referral)
    elif funnel.people and min(left.sum(), on.sum()) < LEAST_SHOWN:
        message = said.too_few(step, from_referral)
    else:
        found = compare(funnel, left, on)
        message = said.alike(step, from_referral)
    if found is None:
        return ProfileFacts(
            step=step,
            from_referral=from_referral,
            rows=(),
            largest=None,
            expected=None,
            p_together=None,
            said=Said.of(message),
        )
    apart: tuple[tuple[str | None, Bools], ...] = ()
    if step == "accepted" and not from_referral and funnel.has_reasons:
        apart = tuple(_apart(finding, counts, left))
    names = _names(run)
    worst = names.get(found.names[found.worst], _plain(found.names[found.worst]))
    if found.absent[found.worst]:
        worst = said.not_known(worst)
    return ProfileFacts(
        step=step,
        from_referral=from_referral,
        rows=tuple(_rows(found, names, apart, funnel)),
        largest=_number(found.largest),
        expected=_number(found.expected),
        p_together=written(significant(found.p_together, 1.0)),
        reasons=tuple(_called(run, why) for why, _ in apart),
        said=Said.of(
            said.differ(step, from_referral, worst, found.largest, found.expected, found.p_together)
        ),
    )


def _apart(
    finding: FunnelFinding, counts: _Counts, left: Bools
) -> Iterator[tuple[str | None, Bools]]:
    """The most frequent reasons that may be told, and who has each."""
    funnel = finding.funnel
    if funnel.people and not _told("accepted", finding, counts):
        return
    places = np.flatnonzero(left)
    told = [funnel.reason[k] for k in places]
    shown, _, _ = shown_reasons(told, people=funnel.people)
    for reason in list(shown)[:_COLUMNS]:
        inside = np.zeros(funnel.n, dtype=bool)
        inside[[k for k, own in zip(places, told, strict=True) if own == reason]] = True
        yield reason, inside


def _rows(
    found: Profile,
    names: Mapping[str, Text],
    apart: tuple[tuple[str | None, Bools], ...],
    funnel: Funnel,
) -> Iterator[ProfileRow]:
    least = LEAST_SHOWN if funnel.people else 1
    where = {
        (n, bool(a)): k for k, (n, a) in enumerate(zip(funnel.names, funnel.absent, strict=True))
    }
    for k, name in enumerate(found.names):
        if not found.shown[k]:
            continue
        missing = bool(found.absent[k])
        column = where[name, missing]
        means = []
        for _, inside in apart:
            known = inside & funnel.known[:, column]
            enough = int(known.sum()) >= least and (
                not funnel.people or tells_nobody(funnel.x[known, column])
            )
            means.append(_number(float(funnel.x[known, column].mean())) if enough else None)
        plain = names.get(name)
        yield ProfileRow(
            covariate=name,
            plain_name=None if plain is None else Both.of(plain),
            missing=missing,
            left=_number(float(found.left[k])) if found.known_left[k] >= least else None,
            on=_number(float(found.on[k])) if found.known_on[k] >= least else None,
            standardised_difference=_number(float(found.difference[k])),
            p_value=written(significant(float(found.p_value[k]), 1.0)),
            by_reason=tuple(means),
        )


def _names(run: Run) -> dict[str, Text]:
    """What columns are called: in the funnel, or in an analysis that has them as covariates."""
    found: dict[str, Text] = {}
    for analysis in run.plan.analyses.values():
        for column, words in analysis.covariate_names.items():
            found.setdefault(column, words.text())
    rule = run.plan.funnel
    if rule is not None:
        found |= {column: words.text() for column, words in rule.profile_names.items()}
    return found


def _plain(name: str) -> Text:
    return Text(
        en=name.replace("{", "{{").replace("}", "}}"), fr=name.replace("{", "{{").replace("}", "}}")
    )


def _number(value: float) -> str:
    return written(significant(value))


# --- what does not add up -----------------------------------------------------------------------


def _remarks(run: Run, finding: FunnelFinding) -> Iterator[Message]:
    people = finding.funnel.people
    of = finding.rows - finding.funnel.n
    for what, n in (
        (said.WERE_REFERRED, finding.outside_referred),
        (said.WERE_ACCEPTED, finding.outside_accepted),
    ):
        if not n:
            continue
        rest = of - n
        if people and (n < LEAST_SHOWN or 0 < rest < LEAST_SHOWN):
            yield Message("funnel.outside-hidden", said.OUTSIDE_HIDDEN, {"what": what})
        else:
            yield Message("funnel.outside", said.OUTSIDE, {"what": what, "n": n})
    if finding.elsewhere and not (people and finding.elsewhere < LEAST_SHOWN):
        yield Message("funnel.elsewhere", said.ELSEWHERE, {"n": finding.elsewhere})
    for link in finding.links:
        values: dict[str, Any] = {
            "whose": said.EVERYONE if finding.everyone else said.TAKEN_ON,
            "outcome": run.contract.outcomes[link.outcome].plain_name.text(),
        }
        if link.only_here == link.only_there == 0:
            funnel = finding.funnel
            n = funnel.n if finding.everyone else int(funnel.of(ACCEPTED).sum())
            yield Message("funnel.linked", said.LINKED, {**values, "n": n})
        else:
            ends = {
                "here": _count(link.only_here, people=people),
                "there": _count(link.only_there, people=people),
            }
            yield Message("funnel.not-linked", said.NOT_LINKED, {**values, **ends})


def _count(n: int, *, people: bool) -> Text:
    return said.FEW if people and 0 < n < LEAST_SHOWN else Text(en=str(n), fr=str(n))
