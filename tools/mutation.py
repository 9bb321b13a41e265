"""List the mutants that survive `mutmut run`: docs/reference/mutation.md and mutation.csv.

    mutmut run && python tools/mutation.py [--killed-since FILE]

A survivor is a change to the code that decides about money which no test of `decide` and `contract`
notices. `--killed-since` is a JSON list of survivors that later tests do notice.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "reference"

# The first that fits explains; the order is from the harmless to the doubtful.
CLASSES: tuple[tuple[str, str, str], ...] = (
    ("lengths", r"strict=", "lengths that are equal by construction are no longer compared"),
    ("assertion", r"^\s*assert ", "the words or the test of an assertion that cannot fail"),
    (
        "error words",
        r"Problem\(|Error\(|f?\"[A-Z`{][^\"]*[.:]\"|known|near\(|, \"|\" if |fix",
        "the words of an error, or its hint: that there is an error is tested",
    ),
    ("key", r"^\s*f?\"[a-z-{}_'. ]+\",?$", "the key of a sentence, by which nothing decides"),
    (
        "sentence",
        r"words|sentences|composed|_say|said|steps|reason|made\(|why|told|text\(|Text\(",
        "which sentence is told, or a number in it: the money beside it is tested",
    ),
    (
        "at a boundary",
        r"[<>]=? ?(0|1|NOTHING|_NOTHING)\b|is_finite|min\(|max\(",
        "a boundary at nothing, where both sides pay the same",
    ),
    ("start of a sum", r"sum\(|add\(|fsum\(", "a sum that begins with nothing begins elsewhere"),
    ("decimals", r"localcontext|scaleb|format\(|normalize", "the form of a number, not its value"),
    ("default", r"= None|=None|\.get\(|or \(\)|or \{\}|default", "a default that is not reached"),
)
DOUBTFUL = "not examined one by one; another path of the tests may not distinguish it"


def _class(before: str) -> tuple[str, str]:
    for name, pattern, why in CLASSES:
        if re.search(pattern, before, re.MULTILINE):
            return name, why
    return "other", DOUBTFUL


def survivors(folder: Path) -> tuple[dict[str, Counter[str]], list[tuple[str, str, str]]]:
    """Counts by module, and (mutant, before, after) of those that survive."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    with (ROOT / "pyproject.toml").open("rb") as file:
        patterns = tomllib.load(file)["tool"]["mutmut"]["only_mutate"]
    counts: dict[str, Counter[str]] = {}
    alive: list[tuple[str, str, str]] = []
    for meta in sorted((folder / "mutants" / "src").glob("**/*.meta")):
        source = Path("src") / meta.relative_to(folder / "mutants" / "src").with_suffix("")
        codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        if not codes or not any(source.match(pattern) for pattern in patterns):
            continue
        module = ".".join(source.with_suffix("").parts[2:])
        found = counts.setdefault(module, Counter())
        for mutant, code in codes.items():
            kind = {0: "survived", 33: "untested", None: "not run"}.get(code, "killed")
            if kind == "survived":
                try:
                    lines = get_diff_for_mutant(mutant, path=source).splitlines()[2:]
                except FileNotFoundError:  # the function went since the run
                    continue
                old = " ".join(x[1:].strip() for x in lines if x.startswith("-"))
                new = " ".join(x[1:].strip() for x in lines if x.startswith("+"))
                alive.append((mutant.removeprefix("impacteval."), old, new))
            found[kind] += 1
    return counts, alive


def _row(name: str, c: Counter[str]) -> str:
    cells = (sum(c.values()), c["killed"], c["survived"], c["untested"], c["not run"])
    return f"| {name} | {' | '.join(map(str, cells))} |"


def main() -> int:
    """Write both files."""
    ask = argparse.ArgumentParser(description="List the mutants that survive.")
    ask.add_argument("--killed-since", type=Path)
    ask.add_argument("--folder", type=Path, default=ROOT)
    given = ask.parse_args()
    counts, alive = survivors(given.folder)
    since = set(json.loads(given.killed_since.read_text())) if given.killed_since else set()
    since = {name.removeprefix("impacteval.") for name in since}
    for name, _, _ in alive:
        if name in since:
            module = re.sub(r"\.(x_|xǁ).*", "", name)
            counts[module]["survived"] -= 1
            counts[module]["killed"] += 1
    rows = [(n, *_class(old)[:1], old, new) for n, old, new in alive if n not in since]
    with (OUT / "mutation.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("mutant", "class", "before", "after"))
        writer.writerows(rows)
    total: Counter[str] = Counter()
    for found in counts.values():
        total.update(found)
    kinds = Counter(row[1] for row in rows)
    why = {name: text for name, _, text in CLASSES} | {"other": DOUBTFUL}
    said = [
        "# Mutation testing",
        "",
        "Each line of the code that decides about money was changed by `mutmut`, one change at a",
        "time, and the tests of `decide` and `contract` were run on each. A change that they do not",
        "notice survives. Every survivor stands in `mutation.csv` beside this page, with the line",
        "before and after and a class. The class is guessed from the words of the line, not from",
        "reading each one: it says where to look first, and *other* comes first.",
        "",
        "`make mutate` runs it again (a few hours on two cores). Changes that were not run",
        "are counted as such, never as killed.",
        "",
        "| module | mutants | killed | survived | no test runs it | not run |",
        "|---|---:|---:|---:|---:|---:|",
        *(_row(f"`{module}`", c) for module, c in sorted(counts.items())),
        _row("all", total),
        "",
        "## The survivors",
        "",
        "| class | survivors | what was changed |",
        "|---|---:|---|",
        *(f"| {kind} | {n} | {why[kind]} |" for kind, n in kinds.most_common()),
        "",
    ]
    (OUT / "mutation.md").write_text("\n".join(said), encoding="utf-8")
    print(f"{sum(total.values())} mutants, {total['survived']} survive.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
