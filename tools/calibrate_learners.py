"""Measure the coverage of the learners and write docs/reference/coverage/.

    python tools/calibrate_learners.py                     # resumes, as tools/calibrate.py
    python tools/calibrate_learners.py --only dr-learner
    python tools/calibrate_learners.py --fast --out DIR

With lines, all replications are fitted at once, part by part; a test holds this to what the
estimators compute with econml. Forests are grown by econml itself. One partition is drawn a
replication: that of the estimators is the mean over five, which varies less.
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

from calibrate import Calibrated, Measure, Measured, by_arms, plain_roles, publish, truth_of
from calibrate_designs import SEED, Design, Floats, Ints, Trials

from impacteval.errors import NotIdentified
from impacteval.estimators.matched import learners
from impacteval.estimators.matched.effect import _spread
from impacteval.estimators.matched.learners_fits import Foretold, _around
from impacteval.estimators.matched.learners_folds import FEWEST_PEOPLE, ready
from impacteval.estimators.matched.learners_scores import Scores, arms_of, averaged
from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.matched.score import columns_of
from impacteval.estimators.randomised.blocks import Grouping
from impacteval.inference import ArmMeans, Spread, on_scale
from impacteval.inference._arrays import group_sums
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


def drawn_parts(trials: Trials, folds: int = 5) -> Ints:
    """Parts of every replication, dealt out as `drawn_folds` does, shape (r, n)."""
    rng = np.random.default_rng(SEED)
    served: Ints = trials.treatment
    if trials.cluster is None:
        return _dealt(served, rng, folds)
    count = int(trials.cluster.max()) + 1
    inside = group_sums(served.astype(np.float64), trials.cluster, count)
    size = np.bincount(trials.cluster)
    kind = np.where(inside == 0, 0, np.where(inside == size, 2, 1))
    return _dealt(kind, rng, folds)[:, trials.cluster]


def _dealt(kind: Ints, rng: Generator, folds: int) -> Ints:
    """Within each kind by lot, one kind after the other."""
    order = np.lexsort((rng.random(kind.shape), kind), axis=-1)
    part = np.empty(kind.shape, dtype=np.int64)
    turn = np.broadcast_to(np.arange(kind.shape[-1]) % folds, kind.shape)
    np.put_along_axis(part, order, turn, axis=-1)
    return part


def _line(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Least squares in every replication by its normal equations, foretold for all rows."""
    weighted = x * weight[..., None]
    beta = np.linalg.solve(
        np.swapaxes(weighted, -1, -2) @ x, (np.swapaxes(weighted, -1, -2) @ y[..., None])
    )
    found: Floats = (x @ beta)[..., 0]
    return found


def _chances(x: Floats, t: Floats, weight: Floats, start: Floats | None) -> tuple[Floats, Floats]:
    """The logit in every replication by Newton's method: chances of all rows, coefficients."""
    beta = np.zeros((*x.shape[:-2], x.shape[-1])) if start is None else start.copy()
    for _ in range(25):
        chance = _expit((x @ beta[..., None])[..., 0])
        slope = weight * chance * (1.0 - chance)
        score = np.swapaxes(x, -1, -2) @ (weight * (t - chance))[..., None]
        step = np.linalg.solve(np.swapaxes(x * slope[..., None], -1, -2) @ x, score)[..., 0]
        beta += step
        if float(np.abs(step).max()) < 1e-10:
            break
    return _expit((x @ beta[..., None])[..., 0]), beta


def lines_foretold(trials: Trials, part: Ints) -> tuple[Foretold, Floats]:
    """By group, and the outcome overall, as econml is asked for: each person from other parts."""
    t = trials.treatment.astype(np.float64)
    x = np.concatenate([np.ones((*t.shape, 1)), trials.x], axis=-1)
    y, roles = plain_roles(trials)
    mass = np.ones_like(t) if roles["weight"] is None else roles["weight"]
    chance, without, served, overall = (np.empty(t.shape) for _ in range(4))
    _, start = _chances(x, t, mass, None)
    for k in range(int(part.max()) + 1):
        rest, here = mass * (part != k), part == k
        told = (
            _chances(x, t, rest, start)[0],
            _line(x, y, rest * (1.0 - t)),
            _line(x, y, rest * t),
            _line(x, y, rest),
        )
        for into, found in zip((chance, without, served, overall), told, strict=True):
            into[here] = found[here]
    return Foretold(chance, without, served), overall


