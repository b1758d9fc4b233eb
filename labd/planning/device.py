"""Where the tensors live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, TypeVar

import torch

from labd.domain.errors import InvalidInput

T = TypeVar("T")
Rule = Literal["", "cpu", "cuda"]
"""Which device: by the size of the question, or always the one."""

GPU_PAYS_FROM = 3e9
"""Multiplications that a question takes, roughly: with fewer the processor has answered before the GPU has begun.

That is some thousands of points, or 10^5 candidates with some hundreds of points. An estimate, from 10^9 a second of
one core; `python -m tests.bench device` is to say it better."""

_RULE: ContextVar[Rule] = ContextVar("rule", default="")
_USED: ContextVar[set[str] | None] = ContextVar("used", default=None)


def choose_device(observations: int, candidates: int) -> torch.device:
    """The GPU where there is one and the question is large enough; otherwise the processor.

    Raises `InvalidInput` where the GPU is asked for and there is none."""
    rule = _RULE.get()
    if rule == "cuda" and not torch.cuda.is_available():
        raise InvalidInput("There is no GPU that torch can use.", "Leave LABD_DEVICE empty, or say LABD_DEVICE=cpu.")
    pays = observations**2 * (observations / 3 + candidates) >= GPU_PAYS_FROM  # a factorisation, and a solve for each
    wanted = rule == "cuda" or (not rule and pays and torch.cuda.is_available())
    chosen = torch.device("cuda" if wanted else "cpu")
    used = _USED.get()
    if used is not None:
        used.add(chosen.type)
    return chosen


@contextmanager
def devices(rule: Rule = "") -> Iterator[set[str]]:
    """While the block lasts: which devices may be chosen; and what kinds of them were, in the set that it gives."""
    used: set[str] = set()
    ruled, noted = _RULE.set(rule), _USED.set(used)
    try:
        yield used
    finally:
        _RULE.reset(ruled)
        _USED.reset(noted)


def again_on_cpu(work: Callable[[], T]) -> tuple[T, bool]:
    """What the work returns; where the GPU has too little memory for it, what it returns on the processor, and True."""
    try:
        return work(), False
    except torch.OutOfMemoryError:
        pass  # outside of this block nothing refers to its tensors any more
    torch.cuda.empty_cache()
    rule = _RULE.set("cpu")
    try:
        return work(), True
    finally:
        _RULE.reset(rule)


def gpu_identity() -> str:
    """The UUID of the GPU that would be chosen, as its driver spells it; empty where there is none."""
    return f"GPU-{torch.cuda.get_device_properties(0).uuid}" if torch.cuda.is_available() else ""
