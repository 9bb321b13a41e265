"""The tables of counts are those of what the estimators compute."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import calibrate_counts  # noqa: E402  the tools are scripts, found by their folder

from impacteval.estimators.counts.stated import FixedRate, HistoricalBaseline  # noqa: E402
from impacteval.sample import Sample  # noqa: E402

COVERAGE = ROOT / "docs" / "reference" / "coverage"
RNG = np.random.default_rng(0)


def by_name(name, served):
    design = next(d for d in calibrate_counts.usable() if d.name == name)
    return calibrate_counts.served_only(design) if served else design


def rows(name):
    with (COVERAGE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["lognormal, 60+20", "clusters, 20"])
@pytest.mark.parametrize("estimator", list(calibrate_counts.METHODS))
def test_what_is_measured_is_what_is_estimated(estimator, name):
    trials = by_name(name, estimator == "fixed-rate").draw(np.random.default_rng(1), 3)
    frame = pd.DataFrame({"y": trials.y[1]})
    roles = {}
    if trials.cluster is not None:
        frame["cluster"], roles["cluster"] = trials.cluster, "cluster"
    if estimator == "fixed-rate":
        own = FixedRate(rate=trials.difference / trials.relative)
    else:
        own, roles["treatment"] = HistoricalBaseline(), "t"
        frame["t"] = trials.treatment
    sample = Sample.from_frame(frame, design="count", outcome="y", **roles)
    method = calibrate_counts.METHODS[estimator]
    for scale in method.scales:
        found = own.estimate(sample, scale=scale, rng=RNG).effect
        measured = method.measure(trials, scale)
        value = np.expm1(measured.centre[1]) if scale == "relative" else measured.centre[1]
        assert found.value == pytest.approx(value, rel=1e-9)
        assert found.distribution.scale == pytest.approx(measured.error[1], rel=1e-9)
        assert found.distribution.df == pytest.approx(measured.df[1], rel=1e-9)


def test_the_committed_table_of_audits_is_the_one_that_is_counted_out():
    table = rows("verified-count.csv")
    assert len(table) == 4 * len(calibrate_counts.LISTS)
    for row in table:
        assert float(row["least_coverage"]) >= float(row["level"]) - 1e-9
    for row in table[:8]:
        again = calibrate_counts.counted_out(
            int(row["cases"]), int(row["checked"]), row["side"], float(row["level"])
        )
        assert {k: str(v) for k, v in again.items()} == row


@pytest.mark.parametrize("estimator", list(calibrate_counts.METHODS))
def test_where_coverage_falls_short_the_card_says_so(estimator):
    card = {"fixed-rate": FixedRate, "historical-baseline": HistoricalBaseline}[estimator].card
    said = " ".join(limit.en for limit in card.limits)
    short = [
        row
        for row in rows(f"{estimator}.csv")
        if row["verdict"] == "below" and (row["side"], row["level"]) == ("two", "0.95")
        and row["scale"] in ("difference", "standardised")
    ]  # fmt: skip
    assert short
    for row in short:
        if row["design"] == "lognormal, 60+20" and estimator == "fixed-rate":
            continue  # 20 people served: between the 15 and the 50 that the card names
        assert f"{100 * float(row['coverage']):.1f}%" in said, row


def test_a_fast_run_writes_every_table(tmp_path, monkeypatch):
    monkeypatch.setattr(calibrate_counts, "LISTS", ((10, 3),))
    few = calibrate_counts.usable()[:1]
    monkeypatch.setattr(calibrate_counts, "usable", lambda: few)
    assert calibrate_counts.main(["--fast", "--out", str(tmp_path)]) == 0
    written = {path.name for path in tmp_path.iterdir()}
    assert {"verified-count.md", "fixed-rate.csv", "historical-baseline.md"} <= written
