"""Uncertainty maths shared by estimators: pure functions on arrays that return small values.

Cell means (`fit_cells`), weighted least squares (`regress`), both with HC0 to HC3 and
cluster-robust errors, canonical-link models (`fit_glm`), degrees of freedom, the wild cluster
bootstrap (`wild_test`, `wild_inversion`), differences in differences (`panel_effect`,
`repeated_effect`, `two_way_balanced`, and `two_way_cells` from sums alone), effects on the four
scales (`on_scale`), joint uncertainty through influence values (`weighted_sum`), several looks at
once (`max_t`, `holm`, `level_for_each`), whether effects differ (`equal_effects`), and how firm an
effect is when trends were not parallel (`Sensitivity`). Weights of donors that are not negative and
sum to one: one problem (`simplex_fit`), many (`simplex_fits`, `simplex_stack`), a
line of targets (`simplex_path`).
"""

from impacteval.inference.cells import (
    CellClusters,
    CellFit,
    Variance,
    cell_classical,
    cell_degrees,
    cell_influence,
    cell_scores,
    cluster_cells,
    fit_cells,
)
from impacteval.inference.degrees import TwoMeans, quadratic_form_degrees, welch_satterthwaite
from impacteval.inference.drdid import panel_effect, repeated_effect
from impacteval.inference.glm import FAMILIES, Family, GlmFit, fit_glm, predicted
from impacteval.inference.honest import Restriction, RobustSet, Sensitivity
from impacteval.inference.interaction import EqualEffects, equal_effects
from impacteval.inference.joint import WeightedSum, covariance_matrix, weighted_sum
from impacteval.inference.ratio import GroupMeans, ratio_of_sums
from impacteval.inference.regression import (
    ClusterFit,
    Regression,
    bell_mccaffrey_degrees,
    cluster_regression,
    collinear_columns,
    regress,
    regression_classical,
    regression_influence,
)
from impacteval.inference.scales import (
    ArmMeans,
    ScaledEffect,
    Spread,
    comparison_spread,
    on_scale,
)
from impacteval.inference.separation import separated
from impacteval.inference.simplex import (
    SimplexFit,
    SimplexFits,
    simplex_fit,
    simplex_fits,
    simplex_stack,
)
from impacteval.inference.simplex_path import SimplexPath, simplex_path
from impacteval.inference.simultaneous import (
    bonferroni,
    chance_of_smaller,
    correlation_of,
    holm,
    level_for_each,
    max_t,
    sup_t,
)
from impacteval.inference.two_way import two_way_balanced, two_way_cells
from impacteval.inference.weighted_clusters import WeightedClusterFit, weighted_cluster_regression
from impacteval.inference.wild import (
    Multipliers,
    NullFamily,
    WildInversion,
    WildTest,
    multipliers,
    wild_inversion,
    wild_test,
)

__all__ = [
    "FAMILIES",
    "ArmMeans",
    "CellClusters",
    "CellFit",
    "ClusterFit",
    "EqualEffects",
    "Family",
    "GlmFit",
    "GroupMeans",
    "Multipliers",
    "NullFamily",
    "Regression",
    "Restriction",
    "RobustSet",
    "ScaledEffect",
    "Sensitivity",
    "SimplexFit",
    "SimplexFits",
    "SimplexPath",
    "Spread",
    "TwoMeans",
    "Variance",
    "WeightedClusterFit",
    "WeightedSum",
    "WildInversion",
    "WildTest",
    "bell_mccaffrey_degrees",
    "bonferroni",
    "cell_classical",
    "cell_degrees",
    "cell_influence",
    "cell_scores",
    "chance_of_smaller",
    "cluster_cells",
    "cluster_regression",
    "collinear_columns",
    "comparison_spread",
    "correlation_of",
    "covariance_matrix",
    "equal_effects",
    "fit_cells",
    "fit_glm",
    "holm",
    "level_for_each",
    "max_t",
    "multipliers",
    "on_scale",
    "panel_effect",
    "predicted",
    "quadratic_form_degrees",
    "ratio_of_sums",
    "regress",
    "regression_classical",
    "regression_influence",
    "repeated_effect",
    "separated",
    "simplex_fit",
    "simplex_fits",
    "simplex_path",
    "simplex_stack",
    "sup_t",
    "two_way_balanced",
    "two_way_cells",
    "weighted_cluster_regression",
    "weighted_sum",
    "welch_satterthwaite",
    "wild_inversion",
    "wild_test",
]
