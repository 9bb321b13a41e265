"""The analysis plan: what will be estimated, how, from which columns, before outcomes are seen.

``plan.yaml`` names for each outcome of the contract its data, design, columns, estimator,
diagnostics and robustness analyses. A plan knows no amounts: what is paid stands in the
contract alone.
"""

from impacteval.plan.analyses import (
    PEOPLE,
    Analysis,
    Condition,
    DiagnosticSpec,
    EstimatorSpec,
    GroupRule,
    Robustness,
)
from impacteval.plan.causes import CausalGraph, Drawn, drawn
from impacteval.plan.funnel import Funnel, FunnelColumns
from impacteval.plan.model import (
    FUNNEL_DIAGNOSTICS,
    Evaluator,
    LoweredGrade,
    Plan,
    load_plan,
    load_plan_located,
    plan_schema,
)
from impacteval.plan.subgroups import SubgroupRule
from impacteval.plan.tables import Columns, OtherColumns, TableSpec

__all__ = [
    "FUNNEL_DIAGNOSTICS",
    "PEOPLE",
    "Analysis",
    "CausalGraph",
    "Columns",
    "Condition",
    "DiagnosticSpec",
    "Drawn",
    "EstimatorSpec",
    "Evaluator",
    "Funnel",
    "FunnelColumns",
    "GroupRule",
    "LoweredGrade",
    "OtherColumns",
    "Plan",
    "Robustness",
    "SubgroupRule",
    "TableSpec",
    "drawn",
    "load_plan",
    "load_plan_located",
    "plan_schema",
]
