"""Synthetic people eligible for a programme, taken on by lot or chosen, and a study of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

REASONS = ("too far away", "found work", "file incomplete", "declined")


def eligible(n: int = 2000, *, skimmed: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Everyone eligible: who was referred, taken on, and measured.

    Days in work without the programme rise with schooling and fall with time out of work. With
    `skimmed` above 0, those with good prospects are the more likely to be taken on.
    """
    rng = np.random.default_rng(seed)
    school, gone, age = rng.normal(11, 2, n), rng.exponential(12, n), rng.normal(35, 10, n)
    prospects = (school - 11) / 2 - (gone - 12) / 12
    referred = rng.random(n) < 0.8
    accepted = referred & (rng.random(n) < 1 / (1 + np.exp(-0.6 - skimmed * prospects)))
    measured = accepted & (rng.random(n) < 0.9)
    reason = np.where(referred & ~accepted, np.array(REASONS)[rng.integers(0, 4, n)], "")
    return pd.DataFrame(
        {
            "person": [f"E{k:05d}" for k in range(n)],
            "referred": referred.astype(int),
            "accepted": np.where(referred, accepted.astype(float), np.nan),
            "reason": pd.Series(reason, dtype=object).replace("", None),
            "measured": measured.astype(int),
            "school": school.round(1),
            "months_out": gone.round(1),
            "age": age.round(),
        }
    )


def days_in_work(df: pd.DataFrame, rng: np.random.Generator, effect: float = 0.0) -> np.ndarray:
    """Days in work in a year, `effect` more with the programme."""
    prospects = (df["school"] - 11) / 2 - (df["months_out"] - 12) / 12
    return np.asarray((120 + 25 * prospects + effect + rng.normal(0, 30, len(df))).round(1))


def compared(funnel: pd.DataFrame, *, others: int = 1500, seed: int = 2) -> pd.DataFrame:
    """Those taken on, with similar people from elsewhere."""
    rng = np.random.default_rng(seed)
    served = funnel[funnel["accepted"] == 1].assign(served=1)
    away = eligible(others, seed=seed + 100).assign(
        served=0, person=[f"X{k:05d}" for k in range(others)]
    )
    people = pd.concat([served, away], ignore_index=True)
    people["days"] = days_in_work(people, rng, 15.0 * people["served"])
    return people[["person", "served", "days", "school", "months_out", "age"]]


def contract(design: str = "rct", *, participants: bool = True) -> dict[str, Any]:
    return {
        "format": "impacteval-contract/1",
        "id": "back-to-work",
        "title": {"en": "Back to work (synthetic)", "fr": "Retour à l'emploi (synthétique)"},
        "in_plain_words": {
            "en": "The payer pays for days in work.",
            "fr": "Le payeur paie les jours travaillés.",
        },
        "illustrative": True,
        "currency": "EUR",
        "parties": {"payers": ["A payer"], "evaluator": {"name": "An evaluator"}},
        "who_counts": {
            "people": {"en": "people out of work", "fr": "des personnes sans emploi"},
            "count_everyone": not participants,
        },
        "outcomes": {
            "work": {
                "plain_name": {"en": "Days in work", "fr": "Jours travaillés"},
                "measure": {"en": "days in work in a year", "fr": "jours travaillés par an"},
                "unit": {"en": "days", "fr": "jours"},
                "better": "higher",
                "effect": "difference",
                "estimand": "participants" if participants else "everyone_eligible",
                "counterfactual": {"design": design},
            }
        },
        "decide_on": "point_estimate",
        "payment": {
            "threshold": {"name": "work", "when": {"work": {"at_least": 5}}, "pay": 100000}
        },
    }


def plan(design: str = "rct", estimator: str = "encouragement") -> dict[str, Any]:
    return {
        "format": "impacteval-plan/1",
        "study": "back-to-work",
        "title": {"en": "Back to work (synthetic)", "fr": "Retour à l'emploi (synthétique)"},
        "synthetic": True,
        "seed": 5,
        "data": {"people": {"file": "people.csv"}, "everyone": {"file": "eligible.csv"}},
        "analyses": {
            "jobs": {
                "outcome": "work",
                "data": "people",
                "design": design,
                "estimand": "participants",
                "scale": "difference",
                "estimator": {"name": estimator},
                "columns": {
                    "outcome": "days",
                    "unit": "person",
                    "treatment": "served",
                    "covariates": ["school", "months_out", "age"],
                },
                "diagnostics": [
                    {"name": "cream-skimming", "limit": 0.1},
                    {"name": "refusals-by-profile", "limit": 0.2},
                ],
                "unit_kind": "person",
            }
        },
        "funnel": {
            "data": "everyone",
            "columns": {
                "unit": "person",
                "referred": "referred",
                "accepted": "accepted",
                "reason": "reason",
                "measured": "measured",
            },
            "profile": ["school", "months_out", "age"],
            "profile_names": {
                "school": {"en": "Years of schooling", "fr": "Années d'études"},
                "months_out": {"en": "Months out of work", "fr": "Mois sans emploi"},
                "age": {"en": "Age", "fr": "Âge"},
            },
            "reasons": {
                "too far away": {"en": "lives too far away", "fr": "habite trop loin"},
                "found work": {"en": "had found work", "fr": "avait trouvé un emploi"},
                "file incomplete": {"en": "file incomplete", "fr": "dossier incomplet"},
                "declined": {"en": "did not want to", "fr": "n'a pas souhaité participer"},
            },
        },
        "evaluator": {"independence": "Independent (synthetic example)"},
        "who_sees_outcomes": "The evaluator, after the lock",
        "privacy": "Synthetic people",
        "limits": ["Made up by a computer"],
    }


def write(
    folder: Path,
    *,
    people: pd.DataFrame,
    everyone: pd.DataFrame,
    contract: dict[str, Any],
    plan: dict[str, Any],
) -> Path:
    """The folder of a study."""
    folder.mkdir(parents=True, exist_ok=True)
    people.to_csv(folder / "people.csv", index=False)
    everyone.to_csv(folder / "eligible.csv", index=False)
    for name, content in (("contract", contract), ("plan", plan)):
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder
