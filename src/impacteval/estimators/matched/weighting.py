"""From weighted groups to an estimate: what all weighting estimators share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified, UsageError
from impacteval.estimates import CounterfactualEstimate, Parts
from impacteval.estimators.matched import messages
from impacteval.estimators.matched import weighting_words as words
from impacteval.estimators.matched.balance import balance_table, drifted, profile_table
from impacteval.estimators.matched.effect import build
from impacteval.estimators.matched.people import Comparison, People
from impacteval.estimators.matched.stack import Side, Stacked
from impacteval.estimators.randomised import messages as trials
from impacteval.estimators.randomised.blocks import MOST
from impacteval.inference._arrays import group_sums
from impacteval.values import Message, Scale

if TYPE_CHECKING:
    from impacteval.plugin import Prepares
    from impacteval.sample import BlindSample, Preparation, Sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Share of a group's weight on one person from which a plan must say why the method is used.
HEAVY = 0.5
BINS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Both groups as weighted, before outcomes.

    Attributes
    ----------
    sides : (Side, Side)
        Comparison first; zero for those left out.
    estimand : {"att", "ate", "overlap"}
    estimated : bool
        Whether weights were estimated from these people.
    inside : array of bool, shape (n,)
        Who was not trimmed.
    chance : array, shape (n,), or None
        Score of those inside, where there is one.
    """

    sides: tuple[Side, Side]
    estimand: str
    estimated: bool
    inside: Bools
    chance: Floats | None = None

    def weight(self, people: People) -> Floats:
        """What each row counts for before outcomes, shape (n,)."""
        return np.asarray(people.counts * (self.sides[0].weight + self.sides[1].weight))


def check_covariates(people: People) -> None:
    """Refuse people of whom nothing is known.

    Raises
    ------
    NotIdentified
        When there are neither covariates nor strata.
    """
    if not people.covariates and people.stratum is None:
        raise NotIdentified(messages.no_covariates())


def frozen_tables(people: People, weight: Floats, by: str, inside: Bools) -> dict[str, Any]:
    """``weights``, ``balance``, ``counts`` and, where some were left out, ``unmatched``."""
    used = np.flatnonzero(weight > 0.0)
    own = people.served
    counts = [
        ("served", own & inside),
        ("compared", ~own & inside),
        ("served left out", own & ~inside),
        ("compared left out", ~own & ~inside),
    ]
    told = [(what, round(float(people.copies[rows].sum()))) for what, rows in counts]
    tables: dict[str, Any] = {
        "weights": {
            "unit": people.keys[used].tolist(),
            "served": own[used].tolist(),
            "weight": weight[used].tolist(),
        },
        "balance": balance_table(people, weight, by=by),
        "counts": {
            "what": [what for what, n in told[:2] + [t for t in told[2:] if t[1]]],
            "n": [n for what, n in told[:2] + [t for t in told[2:] if t[1]]],
        },
    }
    if not inside.all():
        tables["unmatched"] = {"unit": people.keys[~inside].tolist()}
    return tables


def frozen_step(
    estimator: Prepares, sample: BlindSample | Sample, rng: np.random.Generator
) -> Preparation:
    """What was frozen before outcomes; made now from the blind side where nothing was.

    What another method or other settings froze is not used: those weights are of another comparison.
    """
    from impacteval.sample import Sample

    if not isinstance(sample, Sample):
        return estimator.prepare(sample, rng=rng)
    ready = sample.preparation
    if ready is not None and ready.made_by == type(estimator).name:  # type: ignore[attr-defined]
        stated = ready.tables.plain().get("settings")
        if stated == settings_table(estimator):
            return ready
    return estimator.prepare(sample.blind, rng=rng)


def settings_table(estimator: Prepares) -> dict[str, list[str]]:
    """The settings that weights were made with, as they are frozen: ``setting, value``."""
    plain = asdict(estimator)  # type: ignore[call-overload]
    return {"setting": list(plain), "value": [json.dumps(v) for v in plain.values()]}


