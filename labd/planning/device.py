"""Where the tensors live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch

GPU_PAYS_FROM = 1e8
"""Observations times candidates; below that the CPU answers sooner than the GPU has been asked."""

_USED: ContextVar[set[str] | None] = ContextVar("used", default=None)


def choose_device(observations: int, candidates: int) -> torch.device:
    """The GPU where there is one and the question is large enough; otherwise the CPU."""
    pays = observations * max(observations, candidates) >= GPU_PAYS_FROM
    chosen = torch.device("cuda" if pays and torch.cuda.is_available() else "cpu")
    used = _USED.get()
    if used is not None:
        used.add(chosen.type)
    return chosen


@contextmanager
def devices_used() -> Iterator[set[str]]:
    """The kinds of devices that are chosen while the block lasts."""
    used: set[str] = set()
    token = _USED.set(used)
    try:
        yield used
    finally:
        _USED.reset(token)


def gpu_identity() -> str:
    """The UUID of the GPU that would be chosen, as its driver spells it; empty where there is none."""
    return f"GPU-{torch.cuda.get_device_properties(0).uuid}" if torch.cuda.is_available() else ""
