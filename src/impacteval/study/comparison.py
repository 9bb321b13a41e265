"""Whether the planned analysis compares with what the contract compares with on that date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date as day
from decimal import Decimal

from impacteval.contract import Contract
from impacteval.contract.calendar import date_of
from impacteval.contract.counterfactuals import Counterfactual, on_date
from impacteval.contract.dates import last_day
from impacteval.contract.units import design_of
from impacteval.errors import Problem
from impacteval.files import Locate
from impacteval.files.kinds import Percent, plain
from impacteval.plan import Analysis


def judged_on(contract: Contract, settlement: str | None) -> day | None:
    """The day on which a settlement is read, the only one by default; None where none is named."""
    known = tuple(contract.calendar.settlements) if contract.calendar else ()
    chosen = settlement or (known[0] if len(known) == 1 else None)
    date = date_of(contract, chosen)
    return None if date is None else last_day(date)


def counterfactuals_of(contract: Contract, outcome: str) -> tuple[tuple[Counterfactual, ...], ...]:
    """Every counterfactual that clauses on an outcome read, each with its periods.

    An outcome that no clause reads has its own.
    """
    own = contract.outcomes[outcome].counterfactuals
    clauses = [clause for clause in contract.clauses if clause.outcome == outcome]
    found = [clause.counterfactuals or own for clause in clauses] or [own]
    return tuple(periods for k, periods in enumerate(found) if periods not in found[:k])


def counterfactual_problems(
    name: str, analysis: Analysis, contract: Contract, locate: Locate, settlement: str | None
) -> Iterator[Problem]:
    """Where the design or the method of an analysis is not the contract's on that date.

    Parameters
    ----------
    name : str
        The analysis in the plan.
    settlement : str or None
        The settlement that is judged. While several are possible and none is named, an analysis
        that answers one of the contract's periods passes; the run asks again.
    """
    outcome, date = analysis.outcome, judged_on(contract, settlement)
    several = contract.calendar is not None and len(contract.calendar.settlements) > 1
    for periods in counterfactuals_of(contract, outcome):
        if len(periods) > 1 and date is None and not several:
            yield locate.problem(
                ("analyses", name, "design"),
                f"What `{outcome}` is compared with changes by date, and the contract has no "
                "settlement whose date would say which holds.",
                "Name the settlements under `calendar` in the contract.",
            )
            continue
        possible = periods if date is None else (on_date(periods, date),)
        designs = tuple(dict.fromkeys(design_of(period.design) for period in possible))
        if analysis.design not in designs:
            said = " or ".join(dict.fromkeys(period.design for period in possible))
            yield locate.problem(
                ("analyses", name, "design"),
                f"The contract's counterfactual for `{outcome}` is {said}, which is design "
                f"{' or '.join(designs)}; the plan says {analysis.design}.",
                f"Write design: {' or '.join(designs)}, or agree another design in the contract.",
            )
        yield from _method(name, analysis, possible, locate)
        yield from _against(name, analysis, possible, locate)


def method_problems(
    name: str, analysis: Analysis, contract: Contract, locate: Locate, settlement: str | None
) -> Iterator[Problem]:
    """Where an analysis of a combined outcome does not use the method of its counterfactual.

    The contract names a method for the counterfactual's own design: the other designs that are
    combined with it have none.
    """
    date = judged_on(contract, settlement)
    for periods in counterfactuals_of(contract, analysis.outcome):
        possible = periods if date is None else (on_date(periods, date),)
        own = tuple(p for p in possible if design_of(p.design) == analysis.design)
        yield from _method(name, analysis, own, locate)
        yield from _against(name, analysis, own, locate)


# One design of the data, three things it can be compared with; other packages may offer more.
_COMPARES: Mapping[str, tuple[str, ...]] = {
    "none": ("verified-count", "verified-rate"),
    "fixed_rate": ("fixed-rate",),
    "historical_baseline": ("historical-baseline",),
}
_WITH = {
    "none": "compares with nothing",
    "fixed_rate": "compares with a stated rate",
    "historical_baseline": "compares with an earlier period",
}


def _against(
    name: str, analysis: Analysis, possible: tuple[Counterfactual, ...], locate: Locate
) -> Iterator[Problem]:
    """Where a count is held against something else than the contract says."""
    words = {period.design for period in possible}
    own = analysis.estimator.name
    theirs = next((word for word, names in _COMPARES.items() if own in names), None)
    if len(words) != 1 or theirs is None:
        return
    (word,) = words
    if word in _COMPARES and word != theirs:
        yield locate.problem(
            ("analyses", name, "estimator", "name"),
            f"`{own}` {_WITH[theirs]}, and the contract's counterfactual for "
            f"`{analysis.outcome}` is {word}, which {_WITH[word]}.",
            f"Use {' or '.join(_COMPARES[word])}, or agree another counterfactual.",
        )
        return
    rates = {period.rate for period in possible}
    rate = rates.pop() if len(rates) == 1 else None
    stated = analysis.estimator.settings.get("rate")
    if theirs == "fixed_rate" and rate is not None and not _same_rate(stated, rate):
        yield locate.problem(
            ("analyses", name, "estimator"),
            f"The contract fixes the rate {_shown(rate)} for `{analysis.outcome}`; the plan "
            f"compares with {'none' if stated is None else stated}.",
            f"Write settings: {{rate: {plain(_share(rate))}}}, in the unit of the outcome.",
        )


def _same_rate(stated: object, rate: Decimal) -> bool:
    """Whether a setting says the number that the contract fixes.

    A percentage is a share of outcomes that are 0 or 1, and itself where they are in percent.
    """
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        return False
    return Decimal(repr(stated)) in (rate, _share(rate))


def _share(rate: Decimal) -> Decimal:
    return rate / 100 if isinstance(rate, Percent) else rate


def _shown(rate: Decimal) -> str:
    return f"{plain(rate)}%" if isinstance(rate, Percent) else plain(rate)


def _method(
    name: str, analysis: Analysis, possible: tuple[Counterfactual, ...], locate: Locate
) -> Iterator[Problem]:
    methods = {period.method for period in possible}
    if len(methods) != 1:
        return  # none, or which one holds is said when the settlement is named
    (method,) = methods
    if method is not None and analysis.estimator.name != method:
        yield locate.problem(
            ("analyses", name, "estimator", "name"),
            f"The contract names the method `{method}` for `{analysis.outcome}`; the plan uses "
            f"`{analysis.estimator.name}`.",
            "Use the contract's method; others go under `robustness`.",
        )


def method_named(contract: Contract, outcome: str, settlement: str | None) -> bool:
    """Whether the contract names the method for an outcome on the day of a settlement."""
    date = judged_on(contract, settlement)
    return all(
        on_date(periods, date).method is not None
        for periods in counterfactuals_of(contract, outcome)
    )


def own_design(contract: Contract, outcome: str, settlement: str | None) -> str:
    """The design of an outcome's own counterfactual on the day of a settlement."""
    periods = contract.outcomes[outcome].counterfactuals
    return design_of(on_date(periods, judged_on(contract, settlement)).design).value
