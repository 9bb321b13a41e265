"""A slow and obvious estimator of roll-outs, and panels to run it on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from impacteval.diagnostics import Planned
from impacteval.errors import NotIdentified
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    Period,
    StudentT,
)
from impacteval.plugin import MethodCard
from impacteval.sample import Sample
from impacteval.values import Message, Scale, Text

_WORDS = Text(en="Made for tests.", fr="Fait pour les tests.")


@dataclass(frozen=True)
class Obvious:
    """Unit and period effects by least squares on the rows not served, with dummies and no tricks.

    The effect is the mean of what is left over on the served rows; influence by unit.
    """

    name: ClassVar[str] = "obvious"
    card: ClassVar[MethodCard] = MethodCard(
        title=Text(en="Obvious", fr="Évidente"),
        description=_WORDS,
        assumptions=(_WORDS,),
        limits=(_WORDS,),
        references=("Nobody (2000)",),
        designs=("did",),
        scales=(Scale.DIFFERENCE, Scale.RELATIVE, Scale.TOTAL),
    )
    anticipation: int = 0
    pooled: bool = False
    """Whether rows of one starting date share one level, for people who are seen once."""

    def estimate(
        self, sample: Any, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        rows = sample.matrix()
        start = np.where(rows.cohort < 0, 10**6, rows.cohort)
        t, served = rows.period.codes, rows.treatment == 1.0
        level = np.unique(start if self.pooled else rows.unit.codes, return_inverse=True)[1]
        d = np.hstack([np.eye(level.max() + 1)[level], np.eye(t.max() + 1)[t]])
        clean = t < start - self.anticipation
        if not served.any() or not clean.any():
            raise NotIdentified(Message("obvious.none", _WORDS))
        inverse = np.linalg.pinv(d[clean].T @ d[clean])
        beta = inverse @ d[clean].T @ rows.y[clean]
        missing = d[served] - d[served] @ inverse @ (d[clean].T @ d[clean])
        if np.abs(missing).max() > 1e-8:
            raise NotIdentified(Message("obvious.none", _WORDS))
        left = rows.y - d @ beta
        weight = np.zeros(len(t))
        weight[served] = 1.0 / served.sum()
        weight[clean] -= d[clean] @ inverse @ d[served].T @ weight[served]
        effect = float(left[served].mean())
        own = weight * (left - np.where(served, effect, 0.0))
        labels = rows.unit.labels
        influence = np.bincount(rows.unit.codes, weights=own, minlength=len(labels))
        observed = float(rows.y[served].mean())
        means = (
            np.bincount(
                rows.unit.codes[served], weights=(rows.y - observed)[served], minlength=len(labels)
            )
            / served.sum()
        )
        counterfactual = observed - effect
        if scale is Scale.TOTAL:
            effect, influence = effect * served.sum(), influence * served.sum()
        if scale is Scale.RELATIVE:
            influence = influence / counterfactual - effect / counterfactual**2 * (
                means - influence
            )
            effect = effect / counterfactual
        se = float(np.sqrt((influence**2).sum()))
        law: Any = StudentT(effect, se)
        if scale is Scale.RELATIVE:
            law = LogRatioT(math.log1p(effect), se / (1 + effect), math.inf)
        return CounterfactualEstimate(
            estimator=self.name,
            outcome=sample.outcomes[0],
            scale=scale,
            design=sample.design,
            target=Message("obvious.target", _WORDS),
            effect=Effect(law.centre if scale is Scale.RELATIVE else effect, law, se),
            observed=observed,
            counterfactual=counterfactual,
            periods=(Period("all", observed, counterfactual, math.nan, math.nan, int(served.sum())),),
            n_treated=len(np.unique(rows.unit.codes[served])),
            n_comparison=int((start > t.max()).sum()),
            treated_clusters=len(np.unique(rows.unit.codes[served])),
            influence=Influence(labels, influence),
            method=Message("obvious.method", _WORDS),
            settings=asdict(self),
        )  # fmt: skip


def planned(sample: Sample, scale: Scale = Scale.DIFFERENCE, at: tuple[float, ...] = (), **settings: Any) -> Planned:  # fmt: skip
    """The obvious estimator as a plan would have run it."""

    def again(
        other: Sample,
        step: str,
        *,
        scale: Scale | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> CounterfactualEstimate | Message:
        steps.append(step)
        try:
            return Obvious(**(own | dict(settings or {}))).estimate(
                other, scale=scale or wanted, rng=np.random.default_rng(0)
            )
        except NotIdentified as none:
            return none.reason

    own, wanted, steps = dict(settings), scale, []
    return Planned(again(sample, "estimate"), again, at, asdict(Obvious(**own)))


def panel(
    seed: int = 1,
    starts: Mapping[int | None, int] | None = None,
    periods: int = 6,
    effect: Callable[[int, int], float] = lambda start, t: 1.0,
    lead: float = 0.0,
    spread: float = 0.5,
) -> pd.DataFrame:
    """Units with levels of their own, common periods, and an effect from the start on.

    `lead` is the effect in the last period before the start.
    """
    rng = np.random.default_rng(seed)
    cohorts = [s for s, n in (starts or {None: 20, 2: 10, 4: 10}).items() for _ in range(n)]
    rows = []
    for u, s in enumerate(cohorts):
        level = rng.normal(10.0, 1.0)
        for t in range(periods):
            lift = 0.0 if s is None or t < s else effect(s, t)
            lift += lead * (s is not None and t == s - 1)
            rows.append((f"u{u:03d}", t, s, level + 0.3 * t + lift + rng.normal(0.0, spread)))
    return pd.DataFrame(rows, columns=["unit", "t", "start", "y"]).astype({"start": "float64"})


def sample_of(df: pd.DataFrame, **roles: Any) -> Sample:
    given = {"design": "did", "outcome": "y", "unit": "unit", "period": "t", "adopted": "start"}
    return Sample.from_frame(df, **(given | roles))
