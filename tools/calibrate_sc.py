"""Measure the sets of synthetic control and write docs/reference/coverage/.

    python tools/calibrate_sc.py                 # resumes: designs already measured are kept
    python tools/calibrate_sc.py --only synthetic-control
    python tools/calibrate_sc.py --fast --out DIR

Panels of places follow common factors, each in its own way. A method is one entry of `METHODS`: a
function from a panel to its effect and distribution, which must be what the estimator gives (tests
hold the two together). What is counted suits sets of a discrete test: how often the true effect is
rejected at a level, and which level such a test can reach at all.
"""

from __future__ import annotations

import argparse
import csv
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from impacteval.errors import NotAnswerable, NotIdentified
from impacteval.estimates import ConfidenceDistribution, NoUncertainty
from impacteval.estimators.synthetic_control.effect import average
from impacteval.estimators.synthetic_control.fits import OutcomeFitter, fit_served
from impacteval.estimators.synthetic_control.panel import Panel
from impacteval.estimators.synthetic_control.placebo import Statistic, placebos

Floats = NDArray[np.float64]

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference" / "coverage"
SEED, REPLICATIONS, FAST = 20260101, 2_000, 100
EFFECT = 1.0
LEVELS, TAILS = (0.9, 0.95), ("two", "greater", "less")


@dataclass(frozen=True)
class Law:
    """How places are.

    Attributes
    ----------
    name, describe : str
        For the table and the page.
    donors : int
        Places never served.
    starts : tuple of int
        First served period of each served place.
    periods : int
        Periods.
    lasting : float
        Correlation of a factor with the period before; 1 for random walks.
    noise : float
        Spread of what is a place's own.
    own_lasting : float
        Correlation of that with the period before.
    reach : float
        Times by which the served places' loads on the factors are larger than those of others.
    above : float
        By how much the served places' level is above that of others.
    wider : float
        Times by which what is their own varies more.
    """

    name: str
    describe: str
    donors: int
    starts: tuple[int, ...]
    periods: int
    lasting: float = 0.5
    noise: float = 0.3
    own_lasting: float = 0.0
    reach: float = 1.0
    above: float = 0.0
    wider: float = 1.0

    def panel(self, rng: Generator) -> Panel:
        """One panel, with an effect of one in all served periods."""
        units, periods = self.donors + len(self.starts), self.periods
        served = np.arange(units) >= self.donors
        start = np.append(np.full(self.donors, periods), self.starts).astype(np.int64)
        loads = rng.uniform(-0.8, 0.8, (units, 2)) * np.where(served, self.reach, 1.0)[:, None]
        level = rng.uniform(-1.0, 1.0, units) + self.above * served
        own = self.noise * _lasting(rng, (units, periods), self.own_lasting)
        own *= np.where(served, self.wider, 1.0)[:, None]
        factors = _lasting(rng, (2, periods), self.lasting)
        y = 8.0 + level[:, None] + loads @ factors + own + 0.02 * np.arange(periods)
        y += EFFECT * (np.arange(periods) >= start[:, None])
        return Panel(
            y=y,
            start=start,
            x=np.zeros((units, periods, 0)),
            covariates=(),
            weight=np.ones(y.shape),
            size=np.ones(y.shape),
            weight_kind=None,
            labels=np.array([f"p{k:03d}" for k in range(units)]),
            periods=np.arange(periods),
            times=np.arange(periods, dtype=np.float64),
            inside=np.ones(periods, dtype=bool),
            exposure=False,
            assignment=np.arange(units),
            outcome="y",
            design="synthetic_control",
            notes=(),
        )


def _lasting(rng: Generator, shape: tuple[int, int], correlation: float) -> Floats:
    """Paths of variance one (random walks where the correlation is one), shape (k, T)."""
    step = 1.0 if correlation == 1.0 else math.sqrt(1.0 - correlation**2)
    path = rng.standard_normal(shape[0])
    found = np.empty(shape)
    for t in range(shape[1]):
        path = correlation * path + step * rng.standard_normal(shape[0])
        found[:, t] = path
    return found


