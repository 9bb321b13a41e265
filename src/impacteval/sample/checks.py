"""What must hold between columns: one arm a unit, whole clusters, fixed adoption dates."""

from __future__ import annotations

import numpy as np

from impacteval.sample import records
from impacteval.sample.codes import Bools, Floats, Ints
from impacteval.sample.designs import DesignRule
from impacteval.sample.findings import Findings, counted, listed
from impacteval.sample.roles import AMOUNT_ROLES, Roles
from impacteval.sample.spellings import check_spellings
from impacteval.sample.table import Table
from impacteval.values import Message

# A unit stays where it is; subgroups (an age band) may move with time.
FIXED_IN_UNIT = ("cluster", "assignment_cluster", "stratum", "pair", "group")


def varies_within(keys: Ints, n_keys: int, values: Floats | Ints) -> Bools:
    """Which keys hold more than one value, shape (n_keys,); rows with a negative key are left out.

    Examples
    --------
    >>> varies_within(np.array([0, 0, 1]), 2, np.array([1, 2, 3])).tolist()
    [True, False]
    """
    kept = keys >= 0
    low = np.full(n_keys, np.inf)
    high = np.full(n_keys, -np.inf)
    np.minimum.at(low, keys[kept], values[kept].astype(np.float64))
    np.maximum.at(high, keys[kept], values[kept].astype(np.float64))
    return low < high


def check_roles(roles: Roles, design: str, rule: DesignRule, found: Findings) -> None:
    """The roles a design needs, and those that only make sense together."""
    for one_of in rule.requires:
        if not any(roles.has(role) for role in one_of):
            needed = " or ".join(one_of)
            found.add(
                f"design {design!r} needs the role {needed}.", f"Name its column: {one_of[0]}=..."
            )
    for a, b in rule.excludes:
        if roles.has(a) and roles.has(b):
            found.add(
                f"design {design!r} cannot have both {a} and {b}.",
                f"State {a} when everybody got what they were assigned, "
                "or assigned and received when they did not.",
            )
    for role, other in (("received", "assigned"), ("adopted", "period")):
        if roles.has(role) and not roles.has(other):
            found.add(f"role {role} needs the role {other}.", f"Name its column: {other}=...")
    if roles.never is not None and not roles.has("adopted"):
        found.add("never is stated without the role adopted.", "Remove never, or name adopted=...")


def check_table(table: Table, design: str, rule: DesignRule, found: Findings) -> None:
    """Everything between columns that does not need an outcome; rows in the caller's order."""
    _repeats(table, found)
    check_spellings(table, found)
    if rule.periods and table.period is not None and len(table.period.labels) < 2:
        found.add(
            f"column {table.roles.period!r} (period) holds one period only, "
            f"and design {design!r} needs at least two.",
            "Add the periods before the start of the service.",
        )
    _fixed(table, found)
    _adoption(table, found)
    _arms(table, design, rule, found)
    _running(table, found)
    _gaps(table, design, rule, found)


def check_part(whole: Table, part: Table, found: Findings) -> None:
    """Some of the rows of a table: at least one, and of every period."""
    if not len(part):
        found.add("no row is left.", "Choose at least one row.")
    elif whole.period is not None and part.period is not None:
        gone = (whole.period.counts > 0) & (part.period.counts == 0)
        if gone.any():
            found.add(
                f"column {whole.roles.period!r} (period) has no row left in "
                f"{counted(int(gone.sum()), 'period')}: {listed(whole.period.labels[gone].tolist())}.",
                "Choose rows of every period.",
            )


def _gaps(table: Table, design: str, rule: DesignRule, found: Findings) -> None:
    """Covariates that are missing in some rows, where the design has no use for such."""
    gone = np.isnan(table.covariates)
    if rule.gaps or not gone.any():
        return
    for k, name in enumerate(table.roles.covariates):
        if k < gone.shape[1] and gone[:, k].any():
            found.add(
                f"column {name!r} (covariates) has {counted(int(gone[:, k].sum()), 'missing value')}"
                f": {found.where(gone[:, k])}.",
                f"Design {design!r} needs every covariate in every row.",
            )


def _repeats(table: Table, found: Findings) -> None:
    roles = table.roles
    if roles.unit is None or found.unit is None:
        return
    if roles.period is not None and table.period is None:
        return  # the period could not be read, and that is told; every unit would seem repeated
    unit, period = table.unit.codes, table.period
    key = unit if period is None else unit * len(period.labels) + period.codes
    size = len(table.unit.labels) * (1 if period is None else len(period.labels))
    if size <= 4 * len(key) + 1024 and np.bincount(key, minlength=1).max() <= 1:
        return  # mostly nothing is there twice, and counting takes no sorting
    _, place, count = np.unique(key, return_inverse=True, return_counts=True)
    again = count[place] > 1
    if not again.any():
        return
    pairs = int((count > 1).sum())
    if period is None:
        found.add(
            f"{counted(pairs, 'unit')} in column {roles.unit!r} (unit) "
            f"{'has' if pairs == 1 else 'have'} more than one row: {found.where(again)}.",
            "Keep one row a unit, or name the column of the period: period=...",
        )
    else:
        found.add(
            f"{counted(pairs, 'pair')} of unit and period (columns {roles.unit!r} and "
            f"{roles.period!r}) {'has' if pairs == 1 else 'have'} more than one row: "
            f"{found.where(again)}.",
            "Keep one row for each unit and period.",
        )


