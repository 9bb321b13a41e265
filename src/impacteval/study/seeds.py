"""Random numbers of each step, so that adding an analysis never moves another's draws."""

from __future__ import annotations

import hashlib

import numpy as np


def step_seed(seed: int, outcome: str, group: str, step: str) -> int:
    """The seed of one step: a function of the plan's seed and of what the step is, nothing else.

    Examples
    --------
    >>> step_seed(1, "earnings", "all", "estimate") == step_seed(1, "earnings", "all", "estimate")
    True
    >>> step_seed(1, "earnings", "all", "estimate") == step_seed(1, "earnings", "all", "balance")
    False
    """
    # Length-prefixed, so that no two different steps can spell the same text.
    text = "".join(f"{len(part)}:{part}" for part in (str(seed), outcome, group, step))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big")


def step_rng(seed: int, outcome: str, group: str, step: str) -> np.random.Generator:
    """A generator of its own for one step."""
    return np.random.default_rng(np.random.SeedSequence(step_seed(seed, outcome, group, step)))
