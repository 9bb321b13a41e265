"""The part of a record about mixes of places: what they are made of, how well they fit, placebos."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from impacteval.report.record_values import Frozen, Said


class HistoryRow(Frozen):
    """One period of the whole history: before the service, and since."""

    period: str
    observed: str | None
    counterfactual: str | None
    gap: str | None
    """Observed minus counterfactual; before the service it shows how well the mix followed."""
    low: str | None
    high: str | None
    """Band of the counterfactual; null where there is none."""
    served: str
    """Share of the served places that have the service in this period: 0 before anyone."""


class PlaceWeight(Frozen):
    """What one place counts for in the mix."""

    place: str
    weight: str


class PeriodWeight(Frozen):
    """What one period from before the service counts for in the comparison."""

    period: str
    weight: str
    began: str | None = None
    """Of the comparison of those who began then, where several began at different times."""


class Weights(Frozen):
    """Of which places the mix is made."""

    places: tuple[PlaceWeight, ...]
    """Heaviest first."""
    without: int
    """Places that could have been used and have no weight."""
    further: int = 0
    """Places with a weight that are not listed."""
    further_weight: str = "0"
    """What those weigh together."""
    several: bool = False
    """Whether each weight is the mean over the mixes of several served places."""
    said: Said


class Fit(Frozen):
    """How well the mix followed the served place before the service, and the proof of it."""

    pre_rmspe: str | None
    """Root of the mean squared gap before the service, in the outcome's own units."""
    others_median: str | None
    """The same for the other places, each followed by a mix of the rest: their middle value."""
    gap: str | None
    relative_gap: str | None
    """By how much, at most, another mix could be closer: duality gap, and as a share."""
    sum_of_weights: str | None
    smallest_weight: str | None
    largest_weight: str | None
    solutions: Literal["one", "many"] | None
    outside_hull: bool | None
    said: tuple[Said, ...]
    cautions: tuple[Said, ...]
    """What a reader must know before relying on the mix."""


class PlaceboRow(Frozen):
    """One place, as if it had been the one served."""

    place: str
    served: bool
    effect: str | None
    pre_rmspe: str | None
    post_rmspe: str | None
    ratio: str | None
    """Of the gap since to the gap before; null where it has no end or is not told."""
    endless: bool = Field(default=False, exclude_if=lambda found: not found)
    """Whether the place was met exactly before, so that its ratio has no end."""
    rank: int | None
    kept: bool
    """Whether its mix followed it well enough before to be compared."""


class PlaceboTest(Frozen):
    """A test that ranks the served place among the others. Its p-value is its own."""

    test: str
    statistic: str | None
    """Its value; or in words what is ranked, where the method says that."""
    p_value: str
    side: str
    """``two`` has no direction; ``greater`` and ``less`` have one."""
    compared: int
    attainable: str | None
    """The smallest p-value that this many places allow."""


class PlacePath(Frozen):
    """One place over the periods of `Mix.path_periods`."""

    place: str
    served: bool = False
    values: tuple[str | None, ...]


class Placebos(Frozen):
    """What the method finds where nothing was done."""

    by: Literal["ratio", "effect", "other"]
    """What places are ordered by: the gap since over that before, the size of the effect, or
    something else that the method ranks."""
    rows: tuple[PlaceboRow, ...]
    """In that order, largest first; those left out of the comparison last."""
    further: int
    """Places that are not listed."""
    others: int
    """Places that were compared, without the served one."""
    as_large: int
    """Of these, how many show as large a change."""
    left_out: int
    """Places whose mix did not follow them well enough before."""
    tests: tuple[PlaceboTest, ...]
    paths: tuple[PlacePath, ...]
    """Gaps of the served place and of those compared."""
    paths_of: int
    """How many such gaps there are in all."""
    said: tuple[Said, ...]


class LeftOutRow(Frozen):
    """The effect when one place may not be used."""

    place: str
    effect: str


class LeaveOneOut(Frozen):
    """How much the result hangs on any one place of the mix."""

    rows: tuple[LeftOutRow, ...]
    """From the lowest effect to the highest."""
    further: int = 0
    """Places in the middle of that order that are not listed."""
    paths: tuple[PlacePath, ...]
    """The counterfactual without each of them."""
    said: Said


class InTimeRow(Frozen):
    """One earlier date, as if the service had begun then."""

    start: str
    effect: str | None
    pre_rmspe: str | None
    p_value: str | None


class InTime(Frozen):
    """What the method finds when nothing has begun yet."""

    rows: tuple[InTimeRow, ...]
    paths: tuple[PlacePath, ...]
    """Gap by period under each earlier date, named by that date."""
    said: Said


class MixUnit(Frozen):
    """One of several served places, by itself."""

    place: str
    start: str | None
    effect: str | None
    low: str | None
    high: str | None
    p_value: str | None
    pre_rmspe: str | None
    weights: tuple[PlaceWeight, ...]
    """The heaviest places of its mix."""
    mixed: int
    """Of how many places its mix is made; 0 where that is not told."""


class Mix(Frozen):
    """What stands for the served place had it not been served."""

    history: tuple[HistoryRow, ...]
    path_periods: tuple[str, ...] = Field(default=(), exclude_if=lambda found: not found)
    """The periods of every path below."""
    weights: Weights | None = Field(default=None, exclude_if=lambda found: found is None)
    time_weights: tuple[PeriodWeight, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Periods before the service that count, in order of time."""
    time_further: int = Field(default=0, exclude_if=lambda found: not found)
    """Periods with a smaller weight that are not listed."""
    fit: Fit | None = Field(default=None, exclude_if=lambda found: found is None)
    placebos: Placebos | None = Field(default=None, exclude_if=lambda found: found is None)
    leave_one_out: LeaveOneOut | None = Field(default=None, exclude_if=lambda found: found is None)
    in_time: InTime | None = Field(default=None, exclude_if=lambda found: found is None)
    units: tuple[MixUnit, ...] = Field(default=(), exclude_if=lambda found: not found)
    """Each served place by itself, where there are several."""
    units_further: int = Field(default=0, exclude_if=lambda found: not found)
    """Served places that are not listed."""