def _fixed(table: Table, found: Findings) -> None:
    if table.roles.unit is None or found.unit is None:
        return
    unit = table.unit
    for role in (*FIXED_IN_UNIT, "adopted"):
        codes = table.labels.get(role)
        if codes is None:
            continue
        moved = varies_within(unit.codes, len(unit.labels), codes.codes)
        if moved.any():
            column = getattr(table.roles, role)
            found.add(
                f"column {column!r} ({role}) changes within {counted(int(moved.sum()), 'unit')}: "
                f"{found.where(moved[unit.codes])}.",
                f"Give each unit one {role} in all its rows.",
            )
    assigned = table.numbers.get("assigned")
    if assigned is not None:
        _one_arm(table, assigned, f"column {table.roles.assigned!r} (assigned)", found)


def _one_arm(table: Table, arm: Floats, name: str, found: Findings) -> None:
    unit = table.unit
    both = varies_within(unit.codes, len(unit.labels), arm)
    if both.any():
        n = int(both.sum())
        found.add(
            f"{counted(n, 'unit')} {'is' if n == 1 else 'are'} in both arms "
            f"according to {name}: {found.where(both[unit.codes])}.",
            "In a trial the arm is what was randomised, once for each unit.",
        )


def _adoption(table: Table, found: Findings) -> None:
    given = table.numbers.get("treatment")
    if given is None or table.cohort is None or table.period is None:
        return
    from_dates = (table.cohort >= 0) & (table.period.codes >= table.cohort)
    apart = from_dates != (given == 1.0)
    if apart.any():
        found.add(
            f"columns {table.roles.treatment!r} (treatment) and {table.roles.adopted!r} (adopted) "
            f"contradict each other in {counted(int(apart.sum()), 'row')}: {found.where(apart)}.",
            "Keep one of the two roles, or correct the dates.",
        )


def _arms(table: Table, design: str, rule: DesignRule, found: Findings) -> None:
    arm = table.treatment(rule)
    if arm is None:
        return
    roles = table.roles
    role = next(r for r in ("treatment", "adopted", "assigned") if roles.has(r))
    name = f"column {getattr(roles, role)!r} ({role})"
    treated = int((arm == 1.0).sum())
    if rule.arms and treated in (0, len(arm)):
        there, empty = ("untreated", "treated") if treated == 0 else ("treated", "untreated")
        found.add(
            f"every row is {there} according to {name}: the {empty} arm is empty.",
            f"Design {design!r} compares two arms; check how the column is coded.",
        )
    if rule.fixed_arm and roles.unit is not None and found.unit is not None and role == "treatment":
        _one_arm(table, arm, name, found)
    weight = table.numbers.get("weight")
    if weight is not None and 0 < treated < len(arm):
        for value, word in ((1.0, "treated"), (0.0, "untreated")):
            if not (weight[arm == value] > 0).any():
                found.add(
                    f"column {roles.weight!r} (weight) is zero in the whole {word} arm.",
                    "At least one row of each arm must count.",
                )
    _whole_assignment(table, arm, name, found)


def _whole_assignment(table: Table, arm: Floats, name: str, found: Findings) -> None:
    codes = table.labels.get("assignment_cluster")
    if codes is None:
        return
    period = table.period
    t, n_t = (0, 1) if period is None else (period.codes, len(period.labels))
    n_keys = len(codes.labels) * n_t
    split = varies_within(codes.codes * n_t + t, n_keys, arm).reshape(-1, n_t).any(axis=1)
    if split.any():
        n = int(split.sum())
        found.add(
            f"{counted(n, 'cluster')} of column {table.roles.assignment_cluster!r} "
            f"(assignment_cluster) {'is' if n == 1 else 'are'} split over both arms of {name}: "
            f"{listed(codes.labels[split].tolist())}.",
            "A cluster that was randomised is in one arm as a whole; "
            "use cluster=... for a level at which errors are only correlated.",
        )


def _running(table: Table, found: Findings) -> None:
    running, cutoff = table.numbers.get("running"), table.numbers.get("cutoff")
    if running is None or cutoff is None:
        return
    above = running >= cutoff
    if above.all() or not above.any():
        found.add(
            f"every row of column {table.roles.running!r} (running) lies on one side of the cutoff.",
            "Check the cutoff and its units.",
        )


def design_records(table: Table, rule: DesignRule) -> tuple[Message, ...]:
    """What is true of the arms and not wrong: the offer, strata and pairs with one arm only.

    A block with one arm is for the estimator to judge, so it is recorded, not refused.
    """
    told: list[Message] = []
    roles, arm = table.roles, table.treatment(rule)
    if rule.offer and roles.assigned is not None and not roles.has("treatment"):
        told.append(records.offer(roles.assigned))
    for role in AMOUNT_ROLES:
        values = table.numbers.get(role)
        if values is not None and not np.isin(values, (0.0, 1.0)).all():
            told.append(records.amounts(getattr(roles, role), role, float(values.max())))
    for role in ("stratum", "pair"):
        codes = table.labels.get(role)
        if arm is None or codes is None or not rule.fixed_arm:
            continue
        alone = ~varies_within(codes.codes, len(codes.labels), arm)
        if alone.any():
            told.append(records.one_armed(role, int(alone.sum()), len(codes.labels)))
    return tuple(told)


def check_measured(
    table: Table, rule: DesignRule, outcome: str, y: Floats, found: Findings
) -> None:
    """Each arm has at least one measured outcome."""
    arm = table.treatment(rule)
    measured = ~np.isnan(y)
    if not measured.any():
        found.add(f"column {outcome!r} (outcome) was measured nowhere.", "Check the file.")
        return
    if arm is None or not rule.arms:
        return
    for value, word in ((1.0, "treated"), (0.0, "untreated")):
        here = arm == value
        if here.any() and not measured[here].any():
            found.add(
                f"column {outcome!r} (outcome) was measured nowhere in the {word} arm.",
                "Nothing can be compared when a whole arm is lost.",
            )
