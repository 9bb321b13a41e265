"""Matched pairs and thin strata: by hand, by enumeration of every assignment, and what is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import slow_trials as slow

from impacteval.errors import NotIdentified
from impacteval.estimates import LogRatioT
from impacteval.estimators.randomised.difference_in_means import DifferenceInMeans
from impacteval.estimators.randomised.fine import fine_arms, pair_arms
from impacteval.estimators.randomised.lin import Lin
from impacteval.sample import Sample
from impacteval.values import Scale

DIFFERENCE = np.array([-1.0, 1.0])


def estimate(df, scale="difference", estimator=None, **roles):
    roles = {"design": "rct", "outcome": "y", "treatment": "t", **roles}
    sample = Sample.from_frame(df, **roles)
    return (estimator or DifferenceInMeans()).estimate(
        sample, scale=Scale(scale), rng=np.random.default_rng(0)
    )


def refused(df, scale="difference", estimator=None, **roles) -> NotIdentified:
    with pytest.raises(NotIdentified) as caught:
        estimate(df, scale, estimator, **roles)
    assert caught.value.reason.text.fr
    return caught.value


def pairs(m: int = 12, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    shared = np.repeat(rng.normal(size=m), 2)
    t = np.concatenate([rng.permutation([0, 1]) for _ in range(m)])
    y = 8 + shared + t * (1 + 0.5 * shared) + 0.5 * rng.normal(size=2 * m)
    return pd.DataFrame(
        {"u": [f"p{k:02d}" for k in range(2 * m)], "y": y, "t": t, "pair": np.arange(2 * m) // 2}
    )


def blocks(seed: int = 5) -> pd.DataFrame:
    """Thin strata of 2, 3, 4 and 3 with one served, and two of six with three served."""
    rng = np.random.default_rng(seed)
    sizes = [2, 3, 4, 3, 6, 6]
    s = np.repeat(np.arange(6), sizes)
    t = np.concatenate(
        [
            rng.permutation([1] * (3 if m == 6 else 1) + [0] * (3 if m == 6 else m - 1))
            for m in sizes
        ]
    )
    y = 8 + s + t + rng.normal(size=len(s))
    return pd.DataFrame({"u": np.arange(len(s)), "y": y, "t": t, "s": s})


class TestPairs:
    def test_by_hand(self) -> None:
        df = pairs()
        wide = df.pivot(index="pair", columns="t", values="y")
        d = list(wide[1] - wide[0])
        found = estimate(df, pair="pair", unit="u")
        assert found.effect.value == pytest.approx(slow.mean(d), rel=1e-12)
        error = math.sqrt(slow.sample_variance(d) / len(d))
        assert found.effect.std_error == pytest.approx(error, rel=1e-12)
        assert found.effect.distribution.df == 11
        assert found.influence.std_error == pytest.approx(error, rel=1e-12)
        assert set(found.influence.labels) == set(df.u)
        table = found.parts["pairs"]
        assert table.variance_ratio[0] == pytest.approx(
            (error / estimate(df).effect.std_error) ** 2, rel=1e-10
        )
        assert "strata" not in found.parts

    def test_the_log_ratio_by_hand(self) -> None:
        """The delta method on pairs: variance of (y1/m1 - y0/m0) over pairs."""
        df = pairs()
        wide = df.pivot(index="pair", columns="t", values="y")
        m0, m1 = wide[0].mean(), wide[1].mean()
        each = list(wide[1] / m1 - wide[0] / m0)
        found = estimate(df, "relative", pair="pair").effect.distribution
        assert isinstance(found, LogRatioT)
        assert found.log_ratio == pytest.approx(math.log(m1 / m0), rel=1e-12)
        assert found.scale == pytest.approx(
            math.sqrt(slow.sample_variance(each) / len(each)), rel=1e-12
        )

    def test_the_standardised_error_agrees_with_a_bootstrap_of_pairs(self) -> None:
        rng = np.random.default_rng(8)
        m = 300
        shared = rng.gamma(4.0, size=m)
        y0, y1 = shared + rng.gamma(2.0, size=m), shared + rng.gamma(2.0, size=m) + 3
        df = pd.DataFrame(
            {"y": np.r_[y0, y1], "t": np.repeat([0, 1], m), "pair": np.tile(np.arange(m), 2)}
        )
        found = estimate(df, "standardised", pair="pair")
        at = rng.integers(0, m, (4000, m))
        drawn = (y1[at] - y0[at]).mean(axis=1) / y0[at].std(axis=1, ddof=1)
        assert found.effect.std_error == pytest.approx(drawn.std(), rel=0.05)

    def test_pairs_of_clusters_by_the_formula_of_the_paper(self) -> None:
        """Imai, King and Nall (2009), equation 6, clusters of unequal size, loops only."""
        rng = np.random.default_rng(4)
        sizes = [3, 5, 8, 6, 4, 4, 9, 2]
        cluster = np.repeat(np.arange(8), sizes)
        df = pd.DataFrame(
            {
                "y": rng.normal(size=cluster.size) + cluster % 3,
                "t": cluster % 2,
                "pair": cluster // 2,
                "g": cluster,
            }
        )
        n, effect, totals = len(df), 0.0, []
        for _, own in df.groupby("pair"):
            d = own.y[own.t == 1].mean() - own.y[own.t == 0].mean()
            totals.append(len(own) * d)
            effect += len(own) * d / n
        m = len(totals)
        variance = m / ((m - 1) * n**2) * sum((w - n * effect / m) ** 2 for w in totals)
        found = estimate(df, pair="pair", assignment_cluster="g")
        assert found.effect.value == pytest.approx(effect, rel=1e-12)
        assert found.effect.std_error == pytest.approx(math.sqrt(variance), rel=1e-12)
        assert (found.influence.level, len(found.influence.labels)) == ("cluster", 8)
        assert found.treated_clusters == 4

    def test_over_every_assignment_the_variance_is_never_too_small(self) -> None:
        """All 64 draws of six pairs: mean estimate true, mean variance too large by hand."""
        rng = np.random.default_rng(9)
        y0, gain = rng.normal(size=(6, 2)), rng.normal(size=6)
        y1 = y0 + gain[:, None]
        pair = np.repeat(np.arange(6), 2)
        found, variances = [], []
        for first in itertools.product([0, 1], repeat=6):
            t = np.array([[f, 1 - f] for f in first])
            arms = pair_arms(np.where(t == 1, y1, y0).ravel(), t.ravel(), pair)
            found.append(arms.means @ DIFFERENCE)
            variances.append(((DIFFERENCE @ arms.influence) ** 2).sum())
        assert np.mean(found) == pytest.approx(gain.mean(), abs=1e-12)
        excess = gain.var(ddof=1) / 6
        assert np.mean(variances) == pytest.approx(np.var(found) + excess, rel=1e-10)

    def test_a_pair_that_lost_one_is_left_out_and_counted(self) -> None:
        df = pairs()
        lost = df.copy()
        lost.loc[[4, 10, 11], "y"] = np.nan
        found = estimate(lost, pair="pair", missing_outcome="attrited")
        kept = estimate(df[~df.pair.isin([2, 5])], pair="pair")
        assert found.effect == kept.effect
        note = next(n for n in found.notes if n.key == "randomised.broken-pairs")
        assert dict(note.values) == {"pairs": 2, "units": 1}
        assert "complete" in str(found.target)
        assert found.target.values["units"] == 20

    def test_a_unit_without_weight_breaks_its_pair(self) -> None:
        df = pairs().assign(w=1.0)
        df.loc[7, "w"] = 0.0
        found = estimate(df, pair="pair", weight="w")
        assert found.effect == estimate(df[df.pair != 3], pair="pair", weight="w").effect

    def test_pairs_within_strata_are_pairs(self) -> None:
        df = pairs().assign(s=lambda d: d.pair // 6)
        assert estimate(df, pair="pair", stratum="s").effect == estimate(df, pair="pair").effect

    def test_weights_and_exposure_make_shares(self) -> None:
        df = pairs().assign(e=np.random.default_rng(2).uniform(0.5, 2.0, 24))
        size = df.groupby("pair").e.sum() / df.e.sum()
        rate = (df.y / df.e).groupby([df.pair, df.t]).first().unstack()
        found = estimate(df, pair="pair", exposure="e")
        assert found.effect.value == pytest.approx(float(size @ (rate[1] - rate[0])), rel=1e-12)
        sampled = estimate(df, pair="pair", weight="e")
        wide = df.pivot(index="pair", columns="t", values="y")
        assert sampled.effect.value == pytest.approx(float(size @ (wide[1] - wide[0])), rel=1e-12)
        precise = estimate(df, pair="pair", weight="e", weight_kind="precision")
        assert precise.effect.value == pytest.approx(float((wide[1] - wide[0]).mean()), rel=1e-12)

    @pytest.mark.parametrize(
        ("change", "roles", "key"),
        [
            (lambda d: d.assign(t=np.where(d.u == "p05", 1 - d.t, d.t)), {}, "not-pairs"),
            (lambda d: d.assign(pair=d.pair // 2), {}, "not-pairs"),
            (lambda d: d[d.pair == 0], {}, "one-pair"),
            (
                lambda d: d.assign(w=np.where(d.pair == 1, 1e9, 1.0)),
                {"weight": "w"},
                "one-pair-has-all",
            ),
            (lambda d: d.assign(g=d.pair // 2), {"cluster": "g"}, "blocks-cut-clusters"),
            (lambda d: d.assign(s=np.arange(len(d)) % 2), {"stratum": "s"}, "pairs-cut-strata"),
            (
                lambda d: d.assign(f=np.where(d.u == "p05", 2, 1)),
                {"weight": "f", "weight_kind": "frequency"},
                "not-pairs",
            ),
        ],
    )
    def test_what_is_refused(self, change, roles, key) -> None:
        found = refused(change(pairs()), pair="pair", unit="u", **roles)
        assert found.reason.key == f"randomised.{key}"

    def test_other_errors_and_other_methods_do_not_pretend(self) -> None:
        found = refused(pairs(), estimator=DifferenceInMeans(variance="hc3"), pair="pair")
        assert found.reason.key == "randomised.only-one-variance"
        df = pairs().assign(x=np.arange(24.0))
        found = refused(df, estimator=Lin(), pair="pair", covariates=["x"])
        assert found.reason.key == "randomised.pairs"


class TestThinStrata:
    def test_strata_of_one_against_one_are_pairs(self) -> None:
        df = pairs()
        thin, paired = estimate(df, stratum="pair"), estimate(df, pair="pair")
        assert thin.effect.value == pytest.approx(paired.effect.value, rel=1e-12)
        assert thin.effect.std_error == pytest.approx(paired.effect.std_error, rel=1e-12)
        assert thin.effect.distribution.df == pytest.approx(11, rel=1e-9)

    def test_by_the_formula_of_the_paper(self) -> None:
        """Pashley and Miratrix (2021), sizes that differ, with Neyman's in the thick strata."""
        df = blocks()
        n, thin, effect, variance = len(df), [], 0.0, 0.0
        for _, own in df.groupby("s"):
            served, others = list(own.y[own.t == 1]), list(own.y[own.t == 0])
            d = slow.mean(served) - slow.mean(others)
            effect += len(own) / n * d
            if len(served) == 1:
                thin.append((len(own), d))
            else:
                own_variance = slow.sample_variance(served) / 3 + slow.sample_variance(others) / 3
                variance += (len(own) / n) ** 2 * own_variance
        total = sum(size for size, _ in thin)
        middle = sum(size * d for size, d in thin) / total
        spread = sum(size**2 / (total - 2 * size) for size, _ in thin)
        small = sum(
            size**2 / ((total - 2 * size) * (total + spread)) * (d - middle) ** 2
            for size, d in thin
        )
        variance += (total / n) ** 2 * small
        found = estimate(df, stratum="s")
        assert found.effect.value == pytest.approx(effect, rel=1e-12)
        assert found.effect.std_error == pytest.approx(math.sqrt(variance), rel=1e-12)
        assert found.influence.std_error == pytest.approx(math.sqrt(variance), rel=1e-12)
        note = next(n for n in found.notes if n.key == "randomised.thin-strata")
        assert dict(note.values) == {"strata": 4, "total": 6}
        assert found.parts["strata"].std_error.isna().tolist() == [True] * 4 + [False] * 2

    def test_over_every_assignment_the_variance_is_never_too_small(self) -> None:
        """All draws of strata of 2, 3, 3 and 4 (two in each arm of the last), by enumeration."""
        rng = np.random.default_rng(11)
        sizes = [2, 3, 3, 2, 4]
        s = np.repeat(np.arange(5), sizes)
        gain = rng.normal(size=5)
        for effects in (np.ones(5), gain):
            y0 = rng.normal(size=s.size)
            y1 = y0 + effects[s]
            choices = [list(itertools.combinations(range(m), 2 if m == 4 else 1)) for m in sizes]
            found, variances = [], []
            for served in itertools.product(*choices):
                t = np.concatenate(
                    [np.isin(np.arange(m), c) for m, c in zip(sizes, served, strict=True)]
                ).astype(np.int64)
                arms = fine_arms(np.where(t == 1, y1, y0), t, s)
                found.append(arms.means @ DIFFERENCE)
                variances.append(((DIFFERENCE @ arms.influence) ** 2).sum())
            share = np.array(sizes) / s.size
            assert np.mean(found) == pytest.approx(share @ effects, abs=1e-12)
            own = share[:4] / share[:4].sum()
            weight = own**2 / (1 - 2 * own) / (1 + (own**2 / (1 - 2 * own)).sum())
            excess = share[:4].sum() ** 2 * weight @ (effects[:4] - own @ effects[:4]) ** 2
            assert np.mean(variances) == pytest.approx(np.var(found) + excess, rel=1e-9)

    def test_degrees_of_freedom_by_the_matrix(self) -> None:
        """The closed form of the traces against the matrix itself."""
        df = blocks()
        df = df[df.s < 4]
        found = estimate(df, stratum="s")
        size = df.groupby("s").size().to_numpy(float)
        p = size / size.sum()
        omega = 1.0 + 1.0 / (size - 1.0)  # one served, the others in comparison
        a = p**2 / (1 - 2 * p) / (1 + (p**2 / (1 - 2 * p)).sum())
        centre = np.eye(4) - np.outer(np.ones(4), p)
        root = np.diag(np.sqrt(a))
        matrix = root @ centre @ np.diag(omega) @ centre.T @ root
        expected = np.trace(matrix) ** 2 / np.trace(matrix @ matrix)
        assert found.effect.distribution.df == pytest.approx(expected, rel=1e-10)

    def test_thick_strata_alone_are_as_before(self) -> None:
        """The two paths meet: with no thin stratum `fine_arms` is not taken."""
        df = blocks()
        thick = df[df.s >= 4]
        found = estimate(thick, stratum="s")
        assert found.effect.distribution.df == len(thick) - 4
        assert not found.notes

    def test_clusters(self) -> None:
        """One cluster an arm in thin strata, by hand from their differences."""
        rng = np.random.default_rng(6)
        cluster = np.repeat(np.arange(8), 5)
        df = pd.DataFrame(
            {"g": cluster, "t": cluster % 2, "s": cluster // 2, "y": rng.normal(size=40)}
        )
        wide = df.groupby(["s", "t"]).y.mean().unstack()
        d = list(wide[1] - wide[0])
        found = estimate(df, assignment_cluster="g", stratum="s")
        assert found.effect.std_error == pytest.approx(math.sqrt(slow.sample_variance(d) / 4))
        assert found.effect.distribution.df == pytest.approx(3)
        assert found.influence.level == "cluster"
        assert any(n.key == "randomised.few-clusters" for n in found.notes)

    def test_clusters_beside_thick_strata(self) -> None:
        """The thick part is CR2 within its strata; both parts add up."""
        rng = np.random.default_rng(6)
        cluster = np.repeat(np.arange(14), 4)
        stratum = np.where(cluster < 6, cluster // 2, 3)
        df = pd.DataFrame(
            {"g": cluster, "t": cluster % 2, "s": stratum, "y": rng.normal(size=56) + cluster % 4}
        )
        found = estimate(df, assignment_cluster="g", stratum="s").effect.std_error
        thin, thick = df[df.s < 3], df[df.s == 3]
        parts = [
            len(own) / 56 * estimate(own, assignment_cluster="g", **roles).effect.std_error
            for own, roles in ((thin, {"stratum": "s"}), (thick, {}))
        ]
        assert found == pytest.approx(math.hypot(*parts), rel=1e-12)

    @pytest.mark.parametrize("scale", list(Scale))
    def test_frequency_weights_are_repeated_rows(self, scale) -> None:
        df = blocks().assign(f=1)
        df.loc[(df.t == 0) & (df.s == 2), "f"] = [2, 1, 3]
        long = df.loc[df.index.repeat(df.f)].assign(u=lambda d: np.arange(len(d)))
        one = estimate(df, scale, stratum="s", weight="f", weight_kind="frequency")
        other = estimate(long, scale, stratum="s")
        assert one.effect.value == pytest.approx(other.effect.value, rel=1e-10)
        if scale is not Scale.STANDARDISED:
            assert one.effect.std_error == pytest.approx(other.effect.std_error, rel=1e-10)
        assert one.effect.distribution.df == pytest.approx(other.effect.distribution.df, rel=1e-8)

    @pytest.mark.parametrize(
        ("change", "roles", "key"),
        [
            (lambda d: d[~((d.s == 1) & (d.t == 1))], {}, "empty-arm"),
            (lambda d: d[d.s >= 3], {}, "one-thin-stratum"),
            (
                lambda d: d.assign(w=np.where(d.s == 1, 9.0, 1.0)),
                {"weight": "w"},
                "one-thin-stratum",
            ),
            (lambda d: d.assign(g=d.u // 5), {"cluster": "g"}, "blocks-cut-clusters"),
        ],
    )
    def test_what_is_refused(self, change, roles, key) -> None:
        assert refused(change(blocks()), stratum="s", **roles).reason.key == f"randomised.{key}"

    def test_row_order_changes_nothing(self) -> None:
        for df, roles in ((pairs(), {"pair": "pair"}), (blocks(), {"stratum": "s"})):
            for scale in Scale:
                shuffled = df.sample(frac=1, random_state=3)
                assert estimate(df, scale, unit="u", **roles) == estimate(
                    shuffled, scale, unit="u", **roles
                )
