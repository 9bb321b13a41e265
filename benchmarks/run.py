"""Run every benchmark of this folder and write its table.

python benchmarks/run.py
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path


def main() -> int:
    """Run each ``bench_*.py`` in order of name."""
    sys.argv = sys.argv[:1]
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(path.name, file=sys.stderr)
        try:
            runpy.run_path(str(path), run_name="__main__")
        except SystemExit as finished:
            if finished.code:
                return int(finished.code) if isinstance(finished.code, int) else 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
