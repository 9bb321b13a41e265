"""Who is reached among everyone eligible: a part of the people before and after the choice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from impacteval.diagnostics.attrition import hypergeometric
from impacteval.diagnostics.small_groups import gives_away
from impacteval.report import findings_facts as facts
from impacteval.report.funnel_facts import shown_counts
from impacteval.report.record import EquityReachRow
from impacteval.report.record_values import Said
from impacteval.report.run import Run
from impacteval.sample.funnel import ACCEPTED
from impacteval.values import Message, Text, significant, written

_REACH = (
    (
        "{part}: {share_eligible:percent} of those eligible ({eligible:int} of {of_eligible:int}) and "
        "{share:percent} of those taken on ({accepted:int} of {of_accepted:int}). A lot among those eligible "
        "would be as far from their share in {p:percent} of draws."
    ),
    (
        "{part} : {share_eligible:percent} des personnes éligibles ({eligible:int} sur {of_eligible:int}) et "
        "{share:percent} des personnes prises en charge ({accepted:int} sur {of_accepted:int}). Un tirage au "
        "sort parmi les personnes éligibles serait aussi loin de leur part dans {p:percent} des cas."
    ),
)
_HIDDEN = (
    (
        "{part}: too few of those eligible, or of those taken on, belong to them or to the others for their "
        "share to be shown."
    ),
    (
        "{part} : trop peu de personnes éligibles, ou prises en charge, en font partie ou n'en font pas partie "
        "pour que leur part soit montrée."
    ),
)


def share_by_lot(inside: int, taken: int, eligible: int, n: int) -> float:
    """Chance that a lot takes on a share of a part as far from its share among those eligible.

    Parameters
    ----------
    inside : int
        How many of those taken on belong to the part.
    taken : int
        How many were taken on.
    eligible, n : int
        How many of those eligible belong to the part, of how many.

    Examples
    --------
    Of four eligible two belong to the part, and both of the two taken on do: one lot of six does that,
    and one takes on neither of them.

    >>> round(share_by_lot(2, 2, 2, 4), 6)
    0.333333
    """
    k = np.arange(max(0, eligible - (n - taken)), min(eligible, taken) + 1)
    weight = hypergeometric(k, n, eligible, taken)
    middle = eligible * taken / n
    far = np.abs(k - middle) >= abs(inside - middle) - 1e-9 * n
    return float(min(1.0, weight[far].sum()))


def reach_rows(run: Run, name: str) -> Iterator[EquityReachRow]:
    """A part of the people in each funnel, by its name in the contract."""
    part = run.contract.equity[name].plain_name.text()
    for finding in run.funnels:
        if name not in finding.parts:
            continue
        funnel, own = finding.funnel, finding.parts[name]
        on = funnel.of(ACCEPTED)
        inside, taken = int((own & on).sum()), int(on.sum())
        eligible, n = int(own.sum()), funnel.n
        group = facts.group_name(run.contract, finding.group)
        lead: dict[str, object] = (
            {"part": part} if group is None else {"part": part, "whose": group}
        )

        def text(words: tuple[str, str], *, by_group: bool = group is not None) -> Text:
            en, fr = words
            if by_group:
                en = en.replace("{part}:", "{part}, {whose}:")
                fr = fr.replace("{part} :", "{part}, {whose} :")
            return Text(en=en, fr=fr)

        counts = shown_counts(finding)
        small = gives_away(inside, taken, eligible - inside, n - taken)
        untold = counts["eligible"] is None or counts["accepted"] is None
        if taken in (0, n) or (funnel.people and (small or untold)):
            yield EquityReachRow(
                group=finding.group,
                eligible=None,
                of_eligible=None,
                accepted=None,
                of_accepted=None,
                p_value=None,
                said=Said.of(Message("equity.reach-hidden", text(_HIDDEN), lead)),
            )
            continue
        p = share_by_lot(inside, taken, eligible, n)
        values = {
            **lead,
            "eligible": eligible,
            "of_eligible": n,
            "accepted": inside,
            "of_accepted": taken,
            "share_eligible": eligible / n,
            "share": inside / taken,
            "p": p,
        }
        yield EquityReachRow(
            group=finding.group,
            eligible=eligible,
            of_eligible=n,
            accepted=inside,
            of_accepted=taken,
            p_value=written(significant(p, 1.0)),
            said=Said.of(Message("equity.reach", text(_REACH), values)),
        )
