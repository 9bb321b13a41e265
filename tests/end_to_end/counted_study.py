"""A synthetic study of a verified list: claims of enrolment, a tenth of them checked again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

CLAIMED, LISTED, CHECKED = 800, 1000, 100

Change = Callable[[dict[str, Any]], None]


def cases(wrong: int, *, checked: int = CHECKED) -> pd.DataFrame:
    """1,000 children on a list, 800 claimed as enrolled; of 100 checked, `wrong` were not."""
    rng = np.random.default_rng(20180713)
    claimed = np.repeat([1, 0], [CLAIMED, LISTED - CLAIMED])
    found = np.full(LISTED, np.nan)
    drawn = rng.permutation(CLAIMED)[:checked]
    found[drawn] = 1.0
    found[drawn[:wrong]] = 0.0
    order = rng.permutation(LISTED)
    return pd.DataFrame(
        {
            "child": [f"C{k:04d}" for k in range(LISTED)],
            "block": np.where(np.arange(LISTED) % 2, "east", "west"),
            "enrolled": claimed[order],
            "found": found[order],
        }
    )


def contract() -> dict[str, Any]:
    return {
        "format": "impacteval-contract/1",
        "id": "enrolment-list",
        "title": {"en": "Enrolment list (synthetic)", "fr": "Liste d'inscription (synthétique)"},
        "in_plain_words": {
            "en": "The payer pays for each child that is found enrolled.",
            "fr": "Le payeur paie pour chaque enfant trouvé inscrit.",
        },
        "illustrative": True,
        "currency": "USD",
        "parties": {"payers": ["A payer"], "evaluator": {"name": "An evaluator"}},
        "who_counts": {
            "people": {"en": "children out of school", "fr": "les enfants non scolarisés"},
            "count_everyone": True,
        },
        "outcomes": {
            "enrolled": {
                "plain_name": {"en": "Children enrolled", "fr": "Enfants inscrits"},
                "measure": {
                    "en": "children on the list who are enrolled",
                    "fr": "enfants de la liste qui sont inscrits",
                },
                "unit": {"en": "children", "fr": "enfants"},
                "kind": "output",
                "better": "higher",
                "effect": "verified_count",
                "counterfactual": {"design": "none"},
            }
        },
        "decide_on": {"verified_count": {}},
        "audit": {
            "who": {"en": "the evaluator", "fr": "l'évaluateur"},
            "how": {
                "en": "a tenth of the claimed cases, drawn by lot, is visited again",
                "fr": "un dixième des dossiers déclarés, tiré au sort, est visité une seconde fois",
            },
            "limit": "15%",
        },
        "multiplicity": "none",
        "payment": {
            "sum": [
                {
                    "threshold": {
                        "name": "most",
                        "when": {"enrolled": {"at_least": 700}},
                        "pay": 20000,
                    }
                },
                {"linear": {"name": "each", "outcome": "enrolled", "per_unit": 10}},
            ]
        },
    }


def plan() -> dict[str, Any]:
    return {
        "format": "impacteval-plan/1",
        "study": "enrolment-list",
        "title": {"en": "Enrolment list (synthetic)", "fr": "Liste d'inscription (synthétique)"},
        "synthetic": True,
        "seed": 7,
        "data": {"cases": {"file": "cases.csv"}},
        "analyses": {
            "enrolled": {
                "outcome": "enrolled",
                "data": "cases",
                "design": "count",
                "estimand": "everyone_eligible",
                "scale": "total",
                "estimator": {"name": "verified-count"},
                "columns": {"outcome": "enrolled", "unit": "child", "audited": "found"},
                "diagnostics": [{"name": "audit", "limit": 0.15}],
                "unit_kind": "person",
            }
        },
        "evaluator": {"independence": "Independent (synthetic example)"},
        "who_sees_outcomes": "The evaluator, after the lock",
        "privacy": "Synthetic people",
        "limits": ["Made up by a computer"],
    }


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(
    folder: Path,
    df: pd.DataFrame,
    *,
    contract_change: Change | None = None,
    plan_change: Change | None = None,
) -> Path:
    """Write the study with changes."""
    folder.mkdir(parents=True, exist_ok=True)
    agreed, planned = contract(), plan()
    if contract_change is not None:
        contract_change(agreed)
    if plan_change is not None:
        plan_change(planned)
    for name, content in (("contract.yaml", agreed), ("plan.yaml", planned)):
        text = yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=90)
        (folder / name).write_text(text, encoding="utf-8")
    df.to_csv(folder / "cases.csv", index=False)
    return folder


def lock(folder: Path) -> Path:
    """Lock and prepare the study."""
    from impacteval.study import load_study
    from impacteval.study.lock import LOCK_FILE, write_lock
    from impacteval.study.locking import lock_now, prepare_now
    from impacteval.study.preparation import PREPARED_FILE, write_prepared

    study = load_study(folder)
    write_lock(folder / LOCK_FILE, lock_now(study))
    write_prepared(folder / PREPARED_FILE, prepare_now(study))
    return folder


def run(folder: Path, df: pd.DataFrame, **changes: Any) -> Any:
    """Write, lock, prepare and verify."""
    import impacteval as ie

    write(folder, df, **changes)
    lock(folder)
    return ie.verify(ie.load_study(folder))
