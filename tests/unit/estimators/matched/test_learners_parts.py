"""Parts that depend on no name, models against statsmodels, and scores against their definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from impacteval.errors import NotIdentified
from impacteval.estimators.matched.learners_fits import Foretold
from impacteval.estimators.matched.learners_folds import drawn_folds, ready
from impacteval.estimators.matched.learners_models import ByGroup, Forest, ForestChance, Line, Logit
from impacteval.estimators.matched.learners_scores import (
    everyone_scores,
    overlap_scores,
    served_scores,
)
from impacteval.estimators.matched.people import read_comparison
from impacteval.estimators.matched.score import columns_of
from impacteval.sample import Sample
from impacteval.values import Scale


def people(n: int = 120) -> pd.DataFrame:
    """Covariates of few values, so that many people are alike but for their outcome."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"unit": [f"u{i:03d}" for i in range(n)], "x1": rng.integers(0, 3, n)})
    frame["x2"] = rng.integers(0, 2, n)
    frame["t"] = (np.arange(n) % 3 == 0) * 1
    frame["y"] = rng.normal(size=n) + frame["t"]
    frame["home"] = np.array([f"h{i:02d}" for i in range(30)])[rng.integers(0, 30, n)]
    return frame


def parts(frame: pd.DataFrame, seed: int = 1, **roles) -> dict[str, int]:
    """The part of each unit."""
    sample = Sample.from_frame(
        frame, design="matched", outcome="y", unit="unit", treatment="t",
        covariates=["x1", "x2"], **roles,
    )  # fmt: skip
    comparison = read_comparison(sample, Scale.DIFFERENCE)
    own = ready(comparison, columns_of(comparison.people).values[:, 1:])
    found = drawn_folds(comparison.people, own.rank, 5, np.random.default_rng(seed))
    return dict(zip(comparison.people.unit.tolist(), found.tolist(), strict=True))


@pytest.mark.parametrize("roles", [{}, {"cluster": "home"}], ids=["people", "clusters"])
def test_parts_go_with_people_whatever_they_are_called(roles):
    frame = people()
    before = parts(frame, **roles)
    names = np.random.default_rng(0).permutation(frame["unit"])
    homes = dict(zip(sorted(set(frame["home"])), sorted(set(frame["home"]))[::-1], strict=True))
    renamed = frame.assign(unit=names, home=frame["home"].map(homes))
    after = parts(renamed.sample(frac=1.0, random_state=3), **roles)
    assert [before[u] for u in frame["unit"]] == [after[u] for u in names]
    assert parts(frame, seed=2, **roles) != before


@pytest.mark.parametrize("change", [lambda y: -y, lambda y: 3.0 * y, lambda y: y + 7.0])
def test_parts_do_not_depend_on_the_unit_of_outcomes(change):
    frame = people()
    assert parts(frame.assign(y=change(frame["y"]))) == parts(frame)


def test_groups_are_dealt_out_evenly():
    frame = people()
    found = pd.Series(parts(frame))
    for arm in (0, 1):
        sizes = found[frame.set_index("unit")["t"] == arm].value_counts()
        assert sizes.max() - sizes.min() <= 1


def test_any_part_is_as_likely_for_anyone():
    """The lot does not go by outcomes: over 400 seeds each person is in each part a fifth of times."""
    frame = people(96)
    drawn = np.array([list(parts(frame, seed=s).values()) for s in range(400)])
    share = (drawn == 0).mean(axis=0)
    assert np.abs(share - 0.2).max() < 4.5 * np.sqrt(0.16 / 400)


def test_clusters_of_one_kind_are_dealt_out_evenly_and_stay_whole():
    frame = people()
    frame["t"] = frame["home"].isin(sorted(set(frame["home"]))[:10]) * 1
    found = pd.Series(parts(frame, cluster="home"))
    by_home = found.groupby(frame.set_index("unit")["home"])
    assert (by_home.nunique() == 1).all()
    served = frame.groupby("home")["t"].first()
    assert by_home.first()[served == 1].value_counts().tolist() == [2] * 5


def test_the_models_are_those_of_statsmodels():
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(80, 2)), rng.integers(1, 4, 80).astype(float)
    t = (rng.random(80) < 0.4).astype(int)
    y = x @ [1.0, -2.0] + rng.normal(size=80)
    design = sm.add_constant(x)
    line = sm.WLS(y, design, weights=w).fit().predict(design)
    assert np.allclose(Line().fit(x, y, w).predict(x), line, atol=1e-9)
    logit = sm.GLM(t, design, sm.families.Binomial(), freq_weights=w).fit(tol=1e-13)
    assert np.allclose(
        Logit().fit(x, t, w).predict_proba(x)[:, 1], logit.predict(design), atol=1e-8
    )
    assert set(Logit().fit(x, t).predict(x)) <= {0, 1}
    both = ByGroup(Line(), Line()).fit(np.column_stack([x, t]), y)
    one = sm.OLS(y[t == 1], design[t == 1]).fit().predict(design)
    assert np.allclose(both.predict(np.column_stack([x, np.ones(80)])), one, atol=1e-9)


