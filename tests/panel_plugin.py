"""Staggered roll-outs over many periods, as a plugin would offer them, with a concern of its own."""

from __future__ import annotations

import importlib
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    EventStudy,
    Influence,
    LogRatioT,
    Parts,
    Period,
    StudentT,
)
from impacteval.plugin import MethodCard
from impacteval.values import Message, Scale, Text

_WORDS = Text(
    en="Each start against the places that never began, since the period before.",
    fr="Chaque vague comparée aux lieux jamais desservis, depuis la période précédente.",
)
CONCERN = Text(
    en="The service began at {starts:int} different times, and this method compares them all.",
    fr="Le service a commencé à {starts:int} dates, et cette méthode les compare toutes.",
)
Z = 1.959963984540054


@dataclass(frozen=True)
class ManyPeriods:
    """Each cohort's change since the period before, less that of places never served."""

    name: ClassVar[str] = "many-periods"
    card: ClassVar[MethodCard] = MethodCard(
        title=Text(en="Many periods", fr="Nombreuses périodes"),
        description=_WORDS,
        assumptions=(_WORDS,),
        limits=(Text(en="A made-up limit.", fr="Une limite inventée."),),
        references=("Nobody (2000)",),
        designs=("did",),
        scales=(Scale.DIFFERENCE, Scale.RELATIVE),
        estimands=("everyone_eligible", "participants"),
    )
    worried: bool = False
    band: bool = True

    def concerns(self, blind: Any) -> tuple[Message, ...]:
        """That adoption is staggered, where it is and the setting asks for it."""
        cohort = blind.matrix().cohort
        starts = 0 if cohort is None else len(np.unique(cohort[cohort >= 0]))
        if not self.worried or starts < 2:
            return ()
        return (Message("many-periods.staggered", CONCERN, {"starts": starts}),)

    def estimate(
        self, sample: Any, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """`rng` is not used."""
        rows = sample.matrix()
        n, k = len(rows.unit.labels), len(rows.period.labels)
        y = np.full((n, k), np.nan)
        y[rows.unit.codes, rows.period.codes] = rows.y
        cohort = np.full(n, -1)
        cohort[rows.unit.codes] = np.where(rows.cohort >= k, -1, rows.cohort)
        never = cohort < 0
        starts = [int(g) for g in np.unique(cohort[cohort > 0])]

        def cell(g: int, t: int) -> tuple[float, np.ndarray, int]:
            """Effect, influence by unit, and served units of one cohort at one time."""
            change, own = y[:, t] - y[:, g - 1], cohort == g
            found = np.zeros(n)
            for who, sign in ((own, 1.0), (never, -1.0)):
                found[who] = sign * (change[who] - change[who].mean()) / who.sum()
            return float(change[own].mean() - change[never].mean()), found, int(own.sum())

        def mean(cells: list[tuple[int, int]]) -> tuple[float, np.ndarray, int]:
            found = [cell(g, t) for g, t in cells]
            size = sum(c[2] for c in found)
            effect = sum(c[0] * c[2] for c in found) / size
            return effect, sum((c[1] * c[2] for c in found), np.zeros(n)) / size, size

        served = [(g, t) for g in starts for t in range(g, k)]
        effect, own, size = mean(served)
        observed = sum(y[cohort == g, t].sum() for g, t in served) / size
        error = np.zeros(n)
        for g in starts:
            inside = cohort == g
            total = y[inside][:, g:].sum(axis=1)
            error[inside] = (total - total.mean()) / size
        periods = []
        for t in range(k):
            at = [(g, t) for g in starts if g <= t]
            if not at:
                continue
            gap, spread, units = mean(at)
            seen = sum(y[cohort == g, t].sum() for g, _ in at) / units
            half = Z * math.sqrt((spread**2).sum())
            label = str(rows.period.labels[t])
            periods.append(
                Period(label, seen, seen - gap, seen - gap - half, seen - gap + half, units)
            )
        times = [e for e in range(-max(starts), k - min(starts)) if e != -1]
        found = [mean([(g, g + e) for g in starts if 0 <= g + e < k]) for e in times]
        study = EventStudy(
            np.array(times),
            np.array([f[0] for f in found]),
            np.array([f[1] for f in found]),
            rows.unit.labels,
            -1,
            np.array([float(f[2]) if e >= 0 else 0.0 for e, f in zip(times, found, strict=True)]),
        )
        errors = np.sqrt(np.diag(study.covariance))
        table = {
            "event_time": times,
            "effect": study.effects.tolist(),
            "std_error": errors.tolist(),
            "low": (study.effects - Z * errors).tolist(),
            "high": (study.effects + Z * errors).tolist(),
        }
        if self.band:
            table["band_low"] = (study.effects - 2.9 * errors).tolist()
            table["band_high"] = (study.effects + 2.9 * errors).tolist()
        counterfactual = observed - effect
        df = float(n - 1)
        if scale is Scale.RELATIVE:
            # Of observed / counterfactual, with the served means as they vary between places.
            own = own / counterfactual - effect / counterfactual**2 * (error - own)
            effect = effect / counterfactual
            se = float(np.sqrt((own**2).sum()))
            ratio = LogRatioT(math.log1p(effect), se / (1 + effect), df)
            answer = Effect(ratio.centre, ratio, se)
        else:
            se = float(np.sqrt((own**2).sum()))
            answer = Effect(float(effect), StudentT(float(effect), se, df), se)
        return CounterfactualEstimate(
            estimator=self.name,
            outcome=sample.outcomes[0],
            scale=scale,
            design=sample.design,
            target=Message("many-periods.target", _WORDS),
            effect=answer,
            observed=float(observed),
            counterfactual=float(counterfactual),
            periods=tuple(periods),
            n_treated=int((cohort > 0).sum()),
            n_comparison=int(never.sum()),
            treated_clusters=int((cohort > 0).sum()),
            influence=Influence(rows.unit.labels, own),
            parts=Parts({"event_study": pd.DataFrame(table)}),
            method=Message("many-periods.method", _WORDS),
            settings=asdict(self),
            event_study=study,
        )


@pytest.fixture
def panel_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install the estimator for one test; its name."""
    install(tmp_path, monkeypatch)
    return ManyPeriods.name


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare the estimator as its distribution would."""
    info = folder / "plugins" / "many_periods-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: many-periods\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[impacteval.estimators]\nmany-periods = panel_plugin:ManyPeriods\n"
    )
    monkeypatch.syspath_prepend(info.parent)
    importlib.invalidate_caches()


