"""A mix of places as a plugin would offer it, with weights that are known and every standard table."""

from __future__ import annotations

import importlib
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from impacteval.estimates import CounterfactualEstimate, StepFunction, TestInversion
from impacteval.estimators.synthetic_control.effect import SCALES, Answer, average, build
from impacteval.estimators.synthetic_control.panel import read_panel
from impacteval.plugin import MethodCard
from impacteval.values import Message, Scale, Text

WORDS = Text(
    en="The mix is given: six tenths of the first place, three of the second, one of the third.",
    fr="La combinaison est donnée : six dixièmes du premier lieu, trois du deuxième, un du troisième.",
)
WEIGHTS = (0.6, 0.3, 0.1)
SETS = ("plain", "open", "above", "pieces", "empty", "outside")


@dataclass(frozen=True)
class KnownMix:
    """Weights 0.6, 0.3 and 0.1 on the first three places; placebos against the mean of the others.

    `kind` gives the set of effects that its test leaves: a plain one, or one that is none.
    """

    name: ClassVar[str] = "known-mix"
    card: ClassVar[MethodCard] = MethodCard(
        title=Text(en="Known mix", fr="Combinaison connue"),
        description=WORDS,
        assumptions=(WORDS,),
        limits=(Text(en="A made-up limit.", fr="Une limite inventée."),),
        references=("Nobody (2000)",),
        designs=("synthetic_control",),
        scales=SCALES,
        estimands=("everyone_eligible", "participants"),
        directional=False,
    )
    kind: str = "plain"
    proof: str = "one"

    def estimate(
        self, sample: Any, *, scale: Scale, rng: np.random.Generator
    ) -> CounterfactualEstimate:
        """`rng` is not used."""
        panel = read_panel(sample, scale)
        donors, served, y = panel.donors, panel.served, panel.y
        labels = [str(label) for label in panel.labels]
        periods, start = list(panel.periods), int(panel.start[served].min())
        weight = np.zeros(len(donors))
        weight[: len(WEIGHTS)] = WEIGHTS
        without = np.tile(weight @ y[donors], (len(served), 1))
        effect = average(panel, y[served] - without)
        gaps = {labels[served[0]]: y[served[0]] - without[0]}
        for j, donor in enumerate(donors):
            others = np.delete(donors, j)
            gaps[labels[donor]] = y[donor] - y[others].mean(axis=0)
        names = list(gaps)
        pre = np.array([np.sqrt((gap[:start] ** 2).mean()) for gap in gaps.values()])
        post = np.array([np.sqrt((gap[start:] ** 2).mean()) for gap in gaps.values()])
        ratio, kept = post / pre, pre <= 6.0
        rank = (ratio[kept][None] >= ratio[:, None]).sum(axis=1)
        p = float((ratio[kept] >= ratio[0]).mean())
        tables: dict[str, Any] = {
            "placebos": {
                "unit": names,
                "served": [k == 0 for k in range(len(names))],
                "effect": [float(gap[start:].mean()) for gap in gaps.values()],
                "pre_rmspe": pre,
                "post_rmspe": post,
                "ratio": ratio,
                "rank": rank,
                "kept": kept,
            },
            "placebo_paths": {
                "unit": np.repeat(names, len(periods)),
                "period": periods * len(names),
                "gap": np.concatenate(list(gaps.values())),
            },
            "placebo_test": {
                "test": ["rmspe-ratio", "signed-ratio"],
                "statistic": [ratio[0], effect],
                "p_value": [p, 0.25],
                "side": ["two", "greater"],
                "compared": [int(kept.sum())] * 2,
                "attainable": [1 / kept.sum()] * 2,
            },
            "leave_one_out": {"unit": [], "effect": []},
            "leave_one_out_paths": {"unit": [], "period": [], "counterfactual": []},
            "in_time": {"start": [], "period": [], "gap": [], "effect": [], "pre_rmspe": []},
        }
        if len(served) == 1:
            tables["weights"] = {"unit": [labels[d] for d in donors], "weight": weight}
        else:
            tables["weights"] = {
                "served": np.repeat([labels[u] for u in served], len(donors)),
                "unit": [labels[d] for d in donors] * len(served),
                "weight": np.tile(weight, len(served)),
            }
            tables["units"] = {
                "unit": [labels[u] for u in served],
                "start": [periods[int(panel.start[u])] for u in served],
                "effect": (y[served] - without)[:, start:].mean(axis=1),
            }
        for j in range(len(WEIGHTS)):
            left = np.delete(weight, j)
            path = left / left.sum() @ np.delete(y[donors], j, axis=0)
            own = tables["leave_one_out"]
            own["unit"].append(labels[donors[j]])
            own["effect"].append(float((y[served].mean(axis=0) - path)[start:].mean()))
            drawn = tables["leave_one_out_paths"]
            drawn["unit"] += [labels[donors[j]]] * len(periods)
            drawn["period"] += periods
            drawn["counterfactual"] += path.tolist()
        for back in (2, 4):
            gap = y[served[0]] - y[donors].mean(axis=0)
            gap = gap - gap[: start - back].mean()
            drawn = tables["in_time"]
            drawn["start"] += [periods[start - back]] * start
            drawn["period"] += periods[:start]
            drawn["gap"] += gap[:start].tolist()
            drawn["effect"] += [float(gap[start - back : start].mean())] * start
            drawn["pre_rmspe"] += [float(np.sqrt((gap[: start - back] ** 2).mean()))] * start
        certificate: dict[str, Any] = {
            "gap": 3.2e-13,
            "relative_gap": 4e-15 if self.proof == "one" else 2e-3,
            "sum_of_weights": 1.0,
            "smallest_weight": 0.0,
            "pre_rmspe": float(pre[0]),
            "donors_median_pre_rmspe": float(np.median(pre[1:])),
            "solutions": self.proof,
            "outside_hull": self.proof == "many",
            "largest_weight": 0.6,
        }
        level = np.arange(len(periods)) >= start
        mean = without.mean(axis=0)
        band = tuple(np.where(level, mean + side * 2.5, np.nan) for side in (-1, 1))
        return build(
            estimator=self.name,
            settings=asdict(self),
            panel=panel,
            counterfactual=without,
            answer=Answer(effect, TestInversion(two=_steps(self.kind, effect))),
            scale=scale,
            sentences=[Message("known-mix.method", WORDS)],
            certificate=certificate,
            tables=tables,
            band=band,  # type: ignore[arg-type]
        )


