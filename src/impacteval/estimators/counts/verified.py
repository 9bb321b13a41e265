"""Verified counts and rates: what is on the list, less what an audit found wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from impacteval.errors import UsageError
from impacteval.estimates import (
    AuditFinding,
    CounterfactualEstimate,
    Effect,
    HypergeometricCount,
    NoUncertainty,
    Parts,
    Period,
)
from impacteval.estimators.counts import words
from impacteval.estimators.counts.cards import VERIFIED_COUNT, VERIFIED_RATE
from impacteval.estimators.counts.cases import Cases, read_cases
from impacteval.inference.audits import Audit
from impacteval.plugin import MethodCard
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    import numpy as np

    from impacteval.sample import Sample


@dataclass(frozen=True, slots=True)
class VerifiedCount:
    """Cases counted, with an exact interval for what an audit sample leaves open.

    Attributes
    ----------
    audit : mapping, optional
        An audit of which only the numbers are known, drawn from all claimed cases: ``checked``
        and ``wrong``. Where the data say case by case what was found, name that column
        (``audited``) instead.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"enrolled": [1] * 200 + [0] * 50})
    >>> sample = Sample.from_frame(df, design="count", outcome="enrolled")
    >>> audited = VerifiedCount(audit={"checked": 50, "wrong": 5})
    >>> effect = audited.estimate(sample, scale="total", rng=np.random.default_rng(1)).effect
    >>> effect.value, effect.interval(0.95, "lower").low
    (180.0, 163.0)
    """

    audit: dict[str, int] | None = None

    name: ClassVar[str] = "verified-count"
    card: ClassVar[MethodCard] = VERIFIED_COUNT

    def __post_init__(self) -> None:
        _check_setting(self.audit)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The count on scale ``total``, or per case on the list on scale ``difference``.

        Parameters
        ----------
        sample : Sample
            Design ``count``: one row a case, the outcome what is claimed for it.
        scale : Scale
            ``total`` or ``difference``.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the cases cannot be counted; the reason says what to do.
        """
        cases = read_cases(sample, audit=self.audit, yes_or_no=False)
        return _estimate(self, sample, cases, Scale.parse(scale))


@dataclass(frozen=True, slots=True)
class VerifiedRate:
    """The share of the cases on a list that reached the outcome, audited or not.

    Attributes
    ----------
    audit : mapping, optional
        As in `VerifiedCount`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from impacteval.sample import Sample
    >>> df = pd.DataFrame({"enrolled": [1] * 92 + [0] * 8})
    >>> sample = Sample.from_frame(df, design="count", outcome="enrolled")
    >>> rng = np.random.default_rng(1)
    >>> VerifiedRate().estimate(sample, scale="difference", rng=rng).effect.value
    0.92
    """

    audit: dict[str, int] | None = None

    name: ClassVar[str] = "verified-rate"
    card: ClassVar[MethodCard] = VERIFIED_RATE

    def __post_init__(self) -> None:
        _check_setting(self.audit)

    def estimate(
        self, sample: Sample, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """The rate, between 0 and 1, on scale ``difference``.

        Parameters
        ----------
        sample : Sample
            Design ``count``: one row for each case that could reach the outcome, 1 if it did.
        scale : Scale
            ``difference``.
        rng : numpy.random.Generator
            Not used: nothing here is random.

        Raises
        ------
        NotIdentified
            When the cases cannot be counted; the reason says what to do.
        """
        cases = read_cases(sample, audit=self.audit, yes_or_no=True)
        return _estimate(self, sample, cases, Scale.parse(scale))


def _check_setting(audit: Mapping[str, int] | None) -> None:
    if audit is None:
        return
    if set(audit) != {"checked", "wrong"}:
        raise UsageError("audit takes two numbers: {checked: 60, wrong: 9}.")
    checked, wrong = audit["checked"], audit["wrong"]
    if not 0 <= wrong <= checked or checked < 1:
        raise UsageError(
            f"audit says that {wrong} of {checked} checked cases are wrong, which cannot be."
        )


def _estimate(
    estimator: VerifiedCount | VerifiedRate, sample: Sample, cases: Cases, scale: Scale
) -> CounterfactualEstimate:
    if scale not in estimator.card.scales:
        offered = ", ".join(estimator.card.scales)
        raise UsageError(f"{estimator.name} offers {offered}, not {scale}: it compares nothing.")
    n, audit = len(cases.y), cases.audit
    per = 1 if scale is Scale.TOTAL else n
    claimed = float(math.fsum(cases.y.tolist()))
    effect, finding = _effect(claimed, audit, per)
    # Both scales have one observed mean, the total over the cases.
    observed = effect.value if scale is not Scale.TOTAL else effect.value / n
    method, notes, parts = _said(claimed, audit)
    return CounterfactualEstimate(
        estimator=estimator.name,
        outcome=sample.outcomes[0],
        scale=scale,
        design=sample.design,
        target=words.target(n),
        effect=effect,
        observed=observed,
        counterfactual=0.0,
        periods=(Period(_period(sample), observed, 0.0, math.nan, math.nan, n),),
        n_treated=n,
        n_comparison=0,
        treated_clusters=n,
        parts=Parts(parts),
        notes=(words.no_comparison(), *notes, *cases.notes),
        method=words.joined(f"method.{estimator.name}", method),
        settings={"audit": None if estimator.audit is None else dict(estimator.audit)},
        audit=finding,
        against="nothing",
    )


def _effect(claimed: float, audit: Audit | None, per: int) -> tuple[Effect, AuditFinding | None]:
    if audit is None:
        return Effect(claimed / per, NoUncertainty(claimed / per)), None
    finding = AuditFinding(
        claimed=claimed / per,
        cases=audit.cases,
        checked=audit.checked,
        wrong=audit.wrong,
        discrepancy=audit.discrepancy,
    )
    found = HypergeometricCount(audit.strata, per)
    if audit.checked == audit.cases:
        return Effect(found.centre, NoUncertainty(found.centre)), finding
    return Effect(found.centre, found, found.std_error), finding


def _said(
    claimed: float, audit: Audit | None
) -> tuple[list[Message], list[Message], dict[str, Any]]:
    """Method, notes and tables."""
    if audit is None:
        return [words.counted(round(claimed))], [], {}
    method = [words.audited(audit.cases, audit.checked, audit.wrong, audit.discrepancy)]
    notes = []
    if audit.checked == audit.cases:
        method.append(words.all_checked())
    else:
        method.append(words.exactly(sum(s.checked < s.cases for s in audit.strata)))
        notes.append(words.at_most_wrong(audit.most_wrong()))
    if audit.unclaimed:
        notes.append(words.found_unclaimed(audit.unclaimed))
    return method, notes, {"audit": audit.table()}


def _period(sample: Sample) -> str | int | float:
    period = sample.matrix().period
    if period is None:
        return "all"
    found: str | int | float = period.labels.tolist()[period.codes[0]]
    return found
