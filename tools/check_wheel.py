"""Build the wheel twice and demand the same bytes.

Whoever holds a wheel can then rebuild it from the sources and see that nothing was added.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EPOCH = "1704067200"  # 2024-01-01, the date that every file of the wheel bears


def installer(root: Path) -> str | None:
    """The pinned uv that `make` installed, or one on the path."""
    own = root / ".venv-tools" / "bin" / "uv"
    return str(own) if own.exists() else shutil.which("uv")


def build(uv: str, root: Path, out: Path) -> Path:
    """Build the wheel into `out` and return it."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "UV_PYTHON_DOWNLOADS": "never"}
    command = [uv, "build", "--quiet", "--wheel", "--package", "impacteval"]
    command += ["--python", sys.executable, "--out-dir", str(out)]
    subprocess.run(command, cwd=root, env=environment, check=True)
    (wheel,) = out.glob("impacteval-*.whl")
    return wheel


def main(root: Path = ROOT) -> int:
    uv = installer(root)
    if uv is None:
        print("uv was not found. Run make setup-dev, which installs it.")
        return 1
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        one, two = build(uv, root, Path(first)), build(uv, root, Path(second))
        digests = [hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in (one, two)]
        with zipfile.ZipFile(one) as wheel:
            names = wheel.namelist()
    if digests[0] != digests[1]:
        print("The wheel differs from one build to the next.")
        return 1
    if "impacteval/py.typed" not in names or not any("LICENSE" in name for name in names):
        print("The wheel lacks py.typed or its licence.")
        return 1
    print(f"Twice the same wheel: sha256 {digests[0]}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