def _steps(kind: str, effect: float) -> StepFunction:
    """p-values whose sets at 95% are of that kind."""
    knots = effect + np.array([-3.0, -1.0, 1.0, 3.0])
    between = {
        "plain": [0.01, 0.2, 0.9, 0.2, 0.01],
        "open": [0.2, 0.3, 0.9, 0.3, 0.2],
        "above": [0.01, 0.2, 0.9, 0.3, 0.2],
        "pieces": [0.01, 0.2, 0.02, 0.2, 0.01],
        "empty": [0.01, 0.02, 0.03, 0.02, 0.01],
        "outside": [0.01, 0.01, 0.02, 0.2, 0.01],
    }[kind]
    at = [max(pair) for pair in pairwise(between)]
    return StepFunction(knots, np.array(at), np.array(between))


@pytest.fixture
def mix_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install the estimator for one test; its name."""
    install(tmp_path, monkeypatch)
    return KnownMix.name


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare the estimator as its distribution would."""
    info = folder / "plugins" / "known_mix-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: known-mix\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[impacteval.estimators]\nknown-mix = mix_plugin:KnownMix\n"
    )
    monkeypatch.syspath_prepend(info.parent)
    importlib.invalidate_caches()


TOWNS = (
    "Aubrac-sur-Lane", "Bellombre", "Castelnau", "Dormelles", "Esterel", "Fontaneuve", "Grandval",
    "Hautefage", "Isle-Basse", "Jonquières", "Kermadec", "Lormont", "Montclar", "Neuvic",
)  # fmt: skip


