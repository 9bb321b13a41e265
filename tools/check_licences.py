"""Fail when something that users install stands under the GPL or the AGPL.

What users install is the package with its extras `studies` and `notebook`: the closure of these
requirements, followed through uv.lock and read from the metadata of the installed distributions.
Peers under such licences serve as oracles in environments of their own, never as dependencies.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "impacteval"
EXTRAS = frozenset({"studies", "notebook"})

# GPL and AGPL in any spelling, but not the LGPL, which a program may link to.
_STRONG = re.compile(
    r"(?<![A-Za-z])A?GPL|Affero|(?<!Lesser )(?<!Library or Lesser )General Public License",
    re.IGNORECASE,
)


def closure(lock: Path, package: str, extras: frozenset[str]) -> tuple[str, ...]:
    """Names of everything that installing `package` with `extras` brings on this machine."""
    with lock.open("rb") as file:
        packages = {entry["name"]: entry for entry in tomllib.load(file)["package"]}
    seen: set[tuple[str, str]] = set()
    todo = [(package, ""), *((package, extra) for extra in sorted(extras))]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen or name not in packages:
            continue
        seen.add((name, extra))
        entry = packages[name]
        needs = entry.get("optional-dependencies", {}).get(extra, []) if extra else []
        needs = needs or ([] if extra else entry.get("dependencies", []))
        for need in needs:
            if "marker" in need and not Marker(need["marker"]).evaluate():
                continue
            todo.append((need["name"], ""))
            todo += [(need["name"], wanted) for wanted in need.get("extra", [])]
    return tuple(sorted({name for name, _ in seen}))


def allows(expression: str) -> bool:
    """Whether an SPDX expression can be met without the GPL or the AGPL.

    >>> allows("MIT OR GPL-2.0-only"), allows("MIT AND GPL-2.0-only")
    (True, False)
    >>> allows("LGPL-3.0-or-later"), allows("(GPL-2.0-only OR BSD-3-Clause) AND MIT")
    (True, True)
    >>> allows("GPL-3.0-only WITH GCC-exception-3.1")
    True
    """
    tokens = re.findall(r"\(|\)|[^\s()]+", expression)

    def one_of() -> bool:
        good = all_of()
        while tokens and tokens[0].upper() == "OR":
            tokens.pop(0)
            good = all_of() or good
        return good

    def all_of() -> bool:
        good = single()
        while tokens and tokens[0].upper() == "AND":
            tokens.pop(0)
            good = single() and good
        return good

    def single() -> bool:
        token = tokens.pop(0)
        if token == "(":
            good = one_of()
            tokens.pop(0)
            return good
        if tokens and tokens[0].upper() == "WITH":
            tokens.pop(0)
            # An exception for what is linked or generated is what makes such a licence usable.
            tokens.pop(0)
            return True
        return not _STRONG.search(token)

    return one_of()


def fault(name: str, expression: str, licence: str, classifiers: Iterable[str]) -> str | None:
    """What is wrong with the licence a distribution declares, or None.

    >>> fault("a", "MIT", "", ["License :: OSI Approved :: GNU General Public License (GPL)"])
    >>> fault("a", "", "", ["License :: OSI Approved :: GNU General Public License (GPL)"])
    'a is under GNU General Public License (GPL).'
    >>> fault("a", "", "", [
    ...     "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"])
    >>> fault("a", "", "GPLv3", [])
    'a is under GPLv3.'
    >>> fault("a", "", "", [])
    'a declares no licence.'
    """
    if expression:
        return None if allows(expression) else f"{name} is under {expression}."
    approved = [c.rsplit(" :: ", 1)[1] for c in classifiers if c.startswith("License ::")]
    # Several classifiers mean a choice.
    if approved:
        if any(not _STRONG.search(entry) for entry in approved):
            return None
        return f"{name} is under {', '.join(approved)}."
    first = licence.strip().split("\n", 1)[0]
    if not first:
        return f"{name} declares no licence."
    # A field without an expression may hold a whole text; its title stands in the first line.
    return f"{name} is under {first}." if _STRONG.search(first) else None


def main(root: Path = ROOT) -> int:
    names = closure(root / "uv.lock", PACKAGE, EXTRAS)
    faults, missing = [], []
    for name in names:
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        found = fault(
            name,
            about.get("License-Expression") or "",
            about.get("License") or "",
            about.get_all("Classifier") or [],
        )
        if found is not None:
            faults.append(found)
    for name in missing:
        print(f"{name} belongs to what users install but is not installed here.")
    for line in faults:
        print(line)
    if not (faults or missing):
        print(f"{len(names)} distributions, none under the GPL or the AGPL.")
    return 1 if faults or missing else 0


if __name__ == "__main__":
    sys.exit(main())
