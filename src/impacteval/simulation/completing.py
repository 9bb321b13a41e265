"""What a scenario has to say for a contract: how it is completed, what is missing, what cannot be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from impacteval.contract.model import ALL, POOLED, Contract
from impacteval.contract.money import Amount
from impacteval.errors import Problem
from impacteval.simulation.assumed import Assumed, Kind
from impacteval.simulation.scenario_file import NumberAssumed, OutcomeAssumed, ScenarioFile
from impacteval.values import Design, Scale


def numbers_of(contract: Contract) -> tuple[tuple[str, str], ...]:
    """Every number that something must be assumed about: pools by their groups."""
    found: dict[tuple[str, str], None] = {}
    for leaf in contract.clauses:
        for group in contract.compared_groups(leaf):
            members = contract.pool_groups() if group == POOLED else (group,)
            found.update({(leaf.outcome, g): None for g in members})
    return tuple(found)


def naming_problems(contract: Contract, said: ScenarioFile) -> Iterator[Problem]:
    if said.contract is not None and said.contract != contract.id:
        yield Problem(
            f"The scenario is about the contract {said.contract}, and this one is {contract.id}.",
            "Give the scenario of this contract, or mend its key `contract`.",
        )
    wanted = numbers_of(contract)
    outcomes = tuple(dict.fromkeys(outcome for outcome, _ in wanted))
    for name, outcome in said.outcomes.items():
        if name not in outcomes:
            kind = "compared by any clause" if name in contract.outcomes else "an outcome"
            yield Problem(f"{name!r} is not {kind} of this contract.", _near(name, outcomes))
            continue
        groups = tuple(g for o, g in wanted if o == name)
        for group in outcome.groups:
            if group not in groups:
                yield Problem(
                    f"{group!r} is not a group that a clause reads for {name}.",
                    _near(group, groups),
                )


def _near(word: str, known: Iterable[str]) -> str:
    listed = list(known)
    close = difflib.get_close_matches(word, listed, n=1)
    return f"{f'Did you mean {close[0]}? ' if close else ''}Known: {', '.join(listed)}."


def assumed_of(contract: Contract, said: ScenarioFile, outcome: str, group: str) -> Assumed:
    own = contract.outcomes[outcome]
    general = said.outcomes.get(outcome, OutcomeAssumed())
    special = general.groups.get(group, NumberAssumed())
    merged = {
        key: getattr(special, key) if getattr(special, key) is not None else getattr(general, key)
        for key in NumberAssumed.model_fields
    }
    people = merged["people"]
    if people is None and group in contract.groups:
        people = contract.groups[group].people
    comparison, clusters = merged["comparison"], merged["clusters"]
    comparison_clusters = merged["comparison_clusters"]
    if comparison_clusters is None and None not in (clusters, comparison, people):
        # Clusters of the same mean size on both sides, unless somebody says otherwise.
        comparison_clusters = max(1, round(clusters * comparison / people))
    return Assumed(
        outcome=outcome,
        group=group,
        effect=own.effect,
        better=own.better,
        design=own.counterfactual.design,
        std_error=_float(merged["std_error"]),
        kind=_kind(merged),
        people=people,
        comparison=comparison,
        baseline=_float(merged["baseline"]),
        sd=_float(merged["sd"]),
        variance_over_mean=_float(merged["variance_over_mean"]),
        clusters=clusters,
        comparison_clusters=comparison_clusters,
        cluster_cv=float(merged["cluster_cv"] or 0),
        icc=float(merged["icc"] or 0),
        held=_float(merged["effect"]),
        in_total=own.scale is Scale.TOTAL,
    )


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))


def _kind(merged: Mapping[str, object]) -> Kind | None:
    """What was said, or what the one spread that is given can only belong to."""
    if merged["kind"] is not None:
        return Kind(str(merged["kind"]))
    if merged["sd"] is not None and merged["variance_over_mean"] is None:
        return Kind.NORMAL
    if merged["variance_over_mean"] is not None and merged["sd"] is None:
        return Kind.COUNT
    return None


_HOW = {
    "people": ("how many people are served", "936"),
    "comparison": ("how many people they are compared with", "9360"),
    "kind": (
        "what is measured for a person: binary, normal (with its sd) or count (with its variance_over_mean)",
        "count",
    ),
    "baseline": ("the mean for a person without the programme", "1.55"),
    "sd": ("the standard deviation between people", "12.5"),
    "variance_over_mean": ("the variance of the count divided by its mean", "3"),
    "icc": ("the correlation of two people of one cluster", "0.05"),
    "clusters": ("how many clusters the people served live in", "40"),
    "std_error": ("the standard error in contract units", "4.6"),
}


def missing(contract: Contract, assumed: Assumed) -> Iterator[str]:
    pooled = any(
        leaf.outcome == assumed.outcome and POOLED in contract.compared_groups(leaf)
        for leaf in contract.clauses
    )
    by_people = any(getattr(leaf, "by_people", False) for leaf in contract.clauses)
    weighed = (pooled and assumed.scale is not Scale.TOTAL) or by_people
    if assumed.std_error is not None:
        if weighed and assumed.people is None:
            yield "people"
        summed = pooled and contract.pools_by(assumed.outcome) == "ratio_of_sums"
        if summed and assumed.baseline is None:
            yield "baseline"
        return
    if assumed.sample_design is Design.SYNTHETIC_CONTROL:
        yield "std_error"  # its error comes from how well places follow each other, not from sizes
        return
    if assumed.people is None:
        yield "people"
    if assumed.comparison is None and assumed.compares_people:
        yield "comparison"
    if assumed.kind is None:
        yield "kind"
    if assumed.kind is Kind.NORMAL and assumed.sd is None:
        yield "sd"
    if assumed.kind is Kind.COUNT and assumed.variance_over_mean is None:
        yield "variance_over_mean"
    needs_mean = assumed.scale is Scale.RELATIVE or assumed.kind in (Kind.BINARY, Kind.COUNT)
    if needs_mean and not assumed.counted_only and assumed.baseline is None:
        yield "baseline"
    if assumed.clusters is not None and assumed.icc == 0.0:
        yield "icc"
    if assumed.icc > 0.0 and assumed.clusters is None:
        yield "clusters"


def missing_problems(
    contract: Contract, numbers: Mapping[tuple[str, str], Assumed]
) -> Iterator[Problem]:
    """One problem for each missing number; once for an outcome when every group lacks it."""
    for outcome in dict.fromkeys(outcome for outcome, _ in numbers):
        groups = {g: assumed for (o, g), assumed in numbers.items() if o == outcome}
        lacks = {g: tuple(missing(contract, assumed)) for g, assumed in groups.items()}
        for key in dict.fromkeys(key for keys in lacks.values() for key in keys):
            without = [g for g in groups if key in lacks[g]]
            what, example = _HOW[key]
            places = (
                [outcome] if len(without) == len(groups) else [f"{outcome}.{g}" for g in without]
            )
            for place in places:
                known = groups[without[0]].std_error is not None or key == "std_error"
                instead = "" if known else f" (or only {place}.std_error, where known)"
                each = " in each group" if place == outcome and list(groups) != [ALL] else ""
                yield Problem(
                    f"{place}.{key} is missing: {what}{each}.",
                    f"Give it, for example --set {place}.{key}={example}{instead}.",
                )


def contradictions(a: Assumed) -> Iterator[Problem]:
    where = a.outcome if a.group == ALL else f"{a.outcome}.{a.group}"
    if a.kind is Kind.BINARY and a.sd is not None:
        yield Problem(
            f"{where}: a binary outcome has the standard deviation that its share gives.",
            "Take `sd` away.",
        )
    if a.kind is not Kind.COUNT and a.variance_over_mean is not None and a.kind is not None:
        yield Problem(
            f"{where}: variance_over_mean belongs to a count, and the outcome is {a.kind}.",
            "Take it away, or write kind=count.",
        )
    if a.kind is Kind.COUNT and a.sd is not None:
        yield Problem(
            f"{where}: the spread of a count is given by variance_over_mean.", "Take `sd` away."
        )
    if a.baseline is not None:
        if a.kind is Kind.BINARY and not 0 <= a.baseline <= 1:
            yield Problem(
                f"{where}: the baseline of a binary outcome is a share from 0 to 1, and it is "
                f"{a.baseline:g}.",
                "Write it as a share, such as 0.4.",
            )
        elif (a.kind is Kind.COUNT or a.scale is Scale.RELATIVE) and a.baseline <= 0:
            yield Problem(
                f"{where}: the baseline is {a.baseline:g}, and it must be above 0 here.",
                "Write the mean for a person without the programme.",
            )
    if a.clusters is None and a.cluster_cv > 0.0:
        yield Problem(
            f"{where}: cluster_cv says how much clusters differ, and there are no clusters.",
            "Give clusters and icc too, or take it away.",
        )
    if a.clusters is None and a.comparison_clusters is not None:
        yield Problem(
            f"{where}: only the people compared with live in clusters.",
            "Give clusters and icc too, or take comparison_clusters away.",
        )
    units = a.people if a.clusters is None else a.clusters
    others = a.comparison if a.comparison_clusters is None else a.comparison_clusters
    if (
        a.std_error is None
        and units is not None
        and ((units < 2 and not a.compares_people) or (others is not None and units + others < 3))
    ):
        yield Problem(
            f"{where}: from {units} unit{'s' if units > 1 else ''} served"
            + (f" and {others} compared with" if a.compares_people else "")
            + " nobody can tell how far an estimate may be from the truth.",
            "Give more people or clusters, or std_error in their place.",
        )
    for clusters, people, what in (
        (a.clusters, a.people, "served"),
        (a.comparison_clusters, a.comparison, "compared with"),
    ):
        if clusters is not None and people is not None and clusters > people:
            yield Problem(
                f"{where}: {clusters} clusters hold {people} people {what}.", "Mend one of them."
            )


def other_money(
    contract: Contract, said: ScenarioFile, problems: list[Problem]
) -> dict[str, Amount]:
    net = contract.payment.net_of
    known = () if net is None else (net.name,)
    for name in said.other_money:
        if name not in known:
            what = f"other_money: {name!r} is not money that this contract takes off."
            problems.append(Problem(what, f"Known: {', '.join(known) or 'none'}."))
    problems += [
        Problem(
            f"Nothing says what others pay for the same results under {name!r}.",
            f"Give it, for example --set other_money.{name}=0.",
        )
        for name in known
        if name not in said.other_money
    ]
    return dict(said.other_money)
