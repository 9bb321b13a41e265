"""Environments of peers: each in a folder of its own, made when it is not there.

Peers are never dependencies of the project: what they need may contradict what it needs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def interpreter(name: str, *packages: str) -> Path:
    """The Python of an environment that holds those packages."""
    folder = HERE / ".peers" / name
    python = folder / "bin" / "python"
    if not python.exists():
        uv = HERE.parent / ".venv-tools" / "bin" / "uv"
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", python, *packages]
        subprocess.run(install, check=True)
    return python
