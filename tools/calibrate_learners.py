"""Measure the coverage of the learners and write docs/reference/coverage/.

    python tools/calibrate_learners.py                     # resumes, as tools/calibrate.py
    python tools/calibrate_learners.py --only dr-learner
    python tools/calibrate_learners.py --fast --out DIR

With lines, models are fitted here as econml fits them, part by part, by the functions that the
estimators hand to it; a test holds both paths together. Forests are grown by econml itself. One
partition is drawn a replication: that of the estimators is the mean over five, which varies less.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

sys.path.insert(0, str(Path(__file__).parent))

from calibrate import Calibrated, Measure, Measured, publish, truth_of
from calibrate_designs import Design, Floats, Ints, Trials

from impacteval.errors import NotIdentified
from impacteval.estimators.matched import learners
from impacteval.estimators.matched.effect import _spread
from impacteval.estimators.matched.learners_fits import Foretold, Plan, Rows, _around
from impacteval.estimators.matched.learners_folds import ready
from impacteval.estimators.matched.learners_models import ByGroup, Line, Logit
from impacteval.estimators.matched.learners_scores import arms_of, averaged
from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.matched.score import columns_of
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference import on_scale
from impacteval.values import Scale

COMMAND = "python tools/calibrate_learners.py"
Of = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class Law:
    """How people come about: two covariates, x1 normal and x2 a coin of 0.4.

    Attributes
    ----------
    name, describe : str
    n : int
    logit, level, effect : callable (x1, x2) -> array
        Of being served; the outcome without the programme; what it adds.
    noise : float
        Standard deviation of outcomes around that; zero where they are yes or no.
    sites : int
        Clusters that share a shock of standard deviation 0.5; none where zero.
    kind : str
        ``plain``, ``rates`` (time at risk goes with x2) or ``weights`` (those with x2 drawn a third
        as often).
    lot : bool
        Whether half are drawn to be served, instead of each by their chance.
    """

    name: str
    describe: str
    n: int
    logit: Of
    level: Of
    effect: Of
    noise: float = 1.0
    sites: int = 0
    kind: str = "plain"
    lot: bool = False

    def truth(self, target: str) -> dict[str, float]:
        """The effect by scale among the people of a target, by quadrature over x1."""
        nodes, mass = np.polynomial.hermite_e.hermegauss(150)
        x1, x2 = np.repeat(nodes, 2), np.tile([0.0, 1.0], len(nodes))
        held = np.repeat(mass / mass.sum(), 2) * np.where(x2 == 1.0, 0.4, 0.6)
        chance = np.full_like(x1, 0.5) if self.lot else _expit(self.logit(x1, x2))
        held = held * {"att": chance, "ate": 1.0, "overlap": chance * (1.0 - chance)}[target]
        if self.kind == "rates":
            held = held * (1.0 + x2)
        held = held / held.sum()
        m0, effect = float(held @ self.level(x1, x2)), float(held @ self.effect(x1, x2))
        own = self.level(x1, x2) * (1.0 - self.level(x1, x2)) if not self.noise else self.noise**2
        spread = held @ (own + (self.level(x1, x2) - m0) ** 2) + (0.25 if self.sites else 0.0)
        return {
            "difference": effect,
            "relative": effect / m0,
            "standardised": effect / float(np.sqrt(spread)),
        }

    def drawn(self, target: str) -> Callable[[Generator, int], Trials]:
        """What draws replications, with the truth of a target."""

        def draw(rng: Generator, r: int) -> Trials:
            x1 = rng.standard_normal((r, self.n))
            often = 0.4 / 3.0 / (0.6 + 0.4 / 3.0) if self.kind == "weights" else 0.4
            x2 = (rng.random((r, self.n)) < often).astype(np.float64)
            served = rng.random((r, self.n)) < _expit(self.logit(x1, x2))
            if self.lot:
                served = rng.permuted(np.tile(np.arange(self.n) < self.n // 2, (r, 1)), axis=1)
            mean = self.level(x1, x2) + self.effect(x1, x2) * served
            cluster = None
            if self.noise:
                y = mean + self.noise * rng.standard_normal((r, self.n))
            else:
                y = (rng.random((r, self.n)) < mean).astype(np.float64)
            if self.sites:
                cluster = np.arange(self.n) % self.sites
                y = y + 0.5 * rng.standard_normal((r, self.sites))[:, cluster]
            exposure = 1.0 + x2 if self.kind == "rates" else None
            return Trials(
                y if exposure is None else y * exposure,
                served.astype(np.int64),
                np.stack([x1, x2], axis=-1),
                weight=np.where(x2 == 1.0, 3.0, 1.0) if self.kind == "weights" else None,
                exposure=exposure,
                cluster=cluster,
                **self.truth(target),
            )

        return draw


def _expit(eta: Floats) -> Floats:
    found: Floats = 1.0 / (1.0 + np.exp(-eta))
    return found


def _logit(x1: Floats, x2: Floats) -> Floats:
    return -0.9 + 0.6 * x1 + 0.4 * x2


def _level(x1: Floats, x2: Floats) -> Floats:
    return 10.0 + x1 + 0.5 * x2


def _effect(x1: Floats, x2: Floats) -> Floats:
    return -1.0 - 0.3 * x1 + 0.2 * x2


def _curved_logit(x1: Floats, x2: Floats) -> Floats:
    return -0.9 + 1.2 * np.sin(1.6 * x1) + 0.4 * x2


def _curved_level(x1: Floats, x2: Floats) -> Floats:
    return 10.0 + 1.2 * np.sin(1.6 * x1) + 0.5 * x2


LINES = Law(
    "lines hold, n = 400", "both models are lines, effects differ", 400, _logit, _level, _effect
)
BOTH = replace(
    LINES,
    name="both curved, n = 1000",
    describe="outcomes and chances bend together: no line is right",
    n=1000,
    logit=_curved_logit,
    level=_curved_level,
)
CLUSTERS = replace(
    LINES, name="clusters, 40 of 12", describe="sites share a shock of SD 0.5", n=480, sites=40
)
THIN = replace(
    LINES,
    name="thin overlap, n = 400",
    describe="chances from a hundredth to nine tenths and beyond",
    logit=lambda x1, x2: -0.9 + 1.4 * x1 + 0.8 * x2,
)
LAWS = (
    replace(LINES, name="lines hold, n = 200", n=200),
    LINES,
    replace(LINES, name="lines hold, n = 1000", n=1000),
    replace(
        LINES,
        name="chances curved, n = 400",
        describe="only the model of outcomes is right",
        logit=_curved_logit,
    ),
    replace(
        LINES,
        name="outcomes curved, n = 400",
        describe="only the model of chances is right",
        level=_curved_level,
    ),
    BOTH,
    THIN,
    Law(
        "yes or no, n = 500",
        "0.6 fall back without the programme, fewer with it",
        500,
        _logit,
        lambda x1, x2: 0.45 + 0.2 * np.tanh(x1) + 0.1 * x2,
        lambda x1, x2: -0.1 - 0.05 * np.tanh(x1),
        noise=0.0,
    ),
    replace(LINES, name="rates, n = 400", describe="events over one or two years", kind="rates"),
    replace(
        LINES,
        name="sampling weights, n = 400",
        describe="weights that go with the effect",
        kind="weights",
    ),
    replace(CLUSTERS, name="clusters, 20 of 20", n=400, sites=20),
    CLUSTERS,
    replace(LINES, name="a trial, 100+100", describe="half are drawn by lot", n=200, lot=True),
)


def _designs(*laws: Law, target: str) -> Callable[[], list[Design]]:
    def made() -> list[Design]:
        return [Design(law.name, "super", law.describe, law.drawn(target)) for law in laws]

    return made


def people_of(trials: Trials, i: int) -> tuple[People, Comparison]:
    """The people of one replication, as the estimators read them from a sample."""
    treatment: Ints = trials.treatment[i]
    n = len(treatment)
    ones = np.ones(n)
    weight = ones if trials.weight is None else trials.weight[i]
    exposure = None if trials.exposure is None else trials.exposure[i]
    own = weight if exposure is None else weight * exposure
    cluster = trials.cluster
    people = People(
        treatment=treatment,
        x=trials.x[i],
        covariates=("x1", "x2"),
        counts=weight,
        own=own,
        copies=ones,
        size=own,
        exposure=exposure,
        stratum=None,
        cluster=None if cluster is None else Grouping(cluster, np.unique(cluster)),
        unit=np.arange(n),
        keys=np.arange(n),
        rows=np.arange(n),
        treated_clusters=int(treatment.sum()),
        weight_kind=None if trials.weight is None else "sampling",
        design="matched",
    )
    y = trials.y[i] if exposure is None else trials.y[i] / exposure
    return people, Comparison(people, y, np.ones(n, dtype=bool), "y", "all", ())


def lines_by_group(rows: Rows, plan: Plan) -> Foretold:
    """What `foretold_by_group` has econml do with lines, without it."""
    chance, without, served = (np.empty(len(rows.z)) for _ in range(3))
    for train, test in rows.splits:
        held = None if rows.mass is None else rows.mass[train]
        both = np.column_stack([rows.x, rows.treatment])
        score = Logit().fit(rows.x[train], rows.treatment[train], sample_weight=held)
        model = ByGroup(Line(), Line()).fit(both[train], rows.z[train], sample_weight=held)
        x, ones = rows.x[test], np.ones(len(test))
        chance[test] = score.predict_proba(x)[:, 1]
        without[test] = model.predict(np.column_stack([x, 0.0 * ones]))
        served[test] = model.predict(np.column_stack([x, ones]))
    return Foretold(chance, without, served)


def lines_partially_linear(rows: Rows, plan: Plan) -> Foretold:
    """What `foretold_partially_linear` has econml do with lines, without it."""
    chance, overall = np.empty(len(rows.z)), np.empty(len(rows.z))
    for train, test in rows.splits:
        held = None if rows.mass is None else rows.mass[train]
        score = Logit().fit(rows.x[train], rows.treatment[train], sample_weight=held)
        model = Line().fit(rows.x[train], rows.z[train], sample_weight=held)
        chance[test] = score.predict_proba(rows.x[test])[:, 1]
        overall[test] = model.predict(rows.x[test])
    mass = np.ones(len(rows.z)) if rows.mass is None else rows.mass
    left, moved = rows.z - overall, rows.treatment - chance
    slope = float((mass * moved) @ left / ((mass * moved) @ moved))
    return _around(overall, chance, np.full(len(rows.z), slope))


def measured_by(own: learners.Settings, fit: learners.Fit, about: learners.About) -> Measure:
    """Every scale of every replication, from one fit of each."""
    last: list[Any] = []  # the scales of one chunk share its fits

    def measure(trials: Trials, scale: Scale) -> Measured:
        if not last or last[0] is not trials:
            last[:] = [trials, _all_scales(own, trials, fit, about)]
        return replace(last[1][scale], truth=truth_of(trials, scale))

    return measure


def _all_scales(
    own: learners.Settings, trials: Trials, fit: learners.Fit, about: learners.About
) -> dict[Scale, Measured]:
    r = len(trials.y)
    found = {scale: np.full((3, r), np.nan) for scale in Scale}
    for i in range(r):
        people, comparison = people_of(trials, i)
        try:
            held = ready(comparison, columns_of(people).values[:, 1:])
            each, _ = learners.learned(own, held, np.random.default_rng(i), fit, about)
        except NotIdentified:
            continue
        scores = averaged(each)
        arms = arms_of(people, scores)
        spread = _spread(comparison, people.counts * scores.compared)
        for scale in Scale:
            if scale is Scale.RELATIVE and not (arms.means > 0.0).all():
                continue
            served = float(people.size[people.served].sum())
            on = on_scale(arms, scale, served=served, spread=spread)
            centre = on.value if on.log_ratio is None else on.log_ratio
            error = on.std_error if on.log_std_error is None else on.log_std_error
            found[scale][:, i] = float(centre), float(error), float(on.df)
    return {
        scale: Measured(v[0], v[1], np.where(np.isnan(v[2]), 1.0, v[2]), np.zeros(r))
        for scale, v in found.items()
    }


ONE = {"repeats": 1}
GENERAL = (
    "One partition of people a replication; the estimator's default is the mean over five, which "
    "varies less. Where outcomes and chances both bend, lines are not right and are not meant to be."
)
SCALES = (Scale.DIFFERENCE, Scale.RELATIVE, Scale.STANDARDISED)
METHODS = (
    Calibrated(
        "dr-learner",
        measured_by(learners.DrLearner(**ONE), lines_by_group, learners.about_served),
        _designs(*LAWS, target="att"),
        command=COMMAND,
        replications=4000,
        note=f"Lines and a logit, the effect on the served. {GENERAL}",
    ),
    Calibrated(
        "dr-learner-everyone",
        measured_by(
            learners.DrLearner(estimand="ate", **ONE), lines_by_group, learners.about_everyone
        ),
        _designs(LINES, THIN, CLUSTERS, target="ate"),
        scales=SCALES,
        command=COMMAND,
        replications=4000,
        note=f"Lines and a logit, the effect on everyone. {GENERAL}",
    ),
    Calibrated(
        "double-ml",
        measured_by(learners.DoubleMl(**ONE), lines_partially_linear, learners.about_overlap),
        _designs(*LAWS, target="overlap"),
        scales=SCALES,
        command=COMMAND,
        replications=4000,
        note=f"The partially linear model with a line and a logit; effects differ, and the truth is that of the overlap population. {GENERAL}",
    ),
    Calibrated(
        "causal-forest-lines",
        measured_by(
            learners.CausalForest(outcome="linear", score="linear", trees=100),
            learners.by_forest,
            learners.about_served,
        ),
        _designs(LINES, CLUSTERS, target="att"),
        command=COMMAND,
        replications=1000,
        note="A hundred trees over a line and a logit, the effect on the served.",
    ),
    Calibrated(
        "causal-forest",
        measured_by(learners.CausalForest(), learners.by_forest, learners.about_served),
        _designs(LINES, BOTH, target="att"),
        command=COMMAND,
        replications=300,
        note="Default settings: five hundred trees over random forests, the effect on the served. A fit takes a second, hence few replications and a wide Monte Carlo error.",
    ),
    Calibrated(
        "dr-learner-forest",
        measured_by(
            learners.DrLearner(outcome="forest", score="forest", **ONE),
            learners.foretold_by_group,
            learners.about_served,
        ),
        _designs(LINES, BOTH, target="att"),
        command=COMMAND,
        replications=300,
        note="Random forests of a hundred trees, the effect on the served. A fit takes a second, hence few replications and a wide Monte Carlo error.",
    ),
)


if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
