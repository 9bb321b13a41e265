"""Long tables of a frozen preparation: out of the file that people read, and back unaltered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from impacteval.canonical import digest
from impacteval.errors import LockError
from impacteval.estimates import Parts
from impacteval.sample import Preparation
from impacteval.study import long_tables
from impacteval.study.long_tables import TABLES_FILE
from impacteval.study.preparation import (
    Prepared,
    PreparedSample,
    PreparedStep,
    read_prepared,
    write_prepared,
)

LONG = 250
SCORES = [0.1 + 0.7 * k / LONG for k in range(LONG)]


def sample(group: str, tables: dict[str, dict[str, list[Any]]] | None) -> PreparedSample:
    step = None
    if tables is not None:
        made = Preparation("pairs", Parts(tables), "somebody")
        step = PreparedStep(
            kind="pairs", made_by="somebody", digest=made.digest, tables=made.tables.plain()
        )
    return PreparedSample(
        analysis="events", group=group, rows=9, treated=4, blind_digest="sha256:0", step=step
    )


def prepared(*samples: PreparedSample) -> Prepared:
    return Prepared(study="s", plan_digest="sha256:1", samples=samples)


@pytest.fixture
def frozen() -> Prepared:
    one = {
        "score": {"unit": list(range(LONG)), "score": SCORES},
        "counts": {"what": ["matched"], "n": [4]},
    }
    two = {"score": {"unit": [f"P{k}" for k in range(LONG)], "score": SCORES[::-1]}}
    return prepared(sample("cohort_1", one), sample("cohort_2", two), sample("cohort_3", None))


def test_there_and_back_to_the_last_bit(frozen: Prepared, tmp_path: Path) -> None:
    file = tmp_path / "prepared.json"
    write_prepared(file, frozen)
    again = read_prepared(file)
    assert again == frozen
    assert again is not None
    assert again.digest == frozen.digest
    assert again.samples[0].step is not None
    assert again.samples[0].step.tables["score"]["score"] == SCORES
    # What people compare stands in the file that they read; long tables do not.
    text = json.loads(file.read_text(encoding="utf-8"))
    assert text["samples"][0]["step"]["tables"] == {"counts": {"what": ["matched"], "n": [4]}}
    assert text["samples"][0]["step"]["long_tables"] == {"score": LONG}
    assert "long_tables" not in json.dumps(frozen.model_dump(mode="json"))


def test_the_same_content_gives_the_same_bytes(frozen: Prepared, tmp_path: Path) -> None:
    files = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_prepared(tmp_path / name / "prepared.json", frozen)
        files.append((tmp_path / name / TABLES_FILE).read_bytes())
    assert files[0] == files[1]


def test_short_tables_need_no_second_file(frozen: Prepared, tmp_path: Path) -> None:
    file = tmp_path / "prepared.json"
    write_prepared(file, frozen)
    short = {"score": {"unit": [1, 2], "score": [0.5, 0.25]}}
    write_prepared(file, prepared(sample("all", short)))
    assert not (tmp_path / TABLES_FILE).exists()
    assert read_prepared(file) == prepared(sample("all", short))


def test_the_digest_covers_long_tables_through_their_step(frozen: Prepared) -> None:
    step = frozen.samples[0].step
    assert step is not None
    other = step.model_copy(update={"digest": digest("another")})
    moved = frozen.samples[0].model_copy(update={"step": other})
    assert prepared(moved, *frozen.samples[1:]).digest != frozen.digest


def rewrite(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    file = folder / TABLES_FILE
    content = json.loads(gzip.decompress(file.read_bytes()))
    content = change(content) or content
    file.write_bytes(gzip.compress(json.dumps(content).encode()))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["tables"].pop("events, cohort_1"), "does not hold table 'score' of events, c"),
        (lambda c: c["tables"]["events, cohort_1"].clear(), "does not hold table 'score'"),
        (lambda c: c["tables"]["events, cohort_2"]["score"]["unit"].append(1), "with 250 rows"),
        (lambda c: c.update(format="impacteval-preparation-tables/9"), "has no tables"),
        (lambda c: [1], "has no tables"),
    ],
)
def test_tables_that_are_not_those_are_refused(
    change: Callable[[dict[str, Any]], Any], said: str, frozen: Prepared, tmp_path: Path
) -> None:
    write_prepared(tmp_path / "prepared.json", frozen)

    def only_lists(content: dict[str, Any]) -> Any:
        result = change(content)
        return result if result == [1] else None

    rewrite(tmp_path, only_lists)
    with pytest.raises(LockError, match=said):
        read_prepared(tmp_path / "prepared.json")


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\x00broken", b"{}", None])
def test_a_file_that_cannot_be_unpacked_is_refused(
    content: bytes | None, frozen: Prepared, tmp_path: Path
) -> None:
    write_prepared(tmp_path / "prepared.json", frozen)
    file = tmp_path / TABLES_FILE
    if content is None:
        file.unlink()
    elif content.startswith(b"\x1f"):
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
    else:
        file.write_bytes(content)
    with pytest.raises(LockError, match=r"prepared\.tables\.json\.gz"):
        read_prepared(tmp_path / "prepared.json")


def test_a_damaged_middle_is_refused(frozen: Prepared, tmp_path: Path) -> None:
    write_prepared(tmp_path / "prepared.json", frozen)
    file = tmp_path / TABLES_FILE
    whole = bytearray(file.read_bytes())
    for k in range(40, 60):
        whole[k] ^= 0xFF
    file.write_bytes(bytes(whole))
    with pytest.raises(LockError, match="cannot be read"):
        read_prepared(tmp_path / "prepared.json")


def test_a_file_that_unpacks_to_too_much_is_refused(
    frozen: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_prepared(tmp_path / "prepared.json", frozen)
    monkeypatch.setattr(long_tables, "MOST_BYTES", 1000)
    with pytest.raises(LockError, match="has no tables"):
        read_prepared(tmp_path / "prepared.json")


def test_what_is_no_preparation_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "prepared.json"
    for text in ("", "[]", "{}", '{"samples": [1]}', '{"samples": 1}', '"samples"'):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(LockError, match="cannot be read as a frozen preparation"):
            read_prepared(file)
