"""How large a trial must be, and what it will say, before there are data."""

from impacteval.power.answers import Found, Test, detectable, factor_needed, finds, needed
from impacteval.power.declare import Answer, Declaration, planned
from impacteval.power.diagnose import Diagnosand, Diagnosis, diagnose
from impacteval.power.looks import Look, LookPlan, look_plan
from impacteval.power.paid import PaidBy, paid_by
from impacteval.power.plan import PowerPlan, Simulate, power_plan
from impacteval.power.precision import Error, error_of
from impacteval.power.redesign import Redesigned, redesign
from impacteval.power.trial import PlannedTrial

__all__ = [
    "Answer",
    "Declaration",
    "Diagnosand",
    "Diagnosis",
    "Error",
    "Found",
    "Look",
    "LookPlan",
    "PaidBy",
    "PlannedTrial",
    "PowerPlan",
    "Redesigned",
    "Simulate",
    "Test",
    "detectable",
    "diagnose",
    "error_of",
    "factor_needed",
    "finds",
    "look_plan",
    "needed",
    "paid_by",
    "planned",
    "power_plan",
    "redesign",
]
