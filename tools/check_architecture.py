"""Hold the list of modules in docs/explanation/architecture.md to the code.

    python tools/check_architecture.py --check     exit 1 when page and code differ
    python tools/check_architecture.py --write     write the list from the code

The list stands between two comments of the page. Each row is a top-level module or package of
impacteval with the first sentence of its docstring, so that code and page say one thing.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("docs/explanation/architecture.md")
BEGIN = "<!-- inventory: written by tools/check_architecture.py -->"
END = "<!-- end of inventory -->"


def modules(package: Path) -> dict[str, Path]:
    """Name of each top-level module or package, and the file with its docstring."""
    found = {
        path.stem: path
        for path in package.glob("*.py")
        if path.stem not in ("__init__", "__main__")
    }
    found |= {path.parent.name: path for path in package.glob("*/__init__.py")}
    return dict(sorted(found.items()))


def first_sentence(file: Path) -> str:
    """First sentence of a module's docstring, on one line; empty without a docstring."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.])\s", paragraph, maxsplit=1)[0]


def inventory(root: Path) -> tuple[str, list[str]]:
    """The table of modules, and what is wrong with the code it is made from."""
    rows, faults = [], []
    for name, file in modules(root / "src" / "impacteval").items():
        sentence = first_sentence(file)
        if not sentence:
            faults.append(f"{file.relative_to(root)}: the module has no docstring.")
        rows.append(f"| `{name}` | {sentence.replace('|', chr(92) + '|')} |")
    return "\n".join(["| module | what it is for |", "|---|---|", *rows]), faults


def layers(root: Path) -> set[str]:
    """The modules that the import rules give a layer to and that are built."""
    text = (root / ".importlinter").read_text(encoding="utf-8")
    block = text.split("layers =\n", 1)[1].split("\n\n", 1)[0]
    return set(re.findall(r"[a-z_]+", re.sub(r"\([a-z_]+\)", "", block)))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true")
    choice.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)

    page = root / PAGE
    text = page.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        print(f"{PAGE}: the comments around the list of modules are missing.")
        return 1
    table, faults = inventory(root)
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    wanted = f"{head}{BEGIN}\n\n{table}\n\n{END}{tail}"
    if options.write:
        page.write_text(wanted, encoding="utf-8", newline="\n")
    elif text != wanted:
        faults.append(
            f"{PAGE}: the list of modules differs from the code. "
            "Run python tools/check_architecture.py --write."
        )
    built = set(modules(root / "src" / "impacteval"))
    faults += [
        f".importlinter: layer {name} is not built." for name in layers(root) - built - {"__main__"}
    ]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
