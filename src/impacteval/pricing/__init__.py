"""What a contract pays, over arrays: the twin of `impacteval.contract.terms` in floating point.

The payment itself is arithmetic on decimals, one settlement at a time, and stays that. To know what
a contract pays on average, or how often, needs a million settlements; they are priced here, and
each comes to the same cent.
"""

from impacteval.pricing.confidence import spread_of
from impacteval.pricing.expected import expected
from impacteval.pricing.expected_draws import LogRatioDraws, StudentDraws, expected_draws
from impacteval.pricing.kernel import PricedDraws, price_draws
from impacteval.pricing.moneys import MoneyDraws
from impacteval.pricing.readings import (
    AverageDraws,
    BarredDraws,
    BetweenDraws,
    ChancesDraws,
    DrawReader,
    DrawReading,
    KnownDraws,
    read_draws,
)
from impacteval.pricing.rows import (
    CANNOT_BE_JUDGED,
    MET,
    NOT_FOR_PAYMENT,
    NOT_MET,
    OPEN,
    RowDraws,
)
from impacteval.pricing.schedule import Piece, Schedule, schedule_of
from impacteval.pricing.settling import TrancheDraws
from impacteval.pricing.spreads import DrawnSpread, Spread, StudentSpread

__all__ = [
    "CANNOT_BE_JUDGED",
    "MET",
    "NOT_FOR_PAYMENT",
    "NOT_MET",
    "OPEN",
    "AverageDraws",
    "BarredDraws",
    "BetweenDraws",
    "ChancesDraws",
    "DrawReader",
    "DrawReading",
    "DrawnSpread",
    "KnownDraws",
    "LogRatioDraws",
    "MoneyDraws",
    "Piece",
    "PricedDraws",
    "RowDraws",
    "Schedule",
    "Spread",
    "StudentDraws",
    "StudentSpread",
    "TrancheDraws",
    "expected",
    "expected_draws",
    "price_draws",
    "read_draws",
    "schedule_of",
    "spread_of",
]
