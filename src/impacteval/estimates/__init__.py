"""What every estimator returns: an effect, its confidence distribution, and the path without it."""

from impacteval.estimates.audit import AuditFinding
from impacteval.estimates.diagnostic import Diagnostic, DiagnosticStatus, Rerun
from impacteval.estimates.distributions import (
    ConfidenceDistribution,
    EmpiricalDraws,
    ExactCount,
    LogRatioT,
    NoUncertainty,
    StudentT,
)
from impacteval.estimates.estimate import (
    Against,
    CounterfactualEstimate,
    Effect,
    Period,
)
from impacteval.estimates.event_study import EventStudy
from impacteval.estimates.finite import Drawn, HypergeometricCount
from impacteval.estimates.influence import Influence, MeansInfluence
from impacteval.estimates.inversion import StepFunction, TestInversion
from impacteval.estimates.parts import Parts
from impacteval.estimates.ratio import RatioTest

__all__ = [
    "Against",
    "AuditFinding",
    "ConfidenceDistribution",
    "CounterfactualEstimate",
    "Diagnostic",
    "DiagnosticStatus",
    "Drawn",
    "Effect",
    "EmpiricalDraws",
    "EventStudy",
    "ExactCount",
    "HypergeometricCount",
    "Influence",
    "LogRatioT",
    "MeansInfluence",
    "NoUncertainty",
    "Parts",
    "Period",
    "RatioTest",
    "Rerun",
    "StepFunction",
    "StudentT",
    "TestInversion",
]
