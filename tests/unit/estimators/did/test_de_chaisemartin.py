"""Services that stop again: against another package, and a loop over units that knows no arrays."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from impacteval.errors import NotIdentified
from impacteval.estimates import CounterfactualEstimate
from impacteval.estimators.did.callaway_santanna import CallawaySantAnna
from impacteval.estimators.did.de_chaisemartin import DeChaisemartinDHaultfoeuille
from impacteval.sample import Sample
from impacteval.testing import KnownSample, estimator_checks, known_samples
from impacteval.values import Scale

MAKERS = {maker.name: maker for maker in known_samples("did")}


def _estimate(
    known: KnownSample | Sample, scale: Scale = Scale.DIFFERENCE, **settings: Any
) -> CounterfactualEstimate:
    sample = known if isinstance(known, Sample) else known.sample()
    own = DeChaisemartinDHaultfoeuille(**settings)
    return own.estimate(sample, scale=scale, rng=np.random.default_rng(1))


def _sample(frame: pd.DataFrame, **changed: Any) -> Sample:
    roles: dict[str, Any] = {
        "design": "did", "outcome": "y", "unit": "unit", "period": "year", "treatment": "treated",
    }  # fmt: skip
    return Sample.from_frame(frame, **(roles | changed))


def _refused(sample: Sample, scale: Scale = Scale.DIFFERENCE, **settings: Any) -> str:
    with pytest.raises(NotIdentified) as refusal:
        _estimate(sample, scale, **settings)
    return refusal.value.reason.key


# --- against another package ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["switching", "staggered", "growing"])
@pytest.mark.filterwarnings("ignore")  # the other package warns of its own arguments
def test_effects_and_placebos_are_those_of_another_package(name: str) -> None:
    """moderndid 0.2.0, after the authors' did_multiplegt_dyn."""
    import moderndid

    known = MAKERS[name](3)
    frame = known.frame()
    given = frame.assign(id=frame["unit"].str[1:].astype(int))[["id", "year", "y", "treated"]]
    found = _estimate(known)
    table = found.parts["event_study"].set_index("event_time")
    horizons, placebos = int(table.index.max()) + 1, -int(table.index.min()) - 1
    common = {"yname": "y", "tname": "year", "idname": "id", "dname": "treated"}
    peer = moderndid.did_multiplegt(given, effects=horizons, placebo=placebos, **common)
    after, before = table.loc[0:], table.loc[:-2].iloc[::-1]
    for own, theirs in ((after, peer.effects), (before, peer.placebos)):
        assert own["effect"].to_numpy() == pytest.approx(theirs.estimates, rel=1e-9)
        assert own["std_error"].to_numpy() == pytest.approx(theirs.std_errors, rel=1e-9)
        assert own["n"].tolist() == theirs.n_switchers.tolist()
    peer = moderndid.did_multiplegt(given, effects=horizons, normalized=True, **common)
    table = found.parts["normalised"]
    assert table["effect"].to_numpy() == pytest.approx(peer.effects.estimates, rel=1e-9)
    assert table["std_error"].to_numpy() == pytest.approx(peer.effects.std_errors, rel=1e-9)


@pytest.mark.parametrize("name", ["staggered", "growing", "weights"])
def test_where_services_stay_it_is_the_average_over_starting_dates(name: str) -> None:
    """Callaway and Sant'Anna's cells with those not yet served, counted by served unit-periods."""
    known = MAKERS[name](5)
    other = CallawaySantAnna(control="not_yet").estimate(
        known.sample(), scale=Scale.DIFFERENCE, rng=np.random.default_rng(1)
    )
    found = _estimate(known)
    assert found.effect.value == pytest.approx(other.effect.value, rel=1e-10)
    assert found.observed == pytest.approx(other.observed, rel=1e-10)


# --- a loop over units ------------------------------------------------------------------------


