"""Run the tests of `decide` and `contract` against each change to the code about money.

    python tools/mutation_run.py [--workers 2] [--only decide.holm ...]

The tests are collected once. For each change a copy of that process puts the change in force and
runs the tests that execute the changed statement: first the test that noticed the last change of
the same function, then the others from the quickest to the slowest, until one fails. What no test
notices has thus been run against every test that could. Where the function is already called while
the tests are collected, a new process collects them with the change in the file.

Results go to `mutants/results.jsonl` one by one, so that a run that is stopped goes on where it was:
what was noticed stands while neither the function nor the file of the test that noticed it changes,
and what was not is run against the files of tests that changed since. `--fresh` forgets all that.
`tools/mutation.py` writes the results down.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import select
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from mutation_changes import (
    Mutant,
    changed_source,
    module_of,
    mutants,
    put_in_force,
    sources,
    tests,
)
from mutation_reach import KEPT, OPTIONS, ROOT, Reach, digest, helpers, reach, silenced, test_files

RESULTS = KEPT / "results.jsonl"
# A test under a change may take so many times its own time, and so many seconds more.
TIMES, MORE = 20, 5


# --- One change ----------------------------------------------------------------------------------


def _attempt(mutant: Mutant | None, items: Sequence[pytest.Item], seconds: Any, tell: int) -> None:
    """Run tests until one fails, and tell which: its number, or -1. 0 seconds is no limit."""
    memory = 4 << 30
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    gc.disable()  # it ends before it could matter
    if mutant is not None:
        put_in_force(mutant)
    for number, item in enumerate(items):
        # What is told last stands, should the time limit end the process.
        os.write(tell, f"{number}\n".encode())
        signal.setitimer(signal.ITIMER_PROF, MORE + TIMES * seconds[item.nodeid])
        following = items[number + 1] if number + 1 < len(items) else None
        if any(r.failed for r in runtestprotocol(item, log=False, nextitem=following)):
            raise SystemExit(1)
    signal.setitimer(signal.ITIMER_PROF, 0)
    os.write(tell, b"-1\n")


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Imports one module with the change in it."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.path = ""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.mutant.module:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        assert found is not None
        assert found.origin is not None
        self.path = found.origin
        return importlib.util.spec_from_file_location(name, found.origin, loader=self)

    def get_filename(self, fullname: str) -> str:
        return self.path

    def get_data(self, path: str) -> bytes:
        return changed_source(self.mutant).encode()


class _Collected:
    """Runs all that a new process collects, the named ones first."""

    def __init__(self, first: Sequence[str], known: Reach, tell: int) -> None:
        self.first, self.known, self.tell = {name: n for n, name in enumerate(first)}, known, tell
        self.order: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return True
        seconds = defaultdict(lambda: 1.0, self.known.seconds)
        found = {item.nodeid for item in session.items}
        if found != set(self.known.seconds):
            raise SystemExit(1)
        items = sorted(
            session.items,
            key=lambda i: (self.first.get(i.nodeid, len(self.first)), seconds[i.nodeid]),
        )
        _attempt(None, items, seconds, self.tell)
        raise SystemExit(0)


def _afresh(mutant: Mutant, order: Sequence[str], known: Reach, tell: int) -> None:
    os.write(tell, b"-2\n")
    sys.meta_path.insert(0, _Changed(mutant))
    pytest.main([*OPTIONS, *tests()], plugins=[_Collected(order, known, tell)])
    raise SystemExit(1)  # the tests could not be collected


# --- All of them ---------------------------------------------------------------------------------


@dataclass
class Task:
    """A change, the tests to run against it in order, and how long that may take."""

    mutant: Mutant
    order: list[str]
    passed: dict[str, str]
    pipe: int = 0
    began: float = 0.0


class Results:
    """What is known of each change, on disk line by line."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        if RESULTS.exists():
            for line in RESULTS.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(json.JSONDecodeError):  # a line half written
                    held = json.loads(line)
                    self.known[held["key"]] = held
        self.file = RESULTS.open("a", encoding="utf-8")

    def add(self, mutant: Mutant, outcome: str, **more: Any) -> None:
        held = {"key": mutant.key, "name": mutant.name, "outcome": outcome, **more}
        self.known[mutant.key] = held
        self.file.write(json.dumps(held) + "\n")
        self.file.flush()


