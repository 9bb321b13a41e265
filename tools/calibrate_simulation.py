"""Measure what full simulation finds for known answers and write docs/reference/coverage/simulation.*.

    python tools/calibrate_simulation.py [--fast] [--out DIR]

`make calibrate` runs it after the coverage of the estimators.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impacteval.contract import Contract, load_contract
from impacteval.simulation.engine import Answers, asked_of
from impacteval.simulation.full import FullEngine
from impacteval.simulation.normal import draw_normal
from impacteval.simulation.scenario import scenario_of
from impacteval.simulation.scenario_file import with_settings
from impacteval.values import LowerBound, PointEstimate, PValue

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "reference" / "coverage"
DRAWS, FAST, BLOCK, SEED = 100_000, 2_000, 25_000, 20260101
FIELDS = [
    "study",
    "true_effect",
    "question",
    "normal",
    "full",
    "mc_error",
    "apart",
    "draws",
    "seed",
]

POINT, BOUND, TEST = PointEstimate(), LowerBound(Decimal("0.90"), "one"), PValue("two")


@dataclass(frozen=True)
class Case:
    """A study that is simulated by both engines.

    Attributes
    ----------
    name, effect : str
        What it is called, and the effect that its contract reads.
    settings : mapping
        What is assumed.
    threshold : float
        Of the point and the bound rule.
    truths : tuple of float
        True effects.
    """

    name: str
    effect: str
    settings: dict[str, str]
    threshold: float
    truths: tuple[float, ...]


def cases() -> tuple[Case, ...]:
    """Normal outcomes on the scale of differences, then what the normal engine approximates."""
    normal = {"kind": "normal", "baseline": "10", "sd": "4"}
    found = []
    for served, compared in ((6, 6), (6, 18), (15, 15), (20, 60), (100, 100), (400, 400)):
        error = round(4.0 * math.sqrt(1 / served + 1 / compared), 6)
        sizes = {"people": str(served), "comparison": str(compared)}
        truths = (0.0, error, round(2 * error, 6))
        name = f"normal, difference, {served} against {compared}"
        found.append(Case(name, "difference", {**normal, **sizes}, error, truths))
    clustered = {**normal, "people": "400", "comparison": "400", "icc": "0.05"}
    for clusters in (10, 40):
        size = 400 / clusters
        error = round(4.0 * math.sqrt((1 + (size - 1) * 0.05) / 200), 6)
        found.append(
            Case(
                f"normal, difference, {clusters} clusters an arm",
                "difference",
                {**clustered, "clusters": str(clusters), "comparison_clusters": str(clusters)},
                error,
                (0.0, error, round(2 * error, 6)),
            )
        )
    for n in (50, 400):
        sizes = {"people": str(n), "comparison": str(n)}
        share = {"kind": "binary", "baseline": "0.4"}
        found.append(Case(f"share 0.4, {n} an arm", "difference", share | sizes, 0.1, (0.0, 0.1)))
        rare = {"kind": "binary", "baseline": "0.1"}
        found.append(
            Case(
                f"share 0.1, relative, {n} an arm",
                "relative_reduction_percent",
                rare | sizes,
                20.0,
                (0.0, 20.0),
            )
        )
        counts = {"kind": "count", "baseline": "1.55", "variance_over_mean": "3"}
        found.append(
            Case(
                f"counts, relative, {n} an arm",
                "relative_reduction_percent",
                counts | sizes,
                10.0,
                (0.0, 10.0),
            )
        )
    return tuple(found)


def contract_of(case: Case) -> Contract:
    """A contract with one clause."""
    lower = case.effect.startswith("relative_reduction")
    return Contract.model_validate(
        {
            "format": "impacteval-contract/1",
            "id": "calibration",
            "title": "Calibration",
            "in_plain_words": {"en": "A test.", "fr": "Un essai."},
            "currency": "EUR",
            "parties": {"payers": "A payer"},
            "who_counts": {"people": "everyone", "count_everyone": "true"},
            "outcomes": {
                "y": {
                    "plain_name": {"en": "Thing", "fr": "Chose"},
                    "measure": "things",
                    "better": "lower" if lower else "higher",
                    "effect": case.effect,
                    "counterfactual": {"design": "rct"},
                }
            },
            "decide_on": {"lower_bound": {"level": "0.90", "sides": "one"}},
            "payment": {
                "threshold": {
                    "name": "pays",
                    "when": {"y": {"at_least": case.threshold}},
                    "pay": 100,
                }
            },
        }
    )


def shares(answers: Answers, threshold: float) -> dict[str, NDArray[np.bool_]]:
    """Whether each question is answered in the programme's favour, by study."""
    found = answers["y", "all"]
    point, bound, p = (found[q] for q in (POINT, BOUND, TEST))
    return {
        "estimate reaches the threshold": point >= threshold,
        "estimate ties with the threshold": point == threshold,
        "lower bound 0.90 one reaches it": bound >= threshold,
        "significant 0.95 two, and better": (p <= 0.05) & (point > 0.0),
    }


