"""Any estimator within groups, and what the groups say together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from impacteval import estimator
from impacteval.diagnostics.subgroups import compared, small_parts, subgroups
from impacteval.errors import DataError, NotIdentified, UsageError
from impacteval.estimates import (
    CounterfactualEstimate,
    Effect,
    Influence,
    LogRatioT,
    NoUncertainty,
    Period,
    StudentT,
)
from impacteval.inference import correlation_of
from impacteval.sample import Sample
from impacteval.values import Message, Scale, Tail, Text

N = 240


def frame(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.resize(["north", "south", "west"], N)
    x = rng.normal(size=N)
    d = np.arange(N) % 2
    offered = rng.uniform(size=N) < 0.9
    return pd.DataFrame(
        {
            "id": [f"p{i:03d}" for i in rng.permutation(N)],
            "d": d,
            "got": d * offered,
            "group": group,
            "x": x,
            "village": np.arange(N) // 2 % 14 * 2 + d,
            "y": 5.0 + 0.5 * x + d * np.where(group == "west", 1.5, 0.2) + rng.gamma(1.0, size=N),
        }
    )


def of(df: pd.DataFrame, **roles) -> Sample:
    given = {"unit": "id", "treatment": "d", "subgroup": "group"} | roles
    return Sample.from_frame(df, design="rct", outcome="y", **given)


def by(name: str = "difference-in-means", **settings):
    method = estimator(name, **settings)

    def estimate(part, scale, label):
        return method.estimate(part, scale=scale, rng=np.random.default_rng(0))

    return estimate


def effects(found):
    return {g.label: g.estimate.effect.value for g in found.groups}


METHODS = [
    ("difference-in-means", {}),
    ("lin", {"covariates": ["x"]}),
    ("ancova", {"covariates": ["x"]}),
    ("cuped", {"covariates": ["x"]}),
    ("g-computation", {"covariates": ["x"]}),
    ("cluster-randomised", {"assignment_cluster": "village"}),
    ("encouragement", {"treatment": None, "assigned": "d", "received": "got"}),
]


@pytest.mark.parametrize(("name", "roles"), METHODS, ids=[m[0] for m in METHODS])
@pytest.mark.parametrize("scale", list(Scale))
def test_each_group_is_the_estimate_on_its_own_people(name, roles, scale) -> None:
    """Against the same estimator on a file that holds the group alone."""
    df = frame()
    found = subgroups(of(df, **roles), by(name), scale=scale)
    assert [g.label for g in found.groups] == ["north", "south", "west"]
    for group in found.groups:
        alone = by(name)(of(df[df.group == group.label], **roles), scale, "")
        assert group.estimate.effect == alone.effect
        assert group.p_value == alone.effect.p_value()
        assert group.sizes == (40, 40)
    assert found.multiplicity == "max_t"
    assert found.equal is not None
    assert (found.equal.df_between, found.hidden) == (2, 0)


def test_the_interaction_is_that_of_one_regression() -> None:
    df = frame()
    found = subgroups(of(df), by(), scale=Scale.DIFFERENCE)
    fit = smf.ols("y ~ d * C(group)", df).fit(cov_type="HC2")
    terms = ", ".join(f"{name} = 0" for name in fit.params.index if name.startswith("d:"))
    wald = fit.wald_test(terms, use_f=False, scalar=True)
    assert found.equal.wald == pytest.approx(float(wald.statistic), rel=1e-9)


def test_on_scale_relative_it_is_the_ratios_that_are_compared() -> None:
    df = frame()
    found = subgroups(of(df), by(), scale=Scale.RELATIVE)
    logs, variances = [], []
    for _, part in df.groupby("group"):
        served, others = (part.y[part.d == arm] for arm in (1, 0))
        logs.append(math.log(served.mean() / others.mean()))
        variances.append(sum(v.var(ddof=1) / len(v) / v.mean() ** 2 for v in (served, others)))
    w = 1 / np.array(variances)
    centre = (w * logs).sum() / w.sum()
    assert found.equal.wald == pytest.approx(float((w * (logs - centre) ** 2).sum()), rel=1e-9)


def test_totals_are_compared_for_each_person() -> None:
    """Three times the people have three times the total, and the same effect."""
    df = frame()
    df = pd.concat([df, df[df.group == "west"].assign(id=lambda f: "q" + f.id)])
    total = subgroups(of(df), by(), scale=Scale.TOTAL)
    each = subgroups(of(df), by(), scale=Scale.DIFFERENCE)
    assert effects(total)["west"] == pytest.approx(80 * effects(each)["west"])
    assert total.equal == each.equal


def test_clusters_that_span_groups_are_shared() -> None:
    """Against one regression with errors clustered by village (CR0 by statsmodels): CR1 scales each group alone."""
    df = frame()
    found = subgroups(
        of(df, cluster="village"), by("cluster-randomised", variance="cr1"), scale=Scale.DIFFERENCE
    )
    influences = [g.estimate.influence for g in found.groups]
    assert influences[0].covariance(influences[1]) != 0.0
    dummies = pd.get_dummies(df.group).to_numpy(dtype=float)
    x = np.hstack([dummies, dummies * df.d.to_numpy()[:, None]])
    fit = sm.OLS(df.y.to_numpy(), x).fit(
        cov_type="cluster", cov_kwds={"groups": df.village.to_numpy(), "use_correction": False}
    )
    wanted = fit.cov_params()[3:, 3:]
    mine = np.array([[a.covariance(b) for b in influences] for a in influences])
    assert correlation_of(mine) == pytest.approx(correlation_of(np.asarray(wanted)), abs=1e-9)
    assert found.level_for_each < 1 - 0.05 / 3 + 1e-9
    assert found.equal.df_within == pytest.approx(
        min(g.estimate.effect.distribution.df for g in found.groups) - 1
    )


@pytest.mark.parametrize("scale", ["difference", "relative", "total"])
def test_randomisation_tests_within_groups(scale) -> None:
    """Their own p-values, put together as those of groups apart; sets are read at the joint level."""
    found = subgroups(of(frame()), by("randomisation-inference", draws=99), scale=Scale(scale))
    p = [g.p_value for g in found.groups]
    assert [g.estimate.effect.p_value() for g in found.groups] == p
    assert min(g.adjusted for g in found.groups) == pytest.approx(1 - (1 - min(p)) ** 3)
    assert found.level_for_each == pytest.approx(0.95 ** (1 / 3))
    if scale == "relative":
        # Compared as log ratios, as every other estimator's.
        logs = np.array([math.log1p(g.estimate.effect.value) for g in found.groups])
        errors = np.array(
            [g.estimate.effect.std_error / (1 + g.estimate.effect.value) for g in found.groups]
        )
        w = errors**-2.0
        wanted = (w * (logs - (w * logs).sum() / w.sum()) ** 2).sum()
        assert found.equal.wald == pytest.approx(wanted, rel=1e-9)


def test_lots_that_are_listed_tie_groups_together() -> None:
    df = frame()
    rng = np.random.default_rng(1)
    lots = np.array([rng.permutation(df.d.to_numpy()) for _ in range(60)])
    df = df.assign(lots=["".join(map(str, column)) for column in lots.T])
    sample = of(df, assignment="lots")
    found = subgroups(sample, by("randomisation-inference", draws=99), scale=Scale.DIFFERENCE)
    assert found.multiplicity == "holm"
    assert [n.key for n in found.notes] == ["subgroups.no-joint"]
    assert all(g.estimate is not None for g in found.groups)


def test_counts_without_a_comparison_have_one_size() -> None:
    df = frame().assign(done=lambda f: (f.y > 7) * 1.0, again=lambda f: (f.y > 7.1) * 1.0)
    roles = {"design": "count", "outcome": "done", "unit": "id", "audited": "again"}
    sample = Sample.from_frame(df, subgroup="group", **roles)
    found = subgroups(sample, by("verified-rate"), scale=Scale.DIFFERENCE)
    assert [g.sizes for g in found.groups] == [(80,)] * 3
    for group in found.groups:
        alone = Sample.from_frame(df[df.group == group.label], **roles)
        assert group.estimate.effect == by("verified-rate")(alone, Scale.DIFFERENCE, "").effect


def test_floors_are_one_sided_and_all_must_be_reached() -> None:
    df = frame()
    found = subgroups(of(df), by(), scale=Scale.DIFFERENCE, at=0.1, tail=Tail.GREATER)
    plain = {}
    for group in found.groups:
        t = group.estimate.effect.distribution
        plain[group.label] = stats.t.sf((t.centre - 0.1) / t.scale, t.df)
        assert group.floor.reached == pytest.approx(plain[group.label], rel=1e-10)
        assert group.floor.missed == pytest.approx(1 - group.floor.reached)
        assert group.floor.reached_adjusted >= group.floor.reached
    smallest = min(plain.values())
    adjusted = min(g.floor.reached_adjusted for g in found.groups)
    assert adjusted == pytest.approx(1 - (1 - smallest) ** 3, rel=1e-9)
    assert found.all_reach == pytest.approx(max(plain.values()))


def test_a_floor_where_lower_is_better_looks_the_other_way() -> None:
    df = frame()
    up = subgroups(of(df), by(), scale=Scale.DIFFERENCE, at=0.1, tail=Tail.GREATER)
    down = subgroups(of(df.assign(y=-df.y)), by(), scale=Scale.DIFFERENCE, at=-0.1, tail=Tail.LESS)
    for a, b in zip(up.groups, down.groups, strict=True):
        assert b.floor.reached == pytest.approx(a.floor.reached, rel=1e-9)


def test_small_groups_are_neither_shown_nor_estimated() -> None:
    df = frame()
    few = df.assign(group=np.where(np.arange(N) < 8, "few", df.group))
    asked = []

    def estimate(part, scale, label):
        asked.append(label)
        return by()(part, scale, label)

    found = subgroups(of(few), estimate, scale=Scale.DIFFERENCE, at=0.0)
    # The few could be computed from the total without a second hidden group.
    assert (found.hidden, [g.label for g in found.groups]) == (2, asked)
    assert len(asked) == 2
    assert "few" not in asked
    assert found.all_reach is None  # nobody knows of the hidden ones


def test_people_who_were_not_measured_do_not_make_a_group_large() -> None:
    df = frame()
    lost = (df.group == "north") & (df.d == 1) & (np.arange(N) > 40)
    df = df.assign(y=df.y.mask(lost))
    sample = of(df, missing_outcome="attrited")
    assert "north" in small_parts(sample)
    assert small_parts(of(frame())) == frozenset()


def test_the_covariate_that_makes_the_group_is_left_out_and_told() -> None:
    df = frame()
    df = df.assign(west=(df.group == "west") * 1.0)
    found = subgroups(of(df, covariates=["x", "west"]), by("lin"), scale=Scale.DIFFERENCE)
    alone = subgroups(of(df, covariates=["x"]), by("lin"), scale=Scale.DIFFERENCE)
    assert effects(found) == effects(alone)
    assert [(n.key, n.values["covariates"]) for n in found.notes] == [
        ("subgroups.same", "west")
    ] * 3


def test_a_group_that_cannot_be_estimated_is_shown_with_the_reason() -> None:
    why = Message("test.none", Text(en="No.", fr="Non."))

    def estimate(part, scale, label):
        if label == "north":
            raise NotIdentified(why)
        return by()(part, scale, label)

    found = subgroups(of(frame()), estimate, scale=Scale.DIFFERENCE, at=0.0)
    assert (found.groups[0].estimate, found.groups[0].reason) == (None, why)
    assert found.equal.df_between == 1
    assert found.level_for_each == pytest.approx(0.95**0.5)
    assert found.all_reach is None


def test_a_group_without_an_arm_is_no_sample_of_its_own() -> None:
    df = frame()
    df = df.assign(d=np.where(df.group == "north", 1, df.d))
    found = subgroups(of(df), by(), scale=Scale.DIFFERENCE)
    assert "north" not in [g.label for g in found.groups]  # nobody of it is compared: hidden


def test_the_order_of_rows_does_not_matter() -> None:
    df = frame()
    one = subgroups(of(df), by(), scale=Scale.DIFFERENCE, at=0.1)
    other = subgroups(of(df.sample(frac=1, random_state=1)), by(), scale=Scale.DIFFERENCE, at=0.1)
    for a, b in zip(one.groups, other.groups, strict=True):
        assert a.adjusted == pytest.approx(b.adjusted, rel=1e-12)
        assert a.estimate == b.estimate
    assert one.equal.p_value == pytest.approx(other.equal.p_value, rel=1e-12)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"multiplicity": "fdr"}, "Allowed: max_t, holm, bonferroni"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"least": 0}, "1 or more"),
    ],
)
def test_settings_that_make_no_sense(settings, said) -> None:
    with pytest.raises(UsageError, match=said):
        subgroups(of(frame()), by(), scale=Scale.DIFFERENCE, **settings)
    with pytest.raises(UsageError, match="no role subgroup"):
        subgroups(of(frame(), subgroup=None), by(), scale=Scale.DIFFERENCE)


# --- estimates of any kind --------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """An estimate out of its numbers."""

    value: float
    error: float
    df: float = math.inf
    labels: tuple = ()
    level: str = "unit"

    def made(self, scale: Scale = Scale.DIFFERENCE) -> CounterfactualEstimate:
        observed, counterfactual = 1.0 + self.value, 1.0
        distribution = StudentT(self.value, self.error, self.df)
        if scale is Scale.RELATIVE:
            distribution = LogRatioT(math.log1p(self.value), self.error / (1 + self.value), self.df)
        values = np.full(len(self.labels), self.error / math.sqrt(len(self.labels) or 1))
        return CounterfactualEstimate(
            estimator="given",
            outcome="y",
            scale=scale,
            design="rct",
            target=Message("t", Text(en="All.", fr="Tous.")),
            effect=Effect(self.value, distribution, self.error),
            observed=observed,
            counterfactual=counterfactual,
            periods=(Period("all", observed, counterfactual, math.nan, math.nan, 10),),
            n_treated=10,
            n_comparison=10,
            treated_clusters=10,
            influence=Influence(np.array(self.labels), values, self.level) if self.labels else None,
        )


def together(*given: Given, **settings):
    found = {f"g{k}": one.made() for k, one in enumerate(given)}
    return compared(found, dict.fromkeys(found, (10, 10)), **settings)


def test_without_influence_it_is_holm_and_says_so() -> None:
    found = together(Given(2.0, 1.0), Given(3.0, 1.0), Given(0.5, 1.0))
    p = np.array([2 * stats.norm.sf(z) for z in (2.0, 3.0, 0.5)])
    wanted = [2 * p[0], 3 * p[1], p[2]]
    assert [g.adjusted for g in found.groups] == pytest.approx(wanted)
    assert (found.multiplicity, found.equal) == ("holm", None)
    assert [n.key for n in found.notes] == ["subgroups.no-joint"]
    assert found.reason.key == "subgroups.no-influence"
    assert found.level_for_each == pytest.approx(1 - 0.05 / 3)


def test_influence_of_two_kinds_is_not_joined() -> None:
    found = together(
        Given(2.0, 1.0, labels=("a",)), Given(3.0, 1.0, labels=("b",), level="cluster")
    )
    assert (found.multiplicity, found.reason.key) == ("holm", "subgroups.no-influence")


def test_the_same_people_twice_are_one_look() -> None:
    found = together(Given(2.0, 1.0, labels=("a", "b")), Given(2.0, 1.0, labels=("a", "b")))
    assert found.level_for_each == pytest.approx(0.95, abs=1e-9)
    assert found.groups[0].adjusted == pytest.approx(found.groups[0].p_value, abs=1e-9)
    assert found.reason.key == "subgroups.too-few"


@pytest.mark.parametrize("multiplicity", ["holm", "bonferroni"])
def test_other_corrections(multiplicity) -> None:
    found = together(
        Given(2.0, 1.0, labels=("a",)), Given(3.0, 1.0, labels=("b",)), multiplicity=multiplicity
    )
    p = [2 * stats.norm.sf(z) for z in (2.0, 3.0)]
    first = p[0] if multiplicity == "holm" else 2 * p[0]
    assert [g.adjusted for g in found.groups] == pytest.approx([first, 2 * p[1]])
    assert found.level_for_each == pytest.approx(0.975)
    assert found.notes == ()


def test_points_without_error_are_shown_without_a_test() -> None:
    point = Given(2.0, 1.0, labels=("a",)).made()
    point = replace(point, effect=Effect(2.0, NoUncertainty(2.0)), influence=None)
    found = compared(
        {"one": point, "two": Given(1.0, 1.0, labels=("b",)).made()},
        {"one": (9, 9), "two": (9, 9)},
        at={"one": 0.0, "two": 0.0},
    )
    one, two = found.groups
    assert (one.p_value, one.adjusted, one.floor) == (None, None, None)
    assert two.adjusted == two.p_value  # one look
    assert [n.key for n in found.notes] == ["subgroups.no-floor"]
    assert found.all_reach is None
    assert found.level_for_each == 0.95


def test_one_group_is_not_compared() -> None:
    found = together(Given(2.0, 1.0, labels=("a",)))
    assert (found.equal, found.reason.key) == (None, "subgroups.alone")
    assert found.groups[0].adjusted == found.groups[0].p_value


# --- parts of a sample ------------------------------------------------------------------------------


def test_a_part_keeps_labels_and_is_checked_again() -> None:
    df = frame()
    sample = of(df, assignment_cluster="village")
    rows = sample.matrix()
    inside = rows.subgroup.values == "north"
    part = sample.part(inside)
    alone = of(df[df.group == "north"], assignment_cluster="village")
    assert part.digest == alone.digest
    assert set(part.matrix().unit.labels) == set(df.id[df.group == "north"])
    assert sample.digest == of(df, assignment_cluster="village").digest
    with pytest.raises(DataError, match="the untreated arm is empty"):
        sample.part(rows.treatment == 1.0)
    with pytest.raises(DataError, match="no row is left"):
        sample.part(np.zeros(rows.n, dtype=bool))


def test_a_part_has_every_period() -> None:
    df = pd.DataFrame(
        {
            "id": np.repeat(np.arange(6), 2),
            "t": [1, 2] * 6,
            "d": np.repeat([0, 1] * 3, 2),
            "y": np.arange(12.0),
        }
    )
    sample = Sample.from_frame(df, design="rct", outcome="y", unit="id", period="t", treatment="d")
    with pytest.raises(DataError, match=r"\(period\) has no row left in 1 period: 2"):
        sample.part(sample.matrix().period.values == 1)
