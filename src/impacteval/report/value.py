"""The report as one value: what was decided, on which findings, and the whole record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from impacteval.canonical import digest
from impacteval.decide import Decision
from impacteval.report.compared import TOLERANCE, compare
from impacteval.report.findings import Findings
from impacteval.report.record import Record, record_json

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Report:
    """What `verify` returns. Two reports are equal when their records are.

    Attributes
    ----------
    decision : Decision
        Verdicts and money.
    findings : Findings
        Estimates and checks: ``report.findings["earnings"].estimate``.
    record : Record
        Everything the report says, as written to ``verdict.json``.
    """

    decision: Decision
    findings: Findings
    record: Record

    @property
    def digest(self) -> str:
        """The digest of the record."""
        return digest(self.record.model_dump(mode="json"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Report):
            return NotImplemented
        return self.record == other.record

    def __hash__(self) -> int:
        return hash(self.digest)

    def against(self, other: Record, tolerance: Decimal = TOLERANCE) -> Report:
        """The same report, with its run held against another one.

        Parameters
        ----------
        other : Record
            The other run, as `impacteval.report.reading.load_record` reads it.
        tolerance : Decimal
            Share of their size by which numbers may differ; by default the last digit written.
        """
        compared = compare(self.record, other, tolerance)
        page = self.record.page_one
        if not compared.agree:
            page = page.model_copy(update={"warnings": (*page.warnings, compared.headline)})
        changes = {"compared": compared, "page_one": page}
        return replace(self, record=self.record.model_copy(update=changes))

    def to_frame(self) -> pd.DataFrame:
        """One row a clause: what was compared, with what, and what follows."""
        import pandas as pd

        columns = (
            "name",
            "group",
            "outcome",
            "verdict",
            "value",
            "operator",
            "threshold",
            "amount",
            "estimate",
            "chance_passes",
            "observed",
            "counterfactual",
        )
        rows = self.record.page_one.clauses
        return pd.DataFrame({c: [getattr(row, c) for row in rows] for c in columns})

    def to_json(self) -> str:
        """The record as text: sorted keys, the same bytes for the same run."""
        return record_json(self.record)
