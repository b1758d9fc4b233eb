"""Chance that can be repeated: every draw is a pure function of a seed and of what it is for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def number(seed: int, *purpose: str) -> int:
    """A whole number below 2**64 that only this seed and this purpose give.

    >>> number(1, "hplc", "s1") == number(1, "hplc", "s1"), number(1, "hplc", "s1") == number(1, "hplcs", "1")
    (True, False)
    """
    text = "\x1f".join((str(seed), *purpose))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def share(seed: int, *purpose: str) -> float:
    """A number, 0 <= share < 1, uniform over purposes."""
    return (number(seed, *purpose) >> 11) / 2**53


def generator(seed: int, *purpose: str) -> np.random.Generator:
    """A generator of its own for one purpose."""
    import numpy as np  # a driver starts without waiting for it

    return np.random.default_rng(number(seed, *purpose))
