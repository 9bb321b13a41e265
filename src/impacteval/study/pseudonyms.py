"""Pseudonyms: identifiers of people replaced by keyed hashes that nothing depends on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from impacteval.errors import DataError, Problem, UsageError
from impacteval.sample.labels import read_labels

if TYPE_CHECKING:
    import pandas as pd

SHORTEST_KEY = 16
LONGEST_KEY = 64


def pseudonym(label: object, *, key: bytes, context: str) -> str:
    """The pseudonym of one identifier: 24 hexadecimal digits of keyed blake2b.

    Parameters
    ----------
    label : str or int
        The identifier; ``12`` and ``"12"`` are the same person.
    key : bytes
        16 to 64 secret bytes, kept outside the project.
    context : str
        The study; the same person has unrelated pseudonyms in two studies.
    """
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise UsageError(f"A pseudonym key has {SHORTEST_KEY} to {LONGEST_KEY} bytes.")
    person = hashlib.blake2b(context.encode(), digest_size=16).digest()
    return hashlib.blake2b(str(label).encode(), digest_size=12, key=key, person=person).hexdigest()


def pseudonymise(df: pd.DataFrame, column: str, *, key: bytes, context: str) -> pd.DataFrame:
    """A new frame whose identifiers are pseudonyms, in the order of the raw identifiers.

    The column becomes an ordered Categorical whose categories stand in the order of the raw
    identifiers: row order, ties and digests of a sample then depend on no key.

    Parameters
    ----------
    df : DataFrame
        Never altered.
    column : str
        The identifiers; missing ones stay missing.
    key, context
        See `pseudonym`.

    Raises
    ------
    DataError
        When the column cannot serve as labels, or two identifiers share a pseudonym.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"id": ["b", "a"]})
    >>> hidden = pseudonymise(people, "id", key=b"published test key", context="demo")
    >>> hidden["id"].cat.codes.tolist(), people["id"].tolist()
    ([1, 0], ['b', 'a'])
    """
    import pandas as pd

    if column not in df.columns:
        raise UsageError(f"There is no column {column!r} to replace by pseudonyms.")
    read = read_labels(df[column])
    if read.fault:
        raise DataError(
            Problem(f"column {column!r} {read.fault}.", "Write identifiers in one way.")
        )
    names = [pseudonym(label, key=key, context=context) for label in read.codes.labels.tolist()]
    if len(set(names)) < len(names):
        raise DataError(Problem(f"two identifiers of column {column!r} share a pseudonym."))
    hidden = pd.Categorical.from_codes(
        np.asarray(read.codes.codes), categories=pd.Index(names, dtype=object), ordered=True
    )
    return df.assign(**{column: hidden})
