"""What was frozen before outcomes were seen, in the terminal: who is compared, and how alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from impacteval.cli.show import say, show_rows

if TYPE_CHECKING:
    from impacteval.study.preparation import PreparedStep


def show_frozen(step: PreparedStep) -> None:
    """The digest of pairs and weights, and each covariate before and after, where they tell it."""
    show_rows([(f"{step.kind} by {step.made_by}", step.digest)])
    counts = step.tables.get("counts")
    if counts:
        show_rows(
            [
                (str(what).replace("_", " "), f"{n:,.0f}" if float(n).is_integer() else f"{n:,.2f}")
                for what, n in zip(counts["what"], counts["n"], strict=True)
            ]
        )
    balance = step.tables.get("balance")
    if balance and balance.get("covariate"):
        _show_balance(balance)


def _show_balance(table: dict[str, list[Any]]) -> None:
    from impacteval.cli.tables import show_table
    from impacteval.render.blocks import Cell, Column, Table

    def number(value: Any) -> str:
        missing = value is None or not math.isfinite(value)
        if missing:
            return "-"
        return f"{round(value, 3) + 0.0:.3f}".replace("-", "\N{MINUS SIGN}")

    columns = (
        ("Characteristic", None),
        ("Served", "served_after"),
        ("Others before", "comparison_before"),
        ("Others after", "comparison_after"),
        ("Difference before", "difference_before"),
        ("Difference after", "difference_after"),
    )
    show_table(
        Table(
            "How alike both groups are, differences in standard deviations:",
            tuple(Column(head, "right" if key else "left") for head, key in columns),
            tuple(
                (Cell(str(name)), *(Cell(number(table[key][k])) for _, key in columns if key))
                for k, name in enumerate(table["covariate"])
            ),
        )
    )
    say()