ONE = Law("1 of 20", "1 of 20 places, served in the last 6 of 30 periods", 19, (24,), 30)
LAWS = (
    ONE,
    replace(ONE, name="1 of 39", describe="1 of 39, in the last 12 of 31", donors=38, starts=(19,), periods=31),
    replace(ONE, name="1 of 8", describe="1 of 8 places: few donors", donors=7),
    replace(ONE, name="1 of 20, short", describe="with 8 periods before and 3 since", starts=(8,), periods=11),
    replace(ONE, name="1 of 20, walks", describe="with factors that are random walks", lasting=1.0),
    replace(ONE, name="1 of 20, lasting", describe="what is a place's own lasts (0.8)", own_lasting=0.8),
    replace(ONE, name="1 of 20, noisy", describe="what is a place's own varies as much as the factors", noise=1.0),
    replace(ONE, name="3 of 20", describe="3 of 20 places", donors=17, starts=(24, 24, 24)),
    replace(ONE, name="3 of 20, staggered", describe="3 of 20, from three dates on", donors=17, starts=(18, 21, 24)),
    replace(ONE, name="1 of 20, reaches", describe="the served place moves twice as much with the factors as any other may", reach=2.0),
    replace(ONE, name="1 of 20, above", describe="the served place lies 3 above: beyond all others", above=3.0),
    replace(ONE, name="1 of 20, wider", describe="what is the served place's own varies three times as much", wider=3.0),
)  # fmt: skip

Answered = tuple[float, ConfidenceDistribution]
Method = Callable[[Panel, Generator], Answered]


def by_placebos(
    statistic: Statistic,
    *,
    intercept: bool = False,
    penalty: float = 0.0,
    max_pre_fit: float | None = None,
) -> Method:
    """Placebo tests, without the tables and bands that the estimate has besides."""

    def run(panel: Panel, rng: Generator) -> Answered:
        fitter = OutcomeFitter(intercept, penalty)
        without = fit_served(panel, fitter).counterfactual
        effect = average(panel, panel.y[panel.served] - without)
        placed = placebos(panel, fitter, draws=DRAWS, max_pre_fit=max_pre_fit, rng=rng)
        if not placed.tells:
            return effect, NoUncertainty(effect)
        return effect, placed.distribution(statistic)

    return run


DRAWS = 199


@dataclass(frozen=True)
class Measured:
    """A method and what its page says.

    Attributes
    ----------
    name : str
        Of its table and page.
    run : Method
    note : str
        What the page says besides.
    laws : tuple of Law
        Panels it is measured on.
    replications : int
    """

    name: str
    run: Method
    note: str = ""
    laws: tuple[Law, ...] = LAWS
    replications: int = REPLICATIONS


_NOTE = (
    f"Placebo tests on outcomes alone; where several places are served, {DRAWS} placements are drawn.\n"
    "With J + 1 places the smallest p-value is 1 / (J + 1): beneath it nothing is ever rejected, and the\n"
    "interval of that level has no end."
)


def some(*names: str) -> tuple[Law, ...]:
    """Laws by name."""
    return tuple(law for law in LAWS if law.name in names)


METHODS = (
    Measured("synthetic-control", by_placebos("rmspe-ratio"), _NOTE),
    Measured(
        "synthetic-control-signed",
        by_placebos("signed-ratio"),
        _NOTE,
        some("1 of 20", "1 of 39", "1 of 20, short"),
    ),
    Measured(
        "synthetic-control-intercept",
        by_placebos("rmspe-ratio", intercept=True),
        _NOTE,
        some("1 of 20", "1 of 20, above"),
    ),
)


def measured(method: Measured, law: Law, replications: int) -> dict[str, Any]:
    """What comes of one law: one row of the table."""
    seed = [SEED, zlib.crc32(law.name.encode())]
    rng = np.random.default_rng(seed)
    miss, lengths = [], {level: [] for level in LEVELS}  # type: ignore[var-annotated]
    p: dict[str, list[float]] = {tail: [] for tail in TAILS}
    none = refused = 0
    for _ in range(replications):
        panel = law.panel(rng)
        try:
            effect, distribution = method.run(panel, rng)
        except NotIdentified:
            refused += 1
            continue
        miss.append(effect - EFFECT)
        if isinstance(distribution, NoUncertainty):
            none += 1
            continue
        for tail in TAILS:
            try:
                p[tail].append(distribution.p_value(EFFECT, tail))
            except NotAnswerable:
                continue
        for level in LEVELS:
            found = distribution.interval(level)
            lengths[level].append(found.high - found.low if found.low <= found.high else 0.0)
    row: dict[str, Any] = {
        "method": method.name,
        "design": law.name,
        "replications": replications,
        "refused": refused,
        "without_uncertainty": none,
        "bias": f"{np.mean(miss):.4f}",
        "rmse": f"{np.sqrt(np.mean(np.square(miss))):.4f}",
    }
    for tail in TAILS:
        for level in LEVELS:
            alpha = 1.0 - level
            values = np.array(p[tail])
            share = f"{(values <= alpha + 1e-12).mean():.4f}" if values.size else ""
            row[f"rejects_{tail}_{level:.2f}"] = share
    for level in LEVELS:
        held = np.array(lengths[level])
        row[f"median_length_{level:.2f}"] = f"{np.median(held):.4g}"
        row[f"unbounded_{level:.2f}"] = f"{np.isinf(held).mean():.4f}"
    row["attainable"] = f"{min(p['two'], default=math.nan):.4f}"
    return row


