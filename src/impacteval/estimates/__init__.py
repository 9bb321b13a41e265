"""What every estimator returns: an effect, its confidence distribution, and the path without it."""

from impacteval.estimates.distributions import (
    ConfidenceDistribution,
    EmpiricalDraws,
    ExactCount,
    LogRatioT,
    NoUncertainty,
    StepFunction,
    StudentT,
    TestInversion,
)
from impacteval.estimates.estimate import (
    CounterfactualEstimate,
    Diagnostic,
    DiagnosticStatus,
    Effect,
    Influence,
    Parts,
    Period,
)

__all__ = [
    "ConfidenceDistribution",
    "CounterfactualEstimate",
    "Diagnostic",
    "DiagnosticStatus",
    "Effect",
    "EmpiricalDraws",
    "ExactCount",
    "Influence",
    "LogRatioT",
    "NoUncertainty",
    "Parts",
    "Period",
    "StepFunction",
    "StudentT",
    "TestInversion",
]
