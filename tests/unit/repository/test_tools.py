"""The checks catch what they are there to catch: each is shown a small tree with a fault."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

Tool = Callable[[str], ModuleType]


def put(root: Path, name: str, text: str) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def house(tmp_path: Path, tool: Tool) -> Path:
    page = tool("check_architecture")
    put(tmp_path, "src/impacteval/__init__.py", '"""The face."""\n')
    put(tmp_path, "src/impacteval/one.py", '"""First thing. And more.\n\nRest."""\n')
    put(tmp_path, "src/impacteval/two/__init__.py", '"""Second | thing\nin two lines."""\n')
    put(
        tmp_path,
        ".importlinter",
        "[importlinter]\nlayers =\n    (later)\n    two\n    one\n\n[x]\n",
    )
    put(
        tmp_path, "docs/explanation/architecture.md", f"# A\n\n{page.BEGIN}\n{page.END}\n\nAfter.\n"
    )
    assert page.main(["--write"], tmp_path) == 0
    return tmp_path


def test_the_inventory_is_the_first_sentence_of_each_module(house: Path, tool: Tool) -> None:
    text = (house / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    assert "| `one` | First thing. |\n| `two` | Second \\| thing in two lines. |\n" in text
    assert text.endswith("After.\n")
    assert tool("check_architecture").main(["--check"], house) == 0


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("src/impacteval/three.py", '"""New."""\n', "differs from the code"),
        ("src/impacteval/one.py", '"""Other."""\n', "differs from the code"),
        ("src/impacteval/one.py", "x = 1\n", "has no docstring"),
        (".importlinter", "layers =\n    gone\n\n", "layer gone is not built"),
        ("docs/explanation/architecture.md", "# A\n", "comments around"),
    ],
)
def test_a_page_out_of_step_is_caught(
    house: Path, tool: Tool, capsys: pytest.CaptureFixture[str], name: str, text: str, said: str
) -> None:
    put(house, name, text)
    assert tool("check_architecture").main(["--check"], house) == 1
    assert said in capsys.readouterr().out


def test_twins_out_of_step_are_caught_and_written(
    tmp_path: Path, tool: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    twins = tool("check_twins")
    put(tmp_path, "studies/a/study.py", "# %%\n1 + 1\n")
    assert twins.main(["--check"], tmp_path) == 1
    assert "studies/a/study.ipynb is missing" in capsys.readouterr().out
    assert twins.main(["--write"], tmp_path) == 0
    assert twins.main(["--check"], tmp_path) == 0
    put(tmp_path, "studies/a/study.py", "# %%\n1 + 2\n")
    assert twins.main(["--check"], tmp_path) == 1
    assert "differs from study.py" in capsys.readouterr().out
    (tmp_path / "studies/a/study.py").unlink()
    assert twins.main(["--check"], tmp_path) == 1
    assert "has no study.py" in capsys.readouterr().out
    (tmp_path / "studies/a/study.ipynb").unlink()
    put(tmp_path, "notebooks/lesson.py", "# %%\n1 + 1\n")
    assert twins.main(["--check"], tmp_path) == 1
    assert "notebooks/lesson.ipynb is missing" in capsys.readouterr().out
    assert twins.main(["--write"], tmp_path) == 0
    assert twins.main(["--check"], tmp_path) == 0


def test_a_schema_out_of_step_is_caught_and_written(
    tmp_path: Path, tool: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    schemas = tool("check_schemas")
    assert schemas.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out.count("is missing") == len(schemas.SCHEMAS)
    assert schemas.main(["--write"], tmp_path) == 0
    assert schemas.main(["--check"], tmp_path) == 0
    for name, _ in schemas.SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(json.loads((tmp_path / name).read_text()))
    put(tmp_path, schemas.SCHEMAS["impacteval-plan/1"][0], "{}")
    assert schemas.main(["--check"], tmp_path) == 1


@pytest.mark.parametrize(
    ("expression", "licence", "classifiers", "fine"),
    [
        ("Apache-2.0", "", [], True),
        ("GPL-3.0-or-later", "", [], False),
        ("AGPL-3.0-only", "MIT", [], False),
        ("LGPL-2.1-or-later", "", [], True),
        ("MIT AND (BSD-3-Clause OR GPL-2.0-only)", "", [], True),
        ("MIT AND BSD-3-Clause AND GPL-2.0-only", "", [], False),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", "", [], True),
        ("BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1", "", [], True),
        ("", "GNU GENERAL PUBLIC LICENSE version 3", [], False),
        ("", "Copyright\n\nnot the GPL", [], True),
        ("", "", ["License :: OSI Approved :: GNU Affero General Public License v3"], False),
        ("", "", ["License :: OSI Approved :: GNU Library or Lesser General Public License (LGPL)"], True),
        (
            "",
            "",
            [
                "License :: OSI Approved :: GNU General Public License v2 (GPLv2)",
                "License :: OSI Approved :: MIT License",
            ],
            True,
        ),
        ("", "", ["Topic :: Software Development"], False),
    ],
)  # fmt: skip
def test_licences_are_told_apart(
    tool: Tool, expression: str, licence: str, classifiers: list[str], fine: bool
) -> None:
    found = tool("check_licences").fault("a", expression, licence, classifiers)
    assert (found is None) is fine


def test_the_closure_follows_extras_and_markers(tmp_path: Path, tool: Tool) -> None:
    lock = put(
        tmp_path,
        "uv.lock",
        """
