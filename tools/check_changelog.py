"""Check the fragments of the changelog, or gather them under a release.

    python tools/check_changelog.py                    exit 1 when a fragment is malformed
    python tools/check_changelog.py --release 0.2.0    move the fragments into CHANGELOG.md

A fragment is a file changelog.d/<name>.<kind>.md: one sentence that a user understands. Kinds:
added, changed, fixed, removed, security. Two changes never touch the same file.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("added", "changed", "fixed", "removed", "security")
MARK = "<!-- releases -->\n"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.(" + "|".join(KINDS) + r")\.md")


def fragments(folder: Path) -> tuple[dict[str, list[str]], list[str]]:
    """The sentences by kind, and what is wrong with the folder."""
    sentences: dict[str, list[str]] = {kind: [] for kind in KINDS}
    faults = []
    for file in sorted(folder.iterdir()):
        shown = f"{folder.name}/{file.name}"
        if file.name == "README.md":
            continue
        matched = _NAME.fullmatch(file.name)
        if matched is None:
            faults.append(
                f"{shown}: a fragment is called <name>.<kind>.md, kind {' | '.join(KINDS)}."
            )
            continue
        text = " ".join(file.read_text(encoding="utf-8").split())
        if not text or not text.endswith(".") or text.startswith(("-", "#", "*")):
            faults.append(f"{shown}: a fragment is a sentence, ended by a full stop.")
            continue
        sentences[matched.group(1)].append(text)
    return sentences, faults


def section(version: str, sentences: dict[str, list[str]]) -> str:
    """The part of the changelog about one release."""
    parts = [f"## {version}"]
    for kind in KINDS:
        if sentences[kind]:
            parts.append(f"### {kind.capitalize()}")
            parts.append("\n".join(f"- {text}" for text in sentences[kind]))
    return "\n\n".join(parts) + "\n"


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", metavar="VERSION")
    options = parser.parse_args(arguments)

    folder, changelog = root / "changelog.d", root / "CHANGELOG.md"
    sentences, faults = fragments(folder)
    text = changelog.read_text(encoding="utf-8")
    if MARK not in text:
        faults.append("CHANGELOG.md: the line `<!-- releases -->` is missing.")
    if options.release and not any(sentences.values()):
        faults.append("changelog.d: there is nothing to release.")
    for fault in faults:
        print(fault)
    if faults:
        return 1
    if options.release:
        new = section(options.release, sentences)
        changelog.write_text(text.replace(MARK, f"{MARK}\n{new}"), encoding="utf-8", newline="\n")
        for file in folder.iterdir():
            if file.name != "README.md":
                file.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
