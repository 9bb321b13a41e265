"""The time or people at risk of those served, over which a mean adds up to a total."""

from __future__ import annotations

from collections.abc import Callable

from impacteval.estimates import CounterfactualEstimate
from impacteval.report.mix_tables import table_of

SERVED = "programme"
"""What tables of arms call the people who were served."""


def exposure_of(
    estimate: CounterfactualEstimate,
    of_group: Callable[[str], CounterfactualEstimate | None],
) -> float | None:
    """Exposure of those served, added up; over the groups where several are pooled.

    Parameters
    ----------
    estimate : CounterfactualEstimate
        Of one group, or a pool.
    of_group : callable
        The estimate of one group of the pool.

    Returns
    -------
    float or None
        None where a table of arms does not tell it.
    """
    arms = table_of(estimate, "arms")
    if arms is not None and "exposure" in arms:
        return dict(zip(arms["arm"], map(float, arms["exposure"]), strict=True)).get(SERVED)
    groups = table_of(estimate, "groups")
    if groups is None:
        return None
    members = [of_group(str(name)) for name in groups["group"]]
    parts = [None if part is None else exposure_of(part, lambda _: None) for part in members]
    return None if None in parts else sum(part for part in parts if part is not None)
