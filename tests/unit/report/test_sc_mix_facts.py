"""The tables of a mix of places as the record holds them, against plain arithmetic on the data."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mix_plugin import TOWNS, towns

sys.path.insert(0, str(Path(__file__).parents[1] / "render"))
from example_mix import UNIT, estimated, mix_of, with_tables

from impacteval.estimates import CounterfactualEstimate
from impacteval.render.format import fill
from impacteval.report.mix_facts import mix_facts
from impacteval.values import Message, Text

WIDE = towns().pivot_table(index="town", columns="year", values="burden")
GAP = WIDE.loc["Grandval"] - (
    0.6 * WIDE.loc["Aubrac-sur-Lane"] + 0.3 * WIDE.loc["Bellombre"] + 0.1 * WIDE.loc["Castelnau"]
)
BEFORE, SINCE = GAP[GAP.index < 2016], GAP[GAP.index >= 2016]


@pytest.fixture(scope="module")
def estimate() -> CounterfactualEstimate:
    return estimated()


def told(said: Any, language: str = "en") -> str:
    return fill(said, language)


def test_without_a_path_there_is_nothing_to_tell(estimate: CounterfactualEstimate) -> None:
    assert mix_facts(None, UNIT) is None
    assert mix_facts(with_tables(estimate, path=None), UNIT) is None


def test_the_history_is_the_data_and_the_mix(estimate: CounterfactualEstimate) -> None:
    rows = mix_of(estimate).history
    assert [row.period for row in rows] == [str(year) for year in range(2006, 2022)]
    for row, (year, gap) in zip(rows, GAP.items(), strict=True):
        assert float(row.gap or "nan") == pytest.approx(gap, abs=1e-8)
        assert float(row.observed or "nan") == pytest.approx(WIDE.loc["Grandval", year], abs=1e-8)
        assert (row.served == "1") is (year >= 2016)
        assert (row.low is None) is (year < 2016)


def test_a_band_of_some_of_the_served_is_not_drawn_around_all_of_them() -> None:
    rows = {row.period: row for row in mix_of(estimated(several=True)).history}
    assert rows["2017"].served not in ("0", "1")
    assert rows["2017"].low is None
    assert rows["2018"].low is not None


def test_weights_are_listed_heaviest_first_and_those_without_only_counted(
    estimate: CounterfactualEstimate,
) -> None:
    found = mix_of(estimate).weights
    assert found is not None
    assert [(row.place, row.weight) for row in found.places] == [
        ("Aubrac-sur-Lane", "0.6"), ("Bellombre", "0.3"), ("Castelnau", "0.1"),
    ]  # fmt: skip
    assert (found.without, found.further, found.several) == (10, 0, False)
    assert told(found.said) == (
        "The mix is made of 3 places: Aubrac-sur-Lane (60%), Bellombre (30%) and Castelnau (10%). "
        "10 others have no weight in it."
    )
    assert "60\u202f%" in told(found.said, "fr")


def test_more_places_than_are_shown_are_cut_openly(estimate: CounterfactualEstimate) -> None:
    share = np.linspace(2.0, 1.0, 60)
    share /= share.sum()
    names = [f"P{k:02d}" for k in range(60)]
    found = mix_of(with_tables(estimate, weights={"unit": names, "weight": share})).weights
    assert found is not None
    assert len(found.places) == 40
    assert found.further == 20
    assert float(found.further_weight) == pytest.approx(share[40:].sum(), abs=1e-9)
    assert told(found.said).startswith("The mix is made of 60 places, above all P00 (2.2%)")


def test_negative_weights_stand_by_their_size(estimate: CounterfactualEstimate) -> None:
    weights = {"unit": ["A", "B", "C"], "weight": [0.4, -0.5, 1.1]}
    found = mix_of(with_tables(estimate, weights=weights)).weights
    assert found is not None
    assert [row.place for row in found.places] == ["C", "B", "A"]


def test_weights_of_several_mixes_are_their_mean() -> None:
    mix = mix_of(estimated(several=True))
    assert mix.weights is not None
    assert mix.weights.several
    assert [row.weight for row in mix.weights.places] == ["0.6", "0.3", "0.1"]
    assert [row.place for row in mix.units] == ["Grandval", "Jonquières", "Montclar"]
    assert [row.start for row in mix.units] == ["2016", "2016", "2018"]
    own = towns(several=True).pivot_table(index="town", columns="year", values="burden")
    without = 0.6 * own.iloc[0] + 0.3 * own.iloc[1] + 0.1 * own.iloc[2]
    gap = (own.loc["Jonquières"] - without).loc[2016:].mean()
    assert float(mix.units[1].effect or "nan") == pytest.approx(gap, abs=1e-8)
    assert [part.weight for part in mix.units[0].weights] == ["0.6", "0.3", "0.1"]


def test_mixes_by_date_of_beginning_are_kept_apart(estimate: CounterfactualEstimate) -> None:
    weights = {"unit": ["A", "B", "A", "B"], "weight": [0.2, 0.8, 0.6, 0.4], "cohort": [1, 1, 2, 2]}
    times = {"period": [2013, 2015, 2015], "weight": [1.0, 0.0, 1.0], "cohort": [2016, 2016, 2018]}
    mix = mix_of(with_tables(estimate, weights=weights, time_weights=times))
    assert mix.weights is not None
    assert [(row.place, row.weight) for row in mix.weights.places] == [("B", "0.6"), ("A", "0.4")]
    told = [(row.period, row.weight, row.began) for row in mix.time_weights]
    assert told == [("2013", "1", "2016"), ("2015", "1", "2018")]


# --- fit --------------------------------------------------------------------------------------


def test_the_fit_is_told_in_the_outcome_s_unit(estimate: CounterfactualEstimate) -> None:
    fit = mix_of(estimate).fit
    assert fit is not None
    own = math.sqrt((BEFORE**2).mean())
    assert float(fit.pre_rmspe or "nan") == pytest.approx(own, abs=1e-8)
    first, proved = map(told, fit.said)
    assert f"typically {own:.3f} apart (points of income)" in first
    assert "In the 10 periods before" in first
    assert "less than one part in 1,000,000,000" in proved
    (heavy,) = map(told, fit.cautions)
    assert heavy.startswith("One place, Aubrac-sur-Lane, makes up 60% of the mix")


def test_what_is_not_proved_or_not_unique_is_a_caution() -> None:
    fit = mix_of(estimated(proof="many")).fit
    assert fit is not None
    assert len(fit.said) == 1
    assert [said.key for said in fit.cautions] == [
        "mix.unproved", "mix.many", "mix.outside", "mix.dominates",
    ]  # fmt: skip
    assert "by up to 0.2%" in told(fit.cautions[0])
    assert "one solution among many" in told(fit.cautions[1])


def test_a_warning_of_the_method_stands_in_the_place_of_ours() -> None:
    estimate = estimated(proof="many")
    note = Message("sc.many-solutions", Text(en="Many, by name.", fr="Beaucoup."))
    fit = mix_of(replace(estimate, notes=(*estimate.notes, note))).fit
    assert fit is not None
    keys = [said.key for said in fit.cautions]
    assert "sc.many-solutions" in keys
    assert "mix.many" not in keys
    assert "mix.outside" in keys


def test_a_proof_without_some_of_its_numbers_is_told_without_them(
    estimate: CounterfactualEstimate,
) -> None:
    bare = {"pre_rmspe": 0.5, "donors_median_pre_rmspe": math.nan, "smallest_weight": -0.2}
    fit = mix_of(replace(estimate, certificate=bare)).fit
    assert fit is not None
    assert (fit.others_median, fit.relative_gap, fit.solutions) == (None, None, None)
    (first,) = fit.said
    assert "middle value" not in told(first)
    assert [said.key for said in fit.cautions] == ["mix.negative", "mix.dominates"]
    assert mix_of(replace(estimate, certificate=None)).fit is None


# --- placebos ---------------------------------------------------------------------------------


def placebo_ratios() -> dict[str, tuple[float, float]]:
    """Gap before and since of each town, the slow way."""
    found = {"Grandval": GAP}
    for town in TOWNS:
        if town != "Grandval":
            rest = [other for other in TOWNS if other not in (town, "Grandval")]
            found[town] = WIDE.loc[town] - WIDE.loc[rest].mean()
    return {
        town: (
            math.sqrt((gap.loc[:2015] ** 2).mean()),
            math.sqrt((gap.loc[2016:] ** 2).mean()),
        )
        for town, gap in found.items()
    }


def test_the_order_of_placebos_and_the_count_of_those_as_large(
    estimate: CounterfactualEstimate,
) -> None:
    found = mix_of(estimate).placebos
    assert found is not None
    ratios = placebo_ratios()
    kept = {town: post / pre for town, (pre, post) in ratios.items() if pre <= 6.0}
    expected = sorted(kept, key=lambda town: -kept[town])
    assert [row.place for row in found.rows] == [*expected, "Esterel"]
    assert [row.rank for row in found.rows] == [*range(1, 14), None]
    assert found.as_large == sum(kept[t] >= kept["Grandval"] for t in kept) - 1 == 0
    assert (found.others, found.left_out, found.by) == (12, 1, "ratio")
    assert told(found.said[0]) == (
        "Had we pretended, in turn, that each of the other 12 places was the one served, none of them "
        "would have shown as large a change, measured against how closely each was followed before."
    )
    assert told(found.said[1]).startswith("1 place was left out of this comparison: its mix had")
    assert [path.place for path in found.paths if path.served] == ["Grandval"]
    assert "Esterel" not in {path.place for path in found.paths}


def crowd(**more: Any) -> dict[str, Any]:
    """Three of 38 other places show as large a change as the one served."""
    ratio = np.concatenate([[5.0], [9.0, 5.0, 6.0], np.linspace(4.0, 1.0, 35)])
    names = ["S", *(f"P{k:02d}" for k in range(38))]
    return {
        "unit": names, "served": [True] + [False] * 38, "effect": -ratio, "pre_rmspe": [1.0] * 39,
        "post_rmspe": ratio, "ratio": ratio, "rank": list(range(39)), "kept": [True] * 39,
    } | more  # fmt: skip


def of_test(name: str, p: float, side: str = "two", compared: int = 39) -> dict[str, Any]:
    return {
        "test": [name], "statistic": [5.0], "p_value": [p], "side": [side], "compared": [compared],
        "attainable": [1 / compared],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("test", "by", "count", "words"),
    [
        (None, "ratio", 3, "3 of them would have shown as large a change, measured against"),
        (
            of_test("rmspe-ratio", 4 / 39),
            "ratio",
            3,
            "3 of them would have shown as large a change",
        ),
        (
            of_test("placement", 4 / 39),
            "effect",
            3,
            "3 of them would have shown as large a change.",
        ),
        # The p-value is of something that the table does not hold: it says how many.
        (of_test("rmspe-ratio", 2 / 39), "other", 1, "1 of them would have shown at least as unus"),
        (of_test("in-space placebo", 6 / 39), "other", 5, "5 of them would have shown at least as"),
    ],
)
def test_the_sentence_counts_as_the_printed_p_value_does(
    estimate: CounterfactualEstimate, test: Any, by: str, count: int, words: str
) -> None:
    tables = {"placebos": crowd(), "placebo_test": test}
    found = mix_of(with_tables(estimate, **tables)).placebos
    assert found is not None
    assert (found.by, found.as_large) == (by, count)
    assert words in told(found.said[0])
    assert "38" in told(found.said[0], "fr")


def test_a_p_value_that_is_no_share_of_the_places_gives_no_sentence(
    estimate: CounterfactualEstimate,
) -> None:
    tables = {"placebos": crowd(), "placebo_test": of_test("in-space placebo", 0.1234)}
    found = mix_of(with_tables(estimate, **tables)).placebos
    assert found is not None
    assert found.said == ()
    assert [test.p_value for test in found.tests] == ["0.1234"]


def test_a_p_value_with_a_side_never_gives_the_sentence(estimate: CounterfactualEstimate) -> None:
    tables = {"placebos": crowd(), "placebo_test": of_test("signed-ratio", 2 / 39, "less")}
    found = mix_of(with_tables(estimate, **tables)).placebos
    assert found is not None
    assert found.as_large == 3
    assert [(test.side, test.test) for test in found.tests] == [("less", "signed-ratio")]


def test_several_served_places_are_told_by_placements(estimate: CounterfactualEstimate) -> None:
    served = [True, True] + [False] * 37
    tables = {
        "placebos": crowd(served=served),
        "placebo_test": of_test("rmspe-ratio", 12 / 400, compared=400),
    }
    found = mix_of(with_tables(estimate, **tables)).placebos
    assert found is not None
    assert told(found.said[0]) == (
        "Of 400 ways to choose which places are the ones served, 12 show at least as large a change; "
        "the real one is among them."
    )


@pytest.mark.parametrize(
    ("name", "compared", "attainable", "told_of", "sentence"),
    [
        ("placement", 400, 1 / 400, 400, True),
        # Some methods count the others alone: then the smallest p-value says so.
        ("in-space placebo", 399, 1 / 400, 400, True),
        ("no effect in any period, iid", 400, 1 / 400, 400, False),
    ],
)
def test_a_test_without_a_table_of_places_is_told_all_the_same(
    estimate: CounterfactualEstimate,
    name: str,
    compared: int,
    attainable: float,
    told_of: int,
    sentence: bool,
) -> None:
    test = of_test(name, 12 / 400, compared=compared) | {"attainable": [attainable]}
    tables = {"placebos": None, "placebo_paths": None, "placebo_test": test}
    found = mix_of(with_tables(estimate, **tables)).placebos
    assert found is not None
    assert found.rows == found.paths == ()
    assert [row.compared for row in found.tests] == [told_of]
    assert [told(said)[:12] for said in found.said] == (["Of 400 ways "] if sentence else [])


def test_a_place_met_exactly_ranks_above_all(estimate: CounterfactualEstimate) -> None:
    ratio = crowd()["ratio"].copy()
    ratio[38] = math.inf
    found = mix_of(with_tables(estimate, placebos=crowd(ratio=ratio), placebo_test=None)).placebos
    assert found is not None
    assert (found.rows[0].place, found.rows[0].endless, found.rows[0].ratio) == ("P37", True, None)
    assert found.as_large == 4


def test_a_long_order_is_cut_but_keeps_the_served_place(estimate: CounterfactualEstimate) -> None:
    n = 400
    ratio = np.concatenate([[0.5], np.linspace(9.0, 1.0, n - 1)])
    names = ["S", *(f"P{k:03d}" for k in range(n - 1))]
    periods = list(range(2006, 2022))
    tables = {
        "placebos": {
            "unit": names, "served": [k == 0 for k in range(n)], "effect": ratio,
            "pre_rmspe": [1.0] * n, "post_rmspe": ratio, "ratio": ratio, "rank": range(n),
            "kept": [True] * n,
        },
        "placebo_paths": {
            "unit": np.repeat(names, 16), "period": periods * n, "gap": np.repeat(ratio, 16),
        },
        "placebo_test": None,
    }  # fmt: skip
    tables["placebos"]["rank"] = tuple(range(n))
    found = mix_of(with_tables(estimate, **tables)).placebos
    assert found is not None
    assert len(found.rows) == 41
    assert found.rows[-1].place == "S"
    assert (found.further, found.others, found.as_large) == (359, 399, 399)
    # The paths that are drawn lie evenly through the order: they look as all of them would.
    drawn = [float(path.values[0] or 0) for path in found.paths if not path.served]
    assert len(drawn) == 40
    assert found.paths_of == 400
    assert (drawn[0], drawn[-1]) == (9.0, pytest.approx(1.0, abs=0.3))
    assert np.mean(drawn) == pytest.approx(5.0, abs=0.2)


def test_the_gap_of_the_served_place_comes_from_the_history_where_paths_lack_it(
    estimate: CounterfactualEstimate,
) -> None:
    table = estimate.parts["placebo_paths"]
    others = table[table["unit"] != "Grandval"]
    tables = {"placebo_paths": {c: tuple(others[c]) for c in others}}
    found = mix_of(with_tables(estimate, **tables)).placebos
    assert found is not None
    (own,) = [path for path in found.paths if path.served]
    assert [float(v or "nan") for v in own.values] == pytest.approx(list(GAP), abs=1e-8)


# --- one place fewer, an earlier date -----------------------------------------------------------


def test_the_result_without_each_place(estimate: CounterfactualEstimate) -> None:
    found = mix_of(estimate).leave_one_out
    assert found is not None
    without = (0.6 * WIDE.loc["Aubrac-sur-Lane"] + 0.1 * WIDE.loc["Castelnau"]) / 0.7
    effect = (WIDE.loc["Grandval"] - without).loc[2016:].mean()
    told_effect = {row.place: float(row.effect) for row in found.rows}
    assert told_effect["Bellombre"] == pytest.approx(effect, abs=1e-8)
    assert list(told_effect.values()) == sorted(told_effect.values())
    assert told(found.said).startswith("Without any one of the 3 places, in turn, the effect lies")
    path = next(path for path in found.paths if path.place == "Bellombre")
    assert [float(v or "nan") for v in path.values] == pytest.approx(list(without), abs=1e-8)


def test_earlier_dates_with_their_own_numbers(estimate: CounterfactualEstimate) -> None:
    found = mix_of(estimate).in_time
    assert found is not None
    assert [row.start for row in found.rows] == ["2014", "2012"]
    donors = [town for town in TOWNS if town != "Grandval"]
    gap = WIDE.loc["Grandval"] - WIDE.loc[donors].mean()
    gap = gap - gap.loc[:2011].mean()
    assert float(found.rows[1].effect or "nan") == pytest.approx(
        gap.loc[2012:2015].mean(), abs=1e-8
    )


def test_one_earlier_date_is_read_from_its_path(estimate: CounterfactualEstimate) -> None:
    years = list(range(2006, 2016))
    gap = np.array([0.3, -0.1, 0.2, 0.0, 0.1, -0.3, 0.4, 0.5, 0.6, 0.7])
    table = {
        "period": years, "observed": gap + 9, "counterfactual": [9.0] * 10, "gap": gap,
        "served": [0.0] * 7 + [1.0] * 3,
    }  # fmt: skip
    found = mix_of(with_tables(estimate, in_time=table)).in_time
    assert found is not None
    ((row,), (path,)) = found.rows, found.paths
    assert row.start == path.place == "2013"
    assert float(row.effect or "nan") == pytest.approx(0.6)
    assert float(row.pre_rmspe or "nan") == pytest.approx(math.sqrt((gap[:7] ** 2).mean()))
    assert path.values[10:] == (None,) * 6
    assert "at a date at which nothing began" in told(found.said)


# --- long lists -------------------------------------------------------------------------------


def test_very_many_served_places_are_cut_and_counted(estimate: CounterfactualEstimate) -> None:
    n = 200
    names = [f"S{k:03d}" for k in range(n)]
    periods = list(range(2006, 2022))
    tables = {
        "units": {"unit": names, "start": [2016] * n, "effect": np.linspace(-1.0, 1.0, n)},
        "placebos": {
            "unit": names, "served": [True] * n, "effect": [1.0] * n, "pre_rmspe": [1.0] * n,
            "post_rmspe": [2.0] * n, "ratio": np.linspace(3.0, 1.0, n), "rank": [1] * n,
            "kept": [True] * n,
        },
        "placebo_paths": {
            "unit": np.repeat(names, 16), "period": periods * n, "gap": np.ones(16 * n),
        },
        "placebo_test": None,
    }  # fmt: skip
    mix = mix_of(with_tables(estimate, **tables))
    assert mix.placebos is not None
    assert (len(mix.units), mix.units_further) == (40, 160)
    assert (len(mix.placebos.rows), mix.placebos.further) == (50, 150)
    assert (len(mix.placebos.paths), mix.placebos.paths_of) == (40, 200)


def test_a_long_list_of_left_out_places_keeps_both_ends(estimate: CounterfactualEstimate) -> None:
    effects = np.linspace(-3.0, 3.0, 61)
    table = {"unit": [f"P{k:02d}" for k in range(61)], "effect": effects}
    found = mix_of(
        with_tables(estimate, leave_one_out=table, leave_one_out_paths=None)
    ).leave_one_out
    assert found is not None
    shown = [float(row.effect) for row in found.rows]
    assert (min(shown), max(shown), len(shown), found.further) == (-3.0, 3.0, 40, 21)
    assert "between −3 and 3" in told(found.said)


def test_the_lightest_of_many_periods_are_cut_in_order_of_time(
    estimate: CounterfactualEstimate,
) -> None:
    weight = np.linspace(0.001, 0.1, 60)[::-1]
    table = {"period": list(range(1950, 2010)), "weight": weight}
    mix = mix_of(with_tables(estimate, time_weights=table))
    assert [row.period for row in mix.time_weights] == [str(y) for y in range(1950, 1990)]
    assert mix.time_further == 20
