"""What matching decides without outcomes, as arrays and as the tables that are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impacteval.errors import NotIdentified
from impacteval.estimates import Parts
from impacteval.estimators.matched import propensity_words as words
from impacteval.estimators.matched.balance import balance_table, profile_table
from impacteval.estimators.matched.effect import weights_table
from impacteval.estimators.matched.people import People
from impacteval.estimators.matched.score import Score, columns_of
from impacteval.inference import predicted
from impacteval.inference.matched_sets import MatchedSets, Pools
from impacteval.inference.score_matching import Scored, certify
from impacteval.sample import Preparation
from impacteval.values import Message

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# One comparator for so many served people is pointed out.
MANY_USES = 20.0
# Beyond so many pairs people who are alike are named once, as a pattern.
MANY = 2_000_000
BARS = 20
OUTSIDE, ALONE = "outside_support", "nobody_near"


@dataclass(frozen=True, slots=True, eq=False)
class Frozen:
    """Who is compared with whom, decided without outcomes.

    Attributes
    ----------
    sets : MatchedSets
        Row by row, but with pools where pairs would be more than `MANY`.
    part : array, shape (n,)
        Which part of each served row was matched.
    outside : array of bool, shape (n,)
        Rows outside common support; none where it was not asked for.
    width : float or None
        The caliper in units of the score.
    most_uses : float
        For how many served a comparator serves, at most.
    coefficients : mapping or None
        ``term, coefficient`` of an estimated score.
    """

    sets: MatchedSets
    part: Floats
    outside: NDArray[np.bool_]
    width: float | None
    most_uses: float
    coefficients: Mapping[str, Any] | None

    def weight(self, people: People) -> Floats:
        """What each row counts for in its group, shape (n,); outcomes and time at risk aside."""
        return self.sets.weights(people.counts * self.part)


def read_score(people: People, coefficients: Mapping[str, Any]) -> Score:
    """The score that frozen coefficients give, with what errors need of it."""
    columns = columns_of(people)
    told = np.array(coefficients["coefficient"], dtype=np.float64)
    k = len(columns.unit)
    levels, slopes = told[: len(told) - k].copy(), told[len(told) - k :]
    levels[:1] += slopes @ columns.centre
    own = np.concatenate([levels, slopes * columns.unit])
    linear = columns.values @ own
    chance, slope = predicted("binomial", linear)
    x = columns.values
    information = (x * (people.counts * slope)[:, None]).T @ x
    return Score(chance, linear, columns, own, information)


def freeze(
    people: People, scored: Scored, frozen: Frozen, settings: Mapping[str, Any], name: str
) -> Preparation:
    """The tables of a preparation."""
    return Preparation(
        "pairs",
        Parts(
            {
                **tables_of(people, scored, frozen),
                **pair_tables(people, frozen, settings, scored.score),
            }
        ),
        name,
    )


def tables_of(people: People, scored: Scored | None, frozen: Frozen) -> dict[str, dict[str, Any]]:
    """What is shown of the match, in the preparation and with the estimate alike.

    Without `scored` (people were matched on something else) no scores are shown.
    """
    weight = frozen.weight(people)
    inside = weight > 0.0
    out = people.served & (frozen.part < 1.0)
    share = (1.0 - frozen.part)[out]
    reasons = np.where(frozen.outside[out], OUTSIDE, ALONE)
    whole = people.copies
    served = people.served
    counts = {
        "served": float(whole[served].sum()),
        "comparison": float(whole[~served].sum()),
        "matched": float((whole * frozen.part)[served].sum()),
        OUTSIDE: float((whole[out] * share)[reasons == OUTSIDE].sum()),
        ALONE: float((whole[out] * share)[reasons == ALONE].sum()),
        "comparators_used": float(whole[~served & inside].sum()),
    }
    found: dict[str, dict[str, Any]] = {
        "counts": {"what": list(counts), "n": [float(v) for v in counts.values()]},
        "unmatched": {
            "unit": people.keys[out].tolist(),
            "reason": reasons.tolist(),
            "share": share.tolist(),
        },
    }
    if scored is not None:
        found["score_overlap"] = _overlap(people, scored)
    if out.any():
        # People alike of whom some were matched stand on both sides.
        found["unmatched_profile"] = profile_table(people, served & (frozen.part > 0.0), out)
    if frozen.coefficients is not None:
        found["coefficients"] = {k: list(v) for k, v in frozen.coefficients.items()}
    return found


def notes_of(people: People, frozen: Frozen) -> tuple[Message, ...]:
    """Who was left out, and whether few stand for many."""
    found = []
    out = people.copies * (1.0 - frozen.part)
    outside = float(out[frozen.outside].sum())
    alone = float(out[people.served & ~frozen.outside].sum())
    if round(outside + alone) > 0:
        served = round(float(people.copies[people.served].sum()))
        found.append(words.left_out(served, round(outside), round(alone)))
    if frozen.most_uses > MANY_USES:
        found.append(words.many_uses(frozen.most_uses))
    return tuple(found)


def certificate_of(people: People, scored: Scored, frozen: Frozen) -> dict[str, Any]:
    """What the pairs are, measured on the pairs themselves."""
    matched = float((people.copies * frozen.part).sum())
    served = float(people.copies[people.served].sum())
    proof = certify(scored, frozen.sets)
    within = frozen.width is None or proof["largest_reach"] <= frozen.width + scored.tolerance * (
        1.0 + abs(float(np.abs(scored.reach).max()))
    )
    return {
        "matched": matched,
        "left_out": served - matched,
        "most_uses": frozen.most_uses,
        "caliper": frozen.width,
        "within_caliper": bool(within),
        **proof,
    }


def pair_tables(
    people: People, frozen: Frozen, settings: Mapping[str, Any], score: Floats | None = None
) -> dict[str, dict[str, Any]]:
    """The pairs themselves, with what is needed to go on from them; and scores, where there are."""
    sets, weight = frozen.sets, frozen.weight(people)
    of, keys = sets.of, people.keys
    found: dict[str, dict[str, Any]] = {}
    if sets.pools is None:
        others = keys[sets.others].tolist()
    else:
        others = (sets.others + 1).tolist()
        held = np.flatnonzero(sets.pools.of >= 0)
        found["patterns"] = {
            "pattern": (sets.pools.of[held] + 1).tolist(),
            "comparison": keys[held].tolist(),
            "share": sets.pools.share[held].tolist(),
        }
    found["pairs"] = {
        "set": (of + 1).tolist(),
        "served": keys[sets.served][of].tolist(),
        "comparison": others,
        "weight": sets.weight.tolist(),
        "part": frozen.part[sets.served][of].tolist(),
    }
    table = weights_table(replace(people, unit=keys), weight)
    found["weights"] = table
    counted = np.flatnonzero(weight > 0.0)
    if score is not None:
        found["score"] = {"unit": keys[counted].tolist(), "score": score[counted].tolist()}
    found["balance"] = balance_table(people, weight)
    found["settings"] = {
        "setting": [*settings, "width", "most_uses"],
        "value": [*(_plain(v) for v in settings.values()), frozen.width, frozen.most_uses],
    }
    return found


def named_pairs(people: People, frozen: Frozen) -> dict[str, dict[str, Any]]:
    """The pairs by the names of units, for the estimate; none where patterns stand for them."""
    if frozen.sets.pools is not None:
        return {}
    by_name = replace(people, keys=people.unit)
    return {"pairs": pair_tables(by_name, frozen, {})["pairs"]}


def thaw(
    preparation: Preparation, people: People, settings: Mapping[str, Any], name: str
) -> Frozen | None:
    """What was frozen, in rows of these people; None where it was made with other settings.

    Raises
    ------
    NotIdentified
        When it names people who are not here, or not in the same group.
    """
    tables = preparation.tables
    there = set(tables)
    if preparation.made_by != name or "pairs" not in there:
        return None
    stated = tables.columns("settings")
    told = dict(zip(stated["setting"], stated["value"], strict=True))
    if any(told.get(k, ...) != _plain(v) for k, v in settings.items()):
        return None
    terms = tables.columns("coefficients")["term"] if "coefficients" in there else None
    if terms is not None and tuple(terms) != columns_of(people).names:
        return None  # a score of other covariates or strata
    place = {key: row for row, key in enumerate(people.keys.tolist())}
    pairs = tables.columns("pairs")

    def rows(keys: tuple[Any, ...], *, served: bool) -> Ints:
        found = np.array([place.get(key, -1) for key in keys], dtype=np.int64)
        if bool((found < 0).any()) or bool((people.served[found] != served).any()):
            raise NotIdentified(words.other_people())
        return found

    of = np.array(pairs["set"], dtype=np.int64) - 1
    start = np.searchsorted(of, np.arange(int(of.max(initial=-1)) + 2)).astype(np.int64)
    served = rows(pairs["served"], served=True)[start[:-1]]
    pools = None
    if "patterns" in there:
        held = tables.columns("patterns")
        members = rows(held["comparison"], served=False)
        pool, share = np.full(people.n, -1, dtype=np.int64), np.zeros(people.n)
        pool[members] = np.array(held["pattern"], dtype=np.int64) - 1
        share[members] = held["share"]
        pools = Pools(pool, share)
        others = np.array(pairs["comparison"], dtype=np.int64) - 1
    else:
        others = rows(pairs["comparison"], served=False)
    part = np.zeros(people.n)
    part[served] = np.array(pairs["part"], dtype=np.float64)[start[:-1]]
    out = tables.columns("unmatched")
    beyond = rows(out["unit"], served=True)
    if not np.array_equal(np.union1d(served, beyond), np.flatnonzero(people.served)):
        raise NotIdentified(words.other_people())
    outside = np.zeros(people.n, dtype=bool)
    outside[beyond[np.array([r == OUTSIDE for r in out["reason"]], dtype=bool)]] = True
    return Frozen(
        sets=MatchedSets(served, start, others, np.array(pairs["weight"], dtype=np.float64), pools),
        part=part,
        outside=outside,
        width=told["width"],
        most_uses=told["most_uses"],
        coefficients=tables.columns("coefficients") if "coefficients" in there else None,
    )


def _plain(value: Any) -> Any:
    """Numbers as floats, since a file does not tell 1 from 1.0."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _overlap(people: People, scored: Scored) -> dict[str, list[float]]:
    """How many of each group have which score."""
    low, high = float(scored.score.min()), float(scored.score.max())
    edges = np.linspace(low, high if high > low else low + 1.0, BARS + 1)
    bars = np.clip(np.searchsorted(edges, scored.score, side="right") - 1, 0, BARS - 1)
    table = {"low": edges[:-1].tolist(), "high": edges[1:].tolist()}
    for name, inside in (("served", people.served), ("comparison", ~people.served)):
        held = np.bincount(bars[inside], weights=people.counts[inside], minlength=BARS)
        table[name] = held.tolist()
    return table
