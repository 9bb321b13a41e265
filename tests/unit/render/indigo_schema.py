"""What INDIGO allows in the four lists that an export fills, written down for tests.

Field names and types were read in the INDIGO data standard of the Government Outcomes Lab:
INDIGO-Initiative/indigo-data-standard, schema/project.json, commit
a428338fea053459173d4b504be8177270f6759c (after release 3.1.1). The text of that schema is not copied:
no licence came with it. The published one lets any further field pass; this one lets pass only names
that begin with impacteval_, so that a misspelt field of INDIGO is found.
"""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "number"}
DATE = {"type": "string", "pattern": r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"}


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": {"^impacteval_": {"type": "object"}},
        "additionalProperties": False,
    }


def value(kind: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"value": kind},
        "required": ["value"],
        "additionalProperties": False,
    }


def one_of(*words: str) -> dict[str, Any]:
    return value({"type": "string", "enum": list(words)})


PERIOD = closed(start_date=value(DATE), end_date=value(DATE))
COMMON = {"source_ids": TEXT, "notes": TEXT, "status": TEXT}

METRIC = closed(
    id=TEXT,
    definition=value(TEXT),
    target_population=value(TEXT),
    targeted_number_of_service_users_or_beneficiaries_total=value(NUMBER),
    unit_type_of_targeted_service_users_or_beneficiaries=one_of("Individual", "Other"),
    unit_description_of_service_user_or_beneficiaries=value(TEXT),
    outcome_metric_target=value(TEXT),
    other_target_for_meeting_outcome_metric_target=value(TEXT),
    # A text with words to choose from; an explanation in brackets follows some of them.
    outcome_validation_method=one_of(
        "Randomised Control Trial",
        "Quasi-experimental study",
        "Historical comparison",
        "Pre-Post analysis",
        "Simple ex-post verification",
        "Not available",
    ),
    data_source_for_outcome_validation=value(TEXT),
    policy_sector=value(TEXT),
    primary_sdg_goal=value(TEXT),
    secondary_sdg_goals=value(TEXT),
    primary_sdg_target=value(TEXT),
    secondary_sdg_targets=value(TEXT),
    **COMMON,
)
PRICING = closed(
    outcome_metric_id=value(TEXT),
    currency=value(TEXT),
    price_per_unit=closed(amount=value(NUMBER), amount_usd=value(NUMBER)),
    maximum_price_if_all_targets_achieved=closed(amount=value(TEXT)),
    contracted_increases_to_outcome_pricing=value(TEXT),
    price_description=value(TEXT),
    **COMMON,
)
RESULT = closed(
    outcome_metric_id=value(TEXT),
    result_level=one_of("Project level", "Outcome level"),
    result_type=one_of("Interim", "Final"),
    period=PERIOD,
    outcomes_achieved=value(TEXT),
    number_engaged_in_impact_bond=value(NUMBER),
    number_with_positive_social_outcomes=value(NUMBER),
    other_description_of_result=value(TEXT),
    outcomes_validator_organisation_ids=value(TEXT),
    evaluation_documents_source_ids=value(TEXT),
    sandboxes=TEXT,
    **COMMON,
)
PAYMENT = closed(
    outcome_payment_plan_id=value(TEXT),
    outcome_metric_id=value(TEXT),
    period=PERIOD,
    payer_organisation_id=value(TEXT),
    recipient_organisation_id=value(TEXT),
    type=one_of("Planned", "Actual"),
    money=closed(currency=value(TEXT), amount=value(NUMBER), amount_usd=value(NUMBER)),
    sandboxes=TEXT,
    **COMMON,
)
SOURCE = closed(
    id=TEXT, name=value(TEXT), url=value(TEXT), accessed_date=value(DATE), notes=TEXT, status=TEXT
)


def items(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


MOST = closed(currency=value(TEXT), amount=value(NUMBER), amount_usd=value(NUMBER))
PROJECT = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    **closed(
        name=value(TEXT),
        notes=value(TEXT),
        overall_project_finance=closed(maximum_potential_outcome_payment_v2=MOST),
        sources=items(SOURCE),
        outcome_metrics=items(METRIC) | {"minItems": 1},
        outcome_pricings=items(PRICING),
        results=items(RESULT),
        outcome_payments=items(PAYMENT),
    ),
}
PROJECT["patternProperties"] = {"^impacteval_": {"type": ["object", "array"]}}
