"""What every builder of a report holds: the language, the catalogue and the currency."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from impacteval.render import format as fmt
from impacteval.render.catalogue import Words
from impacteval.report.record import Both, ClauseRow, FindingFacts, Range, Said
from impacteval.values import Language

ALL = "all"
SMALLEST_P = 0.0001
_RANKED = (
    (r"placebo test, (?P<n>\d+) placements", "distribution.placements"),
    (r"rank among (?P<n>\d+) placebos", "distribution.rank"),
    (r"conformal test, (?P<n>\d+) blocks of (?P<length>\d+)", "distribution.conformal"),
)
"""Sets that a test leaves, by the short English that methods write."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes a record's values in one language."""

    language: Language
    currency: str

    @property
    def words(self) -> Words:
        """The catalogue of the language."""
        return Words(self.language)

    def say(self, said: Said) -> str:
        """A sentence with its values."""
        return fmt.fill(said, self.language, self.currency)

    def both(self, text: Both) -> str:
        """The text in this language."""
        return fmt.pick(text, self.language)

    def number(self, value: str, unit: Both | None = None) -> str:
        """A number for reading, with its unit when given."""
        return self.with_unit(fmt.number(value, self.language), unit)

    def with_unit(self, number: str, unit: Both | None) -> str:
        """A number already written, with its unit; a percent sign stands as the language wants it."""
        if unit is None:
            return number
        text = self.both(unit)
        if text.startswith("%"):
            return number + fmt.percent_sign(self.language) + text[1:]
        return f"{number} {text}"

    def apart(self, unit: Both) -> tuple[str, str]:
        """What of a unit stands at the number, and what stands under it."""
        text = self.both(unit)
        if text.startswith("%"):
            return fmt.percent_sign(self.language), text[1:].strip()
        return "", text

    def optional(self, value: str | None, missing: str) -> str:
        """A number for reading, or the words that say why there is none."""
        return self.words(missing) if value is None else self.number(value)

    def fixed(self, value: str | None, decimals: int) -> str:
        """A number of a column whose numbers all have the same decimals."""
        if value is None:
            return self.words("firm.not_computed")
        return fmt.number(value, self.language, decimals)

    def percent(self, fraction: str) -> str:
        """A fraction in percent."""
        return fmt.percent(fraction, self.language)

    def period(self, label: str) -> str:
        """A period as readers write it."""
        return fmt.period(label, self.language)

    def confidence(self, fraction: str, clause: ClauseRow) -> str:
        """A confidence in percent: only where everything was counted can it be nil or certain."""
        if clause.finest is not None:
            return fmt.coarse(fraction, clause.finest, self.language)
        write = fmt.percent if clause.against == "nothing" else fmt.confidence
        return write(fraction, self.language)

    def p_value(self, value: str) -> str:
        """A p-value; one below a ten-thousandth says no more than that to any reader."""
        if float(value) < SMALLEST_P:
            under = "moins de" if self.language is Language.FR else "under"
            return f"{under} {fmt.number(SMALLEST_P, self.language, 4)}"
        return self.number(value)

    def money(self, amount: str | None) -> str:
        """An amount in the contract's currency."""
        return fmt.money(amount, self.language, self.currency)

    def threshold(self, clause: ClauseRow) -> str:
        """The threshold, with the digits it takes to tell it from the compared number."""
        assert clause.threshold is not None
        written = fmt.number(clause.threshold, self.language)
        if clause.value is not None:
            written = fmt.apart(clause.value, clause.threshold, self.language)[1]
        return written + self._sign(clause)

    def asked(self, clause: ClauseRow) -> str:
        """``at least 1,000``."""
        if clause.operator is None or clause.threshold is None:
            return ""
        return self.words(f"operator.{clause.operator}", x=self.threshold(clause))

    def _sign(self, clause: ClauseRow) -> str:
        percent = self.both(clause.unit).startswith("%")
        return fmt.percent_sign(self.language) if percent else ""

    def near(self, value: str, clauses: Iterable[ClauseRow]) -> str:
        """A number for reading that is never written like a threshold it is not equal to."""
        told = [
            fmt.apart(value, clause.threshold, self.language)[0]
            for clause in clauses
            if clause.threshold is not None
        ]
        return max(told, key=len, default=fmt.number(value, self.language))

    def compared(self, clause: ClauseRow) -> str:
        """The compared number, never written like a threshold it is not equal to."""
        if clause.value is None:
            return ""
        if clause.threshold is None:
            value = fmt.number(clause.value, self.language)
        else:
            value = fmt.apart(clause.value, clause.threshold, self.language)[0]
        return value + self._sign(clause)

    def interval(self, found: Range, unit: Both | None = None) -> str:
        """``95% interval: 474.01 to 3,114.67``, by its own level and side."""
        level = self.percent(found.level)
        low, high = self.ends(found, unit)
        return self.words(f"clause.interval{_shape(found)}", level=level, low=low, high=high)

    def ends(self, found: Range, unit: Both | None = None) -> tuple[str, str]:
        """The ends of an interval, unbounded ones in words; the unit stands once."""
        low = self.optional(found.low, "results.unbounded")
        high = self.optional(found.high, "results.unbounded")
        if unit is None:
            return low, high
        if found.high is None:
            return low if found.low is None else self.with_unit(low, unit), high
        if found.low is None:
            return low, self.with_unit(high, unit)
        sign = fmt.percent_sign(self.language) if self.both(unit).startswith("%") else ""
        return low + sign, self.with_unit(high, unit)

    def span(self, found: Range) -> str:
        """An interval for a table cell, without its name."""
        low, high = self.ends(found)
        method = self.method(found.method)
        return self.words(f"results.range{_shape(found)}", low=low, high=high, method=method)

    def method(self, written: str) -> str:
        """How an interval was computed: the record's short English, in the reader's language."""
        head, _, tail = written.rpartition("Student t, ")
        degrees = re.fullmatch(r"([\d.,e+]+) df", tail)
        if degrees:
            log = head.endswith("log ratio, ")
            key = "distribution.log_student" if log else "distribution.student"
            label = self._labels(head.removesuffix("log ratio, "))
            return label + self.words(key, df=self.number(degrees[1].replace(",", "")))
        if written == "normal" or written.endswith(", normal"):
            return self._labels(written.removesuffix("normal")) + self.words("distribution.normal")
        if written == "exact binomial":
            return self.words("distribution.binomial")
        for pattern, key in _RANKED:
            ranked = re.fullmatch(pattern, written)
            if ranked:
                counts = {name: int(found) for name, found in ranked.groupdict().items()}
                return self.words(key, **counts)
        draws = re.fullmatch(r"(.*), (\d+) draws", written)
        if draws:
            return self.words(
                "distribution.draws", label=self._labels(draws[1]), draws=int(draws[2])
            )
        return written

    def _labels(self, written: str) -> str:
        """The short names of an error, each in the reader's language where it is no acronym."""
        known = {
            "log ratio": self.words("distribution.log"),
            "influence functions": self.words("distribution.influence"),
            "influence": self.words("distribution.influence"),
            "clustered": self.words("distribution.clustered"),
            "leave-out": self.words("distribution.leave_out"),
            "two-stage": self.words("distribution.two_stage"),
            "multipliers": self.words("distribution.multipliers"),
            "debiased t-test": self.words("distribution.debiased"),
            "placebo": self.words("distribution.placebos"),
        }
        for piece in written.split(", "):
            folds = re.fullmatch(r"(\d+) folds", piece)
            if folds:
                known[piece] = self.words("distribution.folds", n=int(folds[1]))
        return ", ".join(known.get(piece, piece) for piece in written.split(", "))

    def clause_name(self, clause: ClauseRow) -> str:
        """What the clause pays for, its name and its group."""
        name = self.both(clause.plain_name)
        title = self.both(clause.title) if clause.title else clause.name
        if clause.group == ALL:
            return self.words("clause.name", name=name, clause=title)
        group = self.both(clause.group_name) if clause.group_name else clause.group
        return self.words("clause.name_group", name=name, clause=title, group=group)

    def finding_name(self, finding: FindingFacts) -> str:
        """The outcome and its group."""
        name = self.both(finding.plain_name)
        if finding.group == ALL:
            return self.words("otherwise.finding", name=name)
        group = self.both(finding.group_name) if finding.group_name else finding.group
        return self.words("otherwise.finding_group", name=name, group=group)


def _shape(found: Range) -> str:
    """How an interval is worded: by its side, and by the ends that it has.

    Examples
    --------
    >>> _shape(Range(low="1", high=None, level="0.95", side="two", method="normal"))
    '_above'
    >>> _shape(Range(low=None, high=None, level="0.95", side="lower", method="normal"))
    '_no_bound'
    """
    ends = (found.low is not None, found.high is not None)
    if found.side != "two":
        bound = ends[0] if found.side == "lower" else ends[1]
        return f"_{found.side}" if bound else "_no_bound"
    return {(True, True): "", (True, False): "_above", (False, True): "_below"}.get(ends, "_all")


def short(digest: str) -> str:
    """The first digits of a digest; the whole one stands in the annex."""
    kind, _, value = digest.partition(":")
    return f"{kind}:{value[:12]}" if value else digest[:12]
