"""Contracts of every term and composition, and readings that look for trouble."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from impacteval.contract import Contract
from impacteval.contract.clauses import BasketPart
from impacteval.contract.model import Outcome
from impacteval.contract.money import NOT_PUBLISHED
from impacteval.contract.payment import BY_STEP, Basket, Leaf, hides_amount, terms
from impacteval.contract.readings import (
    Average,
    Between,
    Chances,
    Given,
    Known,
    Missing,
    Reading,
    Unjudged,
)
from impacteval.contract.terms import limits
from impacteval.pricing import (
    AverageDraws,
    BetweenDraws,
    ChancesDraws,
    DrawReading,
    KnownDraws,
    schedule_of,
)
from impacteval.pricing.floats import decimal_of
from impacteval.pricing.schedule import Schedule
from impacteval.values import Message, Text

Draw = Callable[[st.SearchStrategy[Any]], Any]
WHY = Message("test.why", Text(en="A reason.", fr="Une raison."))


def _number(draw: Draw, low: int, high: int, places: int = 2) -> str:
    return str(Decimal(draw(st.integers(low * 10**places, high * 10**places))).scaleb(-places))


def _money(draw: Draw, most: int = 5000) -> str:
    if draw(st.integers(0, 7)) == 0:
        return "not_published"
    return _number(draw, 0, most, draw(st.sampled_from([0, 2, 2, 3])))


def _rising(draw: Draw, count: int, low: int, high: int) -> list[str]:
    found = draw(
        st.lists(st.integers(low * 100, high * 100), min_size=count, max_size=count, unique=True)
    )
    return [str(Decimal(n).scaleb(-2)) for n in sorted(found)]


@dataclass
class _Maker:
    """Builds one payment; `per` is how the clauses of the moment are read."""

    draw: Draw
    groups: bool
    owed: bool = True
    named: int = 0
    waterfall: bool = False
    gated: bool = False

    def name(self, per: str | None) -> dict[str, Any]:
        self.named += 1
        found: dict[str, Any] = {"name": f"clause_{self.named}"}
        if per is not None:
            found["per"] = per
        if per == "pooled":
            found["weights"] = "people"
        return found

    def per(self) -> str | None:
        return self.draw(st.sampled_from(["group", "pooled"])) if self.groups else None

    def when(self) -> dict[str, Any]:
        outcome = self.draw(st.sampled_from(["x", "y", "less"]))
        allowed = ["at_most", "less_than"] if outcome == "less" else ["at_least", "more_than"]
        operator = self.draw(st.sampled_from(allowed))
        return {outcome: {operator: _number(self.draw, -20, 60)}}

    def threshold(self, per: str | None) -> dict[str, Any]:
        return self.name(per) | {"when": self.when(), "pay": _money(self.draw)}

    def stepped(self, per: str | None, count: int) -> tuple[str, list[dict[str, Any]]]:
        ((outcome, condition),) = self.when().items()
        (operator,) = condition
        at = _rising(self.draw, count, -20, 60)
        if outcome == "less":
            at = at[::-1]
        pays = _rising(self.draw, count, 0, 4000)
        if self.draw(st.integers(0, 5)) == 0:
            pays[0] = "not_published"
        return outcome, [{operator: t, "pay": p} for t, p in zip(at, pays, strict=True)]

    def leaf(self, per: str | None) -> dict[str, Any]:
        draw, own = self.draw, self.name(per)
        kind = draw(
            st.sampled_from(
                [
                    "threshold",
                    "tiers",
                    "piecewise",
                    "linear",
                    "partial_full",
                    "bonus_malus",
                    "saving",
                ]
            )
        )
        number = {"outcome": draw(st.sampled_from(["x", "y"]))}
        match kind:
            case "threshold":
                return {"threshold": own | {"when": self.when(), "pay": _money(draw)}}
            case "tiers":
                outcome, steps = self.stepped(per, draw(st.integers(1, 4)))
                return {"tiers": own | {"outcome": outcome, "steps": steps}}
            case "partial_full":
                outcome, (part, full) = self.stepped(per, 2)
                return {"partial_full": own | {"outcome": outcome, "partial": part, "full": full}}
            case "piecewise":
                operator = draw(st.sampled_from(["at_least", "more_than"]))
                at = _rising(draw, draw(st.integers(1, 3)), -20, 60)
                steps, paid = [], Decimal(0)
                for k, start in enumerate(at):
                    end = Decimal(at[k + 1]) if k + 1 < len(at) else Decimal(start)
                    slope = Decimal(_number(draw, 0, 90, draw(st.sampled_from([0, 2, 3]))))
                    paid += Decimal(_number(draw, 0, 300))
                    steps.append({operator: start, "pay": str(paid), "per_unit": str(slope)})
                    paid += slope * (end - Decimal(start))
                return {"piecewise": own | number | {"steps": steps}}
            case "linear":
                floor = draw(st.sampled_from(["none", "0", "-7.005"] if self.owed else ["0", "3"]))
                ceiling = draw(st.sampled_from(["none", "250.125", "4000"]))
                line = {
                    "per_unit": _number(draw, 1, 200, draw(st.sampled_from([0, 2, 3]))),
                    "above": _number(draw, -10, 10),
                    "floor": floor,
                    "ceiling": ceiling,
                }
                return {"linear": own | number | line}
            case "bonus_malus" if self.owed:
                band = Decimal(_number(draw, 0, 5))
                return {
                    "bonus_malus": own
                    | number
                    | {
                        "target": _number(draw, -5, 20),
                        "dead_band": str(band),
                        "full_at": str(band + Decimal(_number(draw, 1, 30))),
                        "bonus": _money(draw),
                        "malus": _money(draw),
                    }
                }
            case _:
                people: dict[str, Any] = draw(
                    st.sampled_from(
                        [{}, {"people": 7}, *([{"by_people": True}] if per == "group" else [])]
                    )
                )
                shares = ["0.95", "0.5", "1", "0.333", "not_published"]
                saving = {
                    "saving_per_unit": _money(draw, 60),
                    "share": draw(st.sampled_from(shares)),
                }
                return {"share_of_saving": own | number | saving | people}

    def rate_card(self, per: str | None) -> dict[str, Any]:
        draw = self.draw
        outcomes = ["x", "y"][: draw(st.integers(1, 2))]
        ceiling = "none" if per is not None else draw(st.sampled_from(["none", _money(draw, 90)]))
        lines = [
            self.name(per) | {"outcome": outcome, "price": _money(draw, 60)} for outcome in outcomes
        ]
        each = draw(st.sampled_from(["once", "every_time"]))
        return {"rate_card": {"each_milestone": each, "person_ceiling": ceiling, "lines": lines}}

    def basket(self, per: str | None) -> dict[str, Any]:
        draw = self.draw
        weights = draw(
            st.sampled_from([["1"], ["0.5", "0.5"], ["0.7", "0.3"], ["0.25", "0.5", "0.25"]])
        )
        parts = [
            self.name(per)
            | {
                "outcome": draw(st.sampled_from(["x", "y"])),
                "weight": weight,
                "zero_at": (zero := draw(st.sampled_from(["0", "-3", "4.5"]))),
                "full_at": str(Decimal(zero) + Decimal(draw(st.sampled_from(["3", "8", "20.2"])))),
            }
            for weight in weights
        ]
        return {
            "basket": {
                "pay": _money(draw),
                "parts_may_exceed_one": draw(st.booleans()),
                "parts_may_offset": draw(st.booleans()),
                "parts": parts,
            }
        }

    def term(
        self, depth: int, per: str | None = None, fixed: bool = False, grants: bool = False
    ) -> dict[str, Any]:
        """A term; under a gate by group everything is read by group, and grants stand in sums."""
        draw = self.draw
        per = per if fixed else self.per()
        wider = ["gate", "bonus", "sum"] if depth else []
        grant = ["grant"] if grants else []
        kind = draw(
            st.sampled_from(["leaf", "leaf", "leaf", "first_of", "card", "basket", *wider, *grant])
        )
        found: dict[str, Any]
        match kind:
            case "leaf":
                found = self.leaf(per)
            case "card":
                found = self.rate_card(per)
            case "basket":
                found = self.leaf(per) if per == "group" else self.basket(per)
            case "first_of":
                count = draw(st.integers(1, 3))
                pers = [per if fixed or not self.groups else self.per() for _ in range(count)]
                found = {"first_of": [self.threshold(one) for one in pers]}
            case "grant":
                found = {"grant": {"name": self.name(None)["name"], "pay": _money(draw)}}
            case "gate":
                before, self.owed = self.owed, False
                outside, self.gated = self.gated, True
                gate = self.name(per) | {"when": self.when()}
                inner = self.term(depth - 1, per, fixed=fixed or per == "group")
                self.owed, self.gated = before, outside
                found = {"gate": gate | {"opens": inner}}
            case "bonus":
                if draw(st.booleans()):
                    bonus = self.name(per) | {"when": self.when(), "pay": _money(draw)}
                else:
                    over = "pooled" if self.groups else None
                    if fixed and per == "group":
                        return self.leaf(per)
                    inner = self.term(depth - 1, per, fixed=fixed)
                    percent = draw(st.sampled_from(["10", "2.5", "33.333"]))
                    bonus = self.name(over) | {"when": self.when(), "percent": percent, "of": inner}
                found = {"equity_bonus": bonus}
            case _:
                count = draw(st.integers(1, 3))
                parts = [
                    self.term(depth - 1, per, fixed=fixed, grants=not self.gated)
                    for _ in range(count)
                ]
                found = {"sum": parts}
        if draw(st.integers(0, 5)) == 0:
            found["cap"] = {"amount": _money(draw, 3000), "over": "contract"}
        return found


def _whole(draw: Draw, maker: _Maker, payment: dict[str, Any]) -> dict[str, Any]:
    """What bounds and passes on the payment as a whole, and the order."""
    order = draw(st.permutations(["ceiling", "netting", "clawback"]))
    if draw(st.booleans()):
        payment["cap"] = {"amount": _money(draw, 6000), "over": "contract"}
    if draw(st.integers(0, 2)) == 0:
        payment["net_of"] = {"name": "other", "what": "other money"}
    if draw(st.integers(0, 2)) == 0:
        payment["cumulative"] = {"clawback": draw(st.booleans())}
    if draw(st.integers(0, 2)) == 0:
        shares = draw(
            st.sampled_from(
                [["1"], ["0.3", "0.7"], ["0.333", "0.333", "0.334"], ["not_published", "0.4"]]
            )
        )
        payment["split"] = [{"payer": f"P{k}", "share": s} for k, s in enumerate(shares)]
    changes: dict[str, Any] = {"order": [*order, "split"], "payment": payment}
    if not maker.owed:
        layers = [
            {"name": "a", "lender": "A", "rank": "first_loss", "amount": _number(draw, 1, 900)},
            {"name": "b", "lender": "B", "rank": "senior", "amount": _number(draw, 1, 900)},
        ]
        for layer in layers:
            layer["gain_up_to"] = draw(st.sampled_from(["none", "0", "55.5", "not_published"]))
        changes["waterfall"] = {"layers": layers}
        if draw(st.booleans()):
            share = draw(st.sampled_from(["1", "0.75", "0.333"]))
            changes["waterfall"]["guarantee"] = {
                "by": "G",
                "layer": draw(st.sampled_from(["a", "b"])),
                "share": share,
                "up_to": _money(draw, 500),
            }
    return changes


def _outcome(draw: Draw, better: str, effect: str) -> dict[str, Any]:
    rounding: Any = draw(st.sampled_from(["none", "none", 0, 1, 2]))
    if rounding != "none":
        rounding = {
            "decimals": rounding,
            "mode": draw(st.sampled_from(["half_up", "half_even"])),
        }
    return _plain_outcome(better, effect) | {"round_result": rounding}


def _plain_outcome(better: str, effect: str) -> dict[str, Any]:
    return {
        "plain_name": {"en": "Thing", "fr": "Chose"},
        "measure": "things",
        "better": better,
        "effect": effect,
        "counterfactual": {"design": "none"},
    }


@st.composite
def contracts(draw: Draw) -> Contract:
    """A contract of any term."""
    groups = draw(st.booleans())
    maker = _Maker(draw, groups, owed=draw(st.booleans()))
    changes = _whole(draw, maker, maker.term(2))
    pooled = "'per': 'pooled'" in str(changes["payment"])
    if groups:
        changes["groups"] = {"a": {"people": 10}, "b": {}, "c": {"cancelled": "2014"}}
        if pooled:
            changes["pool"] = "mean_of_effects"
            changes["pool_excludes"] = draw(
                st.sampled_from([["paid"], ["cancelled", "paid"], ["cancelled"], []])
            )
    if draw(st.booleans()):
        changes["money"] = {
            "decimals": draw(st.sampled_from([0, 2, 3])),
            "mode": draw(st.sampled_from(["half_up", "half_even"])),
        }
    outcomes = {
        "x": _outcome(draw, "higher", "difference"),
        "y": _outcome(draw, "higher", "verified_count"),
        "less": _outcome(draw, "lower", "verified_count"),
    }
    return contract_of(changes.pop("payment"), {"outcomes": outcomes} | changes)


def contract_of(payment: dict[str, Any], changes: dict[str, Any]) -> Contract:
    """A contract around a payment; x, y are better when higher."""
    return Contract.model_validate(
        {
            "format": "impacteval-contract/1",
            "id": "generated",
            "title": "Generated",
            "in_plain_words": {"en": "A test.", "fr": "Un essai."},
            "currency": "EUR",
            "parties": {"payers": "A payer"},
            "who_counts": {"people": "everyone", "count_everyone": "true"},
            "outcomes": {name: _plain_outcome("higher", "verified_count") for name in "xy"},
            "decide_on": "point_estimate",
            "order": ["ceiling", "netting", "clawback", "split"],
            "payment": payment,
        }
        | changes
    )


@st.composite
def givens(draw: Draw) -> Given:
    """What a settlement brings: earlier payments, other money, people, claims."""
    amounts = st.sampled_from(
        [Decimal(0), Decimal(0), Decimal("120.5"), Decimal("2999.995"), NOT_PUBLISHED]
    )
    claims = draw(st.sampled_from([None, {"p1": {"x": 2, "y": 1}, "p2": {"y": 3}, "p3": {"x": 1}}]))
    return Given(
        people=draw(st.sampled_from([{}, {"a": 10}, {"a": 10, "b": 3}])),
        claims=claims,
        already_paid=draw(st.none() | amounts),
        other_money=draw(st.sampled_from([{}, {"other": 1}])) and {"other": draw(amounts)},
    )


# --- readings ----------------------------------------------------------------------------------


def _looking_for_trouble(
    schedule: Schedule, cents: Fraction, outcome: Outcome, rng: np.random.Generator, draws: int
) -> np.ndarray:
    """Numbers at knots, beside them, at half cents, on grids, and anywhere."""
    found: list[float] = []
    starts = [float(piece.start) for piece in schedule.pieces if piece.start is not None]
    slopes = [piece for piece in schedule.pieces if piece.slope and piece.level is not None]
    for _ in range(draws):
        kind = rng.integers(7)
        x = float(rng.uniform(-30, 70))
        if kind == 0 and starts:
            x = float(rng.choice(starts))
        elif kind == 1 and starts:
            x = float(rng.choice(starts))
            x = math.nextafter(x, float(rng.choice([-1e9, 1e9])))
        elif kind == 2 and slopes:
            piece = slopes[int(rng.integers(len(slopes)))]
            half = Fraction(2 * int(rng.integers(-9000, 90000)) + 1, 2) / cents
            x = float((half - piece.level) / piece.slope)
        elif kind == 3:
            x = round(x, int(rng.integers(0, 4)))
        elif kind == 4:
            far = (math.inf, 10.0 ** rng.integers(20, 309), float(round(x)))
            x = math.copysign(float(rng.choice(far)), x)
        elif kind == 5 and outcome.round_result is not None:
            unit = 10**outcome.round_result.decimals
            x = (2 * int(rng.integers(-50, 120)) + 1) / (2 * unit)
        found.append(x)
    return np.array(found)


def _of_basket(contract: Contract, leaf: BasketPart) -> Fraction:
    """What the whole share of a part is worth."""
    (basket,) = (
        term.term
        for _, term in terms(contract.payment)
        if isinstance(term.term, Basket) and leaf in term.term.parts
    )
    return Fraction(basket.pay if isinstance(basket.pay, Decimal) and basket.pay else 1)


@dataclass
class Readings:
    """The same readings twice: as arrays, and draw by draw as decimals."""

    contract: Contract
    given: Given
    draws: int
    seed: int
    known: bool = False
    """Whether every number is known, so that every amount comes to something."""

    def __post_init__(self) -> None:
        self._found: dict[Any, DrawReading] = {}

    def arrays(self, leaf: Leaf, group: str, pool: tuple[str, ...]) -> DrawReading:
        key = (leaf.name, group, pool)
        if key not in self._found:
            self._found[key] = self._make(leaf, group, pool)
        return self._found[key]

    def _make(self, leaf: Leaf, group: str, pool: tuple[str, ...]) -> DrawReading:
        at = (self.seed, *f"{leaf.name}/{group}/{pool}".encode())
        rng = np.random.default_rng(at)
        outcome = self.contract.outcomes[leaf.outcome]
        cents = Fraction(10**self.contract.money_decimals)
        if isinstance(leaf, BasketPart):
            cents *= _of_basket(self.contract, leaf)
        people = self.given.people.get(group) or 1
        schedule = schedule_of(self.contract, leaf, people=people)
        kind = 12 if self.known else rng.integers(12)
        if kind == 0:
            return Missing(WHY)
        if kind == 1:
            return Unjudged(WHY)
        x = _looking_for_trouble(schedule, cents, outcome, rng, self.draws)
        if kind == 2 and isinstance(leaf, BY_STEP):
            holds = {limit: rng.random(self.draws) < 0.5 for limit in limits(leaf)}
            finite = np.where(np.isinf(x), 0.0, x)
            return ChancesDraws(finite, holds, rng.random(self.draws) < 0.1)
        if kind == 3 and group == "pooled":
            other = _looking_for_trouble(schedule, cents, outcome, rng, self.draws)
            other = np.where(rng.random(self.draws) < 0.3, x, other)
            read = KnownDraws.read(outcome, np.minimum(x, other)).value
            return BetweenDraws(read, KnownDraws.read(outcome, np.maximum(x, other)).value)
        if kind == 6 and not isinstance(leaf, BasketPart):
            mean = np.round(rng.uniform(-90, 900, self.draws), int(rng.integers(1, 7)))
            if hides_amount(leaf):
                mean = np.where(rng.random(self.draws) < 0.1, np.nan, mean)
            return AverageDraws(KnownDraws.read(outcome, x).value, mean)
        closed = rng.random(self.draws) < 0.2 if kind == 4 else None
        unjudged = rng.random(self.draws) < 0.2 if kind == 5 else None
        if unjudged is not None:
            x = np.where(unjudged, np.nan, x)
        return KnownDraws.read(outcome, x, closed, unjudged)

    def one(self, k: int) -> Callable[[Leaf, str, tuple[str, ...]], Reading]:
        """The reader of draw `k`, in decimals."""

        def read(leaf: Leaf, group: str, pool: tuple[str, ...]) -> Reading:
            found = self.arrays(leaf, group, pool)
            outcome = self.contract.outcomes[leaf.outcome]
            match found:
                case Missing() | Unjudged():
                    return found
                case KnownDraws():
                    if found.unjudged is not None and found.unjudged[k]:
                        return Unjudged(WHY)
                    assert found.exact is not None
                    exact = decimal_of(found.exact[k])
                    closed = found.closed is not None and bool(found.closed[k])
                    return Known(outcome.read(exact), exact, closed)
                case AverageDraws(value, amount):
                    mean = NOT_PUBLISHED if np.isnan(amount[k]) else decimal_of(amount[k])
                    return Average(decimal_of(value[k]), decimal_of(value[k]), mean)
                case BetweenDraws(low, high):
                    return Between(decimal_of(low[k]), decimal_of(high[k]))
                case ChancesDraws(value, holds, unjudged):
                    if unjudged is not None and unjudged[k]:
                        return Unjudged(WHY)
                    sure = {limit: Decimal(int(h[k])) for limit, h in holds.items()}
                    return Chances(decimal_of(value[k]), sure, Decimal("0.5"))

        return read


__all__ = ["WHY", "Readings", "contract_of", "contracts", "givens"]
