"""Identifiers of people never enter a result: they are replaced where data are read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from impacteval.errors import Problem, StudyError
from impacteval.plan import PEOPLE, Analysis

if TYPE_CHECKING:
    import pandas as pd

    from impacteval.study.folder import Study

KEY_VARIABLE = "IMPACTEVAL_KEY_FILE"
PUBLISHED_TEST_KEY = b"impacteval: published key for synthetic people"
"""Synthetic people have nothing to hide, and a stranger must be able to re-run their study."""


def without_identifiers(study: Study, analysis: Analysis, frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows with pseudonyms, when the units are people or households.

    Places, organisations and periods keep their names, so that weights and errors can be read.

    Raises
    ------
    StudyError
        When a key is needed and there is none.
    """
    return hidden_units(study, frame, analysis.columns.unit, analysis.unit_kind)


def hidden_units(study: Study, frame: pd.DataFrame, unit: str | None, kind: str) -> pd.DataFrame:
    """The same rows with pseudonyms in column `unit`, when units of that kind are people.

    One person has one pseudonym in every table of a study.

    Raises
    ------
    StudyError
        When a key is needed and there is none.
    """
    from impacteval.study.pseudonyms import pseudonymise

    if unit is None or kind not in PEOPLE:
        return frame
    return pseudonymise(frame, unit, key=_key(study), context=study.id)


def _key(study: Study) -> bytes:
    if study.plan.synthetic:
        return PUBLISHED_TEST_KEY
    name = os.environ.get(KEY_VARIABLE, "")
    if not name:
        raise StudyError(
            Problem(
                "The units of this study are people, and no key for their pseudonyms is given.",
                f"Set {KEY_VARIABLE} to a file outside the project that holds 16 to 64 secret "
                "bytes (for example: head -c 32 /dev/urandom > FILE).",
            )
        )
    path = Path(name)
    if not path.is_file():
        raise StudyError(Problem(f"{KEY_VARIABLE} names {name}, and there is no such file."))
    if path.resolve().is_relative_to(study.root.resolve()):
        raise StudyError(
            Problem(
                f"The pseudonym key {name} lies inside the study folder.",
                "Keep it outside the project: whoever has both can undo the pseudonyms.",
            )
        )
    return path.read_bytes()
