"""The audit of a list and the claims of a rate card, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

import impacteval as ie
from impacteval.diagnostics import diagnostic_names, run_diagnostic
from impacteval.errors import UsageError
from impacteval.render.format import fill

NAN = float("nan")


def cases(y, found=None, **roles):
    df = pd.DataFrame({"y": y} | ({} if found is None else {"found": found}) | roles)
    named = {role: role for role in roles}
    audited = {} if found is None else {"audited": "found"}
    return ie.Sample.from_frame(df, design="count", outcome="y", **audited, **named)


def test_both_are_known():
    assert {"audit", "reconciliation"} <= set(diagnostic_names())


@pytest.mark.parametrize(
    ("limit", "status"), [(0.1, "passed"), (0.099, "failed"), (None, "passed")]
)
def test_the_share_found_wrong_is_held_against_the_limit(limit, status):
    sample = cases([1.0] * 200 + [0.0] * 5, [0.0] * 2 + [1.0] * 18 + [NAN] * 185)
    found = run_diagnostic("audit", sample, limit=limit)
    assert (found.statistic, found.status.value) == (0.1, status)
    (row,) = found.parts["audit"].to_dict("records")
    wrong = np.arange(201)
    kept = wrong[
        (hypergeom.sf(1, 200, wrong, 20) > 0.025) & (hypergeom.cdf(2, 200, wrong, 20) > 0.025)
    ]
    assert (row["low"], row["high"]) == pytest.approx((kept[0] / 200, kept[-1] / 200))
    said = fill(found.explanation, "en").replace("\u00a0", " ")
    assert (
        "Of 200 claimed cases 20 were checked again, and 2 of these were found wrong: 10%." in said
    )


def test_strata_count_by_size():
    sample = cases(
        [1.0] * 40, [0.0, 1.0] + [NAN] * 8 + [1.0] * 4 + [NAN] * 26, stratum=["a"] * 10 + ["b"] * 30
    )
    assert run_diagnostic("audit", sample).statistic == pytest.approx(5 / 40)


@pytest.mark.parametrize(
    ("sample", "key"),
    [
        (lambda: cases([1.0, 0.0]), "diagnostic.audit.none"),
        (lambda: cases([2.0, 0.0], [1.0, NAN]), "diagnostic.audit.not-yes-or-no"),
        (lambda: cases([1.0, 1.0], [0.5, NAN]), "diagnostic.audit.not-yes-or-no"),
        (lambda: cases([1.0, 0.0], [NAN, 1.0]), "diagnostic.audit.nothing-checked"),
        (
            lambda: cases([1.0, 1.0], [1.0, NAN], stratum=["a", "b"]),
            "diagnostic.audit.nothing-checked",
        ),
    ],
)
def test_an_audit_that_cannot_be_read_is_not_applicable(sample, key):
    found = run_diagnostic("audit", sample(), limit=0.15)
    assert (found.status.value, found.statistic, found.explanation.key) == (
        "not_applicable", None, key,
    )  # fmt: skip


# --- price times count ----------------------------------------------------------------------------


def lines(claimed, price, count, **more):
    df = pd.DataFrame({"claimed": claimed, "price": price, "n": count} | more)
    df["line"] = [f"line {k}" for k in range(1, len(df) + 1)]
    return ie.Sample.from_frame(
        df, design="count", outcome="claimed", unit="line", covariates=["price", "n"]
    )


def test_22_of_23_lines():
    # The shape of a published rate card: 23 lines, one of which is not price times count.
    price, count = np.arange(100.0, 123.0), np.arange(1.0, 24.0)
    claimed = price * count
    claimed[4] += price[4]
    found = run_diagnostic("reconciliation", lines(claimed, price, count), limit=0)
    assert (found.statistic, found.status.value) == (1.0, "failed")
    table = found.parts["lines"]
    assert table.loc[table["difference"] != 0, "line"].tolist() == ["line 5"]
    assert table["difference"].sum() == price[4]
    said = fill(found.explanation, "en")
    assert said.startswith(
        "1 of 23 lines of the claims do not come to price times count: 1 are above"
    )
    assert "Line line 5 is furthest off: 624 claimed, 520 by price and count." in said
    french = fill(found.explanation, "fr")
    assert french.startswith("1 postes de la demande sur 23")


def test_lines_that_agree():
    found = run_diagnostic("reconciliation", lines([0.3, 20.0], [0.1, 5.0], [3.0, 4.0]), limit=0)
    assert (found.statistic, found.status.value) == (0.0, "passed")
    assert fill(found.explanation, "en") == "All 2 lines of the claims come to price times count."


@pytest.mark.parametrize(
    ("off", "differs"), [(0.004, False), (-0.004, False), (0.01, True), (-0.01, True)]
)
def test_a_cent_is_a_difference_and_rounding_is_none(off, differs):
    found = run_diagnostic("reconciliation", lines([300.0 + off], [100.0], [3.0]))
    assert found.statistic == float(differs)


def test_below_and_above_are_told_apart():
    found = run_diagnostic("reconciliation", lines([90.0, 330.0], [100.0, 100.0], [1.0, 3.0]))
    values = found.explanation.values
    assert (values["above"], values["below"], values["total"]) == (1, 1, 20.0)


def test_other_tables_are_not_applicable():
    found = run_diagnostic("reconciliation", cases([1.0, 2.0]))
    assert found.status.value == "not_applicable"


def test_limits_are_numbers():
    with pytest.raises(UsageError, match="0 or more"):
        run_diagnostic("audit", cases([1.0]), limit=-1)
