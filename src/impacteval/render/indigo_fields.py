"""The fields of the INDIGO data standard that an export fills, and the ones added to them.

Names and types are those of the INDIGO data standard of the Government Outcomes Lab: schema
``project.json`` of the repository INDIGO-Initiative/indigo-data-standard, as it stood after release
3.1.1 (commit a428338fea053459173d4b504be8177270f6759c). Release 4.1.0 has no field for an estimate,
an interval, a design, an evidence rule or a verdict either; these stand here under names that begin
with ``impacteval_``, which the standard's schema lets pass.

In INDIGO nearly every field is an object that holds its ``value``; only identifiers, source lists,
notes and statuses are plain texts. A value that is not known is left out: there is no other sign
for it, and 0 would be a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

Kind = Literal["text", "number"]

PREFIX = "impacteval_"

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "rct": "Randomised Control Trial",
        "cluster_rct": "Randomised Control Trial",
        "difference_in_differences": "Quasi-experimental study",
        "synthetic_control": "Quasi-experimental study",
        "matched_comparison": "Quasi-experimental study",
        "regression_discontinuity": "Quasi-experimental study",
        "historical_baseline": "Historical comparison",
        "fixed_rate": "Historical comparison",
        "none": "Simple ex-post verification",
    }
)
"""INDIGO's words for how an outcome is validated, by the contract's design."""

_TEXT: Kind = "text"
_NUMBER: Kind = "number"

METRICS: Mapping[str, Kind] = MappingProxyType(
    {
        "id": _TEXT,
        "definition/value": _TEXT,
        "target_population/value": _TEXT,
        "outcome_metric_target/value": _TEXT,
        "other_target_for_meeting_outcome_metric_target/value": _TEXT,
        "outcome_validation_method/value": _TEXT,
        "data_source_for_outcome_validation/value": _TEXT,
        "source_ids": _TEXT,
        "notes": _TEXT,
        "impacteval_kind/value": _TEXT,
        "impacteval_better/value": _TEXT,
        "impacteval_effect/value": _TEXT,
        "impacteval_money_is/value": _TEXT,
        "impacteval_unit/value": _TEXT,
        "impacteval_estimand/value": _TEXT,
        "impacteval_design/value": _TEXT,
        "impacteval_combined_designs/value": _TEXT,
    }
)

PRICINGS: Mapping[str, Kind] = MappingProxyType(
    {
        "outcome_metric_id/value": _TEXT,
        "currency/value": _TEXT,
        "price_per_unit/amount/value": _NUMBER,
        "maximum_price_if_all_targets_achieved/amount/value": _TEXT,
        "price_description/value": _TEXT,
        "source_ids": _TEXT,
        "notes": _TEXT,
        "impacteval_clause/value": _TEXT,
        "impacteval_evidence_rule/value": _TEXT,
        "impacteval_not_published/value": _TEXT,
    }
)

RESULTS: Mapping[str, Kind] = MappingProxyType(
    {
        "outcome_metric_id/value": _TEXT,
        "result_level/value": _TEXT,
        "result_type/value": _TEXT,
        "outcomes_achieved/value": _TEXT,
        "other_description_of_result/value": _TEXT,
        "notes": _TEXT,
        "impacteval_group/value": _TEXT,
        "impacteval_status/value": _TEXT,
        "impacteval_estimate/value": _NUMBER,
        "impacteval_std_error/value": _NUMBER,
        "impacteval_p_value/value": _NUMBER,
        "impacteval_interval/low/value": _NUMBER,
        "impacteval_interval/high/value": _NUMBER,
        "impacteval_interval/level/value": _NUMBER,
        "impacteval_interval/side/value": _TEXT,
        "impacteval_interval/method/value": _TEXT,
        "impacteval_unit/value": _TEXT,
        "impacteval_observed/value": _NUMBER,
        "impacteval_counterfactual/value": _NUMBER,
        "impacteval_design/value": _TEXT,
        "impacteval_method/value": _TEXT,
        "impacteval_method_version/value": _TEXT,
        "impacteval_evidence_rule/value": _TEXT,
        "impacteval_verdict/value": _TEXT,
    }
)

PAYMENTS: Mapping[str, Kind] = MappingProxyType(
    {
        "outcome_metric_id/value": _TEXT,
        "type/value": _TEXT,
        "money/currency/value": _TEXT,
        "money/amount/value": _NUMBER,
        "notes": _TEXT,
        "impacteval_clause/value": _TEXT,
        "impacteval_group/value": _TEXT,
        "impacteval_payers/value": _TEXT,
        "impacteval_settlement/value": _TEXT,
        "impacteval_settlement_date/value": _TEXT,
        "impacteval_not_published/value": _TEXT,
    }
)

SOURCES: Mapping[str, Kind] = MappingProxyType(
    {
        "id": _TEXT,
        "name/value": _TEXT,
        "url/value": _TEXT,
        "accessed_date/value": _TEXT,
    }
)

VERDICTS: Mapping[str, Kind] = MappingProxyType(
    {
        "outcome_metric_id/value": _TEXT,
        "clause/value": _TEXT,
        "group/value": _TEXT,
        "verdict/value": _TEXT,
        "value/value": _NUMBER,
        "operator/value": _TEXT,
        "threshold/value": _NUMBER,
        "evidence_rule/value": _TEXT,
        "amount/value": _NUMBER,
        "amount_standing/value": _TEXT,
        "reason/value": _TEXT,
    }
)

LISTS: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        "outcome_metrics": METRICS,
        "outcome_pricings": PRICINGS,
        "results": RESULTS,
        "outcome_payments": PAYMENTS,
        "sources": SOURCES,
        "impacteval_verdicts": VERDICTS,
    }
)
"""Every list of a project that an export may hold, with its fields in the order of its table."""


def nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by their path as the objects that INDIGO makes of them; unknown ones are left out.

    Examples
    --------
    >>> nested({"id": "jobs", "definition/value": "People in work", "notes": None})
    {'id': 'jobs', 'definition': {'value': 'People in work'}}
    """
    made: dict[str, Any] = {}
    for path, value in fields.items():
        if value is None:
            continue
        *outer, last = path.split("/")
        place = made
        for key in outer:
            place = place.setdefault(key, {})
        place[last] = value
    return made


def at(item: Mapping[str, Any], path: str) -> Any:
    """What stands at a path, None where nothing does."""
    found: Any = item
    for key in path.split("/"):
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]
    return found
