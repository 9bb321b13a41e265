"""Measure the coverage of matching on a score and write docs/reference/coverage/.

    python tools/calibrate_matching.py            # resumes: designs already measured are kept
    python tools/calibrate_matching.py --fast --out DIR
    python tools/calibrate_matching.py --only propensity-matching-replace

Each replication goes through what the estimator computes with, from the arrays of its people on;
tests hold the two paths together.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import calibrate
from calibrate_designs import Design
from calibrate_matching_designs import Compared, Law

from impacteval.errors import NotIdentified
from impacteval.estimators.matched.effect import _spread
from impacteval.estimators.matched.propensity import PropensityMatching
from impacteval.estimators.matched.propensity_sets import measured_sets
from impacteval.inference import on_scale
from impacteval.values import Scale

COMMAND = "python tools/calibrate_matching.py"
REPLICATIONS = 4_000
# On the scale total the interval is that of the difference, times a number that is known.
SCALES = (Scale.DIFFERENCE, Scale.RELATIVE, Scale.STANDARDISED)


def fitted(estimator: PropensityMatching, drawn: Compared, k: int) -> tuple[Any, ...]:
    """Means, spread and what each served person counts for, of one replication."""
    comparison = drawn.comparison(k)
    frozen = estimator.match(comparison.people)
    scored, score = estimator.scored(comparison.people, frozen)
    sets, _ = measured_sets(comparison, frozen.sets)
    arms, _, _ = estimator.means(comparison, sets, frozen, scored, score)
    weight = frozen.weight(comparison.people)
    return arms, _spread(comparison, weight, None), np.where(comparison.people.served, weight, 0.0)


def by_people(estimator: PropensityMatching) -> Callable[[Any, Scale], calibrate.Measured]:
    """How to measure with those settings."""
    last: list[Any] = []  # the scales of one chunk share its fits

    def measure(drawn: Compared, scale: Scale) -> calibrate.Measured:
        if not last or last[0] is not drawn:
            fits: list[Any] = []
            for k in range(len(drawn.y)):
                try:
                    fits.append(fitted(estimator, drawn, k))
                except NotIdentified:
                    fits.append(None)
            last[:] = [drawn, fits]
        centre, error, df, truth = (np.full(len(drawn.y), np.nan) for _ in range(4))
        df[:] = 1.0
        for k, fit in enumerate(last[1]):
            if fit is None:
                continue
            arms, spread, weight = fit
            if scale is Scale.RELATIVE and not (arms.means > 0).all():
                continue
            found = on_scale(arms, scale, spread=spread)
            log = found.log_ratio is not None
            centre[k] = found.log_ratio if log else found.value
            error[k] = found.log_std_error if log else found.std_error
            df[k] = found.df
            truth[k] = drawn.truth(k, weight, scale)
        return calibrate.Measured(centre, error, df, truth)

    return measure


def _named(laws: Sequence[tuple[str, str, Law]], *, matched: bool) -> tuple[Design, ...]:
    population = "of the matched" if matched else "super"
    return tuple(
        Design(name, population, told, partial(Law.__call__, law, matched=matched))
        for name, told, law in laws
    )


MANY = Law(1_500, level=-2.6)
SOME = Law(400, level=-2.6)
SCARCE = Law(600, level=-0.9)
RATES = Law(2_000, level=-2.6, outcome="events")
YES = Law(1_500, level=-2.6, outcome="yes")
MIXED = Law(1_200, level=-2.6, places=60)
WHOLE = Law(1_500, level=-1.8, places=60, whole=True)


def once() -> tuple[Design, ...]:
    """Nobody used twice."""
    return _named(
        (
            ("many comparators", "about one served in eight", MANY),
            ("few people", "about 50 served", SOME),
            ("events", "counts over unequal time at risk, more spread than Poisson", RATES),
            ("yes or no", "a binary outcome", YES),
            ("places", "20 people in each of 60 places share a shock; served and not in each", MIXED),
            ("whole places", "25 people in each of 60 places, served or not as a whole", WHOLE),
            ("scarce comparators", "about one served in three, whose likes run out", SCARCE),
            ("twenty places", "40 people in each of 20 places share a shock; served and not in each", Law(800, level=-2.6, places=20)),
            ("twenty whole places", "40 people in each of 20 places, served or not as a whole", Law(800, level=-1.2, places=20, whole=True)),
        ),
        matched=True,
    )  # fmt: skip


def again() -> tuple[Design, ...]:
    """Comparators used again and again."""
    return _named(
        (
            ("many comparators", "about one served in eight", MANY),
            ("few people", "about 50 served", SOME),
            ("events", "counts over unequal time at risk, more spread than Poisson", RATES),
            ("yes or no", "a binary outcome", YES),
            ("places", "20 people in each of 60 places share a shock; served and not in each", MIXED),
            ("scarce comparators", "about one served in three", SCARCE),
        ),
        matched=False,
    )  # fmt: skip


def ten() -> tuple[Design, ...]:
    """Up to ten comparators each, nobody used twice."""
    plenty = Law(4_000, level=-4.2)
    return _named(
        (
            ("plenty of comparators", "about one served in 35", plenty),
            ("events, plenty", "counts over unequal time at risk", Law(4_000, level=-4.2, outcome="events")),
            ("places, plenty", "50 people in each of 60 places share a shock", Law(3_000, level=-4.2, places=60)),
            ("many comparators", "about one served in eight: fewer than ten each are near", MANY),
        ),
        matched=True,
    )  # fmt: skip


def given() -> tuple[Design, ...]:
    """The score is known and stands among the covariates."""
    return _named(
        (
            ("many comparators", "about one served in eight", Law(1_500, level=-2.6, known=True)),
            ("few people", "about 50 served", Law(400, level=-2.6, known=True)),
            ("events", "counts over unequal time at risk", Law(2_000, level=-2.6, outcome="events", known=True)),
        ),
        matched=False,
    )  # fmt: skip


def _method(
    name: str,
    settings: dict[str, Any],
    designs: Callable[[], Sequence[Design]],
    note: str,
) -> calibrate.Calibrated:
    return calibrate.Calibrated(
        name,
        by_people(PropensityMatching(**settings)),
        designs,
        scales=SCALES,
        command=COMMAND,
        replications=REPLICATIONS,
        note=note,
    )


_OF_MATCHED = (
    "The truth of the matched is the mean of the expected outcomes of those matched, which differs "
    "from draw to draw, as the caliper leaves out other people."
)
METHODS = {
    method.name: method
    for method in (
        _method("propensity-matching", {}, once, _OF_MATCHED),
        _method(
            "propensity-matching-ten",
            {"ratio": 10},
            ten,
            "With `ratio: 10`. " + _OF_MATCHED,
        ),
        _method(
            "propensity-matching-replace",
            {"replace": True, "caliper": None},
            again,
            "With `replace: true` and `caliper: null`.",
        ),
        _method(
            "propensity-matching-given",
            {"replace": True, "caliper": None, "score": "index"},
            given,
            "With `replace: true`, `caliper: null` and a `score` that is known (Abadie and Imbens 2006).",
        ),
    )
}


def main(arguments: list[str] | None = None) -> int:
    """Measure every method of the table."""
    return calibrate.publish(METHODS.values(), arguments)


if __name__ == "__main__":
    raise SystemExit(main())
