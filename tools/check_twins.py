"""Keep each notebook in step with its source.

python tools/check_twins.py --check     exit 1 when a study.ipynb differs from its study.py, or a
                                        notebook under notebooks/ from the source of its name
python tools/check_twins.py --write     write every one of them
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from impacteval.notebook import twin_text

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true")
    choice.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)

    faults = []
    sources = [
        *sorted((root / "studies").rglob("study.py")),
        *sorted((root / "notebooks").glob("*.py")),
    ]
    twins = {*(root / "studies").rglob("study.ipynb"), *(root / "notebooks").glob("*.ipynb")}
    for source in sources:
        twin = source.with_suffix(".ipynb")
        wanted = twin_text(source)
        if options.write:
            twin.write_text(wanted, encoding="utf-8", newline="\n")
        elif twin not in twins:
            faults.append(f"{twin.relative_to(root)} is missing.")
        elif twin.read_text(encoding="utf-8") != wanted:
            faults.append(f"{twin.relative_to(root)} differs from {source.name}.")
        twins.discard(twin)
    faults += [
        f"{twin.relative_to(root)} has no {twin.with_suffix('.py').name}." for twin in sorted(twins)
    ]
    for fault in faults:
        print(fault, "Run python tools/check_twins.py --write.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
