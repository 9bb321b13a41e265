"""Look for words that have no place in the tree.

Paths of somebody's machine, marks of unfinished work, and American spellings: the project is
written in British English, and it must read the same on every machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# This file and its tests hold the words themselves; the lock and data are not ours to word.
LEFT_OUT = ("tools/check_language.py", "tests/unit/repository/test_tools.py", "uv.lock")
SUFFIXES = frozenset(
    {".cff", ".css", ".html", ".j2", ".json", ".md", ".py", ".sh", ".toml", ".typ", ".yaml", ".yml"}
)

SPELLING = "an American spelling"
RULES = (
    (
        re.compile(r"(?<![\w.<{])/(?:home|Users|root|work|srv|opt|mnt)/\w"),
        "a path of somebody's machine",
    ),
    (re.compile(r"\b(?:TODO|FIXME|XXX)\b|raise NotImplementedError"), "a mark of unfinished work"),
    (
        re.compile(
            r"\b(?:un)?(?:randomiz|standardiz|organiz|summariz|recogniz)\w*|\bbehavior\w*",
            re.IGNORECASE,
        ),
        SPELLING,
    ),
)
# The spelling of cited titles is theirs: a paragraph that holds a year cites something.
CITED = re.compile(r"\b(?:19|20)\d\d\b")


def faults(name: str, text: str) -> list[str]:
    """What is wrong with one text, line by line."""
    found = []
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        for pattern, what in RULES:
            matched = pattern.search(line)
            if matched and not (what == SPELLING and CITED.search(paragraph(lines, number - 1))):
                found.append(f"{name}:{number}: {what}: {matched.group(0)}")
    return found


def paragraph(lines: list[str], index: int) -> str:
    """The lines around one, up to the blank lines."""
    first = last = index
    while first > 0 and lines[first - 1].strip():
        first -= 1
    while last + 1 < len(lines) and lines[last + 1].strip():
        last += 1
    return "\n".join(lines[first : last + 1])


def main(root: Path = ROOT) -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    found = []
    for name in sorted(set(listed)):
        file = root / name
        worded = file.suffix in SUFFIXES or file.name in ("Makefile", "run")
        if name in LEFT_OUT or not worded or not file.is_file() or "bad_input/" in name:
            continue
        found += faults(name, file.read_text(encoding="utf-8"))
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
