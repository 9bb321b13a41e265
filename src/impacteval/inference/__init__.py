"""Uncertainty maths shared by estimators: pure functions on arrays that return small values.

Cell means (`fit_cells`), weighted least squares (`regress`), both with HC0 to HC3 and
cluster-robust errors, degrees of freedom, effects on the four scales (`on_scale`), and joint
uncertainty through influence values (`weighted_sum`).
"""

from impacteval.inference.cells import (
    CellClusters,
    CellFit,
    Variance,
    cell_classical,
    cell_degrees,
    cell_influence,
    cluster_cells,
    fit_cells,
)
from impacteval.inference.degrees import TwoMeans, quadratic_form_degrees, welch_satterthwaite
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

__all__ = [
    "ArmMeans",
    "CellClusters",
    "CellFit",
    "ClusterFit",
    "GroupMeans",
    "Regression",
    "ScaledEffect",
    "Spread",
    "TwoMeans",
    "Variance",
    "WeightedSum",
    "bell_mccaffrey_degrees",
    "cell_classical",
    "cell_degrees",
    "cell_influence",
    "cluster_cells",
    "cluster_regression",
    "collinear_columns",
    "comparison_spread",
    "covariance_matrix",
    "fit_cells",
    "on_scale",
    "quadratic_form_degrees",
    "ratio_of_sums",
    "regress",
    "regression_classical",
    "regression_influence",
    "weighted_sum",
    "welch_satterthwaite",
]
