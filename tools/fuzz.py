"""Feed broken files to the readers of contracts, examples, ledgers and plans.

    python tools/fuzz.py --rounds 20000 --seed 1

Every file either loads or is refused with problems that have a place. A file that loads must also
be explained in both languages, price without results, and keep its digest when dumped and loaded
again. The slowest file and the growth of memory are printed.
"""

from __future__ import annotations

import argparse
import copy
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from impacteval.contract import Contract, load_contract
from impacteval.contract.ledger import load_ledger
from impacteval.decide import load_examples, price
from impacteval.errors import InputError, PluginError
from impacteval.plan import load_plan
from impacteval.render.explain import explain

ROOT = Path(__file__).parents[1]
SECONDS, MEGABYTES = 2.0, 200.0

WORDS: Sequence[str] = (
    "", "&a x", "*a", "!!python/object:os.system ls", "<<: *a", "---", "...", "|", ">", "? x", "- ",
    "{", "}", "[", "]", "'", '"', "\\", "#", ": ", "\t", "\u00a0", "\u2028", "\ufeff", "\x00", "\x1b[2J",
    "~", "null", "yes", "true", ".inf", "-.inf", ".nan", "nan", "Infinity", "1e999999", "1E+400000000",
    "0x10", "0o7", "1_000", "1,000", "1 000", "\u0661\u0662", "-0", "+5", "5%", "%5", "105 %", "-3%",
    "9" * 400, "0." + "0" * 400 + "1", "x" * 20_000, "2014-02-30", "2014-04", "0000-00-00", "not_published",
    "none", "all", "pooled", "__class__", "model_config", "{{ x }}", "<script>", "\U0001f600", "\ud7ff", "e\u0301",
)  # fmt: skip


@dataclass
class Outcome:
    """What a run of the fuzzer found."""

    tried: Counter[str] = field(default_factory=Counter)
    loaded: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_file: bytes = b""
    failures: list[tuple[str, bytes, str]] = field(default_factory=list)
    grown: float = 0.0


class _Bare(yaml.SafeLoader):
    """Every scalar stays the text that was written."""


_Bare.yaml_implicit_resolvers = {}


