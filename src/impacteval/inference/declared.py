"""Looks as a contract declares them: how they spend the error, and the share that each one states.

A contract pays in one direction, and a look that does not pay stops nothing. So what is spent is
the error on the better side alone, and a look's share is its own one-sided error over the whole
one: the same number for a one-sided level of 97.5% and for a two-sided level of 95%.

References
----------
Those of `impacteval.inference.sequential` and `impacteval.inference.anytime`.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import Literal, get_args

from impacteval.errors import UsageError
from impacteval.inference.anytime import multiple
from impacteval.inference.sequential import Looks, planned_looks

Declared = Literal["obrien_fleming", "pocock", "always_valid"]

DECLARED: tuple[Declared, ...] = get_args(Declared)
_DIGITS = 6  # decimals of a share as it is printed
_SIGNIFICANT = 4  # and its significant digits, where six decimals leave fewer
_SURE = 10  # decimals to which bounds, and so shares, are found for certain


def declared_looks(spending: Declared, error: float, information: tuple[float, ...]) -> Looks:
    """The bounds of looks declared in advance.

    Parameters
    ----------
    spending : {"obrien_fleming", "pocock", "always_valid"}
        The first two as in `planned_looks`. ``always_valid`` has the bounds of `anytime.multiple`:
        they hold however many more looks there are, and so spend less than all of the error.
    error : float
        How often chance alone may pass the rule in the better direction, at all looks together.
    information : tuple of float
        Share of the final information at each look, increasing, the last one 1.

    Raises
    ------
    UsageError
        When the looks are no such shares.

    Examples
    --------
    >>> looks = declared_looks("obrien_fleming", 0.025, (0.5, 1.0))
    >>> [str(rounded_down(share)) for share in shares_of(looks)]
    ['0.061012', '0.979990']
    >>> looks = declared_looks("always_valid", 0.025, (0.5, 1.0))
    >>> [str(rounded_down(share)) for share in shares_of(looks)]
    ['0.040804', '0.047140']
    """
    if spending != "always_valid":
        return planned_looks(spending, error, information)
    # The checks of shares and error are those of any plan.
    planned_looks("pocock", error, information)
    bounds = tuple(multiple(error, share, sides="one") for share in information)
    return Looks(tuple(information), bounds, two_sided=False, alpha=error)


def shares_of(looks: Looks) -> tuple[float, ...]:
    """Of all that may go wrong, what each look may use up: what a contract calls ``alpha_share``."""
    from scipy.special import ndtr

    return tuple(float(ndtr(-bound)) / looks.alpha for bound in looks.bounds)


def stated_looks(error: float, information: tuple[float, ...], shares: tuple[float, ...]) -> Looks:
    """The looks that a contract states: each at its share of the error.

    Parameters
    ----------
    error : float
        One-sided, of the rule alone.
    information, shares : tuple of float
        As stated, of looks in order of date.

    Examples
    --------
    What is spent when the shares are kept, all of it but for the last digit:

    >>> looks = stated_looks(0.025, (0.5, 1.0), (0.061012, 0.979990))
    >>> round(looks.stops(0.0).power, 6)
    0.025
    """
    from scipy.special import ndtri

    if len(shares) != len(information) or not all(0.0 < share <= 1.0 for share in shares):
        raise UsageError("Each look states a share of the error, above 0 and up to 1.")
    bounds = tuple(float(-ndtri(share * error)) for share in shares)
    return Looks(tuple(information), bounds, two_sided=False, alpha=error)


def rounded_down(share: float, decimals: int | None = None) -> Decimal:
    """A share to so many decimals, never rounded up: what is stated does not spend too much.

    Decimals beyond the tenth are those of the computation and not of the share.

    Examples
    --------
    >>> rounded_down(0.9799927), rounded_down(0.0000217061), rounded_down(0.97999, 2)
    (Decimal('0.979992'), Decimal('0.00002170'), Decimal('0.97'))
    """
    exact = Decimal(f"{share:.{_SURE}f}")
    if decimals is None:
        decimals = min(_SURE, max(_DIGITS, _SIGNIFICANT - 1 - exact.adjusted()))
    if decimals >= _SURE:
        return exact
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR)
