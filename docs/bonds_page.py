"""The gallery of published bonds, written from their files: what each says, pays and leaves unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impacteval.contract import Contract
    from impacteval.decide.examples import ExampleResult

INTRODUCTION = """# Published bonds

Contracts of real bonds, read from published sources and written in the contract language. Each term
names its source; what is not public is `not_published` or listed as such, never guessed. Each file
has worked examples beside it, the published result first where one was read, and `impacteval check`
holds the contract to them. This page is written from those files.

```text
impacteval explain studies/bonds/denver --lang fr
impacteval price studies/bonds/denver --set housed_nights=299928 --set jail_days=38
```
"""

TERMS = (
    "threshold", "tiers", "piecewise", "linear", "partial_full", "bonus_malus", "share_of_saving",
    "rate_card", "basket", "gate", "equity_bonus", "first_of", "sum",
)  # fmt: skip
BOUNDS = ("cap", "net_of", "cumulative", "split")


def page_of_bonds(folder: Path) -> str:
    """The page; the bonds in the order of their folders."""
    from impacteval.adjudicated import run_examples
    from impacteval.contract import load_contract
    from impacteval.decide import load_examples

    bonds = [
        (
            path.name,
            load_contract(path),
            [example.name.en for example in load_examples(path / "examples.yaml").examples],
            run_examples(path / "examples.yaml"),
        )
        for path in sorted(folder.iterdir())
        if (path / "contract.yaml").exists()
    ]
    rows = [
        f"| [{contract.title.en}](#{name}) | {', '.join(f'`{key}`' for key in keys_of(contract))} | "
        f"{', '.join(f'`{design}`' for design in designs_of(contract))} |"
        for name, contract, *_ in bonds
    ]
    table = ["| bond | what pays | compared with |", "|---|---|---|", *rows, ""]
    parts = [line for bond in bonds for line in section(*bond)]
    return "\n".join([INTRODUCTION, *table, *parts])


def keys_of(contract: Contract) -> tuple[str, ...]:
    """The keys of the contract language that the payment of a bond uses, the outermost first."""
    from impacteval.contract.clauses import Threshold
    from impacteval.contract.payment import terms

    found = dict.fromkeys(
        key
        for _, term in terms(contract.payment)
        for key in (*TERMS, *BOUNDS)
        if getattr(term, key) is not None
    )
    if any(isinstance(clause, Threshold) for clause in contract.clauses):
        found["threshold"] = None
    if contract.waterfall is not None:
        found["waterfall"] = None
    return tuple(found)


def designs_of(contract: Contract) -> tuple[str, ...]:
    """Where "what would have happened otherwise" comes from, for each outcome once."""
    return tuple(dict.fromkeys(o.counterfactual.design for o in contract.outcomes.values()))


def section(
    name: str, contract: Contract, examples: list[str], results: tuple[ExampleResult, ...]
) -> Iterator[str]:
    """One bond: in plain words twice, what its examples come to (computed), what is not public."""
    from impacteval.decide import money_text
    from impacteval.render.format import money
    from impacteval.values import Language

    yield f"({name})="
    yield f"## {contract.title.en}"
    yield ""
    yield f"`studies/bonds/{name}`"
    yield ""
    yield contract.in_plain_words.en
    yield ""
    yield f"*{contract.in_plain_words.fr}*"
    yield ""
    yield "| example | in total |"
    yield "|---|---|"
    for example, result in zip(examples, results, strict=True):
        if result.decision is None:
            raise ValueError(f"{name}: the example “{example}” cannot be priced.")
        total = money(money_text(result.decision.total), Language.EN, contract.currency)
        yield f"| {example} | {total} |"
    yield ""
    if contract.not_public:
        yield "Not public:"
        yield ""
        for item in contract.not_public:
            yield f"- {item.en}"
        yield ""