def _slowly(frame: pd.DataFrame, direction: int, cluster: str = "unit") -> dict[str, Any]:
    """Effects, placebos, their errors and the effect per unit of treatment, unit by unit."""
    frame = frame.assign(w=frame.get("w", pd.Series(1.0, frame.index)))
    years = sorted(frame["year"].unique())
    rows: dict[Any, dict[int, Any]] = defaultdict(dict)
    for row in frame.itertuples():
        rows[row.unit][years.index(row.year)] = row
    first: dict[Any, int] = {}
    sign: dict[Any, float] = {}
    for unit, own in rows.items():
        start = own[min(own)].treated
        changes = [t for t in sorted(own) if own[t].treated != start]
        first[unit] = changes[0] if changes else len(years)
        sign[unit] = np.sign(own[changes[0]].treated - start) if changes else 0.0
    unknown = {u for u in rows if first[u] < len(years) and first[u] - 1 not in rows[u]}
    units = [u for u in rows if u not in unknown]
    sums: dict[int, list[tuple[float, float, dict[Any, float]]]] = defaultdict(list)
    dose, others = 0.0, {}
    groups = sorted({
        (rows[u][min(rows[u])].treated, first[u], rows[u][first[u]].treated)
        for u in units if sign[u] == direction
    })  # fmt: skip
    for start, f, then in groups:
        for step in range(1, len(years) - f + 1):
            for placebo in (False, True):
                at, base = f - 1 + step, f - 1
                now = base - step if placebo else at
                if now < 0:
                    continue
                treated, stayed, whole = [], [], []
                for u in units:
                    own = rows[u]
                    if own[min(own)].treated != start:
                        continue
                    seen = {now, base, at} <= set(own)
                    if first[u] == f and own[f].treated == then:
                        path = [own[t].treated if t in own else None for t in range(f, at + 1)]
                        if None in path or any(sign[u] * (d - start) < 0 for d in path):
                            continue
                        whole.append(u)  # they are part of the target
                        if seen:
                            treated.append(u)
                    elif first[u] > at and seen:
                        stayed.append(u)
                if not treated or not stayed:
                    continue
                others[f, then, now] = len(stayed)
                weight = {u: rows[u][at].w for u in treated + stayed}
                change = {u: rows[u][now].y - rows[u][base].y for u in treated + stayed}

                def mean(of: list[Any], w: dict[Any, float], c: dict[Any, float]) -> float:
                    return sum(w[u] * c[u] for u in of) / sum(w[u] for u in of)

                influence: dict[Any, float] = defaultdict(float)
                for turn, of in ((1.0, treated), (-1.0, stayed)):
                    about, inside = of, {getattr(rows[u][at], cluster) for u in of}
                    if len(inside) == 1:
                        about = treated + stayed
                        inside = {getattr(rows[u][at], cluster) for u in about}
                    n = len(inside)
                    for u in of:
                        gap = change[u] - mean(about, weight, change)
                        share = weight[u] / sum(weight[v] for v in of)
                        key = getattr(rows[u][at], cluster)
                        influence[key] += turn * math.sqrt(n / (n - 1)) * share * gap
                effect = mean(treated, weight, change) - mean(stayed, weight, change)
                total = sum(rows[u][at].w for u in whole)
                sums[-step if placebo else step].append((total, effect, influence))
                if not placebo:
                    beyond = {u: direction * (rows[u][at].treated - start) for u in whole}
                    dose += sum(rows[u][at].w * beyond[u] for u in whole)
    keys = {getattr(row, cluster) for own in rows.values() for row in own.values()}

    def pooled(cells: list[Any], by: float) -> tuple[float, float]:
        effect = direction * sum(w * e for w, e, _ in cells) / by
        error = math.sqrt(sum((sum(w * i[k] for w, _, i in cells) / by) ** 2 for k in keys))
        return effect, error

    after = [cell for step, cells in sums.items() if step > 0 for cell in cells]
    return {
        "steps": {s - 1: pooled(c, sum(w for w, *_ in c)) for s, c in sorted(sums.items())},
        "overall": pooled(after, dose),
        "dose": dose,
        "others": others,
    }


def _frame(seed: int) -> pd.DataFrame:
    """Few units with paths of their own: on, off, on and off again, and some never."""
    rng = np.random.default_rng(seed)
    paths = ["000000"] * 7 + ["001111"] * 4 + ["001100"] * 3 + ["000101"] * 4 + ["000011"]
    paths += ["111111"] * 5 + ["110000"] * 4 + ["111010"] * 2 + ["011010"] * 3
    rows = [
        (f"u{u:02d}", 2000 + t, int(d), rng.standard_normal() + 2 * int(d) + 0.2 * u, f"c{u % 13}")
        for u, path in enumerate(paths)
        for t, d in enumerate(path)
    ]
    return pd.DataFrame(rows, columns=["unit", "year", "treated", "y", "place"])


