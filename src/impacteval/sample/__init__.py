"""The one shape of data that estimators see: roles, designs, checks; the sample and its blind twin."""

from impacteval.sample.blind import BlindSample
from impacteval.sample.cells import Block, Cells
from impacteval.sample.codes import Codes
from impacteval.sample.core import Sample
from impacteval.sample.designs import DesignRule, design_rule, designs, register_design
from impacteval.sample.funnel import Funnel
from impacteval.sample.join import Joined
from impacteval.sample.matrix import BlindMatrix, Matrix
from impacteval.sample.preparation import Preparation
from impacteval.sample.roles import Roles
from impacteval.sample.roll_out import first_served, with_starts
from impacteval.sample.table import Structure
from impacteval.sample.variants import dealt_anew, resampled, with_covariates

__all__ = [
    "BlindMatrix",
    "BlindSample",
    "Block",
    "Cells",
    "Codes",
    "DesignRule",
    "Funnel",
    "Joined",
    "Matrix",
    "Preparation",
    "Roles",
    "Sample",
    "Structure",
    "dealt_anew",
    "design_rule",
    "designs",
    "first_served",
    "register_design",
    "resampled",
    "with_covariates",
    "with_starts",
]