def frozen_values(people: People, tables: Parts, table: str, column: str) -> tuple[Bools, Floats]:
    """A frozen column as arrays: which rows stand in it, and their values, zero elsewhere.

    Raises
    ------
    UsageError
        When the preparation lacks the table, or is about other people.
    """
    plain = tables.plain().get(table)
    if plain is None:
        raise UsageError(
            f"The preparation has no table {table!r}: it was made by another estimator. "
            "Prepare the study again."
        )
    place = {key: row for row, key in enumerate(people.keys.tolist())}
    strangers = [unit for unit in plain["unit"] if unit not in place]
    if strangers:
        raise UsageError(
            f"The preparation names {len(strangers)} people who are not in the sample, such as "
            f"{strangers[0]!r}. Prepare the study again with these data."
        )
    _check_groups(people, tables)
    rows = np.array([place[unit] for unit in plain["unit"]], dtype=np.int64)
    inside, values = np.zeros(people.n, dtype=bool), np.zeros(people.n)
    inside[rows] = True
    values[rows] = plain[column]
    return inside, values


def _check_groups(people: People, tables: Parts) -> None:
    """Refuse what was frozen of people who are fewer, more, or in other groups than these.

    Raises
    ------
    UsageError
        Somebody whom the preparation does not know would otherwise be left out without a word.
    """
    held, counts = tables.columns("weights"), tables.columns("counts")
    group = dict(zip(people.keys.tolist(), people.served.tolist(), strict=True))
    alike = all(
        group.get(unit) == own for unit, own in zip(held["unit"], held["served"], strict=True)
    )
    told = dict(zip(counts["what"], counts["n"], strict=True))
    for own, names in (
        (True, ("served", "served left out")),
        (False, ("compared", "compared left out")),
    ):
        found = round(float(people.copies[people.served == own].sum()))
        frozen = sum(int(told.get(name, 0)) for name in names)
        if found != frozen or not alike:
            raise UsageError(
                f"The preparation is of other people, or of other groups: it knows {frozen} who were "
                f"{'' if own else 'not '}served, and the sample has {found}. Prepare the study again "
                "with these data."
            )


def largest_shares(people: People, held: Floats) -> list[tuple[float, int]]:
    """Largest share of one person in the weight of each group, and of whom: comparison first.

    Parameters
    ----------
    people : People
    held : array, shape (n,)
        Weight of each row, copies included.
    """
    found = []
    for own in (False, True):
        inside = np.where(people.served == own, held / people.copies, 0.0)
        row = int(inside.argmax())
        found.append((float(inside[row] / (inside * people.copies).sum()), row))
    return found


def heavy_concerns(people: People, weight: Floats) -> tuple[Message, ...]:
    """Why weights should not be used without a reason: half a group's weight on one person."""
    shares = max(share for share, _ in largest_shares(people, weight))
    return (words.heavy_concern(shares),) if shares >= HEAVY else ()