@pytest.mark.parametrize("cluster", ["unit", "place"])
@pytest.mark.parametrize(("switchers", "direction"), [("on", 1), ("off", -1)])
def test_a_loop_over_units_gives_the_same(switchers: str, direction: int, cluster: str) -> None:
    frame = _frame(1)
    frame["w"] = 0.5 + np.random.default_rng(2).random(len(frame))
    # Gaps: some while nothing changes, some at the change, some after it.
    gone = [
        ("u00", 2003),
        ("u08", 2001),
        ("u09", 2003),
        ("u24", 2001),
        ("u30", 2001),
        ("u26", 2004),
    ]
    frame = frame[[key not in gone for key in zip(frame["unit"], frame["year"], strict=True)]]
    clustered = {} if cluster == "unit" else {"cluster": "place"}
    found = _estimate(_sample(frame, weight="w", **clustered), switchers=switchers)
    expected = _slowly(frame, direction, cluster)
    table = found.parts["event_study"].set_index("event_time").drop(index=-1)
    assert table.index.tolist() == list(expected["steps"])
    for time, (effect, error) in expected["steps"].items():
        assert table.loc[time, "effect"] == pytest.approx(effect, rel=1e-9)
        assert table.loc[time, "std_error"] == pytest.approx(error, rel=1e-9)
    assert found.effect.value == pytest.approx(expected["overall"][0], rel=1e-9)
    assert found.effect.std_error == pytest.approx(expected["overall"][1], rel=1e-9)
    cells = found.parts["group_time"]
    places = zip(cells["cohort"] - 2000, cells["to"], cells["period"] - 2000, strict=True)
    assert dict(zip(places, cells["n_comparison"], strict=True)) == expected["others"]
    keys = [note.key for note in found.notes]
    assert "switching.unknown-switch" in keys
    assert "switching.not-compared" in keys


def test_both_directions_together() -> None:
    frame = _frame(3)
    on, off = _slowly(frame, 1), _slowly(frame, -1)
    found = _estimate(_sample(frame), switchers="both")
    total = on["overall"][0] * on["dose"] + off["overall"][0] * off["dose"]
    assert found.effect.value == pytest.approx(total / (on["dose"] + off["dose"]), rel=1e-9)
    total_effect = _estimate(_sample(frame), Scale.TOTAL, switchers="both").effect.value
    assert total_effect == pytest.approx(total, rel=1e-9)
    assert found.n_treated == sum(frame.groupby("unit")["treated"].nunique() > 1)


def test_a_service_that_stops_is_the_mirror_of_one_that_begins() -> None:
    """With the treatment exchanged, what begins stops, and the effect has the other sign."""
    frame = _frame(4)
    exchanged = frame.assign(treated=1 - frame["treated"])
    on = _estimate(_sample(frame), switchers="on")
    off = _estimate(_sample(exchanged), switchers="off")
    assert off.effect.value == pytest.approx(-on.effect.value, rel=1e-12)
    assert off.effect.std_error == pytest.approx(on.effect.std_error, rel=1e-12)
    # What was with the service is now without it, and the other way round.
    assert off.observed == pytest.approx(on.counterfactual, rel=1e-9)
    assert off.counterfactual == pytest.approx(on.observed, rel=1e-9)


def test_a_dose_twice_as_large_has_half_the_effect_a_unit_and_the_same_total() -> None:
    frame = _frame(5)
    one = _estimate(_sample(frame))
    doubled = _sample(frame.assign(amount=2.0 * frame["treated"]), dose="amount")
    two = _estimate(doubled)
    assert two.effect.value == pytest.approx(one.effect.value / 2.0, rel=1e-12)
    assert two.effect.std_error == pytest.approx(one.effect.std_error / 2.0, rel=1e-12)  # type: ignore[operator]
    totals = [_estimate(s, Scale.TOTAL).effect.value for s in (_sample(frame), doubled)]
    assert totals[0] == pytest.approx(totals[1], rel=1e-12)
    assert _refused(doubled, Scale.RELATIVE) == "switching.relative-dose"


def test_doses_of_several_levels_follow_the_loop() -> None:
    rng = np.random.default_rng(6)
    paths = ["0000"] * 6 + ["0123"] * 3 + ["0111"] * 3 + ["0220"] * 3 + ["1111"] * 4 + ["1122"] * 3
    paths += ["1120"] * 3 + ["2222"] * 2
    rows = [
        (f"u{u:02d}", 2000 + t, int(d), rng.standard_normal() + int(d))
        for u, path in enumerate(paths)
        for t, d in enumerate(path)
    ]
    frame = pd.DataFrame(rows, columns=["unit", "year", "treated", "y"])
    expected = _slowly(frame, 1)
    given = frame.assign(amount=frame["treated"], treated=(frame["treated"] > 0).astype(int))
    found = _estimate(_sample(given, dose="amount"))
    assert found.effect.value == pytest.approx(expected["overall"][0], rel=1e-9)
    assert found.effect.std_error == pytest.approx(expected["overall"][1], rel=1e-9)
    keys = [note.key for note in found.notes]
    assert "switching.crossed" in keys
    assert "switching.other-status-quo" in keys


