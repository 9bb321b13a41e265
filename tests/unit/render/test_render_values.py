"""Every value of the record is read in every format and language, as `format` writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from example_mix import mixed, mixed_many
from example_record import job_training
from example_strained import strained
from pydantic import BaseModel
from reading import html_text, markdown_text, pdf_text, squeezed

from impacteval.render import format as fmt
from impacteval.render.catalogue import Words
from impacteval.render.mix_cells import scientific
from impacteval.render.pen import Pen, short
from impacteval.render.write import build
from impacteval.report.record import Both, Record, Said
from impacteval.values import Language

MONEY = {"due_now", "total", "amount", "ceiling", "ceiling_left", "already_paid"}
CONFIDENCE = {"chance_passes", "chance_nothing_or_harm"}
PERCENT = {
    "level",
    "chance_sound_fails",
    "weight",
    "further_weight",
    "largest_weight",
    "smallest_weight",
}
NUMBER = {
    "value",
    "values",
    "threshold",
    "estimate",
    "smallest_change",
    "observed",
    "counterfactual",
    "low",
    "high",
    "statistic",
    "limit",
    "expected",
    "raw_effect",
    "std_error",
    "p_value",
    "treated",
    "comparison",
    "event_time",
    "effect",
    "band_low",
    "band_high",
    "gap",
    "pre_rmspe",
    "post_rmspe",
    "others_median",
    "ratio",
    "attainable",
    "sum_of_weights",
}
PERIOD = {"period", "start", "began"}
FIXED = {"standardised_difference": 3, "variance_ratio": 2}
SAID_OTHERWISE = {
    # How the record is built, not what it says.
    "key": "identity of a sentence",
    # Drawn; its points stand under the drawing in the HTML.
    "curve": "the confidence curve",
    # Chosen words stand for these, and other tests hold them.
    "side": "one-sided and two-sided intervals are worded",
    "scale": "worded",
    "better": "worded",
    "status": "worded",
    "operator": "worded",
    "answer": "worded",
    "outcome": "the plain name stands for it",
    "when": "worded",
    # Drawn; their numbers stand under the drawings in the HTML, and `test_render_mix` looks there.
    "paths": "placebo and other paths",
    "path_periods": "the columns of their tables",
    "by": "worded",
    "solutions": "worded",
    "test": "worded",
    "served": "worded",
    # A number of a part that is empty here.
    "further": "said where some are cut",
    "further_weight": "said where some are cut",
    # Plain names stand for the names in the files.
    "covariate": "the plain name stands for it",
}
BINDING = {
    "reference",
    "required",
    "illustrative",
    "synthetic",
    "everyone_counted",
    "paid",
    "locked",
    "flips",
    "kept",
    "several",
}


def leaves(model: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of the record that a reader could look for, with where it stands."""
    if isinstance(model, Both | Said) or not isinstance(model, BaseModel | tuple | dict):
        yield path, model
    elif isinstance(model, BaseModel):
        for name in type(model).model_fields:
            if name not in SAID_OTHERWISE:
                yield from leaves(getattr(model, name), (*path, name))
    elif isinstance(model, dict):
        for name, value in model.items():
            yield from leaves(value, (*path, name))
    else:
        for k, value in enumerate(model):
            yield from leaves(value, (*path, str(k)))


def spellings(record: Record, language: str) -> Callable[[tuple[str, ...], Any], set[str]]:
    """How a value may stand in a report: one of these must be found."""
    currency = record.page_one.money.currency
    pen = Pen(Language(language), currency)
    words = Words(Language(language))
    thresholds = [c.threshold for c in record.page_one.clauses if c.threshold]

    def numbers(value: str) -> set[str]:
        near = {fmt.apart(value, t, language)[0] for t in thresholds}
        return {fmt.number(value, language)} | near

    def spelled(path: tuple[str, ...], value: Any) -> set[str]:
        names = [part for part in path if not part.isdigit()]
        name, within = names[-1], set(names)
        if isinstance(value, Both):
            return {fmt.pick(value, language)}
        if isinstance(value, Said):
            return {fmt.fill(value, language, currency)}
        if isinstance(value, bool):
            return set()
        if name == "seed":
            return {str(value)}
        if isinstance(value, int):
            return {fmt.count(value, language)}
        if name == "verdict" or "verdicts" in within:
            return {words(f"verdict.{value}")}
        if name in MONEY:
            return {words("money.none")} if value == "0" else {fmt.money(value, language, currency)}
        if "receipts" in within:
            if name == "value":
                return {fmt.exact(value, language)}
            if name == "data_digest":
                return {short(value)}
        if name in FIXED:
            return {fmt.number(value, language, FIXED[name])}
        if name == "method" and "settings" not in within:
            return {pen.method(value)}
        if "settings" in within:
            return {str(value), str(value).lower()}
        if name in CONFIDENCE:
            return {fmt.confidence(value, language)}
        if name in PERCENT:
            return {fmt.percent(value, language)}
        if "fit" in within and name in {"gap", "relative_gap"}:
            return {scientific(value, pen)}
        if name in PERIOD:
            return {fmt.period(value, language)}
        if name in NUMBER or "values" in within:
            return numbers(value)
        if name == "currency":
            return {"€"} if (value, language) == ("EUR", "fr") else {value}
        if name == "settlement_date":
            return {fmt.date(value, language)}
        return {value}

    return spelled


RECORDS = {"job-training": job_training, "strained": strained, "mix": mixed, "mixes": mixed_many}


@pytest.fixture(scope="module", params=RECORDS.values(), ids=RECORDS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    record = request.param()
    folder = tmp_path_factory.mktemp("report")
    for name, content in build(record).items():
        (folder / name).write_bytes(content)
    return record, folder


READERS: dict[str, Callable[[Path], str]] = {
    "html": lambda file: html_text(file.read_text(encoding="utf-8")),
    "md": lambda file: markdown_text(file.read_text(encoding="utf-8")),
    "pdf": pdf_text,
}


@pytest.mark.parametrize("kind", sorted(READERS))
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_value_of_the_record_can_be_read(made: Any, kind: str, language: str) -> None:
    record, folder = made
    file = folder / f"report.{language}.{kind}"
    text = READERS[kind](file)
    spelled = spellings(record, language)
    missing = []
    for path, value in leaves(record):
        if value is None or value == "" or path[-1] in BINDING:
            continue
        candidates = spelled(path, value)
        # The label stands in the margins of a PDF, which the body leaves out; see its own test.
        if path == ("study", "label") and kind == "pdf":
            continue
        if path[-3:-2] in (("diagnostics",), ("robustness",)) and path[-1] == "name":
            continue  # the title stands for it
        if candidates and not any(squeezed(c) in text for c in candidates):
            missing.append((".".join(path), candidates))
    assert not missing, "\n".join(f"{where}: {what}" for where, what in missing)


def test_a_value_that_changes_changes_every_report() -> None:
    before = build(job_training(), formats=("html", "md"))
    record = job_training()
    page = record.page_one.model_copy(update={"rerun": "impacteval verify elsewhere"})
    after = build(record.model_copy(update={"page_one": page}), formats=("html", "md"))
    assert all(before[name] != after[name] for name in before)
