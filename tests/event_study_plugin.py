"""Differences in differences over several years, as a plugin would offer them, with effects by year."""

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
    Period,
    StudentT,
)
from impacteval.plugin import MethodCard
from impacteval.values import Message, Scale, Text

_WORDS = Text(en="Changes since the last year before.", fr="Évolutions depuis la dernière année.")


@dataclass(frozen=True)
class Years:
    """The change of the served since the last year before the start, less that of the others."""

    name: ClassVar[str] = "years"
    card: ClassVar[MethodCard] = MethodCard(
        title=Text(en="Years", fr="Années"),
        description=_WORDS,
        assumptions=(_WORDS,),
        limits=(Text(en="A made-up limit.", fr="Une limite inventée."),),
        references=("Nobody (2000)",),
        designs=("did",),
        scales=(Scale.DIFFERENCE, Scale.TOTAL),
    )
    start: int = 0

    def estimate(
        self, sample: Any, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """`rng` is not used."""
        rows = sample.matrix()
        frame = pd.DataFrame({"unit": rows.unit.values, "t": rows.period.values, "y": rows.y})
        wide = frame.pivot_table(index="unit", columns="t", values="y")
        arm = pd.Series(rows.treatment, index=rows.unit.values).groupby(level=0).max()
        served = arm.loc[wide.index].to_numpy() == 1.0
        years = np.array(sorted(wide.columns))
        change = wide[years].to_numpy() - wide[[self.start - 1]].to_numpy()
        times = years - self.start
        kept = times != -1
        change, times = change[:, kept], times[kept]

        def errors(inside: np.ndarray) -> np.ndarray:
            n = inside.sum()
            own = np.where(inside[:, None], change - change[inside].mean(axis=0), 0.0)
            return own / n * math.sqrt(n / (n - 1))

        effects = change[served].mean(axis=0) - change[~served].mean(axis=0)
        influence = (errors(served) - errors(~served)).T
        weight = np.where(times >= 0, float(served.sum()), 0.0)
        study = EventStudy(times, effects, influence, wide.index.to_numpy(), -1, weight)
        size = float(weight.sum()) if scale is Scale.TOTAL else 1.0
        share = size * weight / weight.sum()
        value, own = float(share @ effects), share @ influence
        after = wide[years[years >= self.start]].to_numpy()
        observed = float(after[served].mean())
        counterfactual = observed - value / size
        se = float(np.sqrt((own**2).sum()))
        return CounterfactualEstimate(
            estimator=self.name,
            outcome=sample.outcomes[0],
            scale=scale,
            design=sample.design,
            target=Message("years.target", _WORDS),
            effect=Effect(value, StudentT(value, se, float(len(wide) - 2)), se),
            observed=observed,
            counterfactual=counterfactual,
            periods=(
                Period("all", observed, counterfactual, math.nan, math.nan, int(served.sum())),
            ),
            n_treated=int(served.sum()),
            n_comparison=int((~served).sum()),
            treated_clusters=int(served.sum()),
            influence=Influence(wide.index.to_numpy(), own),
            method=Message("years.method", _WORDS),
            settings=asdict(self),
            event_study=study,
        )


@pytest.fixture
def years_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install the estimator for one test; its name."""
    info = tmp_path / "plugins" / "years-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: years\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[impacteval.estimators]\nyears = event_study_plugin:Years\n"
    )
    monkeypatch.syspath_prepend(info.parent)
    importlib.invalidate_caches()
    return Years.name


def panel(n: int = 120, effect: float = 2.0, drift: float = 0.0, seed: int = 3) -> pd.DataFrame:
    """People over eight years of whom half are served from year 0 on."""
    rng = np.random.default_rng(seed)
    years = np.arange(-4, 4)
    served = np.arange(n) % 2
    level = rng.normal(20.0, 2.0, n)
    y = level[:, None] + 0.3 * years + rng.normal(0.0, 1.0, (n, len(years)))
    y += served[:, None] * (drift * years + effect * (years >= 0))
    return pd.DataFrame(
        {
            "person": np.repeat([f"P{i:03d}" for i in range(n)], len(years)),
            "year": np.tile(years, n),
            "served": np.repeat(served, len(years)) * np.tile(years >= 0, n),
            "work_days": y.ravel(),
        }
    )
