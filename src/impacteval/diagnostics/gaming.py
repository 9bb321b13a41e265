"""The checks of who is served and of what payment does to measurement, as plans and contracts name them."""

from impacteval.diagnostics.bunching import BUNCHING_ENTRY
from impacteval.diagnostics.cream_skimming import CREAM_SKIMMING
from impacteval.diagnostics.density_at_cutoff import DENSITY_ENTRY
from impacteval.diagnostics.effort_shifting import EFFORT
from impacteval.diagnostics.refusals import REFUSALS

GAMING = (CREAM_SKIMMING, REFUSALS, BUNCHING_ENTRY, EFFORT, DENSITY_ENTRY)