# --- what is told -----------------------------------------------------------------------------


def test_the_observed_mean_is_that_of_served_periods_and_the_path_that_of_all_since() -> None:
    known = MAKERS["switching"](7)
    frame = known.frame()
    found = _estimate(known)
    served = frame[frame["treated"] == 1]
    assert found.observed == pytest.approx(served["y"].mean(), rel=1e-12)
    assert found.counterfactual == pytest.approx(found.observed - found.effect.value, rel=1e-12)
    first = served.groupby("unit")["year"].min()
    since = frame[frame["year"] >= frame["unit"].map(first)]
    path = found.to_frame().set_index("period")
    expected = since.groupby("year")["y"].agg(["mean", "size"])
    assert path["observed"].to_numpy() == pytest.approx(expected["mean"].to_numpy(), rel=1e-12)
    assert path["n"].tolist() == expected["size"].tolist()
    gaps = (path["observed"] - path["counterfactual"]) * path["n"]
    total = _estimate(known, Scale.TOTAL).effect.value
    assert gaps.sum() == pytest.approx(total, rel=1e-9)
    (note,) = [n for n in found.notes if n.key == "switching.stopped"]
    assert note.values["units"] == 35


def test_fewer_periods_can_be_asked_for() -> None:
    known = MAKERS["switching"](8)
    whole, part = _estimate(known), _estimate(known, horizons=2, placebos=1)
    table = part.parts["event_study"]
    assert table["event_time"].tolist() == [-2, -1, 0, 1]
    all_of_them = whole.parts["event_study"].set_index("event_time")
    assert table["effect"].tolist() == pytest.approx(all_of_them.loc[-2:1, "effect"].tolist())
    cells = part.parts["group_time"]
    after = cells[cells["period"] >= cells["cohort"]]
    assert "switching.not-compared" not in [n.key for n in part.notes]
    frame = known.frame()
    served = frame[frame["treated"] == 1]
    late = served["year"] >= served["unit"].map(served.groupby("unit")["year"].min()) + 2
    dose = (~late).sum()
    assert part.effect.value == pytest.approx((after["effect"] * after["n_treated"]).sum() / dose)
    never = _estimate(known, control="never").parts["group_time"]
    assert set(never["n_comparison"]) == {40}


def test_one_unit_of_a_kind_is_told() -> None:
    found = _estimate(_sample(_frame(9)))
    (note,) = [n for n in found.notes if n.key == "switching.alone"]
    assert note.values["cohorts"] == 1


def test_refusals_say_what_is_missing() -> None:
    frame = _frame(10)
    assert _refused(_sample(frame.assign(x=frame["y"]), covariates=["x"])) == "switching.covariates"
    only_on = frame[frame["unit"].isin([f"u{u:02d}" for u in range(19)])]
    assert _refused(_sample(only_on), switchers="off") == "switching.nobody-switches"
    same = frame[frame["unit"].isin(["u07", "u08", "u09", "u10"])]
    assert _refused(_sample(same)) == "switching.nobody-stays"
    assert _refused(MAKERS["repeated"](1).sample()) == "did.repeated-cross-sections"
    assert (
        _refused(_sample(frame, log_outcome=True), Scale.RELATIVE) == "randomised.relative-in-logs"
    )
    weighted = _sample(frame.assign(w=2), weight="w", weight_kind="frequency")
    assert _refused(weighted) == "did.frequency-weights"
    for settings in ({"horizons": 0}, {"placebos": -1}):
        with pytest.raises(ValueError, match="or None for all"):
            DeChaisemartinDHaultfoeuille(**settings)


def test_a_dose_that_adds_up_to_nothing_is_refused() -> None:
    """The rise itself was seen in no unit that can be compared."""
    frame = _frame(11)
    kept = frame[frame["unit"].isin([f"u{u:02d}" for u in (0, 1, 2, 11, 12)])]
    kept = kept[~((kept["treated"] == 1) & (kept["year"] == 2003))]
    found = _estimate(_sample(kept))
    assert found.n_treated == 2


@pytest.mark.parametrize("name", ["switching", "unbalanced", "weights", "clusters"])
def test_the_contract_on_other_samples(name: str) -> None:
    maker = replace(MAKERS[name], replications=0)
    # Periods long before the change have no say; over several periods the total is not the effect
    # times the units.
    left_out = ("every_row_counts", "scales_agree")
    for check in estimator_checks(DeChaisemartinDHaultfoeuille(), samples=[maker]):
        if check.name not in left_out:
            check()