[[package]]
name = "impacteval"
dependencies = [
    { name = "a", extra = ["fast"] },
    { name = "windows-only", marker = "sys_platform == 'win32'" },
]
[package.optional-dependencies]
studies = [{ name = "b" }]
other = [{ name = "c" }]

[[package]]
name = "a"
dependencies = [{ name = "d" }]
[package.optional-dependencies]
fast = [{ name = "e" }]

[[package]]
name = "b"
[[package]]
name = "c"
[[package]]
name = "d"
dependencies = [{ name = "a" }]
[[package]]
name = "e"
""",
    )
    found = tool("check_licences").closure(lock, "impacteval", frozenset({"studies"}))
    assert found == ("a", "b", "d", "e", "impacteval")


def test_a_distribution_that_is_not_installed_is_a_fault(tmp_path: Path, tool: Tool) -> None:
    put(
        tmp_path,
        "uv.lock",
        '[[package]]\nname = "impacteval"\ndependencies = [{ name = "nowhere-to-be-found" }]\n'
        '[[package]]\nname = "nowhere-to-be-found"\n',
    )
    assert tool("check_licences").main(tmp_path) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("see /home/somebody/data.csv", "path"),
        ("see `/opt/data.csv`", "path"),
        ("# TODO: later", "unfinished"),
        ("    raise NotImplementedError", "unfinished"),
        ("a randomized trial", "American"),
        ("the behavior of people", "American"),
    ],
)
def test_words_out_of_place_are_caught(tool: Tool, line: str, said: str) -> None:
    (found,) = tool("check_language").faults("a.md", f"fine\n{line}\n")
    assert found.startswith("a.md:2: ")
    assert said in found


@pytest.mark.parametrize(
    "line",
    [
        "work/data.csv, {home}/data, https://example.org/home/a, 1/root/2",
        "Athey and Imbens (2017), The econometrics of randomized experiments",
        "a randomised trial",
        "ax.set(color='red')",
    ],
)
def test_words_in_place_are_left_alone(tool: Tool, line: str) -> None:
    assert tool("check_language").faults("a.py", line) == []


def test_the_whole_tree_is_read(tmp_path: Path, tool: Tool) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    put(tmp_path, "docs/a.md", "fine\n")
    assert tool("check_language").main(tmp_path) == 0
    put(tmp_path, "docs/b.md", "TODO\n")
    assert tool("check_language").main(tmp_path) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.feature.md", "A sentence."),
        ("Big.added.md", "A sentence."),
        ("a.added.md", "no full stop"),
        ("a.added.md", "- A list."),
        ("a.added.md", ""),
        ("a.added.txt", "A sentence."),
    ],
)
def test_a_malformed_fragment_is_caught(tmp_path: Path, tool: Tool, name: str, text: str) -> None:
    put(tmp_path, "CHANGELOG.md", f"# C\n\n{tool('check_changelog').MARK}")
    put(tmp_path, "changelog.d/README.md", "How to.\n")
    assert tool("check_changelog").main([], tmp_path) == 0
    put(tmp_path, f"changelog.d/{name}", text)
    assert tool("check_changelog").main([], tmp_path) == 1


def test_a_release_gathers_the_fragments(tmp_path: Path, tool: Tool) -> None:
    changelog = tool("check_changelog")
    put(tmp_path, "CHANGELOG.md", f"# C\n\n{changelog.MARK}\n## 0.1.0\n")
    put(tmp_path, "changelog.d/README.md", "How to.\n")
    put(tmp_path, "changelog.d/b.fixed.md", "A bound is\nright.\n")
    put(tmp_path, "changelog.d/a.added.md", "A thing is there.\n")
    assert changelog.main(["--release", "0.2.0"], tmp_path) == 0
    assert (tmp_path / "CHANGELOG.md").read_text() == (
        f"# C\n\n{changelog.MARK}\n## 0.2.0\n\n### Added\n\n- A thing is there.\n\n"
        "### Fixed\n\n- A bound is right.\n\n## 0.1.0\n"
    )
    assert [file.name for file in (tmp_path / "changelog.d").iterdir()] == ["README.md"]
    assert changelog.main(["--release", "0.3.0"], tmp_path) == 1
