"""Sensitivity to violations of parallel trends: valid sets, and where a statement breaks down.

`Sensitivity` puts an event study under a `Restriction` on how the served and their comparison
would have differed without the service; `at(m)` gives the set of effects that cannot be ruled out
when violations go up to m, `breakdown(at)` the largest m up to which an effect stays outside it.
"""

from impacteval.inference.honest.restrictions import Restriction
from impacteval.inference.honest.sensitivity import Sensitivity
from impacteval.inference.honest.sets import RobustSet

__all__ = ["Restriction", "RobustSet", "Sensitivity"]