def estimate_weighted(
    *,
    estimator: str,
    settings: Mapping[str, Any],
    comparison: Comparison,
    weighted: Weighted,
    scale: Scale,
    target: Message,
    formed: Sequence[Message],
    notes: tuple[Message, ...] = (),
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    certificate: Mapping[str, Any] | None = None,
) -> CounterfactualEstimate:
    """The estimate of two weighted means.

    Raises
    ------
    NotIdentified
        When one person or cluster has practically all the weight of a group, and as `build`.
    """
    people = comparison.people
    stacked = Stacked(
        sides=weighted.sides,
        y=comparison.y,
        own=np.where(comparison.measured, people.own, 0.0),
        copies=people.copies,
        cluster=None if people.cluster is None else people.cluster.codes,
    )
    _check_shares(people, stacked)
    arms = stacked.arms
    contrast = np.array([-1.0, 1.0])
    if scale is Scale.RELATIVE and bool((arms.means > 0.0).all()):
        contrast = contrast / arms.means
    counted = people.served & comparison.measured & weighted.inside
    everyone = weighted.weight(people)
    shares = largest_shares(people, people.copies * (stacked.held(0) + stacked.held(1)))
    apart = drifted(
        people,
        everyone,
        people.copies * (stacked.held(0) + stacked.held(1)),
        by=balance_by(weighted.estimand),
    )
    worth = [float(stacked.effective(arm)) for arm in range(2)]
    clusters = None if people.cluster is None else len(people.cluster.labels)
    extra: dict[str, Mapping[str, Any]] = {
        "effective": {
            "arm": ["programme", "comparison"],
            "effective": [worth[1], worth[0]],
            "largest_share": [shares[1][0], shares[0][0]],
        },
        **(tables or {}),
    }
    if weighted.chance is not None:
        extra["score_overlap"] = _overlap(people, weighted)
    if not weighted.inside.all():
        own = people.served
        extra["unmatched_profile"] = profile_table(
            people, own & weighted.inside, own & ~weighted.inside
        )
        extra["left_out_profile"] = profile_table(
            people, ~own & weighted.inside, ~own & ~weighted.inside
        )
    return build(
        estimator=estimator,
        settings=settings,
        comparison=comparison,
        arms=arms,
        weight=everyone,
        scale=scale,
        target=target,
        label="stacked sandwich",
        sentences=[
            *formed,
            words.errors(estimated=weighted.estimated, clusters=clusters),
            words.degrees(float(arms.degrees(contrast)), clustered=clusters is not None),
        ],
        served_size=float(people.size[counted].sum()) if weighted.estimand == "att" else None,
        spread=lambda: stacked.spread,
        balance_by=balance_by(weighted.estimand),
        tables=extra,
        notes=(
            *notes,
            *(() if apart is None else (messages.counted_apart(*apart),)),
            *_worth(people, comparison, weighted, worth, shares),
        ),
        certificate=certificate,
    )


def balance_by(estimand: str) -> str:
    """Whose standard deviation differences are measured in (see `balance_table`)."""
    return "served" if estimand == "att" else "pooled"


def _check_shares(people: People, stacked: Stacked) -> None:
    for arm in range(2):
        held, names = stacked.copies * stacked.held(arm), people.unit
        if people.cluster is not None:
            names = people.cluster.labels
            held = group_sums(held, people.cluster.codes, len(names))
        elif people.weight_kind == "frequency":
            held = stacked.held(arm)  # one of the copies
        total = float((stacked.copies * stacked.held(arm)).sum())
        # Nobody is left where everyone who was weighted was not measured.
        if not total > 0.0:
            raise NotIdentified(words.nobody_left(served=arm == 1))
        if float(held.max()) > MOST * total:
            raise NotIdentified(trials.all_the_weight(str(names[int(held.argmax())])))


def _worth(
    people: People,
    comparison: Comparison,
    weighted: Weighted,
    worth: Sequence[float],
    shares: Sequence[tuple[float, int]],
) -> tuple[Message, ...]:
    """How many equally weighted people each weighted group is worth."""
    told = []
    for arm in (0, 1):
        side = weighted.sides[arm]
        inside = comparison.measured & (side.weight > 0.0)
        if arm == 1 and weighted.estimand == "att":
            continue
        n = round(float(people.copies[inside].sum()))
        told.append(
            words.worth(arm == 1, n, worth[arm], shares[arm][0], people.cluster is not None)
        )
    return tuple(told)


def _overlap(people: People, weighted: Weighted) -> dict[str, list[float]]:
    """How many of either group have a score in each part of the range, before weighting."""
    assert weighted.chance is not None
    edges = np.linspace(0.0, 1.0, BINS + 1)
    place = np.clip((weighted.chance * BINS).astype(np.int64), 0, BINS - 1)
    rows: dict[str, list[float]] = {"low": edges[:-1].tolist(), "high": edges[1:].tolist()}
    for name, own in (("served", people.served), ("comparison", ~people.served)):
        held = np.where(own & weighted.inside, people.counts, 0.0)
        rows[name] = np.bincount(place, weights=held, minlength=BINS).tolist()
    return rows
