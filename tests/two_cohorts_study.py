"""A synthetic study of two cohorts: its people, contract and plan, and the folder that holds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

Change = Callable[[dict[str, Any]], None]

# Events among 200 people an arm. 284 against 310 is 1.42 against 1.55 a person, a reduction of
# 8.387 percent (Peterborough's first cohort: 142 against 155 per 100 people); 264 against 300 is one
# of 12 percent.
EVENTS = {"one": (310, 284), "two": (300, 264)}
ARM = 200
SHARED = 30


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def write_yaml(path: Path, content: dict[str, Any]) -> None:
    text = yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=90)
    path.write_text(text, encoding="utf-8")


def _counts(total: int, rng: np.random.Generator) -> np.ndarray:
    """Counts of ARM people that add up to `total`, spread like rare events."""
    counts = rng.poisson(total / ARM, ARM)
    while counts.sum() != total:
        step = 1 if counts.sum() < total else -1
        who = rng.integers(ARM)
        if counts[who] + step >= 0:
            counts[who] += step
    return counts


def people() -> pd.DataFrame:
    """Two cohorts with 30 people in both, a cancelled third cohort, and 7 people in none."""
    rng = np.random.default_rng(20140801)
    parts = []
    for k, (cohort, totals) in enumerate(EVENTS.items()):
        first = 1000 * k
        ids = np.arange(first, first + 2 * ARM)
        served = np.repeat([0, 1], ARM)
        if k:
            # The last 15 controls and the first 15 served of cohort one come back in cohort two.
            half = SHARED // 2
            ids[:half] = np.arange(ARM - half, ARM)
            ids[ARM : ARM + half] = np.arange(ARM, ARM + half)
        parts.append(
            pd.DataFrame(
                {
                    "person": ids,
                    "cohort": cohort,
                    "served": served,
                    "events": np.concatenate([_counts(total, rng) for total in totals]),
                }
            )
        )
    for cohort, n, first in (("three", 20, 5000), ("none", 7, 6000)):
        parts.append(
            pd.DataFrame(
                {
                    "person": np.arange(first, first + n),
                    "cohort": cohort,
                    "served": np.arange(n) % 2,
                    "events": rng.poisson(1.5, n),
                }
            )
        )
    df = pd.concat(parts, ignore_index=True)
    df["first_release"] = np.where(df["person"].duplicated(), "no", "yes")
    df["age"] = rng.integers(18, 60, len(df))
    df["priors"] = rng.poisson(6, len(df))
    df["work_days"] = rng.integers(0, 200, len(df)) + 12 * df["served"]
    df["person"] = [f"P{number:04d}" for number in df["person"]]
    return df


def contract() -> dict[str, Any]:
    return {
        "format": "impacteval-contract/1",
        "id": "two-cohorts",
        "title": {"en": "Two cohorts (synthetic)", "fr": "Deux cohortes (synthétique)"},
        "in_plain_words": {
            "en": "The payer pays when people are convicted less often than others.",
            "fr": "Le payeur paie quand les condamnations sont moins nombreuses qu'ailleurs.",
        },
        "illustrative": True,
        "currency": "GBP",
        "parties": {"payers": ["A payer"], "evaluator": {"name": "An evaluator"}},
        "who_counts": {
            "people": {"en": "people leaving prison", "fr": "des personnes sortant de prison"},
            "count_everyone": True,
        },
        "outcomes": {
            "reconvictions": {
                "plain_name": {"en": "Times convicted again", "fr": "Nouvelles condamnations"},
                "measure": {
                    "en": "reconvictions per person in 12 months",
                    "fr": "nouvelles condamnations par personne en 12 mois",
                },
                "unit": {"en": "reconvictions", "fr": "nouvelles condamnations"},
                "better": "lower",
                "effect": "relative_reduction_percent",
                "counterfactual": {"design": "rct"},
            },
            "work": {
                "plain_name": {"en": "Days in work", "fr": "Jours travaillés"},
                "measure": {"en": "days in work in a year", "fr": "jours travaillés par an"},
                "unit": {"en": "days", "fr": "jours"},
                "better": "higher",
                "effect": "difference",
                "counterfactual": {"design": "rct"},
            },
        },
        "groups": {
            "cohort_1": {"plain_name": {"en": "First cohort", "fr": "Première cohorte"}},
            "cohort_2": {"plain_name": {"en": "Second cohort", "fr": "Deuxième cohorte"}},
            "cohort_3": {
                "plain_name": {"en": "Third cohort", "fr": "Troisième cohorte"},
                "cancelled": "2014-04",
            },
        },
        "pool": "mean_of_effects",
        "pool_excludes": ["cancelled"],
        "decide_on": "point_estimate",
        "multiplicity": "none",
        "payment": {
            "first_of": [
                {
                    "name": "early",
                    "per": "group",
                    "when": {"reconvictions": {"at_least": 10}},
                    "pay": 1000000,
                },
                {
                    "name": "final",
                    "per": "pooled",
                    "weights": "people",
                    "when": {"reconvictions": {"at_least": 7.5}},
                    "pay": 2500000,
                },
            ],
            "cap": {"amount": 5000000, "over": "contract"},
        },
    }


def plan() -> dict[str, Any]:
    return {
        "format": "impacteval-plan/1",
        "study": "two-cohorts",
        "title": {"en": "Two cohorts (synthetic)", "fr": "Deux cohortes (synthétique)"},
        "synthetic": True,
        "seed": 7,
        "data": {"people": {"file": "people.csv"}},
        "analyses": {
            "events": {
                "outcome": "reconvictions",
                "data": "people",
                "design": "rct",
                "estimand": "everyone_eligible",
                "scale": "relative",
                "estimator": {"name": "difference-in-means"},
                "columns": {
                    "outcome": "events",
                    "unit": "person",
                    "treatment": "served",
                    "covariates": ["age", "priors"],
                },
                "groups": {
                    "column": "cohort",
                    "values": {"cohort_1": "one", "cohort_2": "two", "cohort_3": "three"},
                },
                "diagnostics": [{"name": "balance", "limit": 0.25}],
                "robustness": [
                    {
                        "name": "adjusted",
                        "title": {"en": "Adjusted", "fr": "Ajusté"},
                        "estimator": {"name": "lin"},
                    }
                ],
                "unit_kind": "person",
            },
            "work": {
                "outcome": "work",
                "data": "people",
                "design": "rct",
                "estimand": "everyone_eligible",
                "scale": "difference",
                "estimator": {"name": "difference-in-means"},
                "columns": {"outcome": "work_days", "unit": "person", "treatment": "served"},
                "eligible": [
                    {
                        "column": "first_release",
                        "equals": "yes",
                        "because": {"en": "each person once", "fr": "chaque personne une fois"},
                    }
                ],
                "unit_kind": "person",
            },
        },
        "evaluator": {"independence": "Independent (synthetic example)"},
        "who_sees_outcomes": "The evaluator, after the lock",
        "privacy": "Synthetic people",
        "limits": ["Made up by a computer"],
    }


class TwoCohorts:
    """Writes the study, with changes, and runs its steps without the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self,
        *,
        contract_change: Change | None = None,
        plan_change: Change | None = None,
        data_change: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    ) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        agreed, planned, df = contract(), plan(), people()
        if contract_change is not None:
            contract_change(agreed)
        if plan_change is not None:
            plan_change(planned)
        if data_change is not None:
            df = data_change(df)
        write_yaml(self.folder / "contract.yaml", agreed)
        write_yaml(self.folder / "plan.yaml", planned)
        df.to_csv(self.folder / "people.csv", index=False)
        return self.folder

    def lock(self, *, prepare: bool = True) -> Path:
        from impacteval.study import load_study
        from impacteval.study.lock import LOCK_FILE, write_lock
        from impacteval.study.locking import lock_now, prepare_now
        from impacteval.study.preparation import PREPARED_FILE, write_prepared

        study = load_study(self.folder)
        write_lock(self.folder / LOCK_FILE, lock_now(study))
        if prepare:
            write_prepared(self.folder / PREPARED_FILE, prepare_now(study))
        return self.folder

    def verify(self, **settings: Any) -> Any:
        import impacteval as ie

        return ie.verify(ie.load_study(self.folder), **settings)

    def run(self, **changes: Any) -> Any:
        """Write, lock, prepare and verify."""
        self.write(**changes)
        self.lock()
        return self.verify()