def towns(seed: int = 3, *, several: bool = False) -> pd.DataFrame:
    """Sixteen years of fourteen towns: the seventh is served from 2016 on (with two others)."""
    rng = np.random.default_rng(seed)
    years = np.arange(2006, 2022)
    factor = np.cumsum(rng.normal(0.0, 0.6, len(years)))
    level, load = rng.normal(14.0, 2.0, len(TOWNS)), rng.uniform(0.4, 1.2, len(TOWNS))
    y = level[:, None] + load[:, None] * factor + rng.normal(0, 0.3, (len(TOWNS), len(years)))
    served = {6: 2016} | ({9: 2016, 12: 2018} if several else {})
    # The one served is near the given mix, so that what it is measured against is not far off.
    y[6] = 0.55 * y[0] + 0.33 * y[1] + 0.12 * y[2] + rng.normal(0, 0.2, len(years))
    # One town goes its own way, and no mix follows it.
    y[4] += 9.0
    on = np.zeros(y.shape, dtype=int)
    for town, first in served.items():
        on[town] = years >= first
    y = y - 2.4 * on
    return pd.DataFrame(
        {
            "town": np.repeat(TOWNS, len(years)),
            "year": np.tile(years, len(TOWNS)),
            "served": on.ravel(),
            "burden": y.ravel().round(4),
        }
    )


CONTRACT = """format: impacteval-contract/1
id: towns
title: {en: Warm homes, fr: Logements chauffés}
in_plain_words: {en: Pays when households spend less of their income on energy., fr: Paie quand les ménages consacrent moins de leur revenu à l'énergie.}
illustrative: true
currency: EUR
parties: {payers: [A payer]}
who_counts: {people: {en: households of the towns, fr: ménages des communes}, count_everyone: false}
outcomes:
  burden:
    plain_name: {en: Share of income spent on energy, fr: Part du revenu consacrée à l'énergie}
    measure: {en: percent of household income spent on energy, fr: pour cent du revenu des ménages consacré à l'énergie}
    better: lower
    effect: difference
    estimand: participants
    unit: {en: points of income, fr: points de revenu}
    counterfactual: {design: synthetic_control, method: METHOD}
decide_on: RULE
multiplicity: none
payment:
  threshold: {name: less, when: {burden: {at_least: 1.5}}, pay: 40000}
"""

PLAN = """format: impacteval-plan/1
study: towns
title: {en: Warm homes, fr: Logements chauffés}
synthetic: true
seed: 7
data: {towns: {file: towns.csv}}
analyses:
  burden:
    outcome: burden
    data: towns
    design: synthetic_control
    unit_kind: place
    columns: {outcome: burden, unit: town, period: year, treatment: served}
    scale: difference
    estimand: participants
    estimator: ESTIMATOR
evaluator: {independence: {en: none, fr: aucune}}
who_sees_outcomes: {en: all, fr: tous}
privacy: {en: places only, fr: des lieux seulement}
limits: [{en: few places, fr: peu de lieux}]
"""


def write_towns(
    folder: Path,
    *,
    estimator: str = "{name: known-mix}",
    rule: str = "point_estimate",
    data: pd.DataFrame | None = None,
    method: str = "known-mix",
) -> Path:
    """A whole study of the towns, with the estimator as a plan writes it."""
    folder.mkdir(parents=True, exist_ok=True)
    agreed = CONTRACT.replace("RULE", rule).replace("METHOD", method)
    (folder / "contract.yaml").write_text(agreed, encoding="utf-8")
    (folder / "plan.yaml").write_text(PLAN.replace("ESTIMATOR", estimator), encoding="utf-8")
    (towns() if data is None else data).to_csv(folder / "towns.csv", index=False)
    return folder
