"""Differences in differences of two periods, as a plugin would offer them: a second design for tests."""

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
    Influence,
    LogRatioT,
    Period,
    StudentT,
)
from impacteval.plugin import MethodCard
from impacteval.values import Message, Scale, Text

_WORDS = Text(en="Change of one group less the change of the other.", fr="Écart des évolutions.")


@dataclass(frozen=True)
class TwoPeriods:
    """The change of the served less the change of the others, with errors by unit."""

    name: ClassVar[str] = "two-periods"
    card: ClassVar[MethodCard] = MethodCard(
        title=Text(en="Two periods", fr="Deux périodes"),
        description=_WORDS,
        assumptions=(_WORDS,),
        limits=(Text(en="A made-up limit.", fr="Une limite inventée."),),
        references=("Nobody (2000)",),
        designs=("did",),
        scales=(Scale.DIFFERENCE, Scale.RELATIVE),
    )
    errors_by_unit: bool = True

    def estimate(
        self, sample: Any, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """`rng` is not used."""
        rows = sample.matrix()
        frame = pd.DataFrame({"unit": rows.unit.values, "t": rows.period.values, "y": rows.y})
        wide = frame.pivot_table(index="unit", columns="t", values="y", aggfunc="sum")
        arm = pd.Series(rows.treatment, index=rows.unit.values).groupby(level=0).max()
        before, after = (wide[t].to_numpy() for t in sorted(wide.columns))
        served = arm.loc[wide.index].to_numpy() == 1.0
        change = after - before

        def errors(values: np.ndarray, kept: np.ndarray) -> np.ndarray:
            n = kept.sum()
            own = np.where(kept, values - values[kept].mean(), 0.0)
            return own / n * math.sqrt(n / (n - 1))

        effect = change[served].mean() - change[~served].mean()
        own = errors(change, served) - errors(change, ~served)
        observed = after[served].mean()
        counterfactual = observed - effect
        df = float(len(wide) - 2)
        if scale is Scale.RELATIVE:
            mean_error = errors(after, served)
            own = own / counterfactual - effect / counterfactual**2 * (mean_error - own)
            effect = effect / counterfactual
            se = float(np.sqrt((own**2).sum()))
            ratio = LogRatioT(math.log1p(effect), se / (1 + effect), df)
            found = Effect(ratio.centre, ratio, se)
        else:
            se = float(np.sqrt((own**2).sum()))
            found = Effect(float(effect), StudentT(float(effect), se, df), se)
        return CounterfactualEstimate(
            estimator=self.name,
            outcome=sample.outcomes[0],
            scale=scale,
            design=sample.design,
            target=Message("two-periods.target", _WORDS),
            effect=found,
            observed=float(observed),
            counterfactual=float(counterfactual),
            periods=(Period("all", float(observed), float(counterfactual), math.nan, math.nan, int(served.sum())),),
            n_treated=int(served.sum()),
            n_comparison=int((~served).sum()),
            treated_clusters=int(served.sum()),
            influence=Influence(wide.index.to_numpy(), own) if self.errors_by_unit else None,
            method=Message("two-periods.method", _WORDS),
            settings=asdict(self),
        )  # fmt: skip


@pytest.fixture
def did_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install the estimator for one test; its name."""
    info = tmp_path / "plugins" / "two_periods-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: two-periods\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[impacteval.estimators]\ntwo-periods = did_plugin:TwoPeriods\n"
    )
    monkeypatch.syspath_prepend(info.parent)
    importlib.invalidate_caches()
    return TwoPeriods.name


def two_periods(people: pd.DataFrame) -> pd.DataFrame:
    """The same people with the year before, in two rows each."""
    rng = np.random.default_rng(1)
    before = people.assign(
        year=0, served=0, events=rng.poisson(1.5, len(people)) + people["events"] // 2
    )
    return pd.concat([before, people.assign(year=1)], ignore_index=True)


def combined(weights: dict[str, float] | None = None, then: Any = None) -> Any:
    """A change of the contract: reconvictions are judged on two designs."""
    rule: dict[str, Any] = {"combine": weights or {"rct": 0.8, "did": 0.2}}
    if then is not None:
        rule["then"] = then

    def change(agreed: dict[str, Any]) -> None:
        agreed["decide_on"] = rule

    return change


def by_two_designs(**settings: Any) -> Any:
    """A change of the plan: reconvictions are also analysed over two periods."""

    def change(planned: dict[str, Any]) -> None:
        events = planned["analyses"]["events"]
        planned["data"]["years"] = {"file": "years.csv"}
        planned["analyses"]["events_did"] = {
            **{k: v for k, v in events.items() if k not in ("diagnostics", "robustness")},
            "data": "years",
            "design": "did",
            "estimator": {"name": "two-periods", "settings": settings},
            "columns": {
                "outcome": "events", "unit": "person", "period": "year", "treatment": "served",
            },
        }  # fmt: skip

    return change


def write_combined(study: Any, weights: Any = None, then: Any = None, **settings: Any) -> Path:
    """Write the study of two cohorts with a second design, and its second table."""
    folder: Path = study.write(
        contract_change=combined(weights, then), plan_change=by_two_designs(**settings)
    )
    two_periods(pd.read_csv(folder / "people.csv")).to_csv(folder / "years.csv", index=False)
    return folder
