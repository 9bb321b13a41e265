"""Write the pages that the code itself is the source of: modules, commands, estimators, tables.

What is not built is not written, so a page never describes what does not exist.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from pathlib import Path

from bonds_page import page_of_bonds

MODULES = (
    ("impacteval", "The face of the package"),
    ("impacteval.plugin", "The door for estimators"),
    ("impacteval.inference", "Uncertainty shared by estimators"),
    ("impacteval.testing", "The conformance kit"),
    ("impacteval.sample", "The data as estimators see them"),
    ("impacteval.estimates", "Estimates and confidence distributions"),
    ("impacteval.values", "Scales, intervals, questions and answers"),
    ("impacteval.errors", "Errors"),
    ("impacteval.notebook", "Notebooks of studies"),
    ("impacteval.progress", "Progress"),
)


def write_pages(folder: Path) -> None:
    """Write every page into `folder`; a page that is right already is left alone."""
    pages = {f"{name}.md": page_of_module(name, title) for name, title in MODULES if built(name)}
    estimators = page_of_estimators()
    if estimators:
        pages["estimators.md"] = estimators
    bonds = Path(__file__).parents[1] / "studies" / "bonds"
    if bonds.is_dir() and built("impacteval.decide"):
        pages["bonds.md"] = page_of_bonds(bonds)
    commands = page_of_commands()
    if commands:
        pages["commands.md"] = commands
    for kind, title in (("coverage", "Coverage"), ("benchmarks", "Benchmarks")):
        tables = sorted((folder.parent / kind).glob("*.md"))
        if tables:
            shown = "\n".join(
                f"```{{include}} ../{kind}/{table.name}\n:heading-offset: 1\n```\n"
                for table in tables
            )
            pages[f"{kind}.md"] = f"# {title}\n\n{shown}"
    pages["index.md"] = index(sorted(pages))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def built(name: str) -> bool:
    """Whether that module exists and can be imported here."""
    return importlib.util.find_spec(name) is not None


def index(pages: list[str]) -> str:
    """The list of generated pages."""
    listed = "\n".join(page.removesuffix(".md") for page in pages)
    return f"# Written from the code\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"


def page_of_module(name: str, title: str) -> str:
    """The public names of one module, each with its docstring."""
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", None)
    if exported is None:
        exported = [
            key
            for key, value in vars(module).items()
            if not key.startswith("_") and getattr(value, "__module__", None) == name
        ]
    lines = [
        f"# {title}: `{name}`",
        "",
        f"```{{eval-rst}}\n.. automodule:: {name}\n   :no-index:\n```",
        "",
    ]
    for key in exported:
        if key.startswith("__"):
            continue
        try:
            value = getattr(module, key)
        except (ModuleNotFoundError, AttributeError):
            if name == "impacteval":
                continue  # a name of the lazy face whose module is not built
            raise
        if inspect.isclass(value):
            options = "\n   :members:\n   :undoc-members:" if not is_enum(value) else ""
            directive = f".. autoclass:: {name}.{key}{options}"
        elif inspect.isfunction(value):
            directive = f".. autofunction:: {name}.{key}"
        else:
            continue
        lines += [f"```{{eval-rst}}\n{directive}\n   :no-index:\n```", ""]
    return "\n".join(lines)


def is_enum(value: type) -> bool:
    """Whether a class is a closed list of words."""
    return any(base.__name__ in ("Enum", "StrEnum") for base in value.__mro__)


def page_of_estimators() -> str:
    """The card of every estimator that comes with the package, in both languages."""
    if not built("impacteval.registry"):
        return ""
    from impacteval.registry import entries

    parts = [
        "# Estimators",
        "",
        (
            "What each method does, what must be true for its number to mean what it says, and where "
            "it fails. The same cards are printed in the reports."
        ),
        "",
    ]
    for found in entries():
        if found.package != "impacteval" or not built(found.target.split(":")[0].split(".")[0]):
            continue
        try:
            card = found.cls.card
        except Exception as error:
            if "cannot be loaded" in str(error):
                continue
            raise
        parts += [f"## `{found.name}`", ""]
        for language in ("en", "fr"):
            words = {
                "en": ("Assumptions", "Limits"),
                "fr": ("Hypothèses", "Limites"),
            }[language]
            parts += [f"**{card.title[language]}.** {card.description[language]}", ""]
            for word, texts in zip(words, (card.assumptions, card.limits), strict=True):
                parts += [f"{word}:", "", *(f"- {text[language]}" for text in texts), ""]
        parts += ["References:", "", *(f"- {reference}" for reference in card.references), ""]
        scales = ", ".join(f"`{scale}`" for scale in card.scales)
        parts += [f"Designs: {', '.join(f'`{d}`' for d in card.designs)}. Scales: {scales}.", ""]
    return "\n".join(parts) if len(parts) > 4 else ""


def page_of_commands() -> str:
    """The help of every command, as a terminal shows it."""
    if not built("impacteval.cli") or not built("impacteval.cli.app"):
        return ""
    app = importlib.import_module("impacteval.cli.app").app
    from typer.main import get_command
    from typer.testing import CliRunner

    runner = CliRunner(env={"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"})
    group = get_command(app)
    names = sorted(getattr(group, "commands", {}))
    parts = ["# Commands", ""]
    for arguments in ([], *([name] for name in names)):
        shown = runner.invoke(app, [*arguments, "--help"], prog_name="impacteval").output
        shown = re.sub(r"\x1b\[[0-9;]*m", "", shown)
        text = "\n".join(line.rstrip() for line in shown.strip().split("\n"))
        title = " ".join(["impacteval", *arguments])
        parts += [f"## `{title}`", "", f"```text\n{text}\n```", ""]
    return "\n".join(parts)
