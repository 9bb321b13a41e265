"""The contract language: readable by a payer, executed as written, no code in it."""

from impacteval.contract.amendments import contract_as_of
from impacteval.contract.loader import load_contract, load_contract_with_places, schema
from impacteval.contract.model import ALL, POOLED, Contract
from impacteval.contract.money import NOT_PUBLISHED, Amount, NotPublished

__all__ = [
    "ALL",
    "NOT_PUBLISHED",
    "POOLED",
    "Amount",
    "Contract",
    "NotPublished",
    "contract_as_of",
    "load_contract",
    "load_contract_with_places",
    "schema",
]
