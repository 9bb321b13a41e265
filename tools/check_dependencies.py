"""Check that the package declares what it imports and imports what it declares.

Runs deptry with the exceptions listed here, each with its reason.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Declared, and used without an import of ours.
USED_INDIRECTLY = {
    "dowhy": "extra causal-ml: tests hold our reading of graphs to it, and econml is built on it",
    "impacteval": "the extra `all` names the other extras",
    "ipykernel": "the kernel that a notebook runs in",
    "jupyter": "extra notebook: the evaluators' interface",
    "openpyxl": "pandas reads Excel files with it",
    "pyarrow": "pandas reads Parquet files with it",
    "pyreadstat": "pandas reads SPSS files with it",
    "causaldata": "extra studies: data read by name, at run time",
    "synthdid-py": "extra studies: data read by name, at run time",
}
# Imported, and brought by a dependency that guarantees it.
BROUGHT = {
    "jupyter_client": "part of nbclient's interface: it takes a kernel manager",
    "pydantic_core": "part of pydantic's interface: its errors and schemas are made there",
}


def main(root: Path = ROOT) -> int:
    command = [sys.executable, "-m", "deptry", "src", "--no-ansi"]
    command += ["--optional-dependencies-dev-groups", "notebook,all"]
    ignored = f"DEP002={'|'.join(sorted(USED_INDIRECTLY))},DEP003={'|'.join(sorted(BROUGHT))}"
    done = subprocess.run(
        [*command, "--per-rule-ignores", ignored],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
