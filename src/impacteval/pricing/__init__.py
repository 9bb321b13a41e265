"""What a contract pays, over arrays: the twin of `impacteval.contract.terms` in floating point.

The payment itself is arithmetic on decimals, one settlement at a time, and stays that. To know what
a contract pays on average, or how often, needs a million settlements; they are priced here, and
each comes to the same cent.
"""

from impacteval.pricing.confidence import spread_of
from impacteval.pricing.expected import expected
from impacteval.pricing.schedule import Piece, Schedule, schedule_of
from impacteval.pricing.spreads import DrawnSpread, Spread, StudentSpread

__all__ = [
    "DrawnSpread",
    "Piece",
    "Schedule",
    "Spread",
    "StudentSpread",
    "expected",
    "schedule_of",
    "spread_of",
]