def page(method: Measured, table: list[dict[str, Any]], command: str) -> str:
    """The Markdown page of one method."""
    directed = any(row["rejects_greater_0.90"] for row in table)
    error = 100.0 * math.sqrt(0.09 / method.replications)
    heads = ["design", "two, 10%", "two, 5%"]
    keys = ["rejects_two_0.90", "rejects_two_0.95"]
    if directed:
        heads += ["greater, 5%", "less, 5%"]
        keys += ["rejects_greater_0.95", "rejects_less_0.95"]
    heads += ["smallest p", "length, 90%", "no end, 90%", "bias", "RMSE"]

    def cells(row: dict[str, Any]) -> list[str]:
        share = [f"{100 * float(row[key]):.1f}" for key in keys]
        open_ended = f"{100 * float(row['unbounded_0.90']):.1f}"
        length = str(row["median_length_0.90"]).replace("inf", "none")
        smallest = f"{100 * float(row['attainable']):.1f}"
        return [row["design"], *share, smallest, length, open_ended, row["bias"], row["rmse"]]

    lines = [
        f"# Size of the sets of `{method.name}`",
        "",
        f"Command: `{command}`. {method.replications:,} replications a design, seed {SEED} and the design's name.",
        "How often the true effect is rejected, in percent, at 10% and at 5%: a sound test rejects as often or less.",
        f"Monte Carlo standard error at most {error:.2f} points. Beside it the smallest p-value that was",
        "reached, in percent; the median length of the 90% interval and how often it has no end, in percent; bias",
        "and root mean square error of the effect, which is 1.",
    ]
    if method.note:
        lines += ["", method.note]
    lines += ["", "| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in table]
    lines += ["", "Designs:", ""]
    lines += [f"- **{law.name}**: {law.describe}." for law in method.laws]
    for key, said in (
        ("refused", "Panels that were refused"),
        ("without_uncertainty", "Panels answered without uncertainty, as the fit is exact"),
    ):
        some = [row for row in table if int(row[key])]
        if some:
            told = "; ".join(f"{row['design']} {row[key]}" for row in some)
            lines += ["", f"{said}, of {method.replications:,}: {told}."]
    return "\n".join(lines) + "\n"


def read(path: Path) -> list[dict[str, Any]]:
    """The rows measured before."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def publish(methods: tuple[Measured, ...], arguments: list[str] | None, command: str) -> int:
    """Measure the methods as the command line asks, and write their tables and pages."""
    parser = argparse.ArgumentParser(description="Measure synthetic control and write the tables.")
    parser.add_argument("--fast", action="store_true", help=f"{FAST} replications only")
    parser.add_argument("--force", action="store_true", help="measure everything anew")
    parser.add_argument("--only", action="append", help="a method by name; may be repeated")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the tables go")
    options = parser.parse_args(arguments)
    known = {method.name: method for method in methods}
    unknown = sorted(set(options.only or ()) - set(known))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. Known: {', '.join(known)}.")
    options.out.mkdir(parents=True, exist_ok=True)
    for chosen in known.values():
        if options.only and chosen.name not in options.only:
            continue
        method = replace(chosen, replications=FAST) if options.fast else chosen
        path = options.out / f"{method.name}.csv"
        before = [] if options.force else read(path)
        table: list[dict[str, Any]] = []
        for law in method.laws:
            kept = [
                row
                for row in before
                if row["design"] == law.name and row["replications"] == str(method.replications)
            ]
            print(f"{method.name}: {law.name}{' (kept)' if kept else ''}", flush=True)
            table += kept or [measured(method, law, method.replications)]
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(table)
        text = page(method, table, command)
        (options.out / f"{method.name}.md").write_text(text, encoding="utf-8")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Measure every method of the table."""
    return publish(METHODS, arguments, "python tools/calibrate_sc.py")


if __name__ == "__main__":
    raise SystemExit(main())
