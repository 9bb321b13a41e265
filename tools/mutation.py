"""List what tools/mutation_run.py found: docs/reference/mutation.md and mutation.csv.

    python tools/mutation_run.py && python tools/mutation.py

A survivor is a change to the code about money that no test of `decide` and `contract` notices.
`tools/mutation_reasons.yaml` says of survivors, one by one and by the text of the changed line, why
they change nothing that matters; a survivor without a reason there is listed as not examined, and a
reason whose line is gone is an error.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import yaml
from mutation_changes import ROOT, Mutant, mutants, sources

OUT = ROOT / "docs" / "reference"
RESULTS = ROOT / "mutants" / "results.jsonl"
REASONS = ROOT / "tools" / "mutation_reasons.yaml"

CLASSES = {
    "same": "the result is the same whichever way the line is written",
    "unreachable": "a line that nothing reaches; the type checker proves it or an assertion says it",
    "precaution": "a second precaution; the first one holds by itself, and tests prove it",
    "words": "the words of an assertion or of a signal that no reader sees",
    "hint": "an error is raised all the same; only what it says differs",
    "sentence": "what is told differs in form and not in amount, verdict or reason",
}


@dataclass(frozen=True)
class Reason:
    """Why changes of one line change nothing that matters; `after` narrows it to some of them."""

    line: str
    kind: str
    why: str
    places: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def explains(self, mutant: Mutant) -> bool:
        """Whether it speaks of this change."""
        return (
            _plain(self.line) == _plain(mutant.before)
            and (not self.places or mutant.place in self.places)
            and (not self.after or _plain(mutant.after) in map(_plain, self.after))
        )


def _plain(text: str) -> str:
    return " ".join(text.split())


def _texts(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


def reasons() -> list[Reason]:
    """What was found out by reading."""
    held = yaml.safe_load(REASONS.read_text(encoding="utf-8"))
    found = [
        Reason(
            line=item["line"],
            kind=item["class"],
            why=item["why"],
            places=_texts(item.get("in")),
            after=_texts(item.get("after")),
        )
        for item in held
    ]
    for reason in found:
        if reason.kind not in CLASSES:
            raise SystemExit(f"{REASONS.name}: {reason.kind!r} is not a class. {list(CLASSES)}")
    return found


def results() -> dict[str, dict[str, Any]]:
    """What the run found, by the key of the change."""
    found: dict[str, dict[str, Any]] = {}
    for line in RESULTS.read_text(encoding="utf-8").splitlines():
        held = json.loads(line)
        found[held["key"]] = held
    return found


def _row(name: str, c: Counter[str]) -> str:
    cells = (
        sum(c.values()),
        c["killed"],
        c["out of time"],
        c["explained"],
        c["survived"],
        c["untested"],
        c["not run"],
    )
    return f"| {name} | {' | '.join(map(str, cells))} |"


INTRODUCTION = """\
# Mutation testing

Each line of the code that decides about money was changed, one change at a time, and the tests of
`decide` and `contract` were run against each change. What to change is what `mutmut` proposes. A
change is tried against every test that executes the changed statement, as measured: first the test
that noticed the last change of the same function, then the others from the quickest to the slowest,
until one fails. A change that none of them notices survives, and every survivor stands in
`mutation.csv` beside this page with the line before and after.

*Explained* survivors were read one by one: the reason stands in the list, and in
`tools/mutation_reasons.yaml`, which holds as long as the line reads as it does. *Not examined*
survivors were not; nothing is claimed about them. *Out of time* says that a test came to no end
within {times} times its own time and {more} seconds, which counts as noticed.

`make mutate` runs what has changed since its last run in the same folder, and everything in a fresh
one: about an hour on two cores.
"""


def main() -> int:
    """Write both files."""
    from mutation_run import MORE, TIMES

    known, told = results(), reasons()
    used: set[Reason] = set()
    counts: dict[str, Counter[str]] = {}
    rows: list[tuple[str, ...]] = []
    kinds: Counter[str] = Counter()
    everything = [mutant for path in sources() for mutant in mutants(path)]
    for mutant in everything:
        module = mutant.module.removeprefix("impacteval.")
        held = known.get(mutant.key)
        outcome = "not run" if held is None else held["outcome"]
        reason = next((r for r in told if r.explains(mutant)), None)
        if reason is not None:
            used.add(reason)
        if outcome in {"survived", "untested"}:
            if reason is not None:
                outcome = "explained"
                kinds[reason.kind] += 1
            name = mutant.name.removeprefix("impacteval.")
            said = ("not examined", "") if reason is None else (reason.kind, reason.why)
            rows.append((name, *said, mutant.before, mutant.after))
        counts.setdefault(module, Counter())[outcome] += 1
    stale = [reason.line for reason in told if reason not in used]
    if stale:
        listed = "\n  ".join(stale)
        print(f"{REASONS.name} speaks of lines that no change touches any more:\n  {listed}")
        return 1
    with (OUT / "mutation.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("mutant", "class", "why", "before", "after"))
        writer.writerows(rows)
    total = sum(counts.values(), Counter())
    said = [
        INTRODUCTION.format(times=TIMES, more=MORE),
        "| module | changes | noticed | out of time | explained | not examined | no test runs it | not run |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(_row(f"`{module}`", c) for module, c in sorted(counts.items())),
        _row("all", total),
        "",
        "## The survivors that were read",
        "",
        "| class | survivors | what it means |",
        "|---|---:|---|",
        *(f"| {kind} | {kinds[kind]} | {CLASSES[kind]} |" for kind in CLASSES if kinds[kind]),
        "",
    ]
    (OUT / "mutation.md").write_text("\n".join(said), encoding="utf-8")
    print(f"{len(everything)} changes: {dict(total)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