def test_a_column_without_variation_among_those_learned_from_is_left_out():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 2))
    t = (rng.random(60) < 0.5).astype(int)
    idle = np.column_stack([x, np.zeros(60)])
    assert np.allclose(
        Logit().fit(idle, t).predict_proba(idle), Logit().fit(x, t).predict_proba(x), atol=1e-9
    )


def test_a_chance_without_doubt_is_refused():
    x = np.linspace(-1, 1, 40)[:, None]
    with pytest.raises(NotIdentified) as told:
        Logit().fit(x, (x[:, 0] > 0) * 1)
    assert told.value.reason.key == "matched.separated"


def test_forests_go_by_their_seed_and_stay_chances():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(150, 3))
    t = (rng.random(150) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype(int)
    first = ForestChance(40, 5, 1).fit(x, t).predict_proba(x)
    assert np.array_equal(first, ForestChance(40, 5, 1).fit(x, t).predict_proba(x))
    assert not np.array_equal(first, ForestChance(40, 5, 2).fit(x, t).predict_proba(x))
    assert ((first >= 0) & (first <= 1)).all()
    assert np.allclose(first.sum(axis=1), 1)
    assert set(ForestChance(40, 5, 1).fit(x, t).predict(x)) == {0, 1}
    curve = np.sin(3 * x[:, 0])
    assert np.corrcoef(Forest(40, 5, 1).fit(x, curve).predict(x), curve)[0, 1] > 0.95


@pytest.fixture(scope="module")
def crowd():
    """Many people whose chances and mean outcomes are known, and what the effect is on each."""
    rng = np.random.default_rng(9)
    n = 400_000
    x = rng.random(n)
    e, m0, effect = 0.2 + 0.5 * x, 3.0 + x, np.full(n, 2.0)
    t = (rng.random(n) < e).astype(float)
    return t, m0 + effect * t + 0.5 * rng.normal(size=n), Foretold(e, m0, m0 + effect), x


WRONG = {
    "as they are": lambda f, x: f,
    "outcomes wrong": lambda f, x: Foretold(f.chance, f.without + x, f.served - x**2),
    "chances wrong": lambda f, x: Foretold(np.full_like(x, 0.4), f.without, f.served),
}


@pytest.mark.parametrize("how", WRONG)
@pytest.mark.parametrize("whom", ["served", "everyone"])
def test_means_are_right_if_either_model_is(crowd, how, whom):
    t, y, true, x = crowd
    said = WRONG[how](true, x)
    scores = (served_scores if whom == "served" else everyone_scores)(y, t, said, 0.01)
    held = true.chance if whom == "served" else np.ones_like(x)
    means = [float(s.sum() / scores.target.sum()) for s in (scores.without, scores.served)]
    # Five standard errors of such a mean are below 0.01; left as foretold they would miss by 0.3.
    assert means == pytest.approx(
        [float(held @ m / held.sum()) for m in (true.without, true.served)], abs=0.01
    )


def test_overlap_means_are_those_of_people_who_could_go_either_way(crowd):
    t, y, true, x = crowd
    scores = overlap_scores(y, t, true)
    v = true.chance * (1 - true.chance)
    means = [float(s.sum() / scores.target.sum()) for s in (scores.without, scores.served)]
    assert means == pytest.approx(
        [float(v @ m / v.sum()) for m in (true.without, true.served)], abs=0.01
    )
    # With the outcome overall wrong by anything, the difference is the product of residuals.
    said = Foretold(true.chance, true.without + x, true.served + x)
    off = overlap_scores(y, t, said)
    left = y - (said.without + said.chance * (said.served - said.without))
    moved = t - said.chance
    assert np.allclose(off.served - off.without, left * moved)


@pytest.mark.parametrize("whom", ["served", "everyone", "overlap"])
def test_small_errors_of_models_do_not_move_means_to_first_order(crowd, whom):
    """Central differences along a bump in each model: nought but for chance."""
    t, y, true, x = crowd
    bump = np.sin(6 * x)

    def means(de: float, dm: float):
        said = Foretold(true.chance + de * bump, true.without + dm * bump, true.served + dm * bump)
        if whom == "overlap":
            scores = overlap_scores(y, t, said)
        else:
            scores = (served_scores if whom == "served" else everyone_scores)(y, t, said, 1e-6)
        size = scores.target.sum()
        return np.array([scores.without.sum() / size, scores.served.sum() / size])

    for step in ((0.01, 0.0), (0.0, 0.01)):
        slope = (means(*step) - means(-step[0], -step[1])) / 0.02
        assert np.abs(slope).max() < 0.02
