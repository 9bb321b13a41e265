"""Which test executes which line of the code about money, measured once and kept on disk."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from mutation_changes import ROOT, module_of, sources, tests

KEPT = ROOT / "mutants"
OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist", "--tb=no"]
OPTIONS += ["--hypothesis-profile=mutation", "--no-header", "--no-summary"]


@dataclass
class Reach:
    """Seconds of each test, the tests that execute each line, and lines executed in collecting."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    collecting: dict[str, set[int]] = field(default_factory=dict)


class _Measuring:
    """Runs each test alone, with its fixtures set up afresh, and takes down what it executes."""

    def __init__(self) -> None:
        import coverage

        self.tracer = coverage.Coverage(
            data_file=None, config_file=False, include=[str(path) for path in sources()]
        )
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            self.tracer.switch_context(item.nodeid)
            began = time.process_time()
            if any(r.failed for r in runtestprotocol(item, log=False, nextitem=None)):
                self.failed.append(item.nodeid)
            self.seconds[item.nodeid] = round(time.process_time() - began, 4)
            self.tracer.switch_context("")
        return True


def _measure(into: dict[str, Path]) -> None:
    """Run some files of tests, and write down what each executes."""
    measuring = _Measuring()
    measuring.tracer.start()
    pytest.main([*OPTIONS, *into], plugins=[measuring])
    measuring.tracer.stop()
    if measuring.failed or not measuring.seconds:
        raise SystemExit(f"These tests fail without any change: {measuring.failed}")
    data = measuring.tracer.get_data()
    lines: dict[str, dict[str, dict[int, list[str]]]] = {name: {} for name in into}
    collecting: dict[str, list[int]] = {}
    for path in sources():
        module = module_of(path)
        for n, tests_of in data.contexts_by_lineno(str(path)).items():
            for test in filter(None, tests_of):
                held = lines[test.partition("::")[0]].setdefault(module, {})
                held.setdefault(n, []).append(test)
            if "" in tests_of:
                collecting.setdefault(module, []).append(n)
    for name, file in into.items():
        own = {t: s for t, s in measuring.seconds.items() if t.partition("::")[0] == name}
        said = {"seconds": own, "lines": lines[name], "collecting": collecting}
        file.write_text(json.dumps(said), encoding="utf-8")


def reach() -> Reach:
    """What the tests execute, measured once for the package and each file of tests as they are."""
    folder = KEPT / "reach" / digest([*_package(), *helpers()])
    folder.mkdir(parents=True, exist_ok=True)
    held = {str(p.relative_to(ROOT)): folder / f"{digest([p])}.json" for p in test_files()}
    missing = {name: file for name, file in held.items() if not file.exists()}
    if missing:
        print(f"Measuring which test of {len(missing)} files executes which line.", flush=True)
        pid = os.fork()
        if not pid:
            silenced(lambda: _measure(missing))
        if os.waitpid(pid, 0)[1]:
            raise SystemExit("The tests fail without any change. Run them first.")
    found = Reach()
    for file in held.values():
        told = json.loads(file.read_text(encoding="utf-8"))
        found.seconds |= told["seconds"]
        for module, lines in told["lines"].items():
            of = found.lines.setdefault(module, {})
            for n, tests_of in lines.items():
                of.setdefault(int(n), []).extend(tests_of)
        for module, numbers in told["collecting"].items():
            found.collecting.setdefault(module, set()).update(numbers)
    return found


def _package() -> list[Path]:
    return sorted((ROOT / "src").rglob("*.py"))


def test_files() -> list[Path]:
    """The files of tests."""
    return sorted(path for folder in tests() for path in (ROOT / folder).rglob("test_*.py"))


def helpers() -> list[Path]:
    """What the tests share."""
    found = {path for folder in tests() for path in (ROOT / folder).rglob("*.py")}
    return sorted((found | {ROOT / "tests" / "conftest.py"}) - set(test_files()))


def digest(paths: Sequence[Path]) -> str:
    told = hashlib.sha256()
    for path in paths:
        told.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return told.hexdigest()[:16]


def silenced(do: Callable[[], object]) -> None:
    """Do it, say nothing, and leave this process."""
    code = 1
    try:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
            do()
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    finally:
        os._exit(code)
