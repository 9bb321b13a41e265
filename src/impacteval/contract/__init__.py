"""The contract language: readable by a payer, executed as written, no code in it."""

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
    "load_contract",
    "load_contract_with_places",
    "schema",
]
