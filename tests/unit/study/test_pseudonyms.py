"""Pseudonyms: keyed, unlinkable between studies, and nothing depends on the key."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from impacteval.errors import DataError, UsageError
from impacteval.sample import Sample
from impacteval.study.pseudonyms import pseudonym, pseudonymise

KEY, OTHER = b"published test key", b"another published key"


def people() -> pd.DataFrame:
    return pd.DataFrame({"id": ["b", "c", "a", "d"], "d": [0, 1, 1, 0], "y": [1.0, 2.0, 3.0, 4.0]})


def test_the_pseudonym_is_keyed_blake2b() -> None:
    # An independent computation, from the parameters the documentation states.
    context = hashlib.blake2b(b"study", digest_size=16).digest()
    expected = hashlib.blake2b(b"a", digest_size=12, key=KEY, person=context).hexdigest()
    assert pseudonym("a", key=KEY, context="study") == expected
    assert len(expected) == 24


def test_key_and_context_change_every_pseudonym() -> None:
    made = {pseudonym("a", key=k, context=c) for k in (KEY, OTHER) for c in ("one", "two")}
    assert len(made) == 4


def test_raw_identifiers_are_gone_and_the_frame_is_untouched() -> None:
    frame = people()
    hidden = pseudonymise(frame, "id", key=KEY, context="study")
    assert frame.equals(people())
    assert not set(hidden["id"].astype(str)) & set(frame["id"])
    assert hidden["id"].cat.ordered


def test_nothing_depends_on_the_key() -> None:
    def sample(key: bytes) -> Sample:
        frame = pseudonymise(people(), "id", key=key, context="study")
        return Sample.from_frame(
            frame, design="rct", outcome="y", unit="id", treatment="d", cluster="id"
        )

    one, two = sample(KEY), sample(OTHER)
    assert one.matrix().unit.labels.tolist() != two.matrix().unit.labels.tolist()
    assert one.digest == two.digest
    assert one.matrix().y.tolist() == two.matrix().y.tolist() == [3.0, 1.0, 2.0, 4.0]
    raw = Sample.from_frame(people(), design="rct", outcome="y", unit="id", treatment="d")
    assert raw.matrix().y.tolist() == one.matrix().y.tolist()


def test_outcomes_join_on_pseudonyms() -> None:
    hidden = pseudonymise(people(), "id", key=KEY, context="study")
    sample = Sample.from_frame(hidden, design="rct", outcome="y", unit="id", treatment="d")
    late = pseudonymise(people()[["id", "y"]].iloc[::-1], "id", key=KEY, context="study")
    assert sample.blind.join(late, outcome="y").sample == sample


def test_numbers_and_their_text_are_one_person() -> None:
    numbers = pseudonymise(pd.DataFrame({"id": [10, 9]}), "id", key=KEY, context="s")["id"]
    text = pseudonymise(pd.DataFrame({"id": ["10", "9"]}), "id", key=KEY, context="s")["id"]
    assert numbers.tolist() == text.tolist()


def test_missing_identifiers_stay_missing() -> None:
    hidden = pseudonymise(pd.DataFrame({"id": ["a", None]}), "id", key=KEY, context="s")
    assert hidden["id"].isna().tolist() == [False, True]


def test_refusals() -> None:
    with pytest.raises(UsageError, match="16 to 64 bytes"):
        pseudonymise(people(), "id", key=b"short", context="s")
    with pytest.raises(UsageError, match="no column 'person'"):
        pseudonymise(people(), "person", key=KEY, context="s")
    with pytest.raises(DataError, match="mixes text and numbers"):
        pseudonymise(pd.DataFrame({"id": ["a", 1]}), "id", key=KEY, context="s")
