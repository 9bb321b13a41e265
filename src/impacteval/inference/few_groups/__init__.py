"""Difference-in-differences where few groups were served: errors measured on those that were not.

Placements of the served among all groups (`placements`), what each would have shown
(`placebo_lines`), how much a change varies by a group's size (`variance_by_size`), and the
regression behind the wild cluster bootstrap (`stacked_nulls`).
"""

from impacteval.inference.few_groups.placebos import Lines, Loads, loads_of, placebo_lines
from impacteval.inference.few_groups.placements import Placements, count_placements, placements
from impacteval.inference.few_groups.spread import SizeVariance, variance_by_size
from impacteval.inference.few_groups.stacked import stacked_nulls

__all__ = [
    "Lines",
    "Loads",
    "Placements",
    "SizeVariance",
    "count_placements",
    "loads_of",
    "placebo_lines",
    "placements",
    "stacked_nulls",
    "variance_by_size",
]