def lines_scores(trials: Trials, part: Ints, target: str, clip: float = 0.01) -> Scores:
    """Scores of every replication, shape (r, n), by the estimators' own formulas."""
    said, overall = lines_foretold(trials, part)
    y, roles = plain_roles(trials)
    t = trials.treatment.astype(np.float64)
    if target != "overlap":
        about = learners.about_served if target == "att" else learners.about_everyone
        return about(y, t, said, clip)
    mass = 1.0 if roles["weight"] is None else roles["weight"]
    moved, left = t - said.chance, y - overall
    slope = (mass * moved * left).sum(axis=-1) / (mass * moved**2).sum(axis=-1)
    said = _around(overall, said.chance, np.broadcast_to(slope[:, None], t.shape))
    return learners.about_overlap(y, t, said, clip)


def lines_arms(trials: Trials, scores: Scores) -> ArmMeans:
    """Both means of every replication with joint influence, as `arms_of` makes them of one."""
    _, roles = plain_roles(trials)
    own = np.ones(trials.y.shape) if roles["weight"] is None else roles["weight"]
    size = (own * scores.target).sum(axis=-1)
    terms = np.stack([scores.without, scores.served], axis=-2)
    means = (own[:, None] * terms).sum(axis=-1) / size[:, None]
    pulls = own[:, None] * (terms - means[..., None] * scores.target[:, None]) / size[:, None, None]
    served = trials.treatment == 1
    if trials.cluster is None:
        count = float(served.shape[-1])
        groups = np.stack([served.sum(axis=-1), (~served).sum(axis=-1)])
    else:
        number = int(trials.cluster.max()) + 1
        pulls, count = group_sums(pulls, trials.cluster, number), float(number)
        held = [group_sums(g.astype(np.float64), trials.cluster, number) for g in (served, ~served)]
        groups = np.stack([(h > 0).sum(axis=-1) for h in held])
    fewest = np.minimum(served.sum(axis=-1), (~served).sum(axis=-1))
    # Fewer people than can be learned from are refused.
    pulls = np.where((fewest < FEWEST_PEOPLE)[:, None, None], np.nan, pulls)
    df = groups.min(axis=0) - 1.0
    return ArmMeans(means, pulls * np.sqrt(count / (count - 1.0)), lambda contrast: df)


def lines_spread(trials: Trials, scores: Scores) -> Spread:
    """Standard deviation of the comparison group as compared, as `build` makes it."""
    y, roles = plain_roles(trials)
    others = (trials.treatment == 0).astype(np.float64)
    held = np.ones(y.shape) if roles["weight"] is None else roles["weight"]
    w = others * held * scores.compared
    n = others.sum(axis=-1, keepdims=True)
    total = w.sum(axis=-1, keepdims=True)
    mean = (w * y).sum(axis=-1, keepdims=True) / total
    square = (y - mean) ** 2 * n / (n - 1.0)
    variance = (w * square).sum(axis=-1, keepdims=True) / total
    value = np.sqrt(variance)
    pull = w * (square - variance) / (2.0 * total * value) * np.sqrt(n / (n - 1.0))
    if trials.cluster is not None:
        pull = group_sums(pull, trials.cluster, int(trials.cluster.max()) + 1)
    return Spread(value[:, 0], pull)


def by_lines(target: str) -> Measure:
    """How to measure an estimator with lines and one partition."""
    last: list[Any] = []  # means and spread share one fit

    def scores(trials: Trials) -> Scores:
        if not last or last[0] is not trials:
            last[:] = [trials, lines_scores(trials, drawn_parts(trials), target)]
        found: Scores = last[1]
        return found

    return by_arms(
        lambda trials: lines_arms(trials, scores(trials)),
        lambda trials: lines_spread(trials, scores(trials)),
    )


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
        spread = _spread(comparison, people.counts * scores.compared, None)
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
        by_lines("att"),
        _designs(*LAWS, target="att"),
        command=COMMAND,
        replications=4000,
        note=f"Lines and a logit, the effect on the served. {GENERAL}",
    ),
    Calibrated(
        "dr-learner-everyone",
        by_lines("ate"),
        _designs(LINES, THIN, CLUSTERS, target="ate"),
        scales=SCALES,
        command=COMMAND,
        replications=4000,
        note=f"Lines and a logit, the effect on everyone. {GENERAL}",
    ),
    Calibrated(
        "double-ml",
        by_lines("overlap"),
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
        _designs(LINES, target="att"),
        command=COMMAND,
        replications=400,
        note="A hundred trees over a line and a logit, the effect on the served. A fit takes a tenth of a second, hence few replications.",
    ),
    Calibrated(
        "causal-forest",
        measured_by(learners.CausalForest(), learners.by_forest, learners.about_served),
        _designs(LINES, target="att"),
        command=COMMAND,
        replications=100,
        note="Default settings: five hundred trees over random forests, the effect on the served. A fit takes a second, hence a hundred replications only and a wide Monte Carlo error: this says that the interval is not far off, and no more.",
    ),
)


if __name__ == "__main__":
    raise SystemExit(publish(METHODS))