class _Whole(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _places(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = (
        list(tree.items())
        if isinstance(tree, dict)
        else list(enumerate(tree))
        if isinstance(tree, list)
        else []
    )
    found = [at] if at else []
    for key, child in children:
        found += _places(child, (*at, key))
    return found


def _get(tree: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        tree = tree[step]
    return tree


def _in_the_tree(raw: bytes, draw: random.Random) -> bytes:
    """A key or value replaced, removed, copied elsewhere or wrapped, and written out again."""
    tree = copy.deepcopy(yaml.load(raw, Loader=_Bare))
    for _ in range(draw.randint(1, 3)):
        places = _places(tree)
        if not places:
            break
        place = draw.choice(places)
        parent, last = _get(tree, place[:-1]), place[-1]
        match draw.randrange(6):
            case 0:
                del parent[last]
            case 1:
                parent[last] = draw.choice(WORDS)
            case 2:
                parent[last] = copy.deepcopy(_get(tree, draw.choice(places)))
            case 3:
                parent[last] = [parent[last]] * draw.randint(0, 3)
            case 4:
                parent[last] = {draw.choice(WORDS): parent[last]}
            case _ if isinstance(parent, dict):
                parent[draw.choice([str(p[-1]) for p in places])] = parent.pop(last)
            case _:
                parent.insert(draw.randint(0, len(parent)), copy.deepcopy(parent[last]))
    try:
        text = yaml.dump(tree, Dumper=_Whole, sort_keys=False, allow_unicode=True, width=10**6)
    except (yaml.YAMLError, UnicodeError):
        return raw
    return text.encode("utf-8", "surrogatepass")


def _in_the_lines(raw: bytes, draw: random.Random) -> bytes:
    lines = raw.split(b"\n")
    for _ in range(draw.randint(1, 3)):
        k = draw.randrange(len(lines))
        match draw.randrange(6):
            case 0:
                del lines[k]
            case 1:
                lines.insert(draw.randrange(len(lines) + 1), lines[k])
            case 2:
                lines[k] = b" " * draw.randint(1, 40) + lines[k]
            case 3:
                lines[k] = lines[k].lstrip()
            case 4:
                cut = draw.randint(0, len(lines[k]))
                word = draw.choice(WORDS).encode("utf-8", "surrogatepass")
                lines[k] = lines[k][:cut] + word + lines[k][cut:]
            case _:
                lines[k] = lines[k] * draw.randint(2, 200)
        if not lines:
            break
    return b"\n".join(lines)


def _in_the_bytes(raw: bytes, draw: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(draw.randint(1, 8)):
        k = draw.randrange(len(changed) + 1)
        match draw.randrange(3):
            case 0:
                changed[k : k + 1] = bytes([draw.randrange(256)])
            case 1:
                changed[k:k] = bytes(draw.randrange(256) for _ in range(draw.randint(1, 4)))
            case _:
                del changed[k : k + draw.randint(1, 200)]
    return bytes(changed)


def _in_a_number(raw: bytes, draw: random.Random) -> bytes:
    """One scalar replaced by a likely one: most of these files load, and say something else."""
    tree = copy.deepcopy(yaml.load(raw, Loader=_Bare))
    scalars = [p for p in _places(tree) if isinstance(_get(tree, p), str)]
    numbers = [p for p in scalars if _get(tree, p).strip("-+.%").replace(".", "").isdigit()]
    for _ in range(draw.randint(1, 2)):
        place = draw.choice(numbers or scalars)
        likely = ("0", "-1", "0.5", "1", "7.5", "33.333333333", "1e3", "100", "100%", "-0.01")
        other = _get(tree, draw.choice(scalars))
        _get(tree, place[:-1])[place[-1]] = draw.choice((*likely, "999999999999999", other))
    text = yaml.dump(tree, Dumper=_Whole, sort_keys=False, allow_unicode=True, width=10**6)
    return text.encode()


CHANGES: Sequence[Callable[[bytes, random.Random], bytes]] = (
    _in_a_number,
    _in_the_tree,
    _in_the_lines,
    _in_the_bytes,
)


def _contract(path: Path) -> None:
    contract = load_contract(path)
    for language in ("en", "fr"):
        explain(contract, language)
    again = Contract.model_validate(contract.model_dump())
    if again.digest != contract.digest:
        raise AssertionError("The digest changed when the contract was dumped and read again.")
    price(contract, {})


READERS: dict[str, Callable[[Path], object]] = {
    "contract": _contract,
    "examples": load_examples,
    "ledger": load_ledger,
    "plan": load_plan,
}


_LEDGER = b"""format: impacteval-ledger/1
contract: denver
payments:
  - {date: 2017-09, amount: 1000.00, settlement: year_1, what: nights}
other_money:
  - {name: medicaid, date: 2017-09-30, amount: not_published}
"""


def corpus() -> dict[str, list[bytes]]:
    """The files that are broken: every contract, plan and table of examples of the repository."""
    files = {
        kind: [file.read_bytes() for file in sorted((ROOT / "studies").glob(f"**/{kind}.yaml"))]
        for kind in READERS
    }
    files["ledger"].append(_LEDGER)
    return files


def _said_well(error: InputError) -> str:
    """What an error lacks: a place, a sentence, a reasonable length."""
    for problem in error.problems:
        if problem.line < 1 or problem.column < 1:
            return f"A problem without a place: {problem}"
        if not problem.what.strip() or len(str(problem)) > 2000:
            return f"A problem that cannot be read ({len(str(problem))} characters)."
    return ""


def fuzz(rounds: int, seed: int, *, stop_at: int = 10) -> Outcome:
    """Break files `rounds` times and read them.

    Parameters
    ----------
    rounds : int
        How many broken files are read.
    seed : int
        Seed of the breaking.
    stop_at : int
        The number of failures after which there is no point in going on.

    Returns
    -------
    Outcome
    """
    draw = random.Random(seed)
    found, files = Outcome(), corpus()
    kinds = ["contract"] * 5 + ["examples", "ledger", "plan"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            kind = draw.choice(kinds)
            raw = draw.choice(files[kind])
            broken = draw.choice(CHANGES)(raw, draw)
            path = Path(folder) / f"{kind}.yaml"
            path.write_bytes(broken)
            found.tried[kind] += 1
            wrong, start = "", time.perf_counter()
            try:
                READERS[kind](path)
                found.loaded[kind] += 1
            except InputError as refused:
                wrong = _said_well(refused)
            except PluginError:  # a plan may name an estimator that no package offers
                wrong = "A plan blamed a package." if kind != "plan" else ""
            except Exception:
                wrong = traceback.format_exc()
            seconds = time.perf_counter() - start
            if seconds > found.slowest:
                found.slowest, found.slowest_file = seconds, broken
            if seconds > SECONDS:
                wrong = wrong or f"{seconds:.1f} seconds."
            if wrong:
                found.failures.append((kind, broken, wrong))
                if len(found.failures) >= stop_at:
                    break
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found.grown = (after - before) / 1024
    return found


def main() -> int:
    """Run from the command line; 1 when something failed."""
    ask = argparse.ArgumentParser(description="Feed broken files to the readers.")
    ask.add_argument("--rounds", type=int, default=20_000)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--keep", type=Path, help="a folder for the files that failed")
    given = ask.parse_args()
    found = fuzz(given.rounds, given.seed)
    for k, (kind, raw, wrong) in enumerate(found.failures):
        print(f"--- {kind} {k}\n{wrong}")
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            (given.keep / f"{k}.{kind}.yaml").write_bytes(raw)
    tried = ", ".join(
        f"{n} {kind} ({found.loaded[kind]} loaded)" for kind, n in found.tried.items()
    )
    print(f"Tried: {tried}.")
    print(f"Slowest file: {found.slowest:.3f} s. Memory grew by {found.grown:.0f} MB in all.")
    return 1 if found.failures or found.grown > MEGABYTES else 0


if __name__ == "__main__":
    sys.exit(main())
