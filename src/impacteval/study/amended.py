"""A study by the contract as it stood on the date of a settlement."""

from __future__ import annotations

from dataclasses import replace

from impacteval.contract.amendments import contract_at
from impacteval.errors import StudyError
from impacteval.study.fit import fit
from impacteval.study.folder import Study


def on_settlement(study: Study, settlement: str | None) -> Study:
    """The study with the amendments up to a settlement, and none of the later ones.

    Parameters
    ----------
    study : Study
        The study with its whole contract, to which the lock belongs.
    settlement : str or None
        The settlement's name in the calendar; without one every amendment is in force.

    Raises
    ------
    StudyError
        When the plan does not answer the contract as it stood on that date.
    """
    contract = contract_at(study.contract, settlement)
    if problems := fit(study.plan, contract, study.locate, settlement):
        raise StudyError(problems)
    if contract is study.contract:
        return study
    return replace(study, contract=contract)