class Run:
    """Every change in turn, at most so many at once."""

    def __init__(self, todo: list[Mutant], known: Reach, workers: int) -> None:
        self.todo, self.known, self.workers = todo, known, workers
        self.results = Results()
        shared = helpers()
        self.files = {str(p.relative_to(ROOT)): digest([p, *shared]) for p in test_files()}
        self.noticed: dict[str, list[str]] = defaultdict(list)
        self.count: Counter[str] = Counter()
        self.running: dict[int, Task] = {}

    def covering(self, mutant: Mutant) -> list[str]:
        """The tests that execute the statement, from the quickest to the slowest."""
        lines = self.known.lines.get(mutant.module, {})
        found = {test for n in mutant.lines for test in lines.get(n, ())}
        return sorted(found, key=lambda test: (self.known.seconds[test], test))

    def collecting(self, mutant: Mutant) -> bool:
        """Whether the statement is executed before any test runs."""
        return not mutant.lines.isdisjoint(self.known.collecting.get(mutant.module, ()))

    def task(self, mutant: Mutant) -> Task | None:
        """What is left to do for a change, or None."""
        order, passed = self.covering(mutant), {}
        before = self.results.known.get(mutant.key)
        if self.collecting(mutant):
            order = order or list(self.known.seconds)
        if before and before["outcome"] in {"killed", "out of time"}:
            if before["file"] == self.files.get(before["by"].partition("::")[0], ""):
                return None
            order = self._first(order, [before["by"]])
        elif before and before["outcome"] == "survived":
            if self.collecting(mutant):
                if before["passed"] == self.files:
                    return None
            else:
                passed = {f: d for f, d in before["passed"].items() if self.files.get(f) == d}
                order = [test for test in order if test.partition("::")[0] not in passed]
        return Task(mutant, order, passed)

    @staticmethod
    def _first(order: list[str], these: list[str]) -> list[str]:
        known = set(order)
        ahead = [test for test in dict.fromkeys(these) if test in known]
        return ahead + [test for test in order if test not in ahead]

    def known_before(self, mutant: Mutant) -> int:
        """What nobody knows comes first, then what may be noticed by now."""
        before = self.results.known.get(mutant.key)
        return 0 if before is None else 1 if before["outcome"] in {"survived", "untested"} else 2

    def go(self, afresh: bool, items: dict[str, pytest.Item]) -> None:
        """Run those that need a new process, or those that do not."""
        for mutant in sorted(self.todo, key=self.known_before):
            if self.collecting(mutant) != afresh:
                continue
            task = self.task(mutant)
            if task is None:
                continue
            if not task.order:
                outcome = "survived" if task.passed else "untested"
                self._end(task, outcome, None)
                continue
            task.order = self._first(task.order, self.noticed[mutant.place][-3:][::-1])
            while len(self.running) >= self.workers:
                self._wait()
            self._start(task, afresh, items)
        while self.running:
            self._wait()

    def unchanged(self, items: dict[str, pytest.Item]) -> None:
        """Every test passes without a change, in the order in which changes are tried."""
        order = sorted(items, key=lambda test: (self.known.seconds[test], test))
        pid = os.fork()
        if not pid:
            tell = os.open(os.devnull, os.O_WRONLY)
            chosen = [items[name] for name in order]
            silenced(lambda: _attempt(None, chosen, self.known.seconds, tell))
        if os.waitpid(pid, 0)[1]:
            raise SystemExit("The tests fail without any change in the order of their length.")

    def _start(self, task: Task, afresh: bool, items: dict[str, pytest.Item]) -> None:
        out, tell = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(out)
            if afresh:
                silenced(lambda: _afresh(task.mutant, task.order, self.known, tell))
            chosen = [items[name] for name in task.order]
            silenced(lambda: _attempt(task.mutant, chosen, self.known.seconds, tell))
        os.close(tell)
        task.pipe, task.began = out, time.monotonic()
        self.running[pid] = task

    def _wait(self) -> None:
        """Wait for one to end, and write down how."""
        ended = 0
        while not ended:
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended:
                break
            select.select([], [], [], 0.005)
            for pid, task in self.running.items():
                if time.monotonic() - task.began > 1800:
                    os.kill(pid, signal.SIGKILL)
        task = self.running.pop(ended)
        told = b""
        while part := os.read(task.pipe, 1 << 16):
            told += part
        os.close(task.pipe)
        last = int((told.split() or [b"-2"])[-1])
        if last == -1 and not status:
            self._end(task, "survived", None)
        else:
            by = task.order[last] if 0 <= last < len(task.order) else "collecting the tests"
            self._end(task, "out of time" if os.WIFSIGNALED(status) else "killed", by)

    def _end(self, task: Task, outcome: str, by: str | None) -> None:
        mutant, more = task.mutant, {}
        self.count[outcome] += 1
        if by is not None:
            self.noticed[mutant.place].append(by)
            more |= {"by": by, "file": self.files.get(by.partition("::")[0], "")}
        if outcome == "survived":
            every = (
                self.files
                if self.collecting(mutant)
                else {f: self.files[f] for f in {t.partition("::")[0] for t in task.order}}
            )
            more["passed"] = task.passed | every
            more["tests"] = len(self.covering(mutant))
        more["seconds"] = round(time.monotonic() - task.began, 2) if task.began else 0
        self.results.add(mutant, outcome, **more)
        done = sum(self.count.values())
        if done % 100 == 0:  # of those that had to be run
            print(f"{time.strftime('%H:%M:%S')} {done} {dict(self.count)}", flush=True)


class _Looping:
    """Keeps the process in which the tests were collected, and runs the changes from there."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()
        self.run.unchanged(items)
        self.run.go(False, items)
        return True


def _chosen(only: Sequence[str]) -> Iterator[Mutant]:
    for path in sources():
        name = module_of(path).removeprefix("impacteval.")
        if not only or name in only:
            yield from mutants(path)


def main() -> int:
    """Run what is not known yet."""
    ask = argparse.ArgumentParser(description="Run the tests against each change.")
    ask.add_argument("--workers", type=int, default=2)
    ask.add_argument("--only", nargs="*", default=[], help="modules, such as decide.holm")
    ask.add_argument("--fresh", action="store_true", help="forget what earlier runs found")
    given = ask.parse_args()
    os.chdir(ROOT)
    os.environ["OMP_NUM_THREADS"] = "1"
    KEPT.mkdir(exist_ok=True)
    if given.fresh:
        RESULTS.unlink(missing_ok=True)
    known = reach()
    todo = list(_chosen(given.only))
    run = Run(todo, known, given.workers)
    print(f"{len(todo)} changes, {len(known.seconds)} tests.", flush=True)
    run.go(True, {})
    pytest.main([*OPTIONS, *tests()], plugins=[_Looping(run)])
    print(dict(run.count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