def panel(seed: int = 1, *, staggered: bool = True) -> pd.DataFrame:
    """Twelve quarters of 40 communes: 24 begin in three steps (or one), 16 never do."""
    rng = np.random.default_rng(seed)
    quarters = [f"{year}-{month:02d}" for year in (2018, 2019, 2020) for month in (1, 4, 7, 10)]
    starts = (4, 6, 8) if staggered else (6, 6, 6)
    begins = np.array([starts[k % 3] if k < 24 else 99 for k in range(40)])
    level = 20 + rng.normal(0, 3, (40, 1))
    shock = np.where(np.arange(12) >= 9, -4.0, 0.0)
    y = level + 0.2 * np.arange(12) + shock + rng.normal(0, 1, (40, 12))
    y += 3.0 * (np.arange(12) >= begins[:, None])
    return pd.DataFrame(
        {
            "commune": np.repeat([f"C{k:02d}" for k in range(40)], 12),
            "quarter": np.tile(quarters, 40),
            "start": np.repeat([quarters[b] if b < 12 else "" for b in begins], 12),
            "visits": y.ravel().round(4),
        }
    )


CONTRACT = """format: impacteval-contract/1
id: panel
title: {en: Clinics, fr: Cliniques}
in_plain_words: {en: Pays for visits., fr: Paie les consultations.}
illustrative: true
currency: EUR
parties: {payers: [A payer]}
who_counts: {people: {en: people of the communes, fr: habitants des communes}, count_everyone: false}
outcomes:
  visits:
    plain_name: {en: Visits, fr: Consultations}
    measure: {en: visits per 100 people and quarter, fr: consultations pour 100 habitants et par trimestre}
    better: higher
    effect: difference
    estimand: participants
    unit: {en: visits per 100 people, fr: consultations pour 100 habitants}
    counterfactual: {design: difference_in_differences}
decide_on: point_estimate
multiplicity: none
payment:
  threshold: {name: more, when: {visits: {at_least: 2}}, pay: 1000}
"""

PLAN = """format: impacteval-plan/1
study: panel
title: {en: Clinics, fr: Cliniques}
synthetic: true
seed: 7
data: {communes: {file: communes.csv}}
analyses:
  visits:
    outcome: visits
    data: communes
    design: did
    unit_kind: place
    columns: {outcome: visits, unit: commune, period: quarter, adopted: start, never: blank}
    scale: difference
    estimand: participants
    estimator: ESTIMATOR
    robustness:
      - {name: again, title: {en: Again, fr: Encore}, estimator: OTHER}
evaluator: {independence: {en: none, fr: aucune}}
who_sees_outcomes: {en: all, fr: tous}
privacy: {en: places only, fr: des lieux seulement}
limits: [{en: few places, fr: peu de lieux}]
"""


def write_panel(
    folder: Path,
    *,
    estimator: str = "{name: many-periods}",
    other: str = "{name: many-periods, settings: {band: false}}",
    data: pd.DataFrame | None = None,
) -> Path:
    """A whole study of the panel, with the main estimator and another as a plan writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    written = PLAN.replace("ESTIMATOR", estimator).replace("OTHER", other)
    (folder / "plan.yaml").write_text(written, encoding="utf-8")
    (panel() if data is None else data).to_csv(folder / "communes.csv", index=False)
    return folder
