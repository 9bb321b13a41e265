"""What the repository promises about itself, held here so that it stays true."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Tool = Callable[[str], ModuleType]

HEAVY = ("pandas", "scipy", "statsmodels", "matplotlib", "pyarrow", "IPython", "linearmodels")


def imported_by(statement: str) -> set[str]:
    """Names of the top-level modules that a fresh interpreter holds after the statement."""
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in json.loads(done.stdout)}


def test_import_impacteval_loads_no_heavy_library() -> None:
    loaded = imported_by("import impacteval")
    assert "impacteval" in loaded
    assert not loaded.intersection(HEAVY)


def test_every_name_of_the_face_is_there() -> None:
    import impacteval

    assert len(impacteval.__all__) <= 12
    for name in impacteval.__all__:
        assert getattr(impacteval, name) is not None


@pytest.mark.parametrize("module", ["impacteval.decide", "impacteval.contract.terms"])
def test_the_payment_decision_loads_no_numerical_library(module: str) -> None:
    assert not imported_by(f"import {module}").intersection(("numpy", *HEAVY))


def test_the_layers_hold(root: Path) -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("estimators/randomised/lin.py", "import impacteval.decide", "blind to the contract"),
        ("inference/joint.py", "import impacteval.contract", "blind to the contract"),
        ("contract/terms.py", "from impacteval import estimates", "is arithmetic"),
        ("decide/__init__.py", "def later():\n    import numpy", "is arithmetic"),
        ("registry.py", "import impacteval.estimators.randomised.lin", "plugin door"),
        ("values.py", "import impacteval.canonical", "layers below"),
    ],
)
def test_the_rules_of_import_catch_a_breach(
    root: Path, tmp_path: Path, module: str, line: str, broken: str
) -> None:
    shutil.copytree(root / "src" / "impacteval", tmp_path / "impacteval")
    shutil.copy(root / ".importlinter", tmp_path)
    file = tmp_path / "impacteval" / module
    file.write_text(f"{file.read_text(encoding='utf-8')}\n\n{line}\n", encoding="utf-8")
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert re.search(f"{broken}.* BROKEN", done.stdout), done.stdout + done.stderr


def test_every_module_of_the_package_has_its_layer(root: Path, tool: Tool) -> None:
    rules = (root / ".importlinter").read_text(encoding="utf-8")
    block = rules.split("layers =\n", 1)[1].split("\n\n", 1)[0]
    missing = set(tool("check_architecture").modules(root / "src" / "impacteval")) - set(
        re.findall(r"[a-z_]+", block)
    )
    assert not missing


def test_the_architecture_page_lists_the_modules(root: Path, tool: Tool) -> None:
    assert tool("check_architecture").main(["--check"], root) == 0


def test_the_schemas_are_in_step_with_the_models(root: Path, tool: Tool) -> None:
    assert tool("check_schemas").main(["--check"], root) == 0


def test_each_study_notebook_is_in_step_with_its_source(root: Path, tool: Tool) -> None:
    assert tool("check_twins").main(["--check"], root) == 0


def test_the_fragments_of_the_changelog_are_sentences(root: Path, tool: Tool) -> None:
    assert tool("check_changelog").main([], root) == 0


def test_the_tree_holds_no_machine_path_and_no_unfinished_mark(root: Path, tool: Tool) -> None:
    if not (root / ".git").exists():
        pytest.skip("the files are listed by git, and this is not a clone")
    assert tool("check_language").main(root) == 0


def test_users_install_nothing_under_the_gpl(root: Path, tool: Tool) -> None:
    names = tool("check_licences").closure(root / "uv.lock", "impacteval", frozenset({"notebook"}))
    assert {"numpy", "pandas", "ipykernel", "jupyterlab"} <= set(names)
    assert "linearmodels" not in names, "a peer of the tests is not installed by users"
    if shutil.which("jupyter", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("the extra notebook is not installed here")
    assert tool("check_licences").main(root) == 0


def test_the_package_declares_what_it_imports(root: Path, tool: Tool) -> None:
    assert tool("check_dependencies").main(root) == 0


def test_the_wheel_is_the_same_twice(root: Path, tool: Tool) -> None:
    if tool("check_wheel").installer(root) is None:
        pytest.skip("uv is not on this machine; make installs it")
    assert tool("check_wheel").main(root) == 0


def test_the_readme_shows_exactly_the_two_commands(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|console|bash)?\n(.*?)```", readme, flags=re.DOTALL)
    assert [line for block in blocks for line in block.splitlines()] == ["make report", "make test"]


def test_the_picture_and_the_pages_that_the_readme_links_exist(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", readme) if "://" not in link]
    assert links
    assert [link for link in links if not (root / link).exists()] == []


def test_every_target_of_make_is_explained(root: Path) -> None:
    done = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True)
    for target in ("report", "test", "check", "docs"):
        assert re.search(rf"^  make {target} +\w", done.stdout, flags=re.MULTILINE)
    assert max(len(line) for line in done.stdout.splitlines()) <= 100


def test_make_bare_shows_the_commands_and_changes_nothing(root: Path) -> None:
    done = subprocess.run(["make", "-n"], cwd=root, capture_output=True, text=True, check=True)
    assert "tools/setup.sh" not in done.stdout


@pytest.mark.parametrize("script", ["tools/setup.sh", ".ci/run"])
def test_scripts_can_be_run(root: Path, script: str) -> None:
    file = root / script
    assert file.stat().st_mode & 0o111
    shell = file.read_text(encoding="utf-8").split("\n", 1)[0].split("/")[-1].split()[-1]
    subprocess.run([shell, "-n", str(file)], check=True)


@pytest.mark.parametrize(
    ("version", "said"),
    [("3.10", "is Python 3.10"), ("3.14", "is Python 3.14"), ("", "does not run")],
)
def test_set_up_refuses_another_python_in_one_sentence(
    root: Path, tmp_path: Path, version: str, said: str
) -> None:
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\n[ -n '{version}' ] || exit 1\necho {version}\n")
    python.chmod(0o755)
    done = subprocess.run(
        ["sh", str(root / "tools" / "setup.sh"), "report"],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert said in done.stderr
    assert "3.11, 3.12 or 3.13" in done.stderr
    assert done.stderr.count("\n") == 1


def test_nothing_invents_a_person(root: Path) -> None:
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert 'name: "The impacteval authors"' in citation
    assert "given-names" not in citation
