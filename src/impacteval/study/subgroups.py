"""What can be said of subgroups before outcomes are seen: who they are, and which will be hidden."""

from __future__ import annotations

from impacteval.diagnostics.small_groups import hidden_groups, sizes_of
from impacteval.errors import Problem
from impacteval.files import Locate
from impacteval.plan import Analysis
from impacteval.sample import BlindSample


def subgroups_seen(
    name: str, analysis: Analysis, blind: BlindSample, locate: Locate
) -> tuple[list[str], list[Problem]]:
    """The planned subgroups of one group's people, and what is wrong with their names.

    Parameters
    ----------
    name : str
        Name of the analysis in the plan.
    analysis : Analysis
        The planned analysis.
    blind : BlindSample
        The people of one group.
    locate : Locate
        Finds the line of a key of the plan.

    Returns
    -------
    list of str
        How many subgroups there are and which of them will not be shown. Missing outcomes can
        only hide more.
    list of Problem
        Names of subgroups that nobody is in.
    """
    rule, codes = analysis.subgroups, blind.matrix().subgroup
    if rule is None or codes is None:
        return [], []
    sizes = sizes_of(blind.matrix(), codes)
    hidden = hidden_groups(sizes, rule.least)
    told = f"{len(sizes)} subgroups by {analysis.columns.subgroup}"
    if hidden:
        told += (
            f" of which {len(hidden)} will not be shown ({', '.join(sorted(hidden))}: fewer than "
            f"{rule.least} people in an arm, or needed to keep such a group hidden)"
        )
    problems = [
        locate.problem(
            ("analyses", name, "subgroups", "names", value),
            f"Nobody is in subgroup {value!r} of column {analysis.columns.subgroup}.",
            f"Its values: {', '.join(sizes)}.",
        )
        for value in rule.names
        if value not in sizes and analysis.groups is None
    ]
    return [told], problems
