"""What share of the claimed cases did a re-check find wrong?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impacteval.diagnostics.judged import checked_limit, not_applicable, status_of
from impacteval.estimates import Diagnostic, Parts
from impacteval.inference.audits import Audit, audit_of
from impacteval.values import Message, Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from impacteval.sample import Sample

_NO_AUDIT = Message(
    "diagnostic.audit.none",
    Text(
        en="No column says what a re-check of cases found.",
        fr="Aucune colonne ne dit ce qu'un second contrôle des dossiers a trouvé.",
    ),
)
_NOT_YES_OR_NO = Message(
    "diagnostic.audit.not-yes-or-no",
    Text(
        en="An audit says of each case that it counts (1) or does not (0); these data hold other numbers.",
        fr="Un audit dit de chaque dossier s'il compte (1) ou non (0) ; ces données contiennent d'autres nombres.",
    ),
)
_NOTHING_CHECKED = Message(
    "diagnostic.audit.nothing-checked",
    Text(
        en="Of at least one stratum no claimed case was checked again, so nothing is known about it.",
        fr="Dans une strate au moins, aucun dossier déclaré n'a été contrôlé une seconde fois : on n'en sait rien.",
    ),
)
_FOUND = Text(
    en="Of {claimed:int} claimed cases {checked:int} were checked again, and {wrong:int} of these were found wrong: {share:percent}. With 95% confidence between {low:percent} and {high:percent} of all claimed cases are wrong.",
    fr="Sur {claimed:int} dossiers déclarés, {checked:int} ont été contrôlés une seconde fois, et {wrong:int} d'entre eux se sont révélés faux : {share:percent}. Avec une confiance de 95 %, entre {low:percent} et {high:percent} de tous les dossiers déclarés sont faux.",
)


def audit(
    sample: Sample, *, limit: float | None = None, rng: Generator | None = None
) -> Diagnostic:
    """The share of the claimed cases that a re-check found wrong, with its exact limits.

    Parameters
    ----------
    sample : Sample
        Design ``count`` with a column ``audited``.
    limit : float, optional
        The largest share that passes. The share found is held against it, not its limits.
    rng : Generator, optional
        Not used: nothing here is random.

    Returns
    -------
    Diagnostic
        Not applicable without an audit, or where a stratum has no case that was checked.

    Examples
    --------
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"claim": [1.0] * 40, "found": [1.0] * 9 + [0.0] + [None] * 30})
    >>> sample = Sample.from_frame(df, design="count", outcome="claim", audited="found")
    >>> found = audit(sample, limit=0.15)
    >>> found.statistic, found.status.value
    (0.1, 'passed')
    """
    limit = checked_limit("audit", limit)
    matrix = sample.matrix()
    if matrix.audited is None:
        return not_applicable("audit", limit, _NO_AUDIT)
    kept = matrix.measured
    claimed, found = matrix.y[kept], matrix.audited[kept]
    known = np.concatenate([claimed, found[~np.isnan(found)]])
    if not np.isin(known, (0.0, 1.0)).all():
        return not_applicable("audit", limit, _NOT_YES_OR_NO)
    codes = np.zeros(len(claimed), dtype=np.int64)
    names: tuple[str, ...] = ("",)
    if matrix.stratum is not None:
        codes = matrix.stratum.codes[kept]
        names = tuple(str(label) for label in matrix.stratum.labels.tolist())
    drawn = audit_of(claimed, found, codes, names)
    if not drawn.checked or drawn.unchecked:
        return not_applicable("audit", limit, _NOTHING_CHECKED)
    return Diagnostic(
        "audit",
        status_of(drawn.discrepancy, limit),
        drawn.discrepancy,
        limit,
        _said(drawn),
        expected=0.0,
        parts=Parts({"audit": drawn.table()}),
    )


def _said(drawn: Audit) -> Message:
    low, high = drawn.share_limits()
    return Message(
        "diagnostic.audit",
        _FOUND,
        {
            "claimed": drawn.cases,
            "checked": drawn.checked,
            "wrong": drawn.wrong,
            "share": drawn.discrepancy,
            "low": low,
            "high": high,
        },
    )