def rows(draws: int) -> Iterator[dict[str, str]]:
    """One row a study, true effect and question."""
    from impacteval.decide.questions import USUAL

    for case in cases():
        contract = contract_of(case)
        settings = {f"y.{key}": value for key, value in case.settings.items()}
        for truth in case.truths:
            scenario = scenario_of(contract, with_settings(None, settings, effects=str(truth)))
            asked = asked_of(contract, *USUAL)
            parts: dict[str, list[dict[str, NDArray[np.bool_]]]] = {"normal": [], "full": []}
            for name, engine in (("normal", draw_normal), ("full", FullEngine())):
                for k in range(max(1, draws // BLOCK)):
                    rng = np.random.default_rng([SEED, k])
                    size = min(BLOCK, draws)
                    answers = engine(scenario, truth, asked, rng, size)
                    parts[name].append(shares(answers, case.threshold))
            for question in parts["full"][0]:
                normal, full = (
                    float(np.concatenate([part[question] for part in parts[name]]).mean())
                    for name in ("normal", "full")
                )
                yield _row(case.name, truth, question, normal, full, draws)
    yield from peterborough(draws)


def _row(
    study: str, truth: float, question: str, normal: float, full: float, draws: int
) -> dict[str, str]:
    error = math.sqrt(max(full * (1.0 - full), 1.0 / draws) / draws)
    return {
        "study": study,
        "true_effect": f"{truth:g}",
        "question": question,
        "normal": f"{normal:.5f}",
        "full": f"{full:.5f}",
        "mc_error": f"{error:.5f}",
        "apart": "yes" if abs(full - normal) > 3.5 * error else "",
        "draws": str(draws),
        "seed": str(SEED),
    }


def peterborough(draws: int) -> Iterator[dict[str, str]]:
    """936 people a cohort, ten compared with each, 1.55 events, variance three times the mean."""
    contract = load_contract(ROOT / "studies" / "bonds" / "peterborough")
    settings = {
        "reconvictions.people": "936",
        "reconvictions.comparison": "9360",
        "reconvictions.kind": "count",
        "reconvictions.baseline": "1.55",
        "reconvictions.variance_over_mean": "3",
    }
    for truth in (0.0, 7.5, 10.0):
        scenario = scenario_of(contract, with_settings(None, settings, effects=str(truth)))
        asked = asked_of(contract)
        met: dict[str, dict[str, list[NDArray[np.bool_]]]] = {}
        for name, engine in (("normal", draw_normal), ("full", FullEngine())):
            for k in range(max(1, draws // BLOCK)):
                rng = np.random.default_rng([SEED, k])
                answers = engine(scenario, truth, asked, rng, min(BLOCK, draws))
                one, two, both = (
                    answers["reconvictions", g][POINT] for g in ("cohort_1", "cohort_2", "pooled")
                )
                either = (one >= 10) | (two >= 10)
                for question, found in (
                    ("one cohort, at least 10%", np.concatenate([one >= 10, two >= 10])),
                    ("either cohort, at least 10%", either),
                    ("pooled, at least 7.5%", both >= 7.5),
                    ("any trigger", either | (both >= 7.5)),
                ):
                    met.setdefault(question, {}).setdefault(name, []).append(found)
        for question, by in met.items():
            normal, full = (float(np.concatenate(by[n]).mean()) for n in ("normal", "full"))
            yield _row("a bond like Peterborough", truth, question, normal, full, draws)


_INTRODUCTION = """# Normal approximation and full simulation

Command: `python tools/calibrate_simulation.py`. {draws:,} draws a study and true effect, seed {seed}.
How often each question is answered in the programme's favour, in percent, by the normal approximation
and by full simulation with the estimator `difference-in-means`; every number stands in
`simulation.csv`. ● marks a difference beyond 3.5 Monte Carlo standard errors of the simulation (at
most {error} points).

Normal outcomes, compared by their difference, are where the normal model holds: the point rule agrees
at every size. Bounds and tests differ in small samples, because the estimator uses Welch's (with
clusters Satterthwaite's) degrees of freedom. Shares and counts are whole numbers and ratios are
skewed: there the two differ, and the simulation is right."""


def page(table: list[dict[str, str]], draws: int) -> str:
    """The Markdown page."""
    error = f"{350 * math.sqrt(0.25 / draws):.2f}"
    lines = [_INTRODUCTION.format(draws=draws, seed=SEED, error=error)]
    for study in dict.fromkeys(row["study"] for row in table):
        lines += ["", f"## {study[0].upper()}{study[1:]}", ""]
        lines += ["| true effect | question | normal | full | |", "|---:|---|---:|---:|---|"]
        lines += [
            f"| {row['true_effect']} | {row['question']} | {100 * float(row['normal']):.2f} | "
            f"{100 * float(row['full']):.2f} | {'●' if row['apart'] else ''} |"
            for row in table
            if row["study"] == study
        ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help=f"{FAST} draws only")
    parser.add_argument("--out", type=Path, default=OUT, help="where the tables go")
    options = parser.parse_args(arguments)
    draws = FAST if options.fast else DRAWS
    table = []
    for row in rows(draws):
        print(row["study"], row["true_effect"], row["question"], row["full"], flush=True)
        table.append(row)
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "simulation.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    (options.out / "simulation.md").write_text(page(table, draws), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
