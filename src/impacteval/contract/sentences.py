"""The contract said back in plain sentences."""

from __future__ import annotations

from impacteval.contract.model import Contract
from impacteval.values import Message


def explain_sentences(contract: Contract) -> tuple[Message, ...]:
    """The contract in its own plain words."""
    return (Message("contract.in-plain-words", contract.in_plain_words.text()),)
