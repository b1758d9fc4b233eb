"""What an answer took: processor time, and time and energy of the graphics processor where there is one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import cache
from typing import Literal, TypeVar

from labd.domain.errors import InvalidInput
from labd.domain.problem import Effort

T = TypeVar("T")


def measured(work: Callable[[], T]) -> tuple[T, Effort]:
    """What the work returns, and what it took. Raises what it raises, and `InvalidInput` for a wrong `LABD_DEVICE`."""
    from labd.planning.device import devices

    began, worked, consumed = time.perf_counter(), time.process_time(), _energy_j()
    with devices(_rule()) as used:
        done = work()
    on_gpu = bool(used - {"cpu"})
    after = _energy_j() if on_gpu else None
    return done, Effort(
        cpu_s=time.process_time() - worked,
        device=max(used, default="cpu", key=lambda each: each != "cpu"),
        gpu_s=time.perf_counter() - began if on_gpu else 0.0,
        energy_j=None if consumed is None or after is None else max(after - consumed, 0.0),
    )


def _rule() -> Literal["", "cpu", "cuda"]:
    said = os.environ.get("LABD_DEVICE", "")
    match said:
        case "" | "cpu" | "cuda":
            return said
    raise InvalidInput(f"LABD_DEVICE is {said}.", "Say cpu or cuda, or leave it empty: then it is chosen by size.")


def _energy_j() -> float | None:
    """What the GPU has consumed since its driver was loaded; None where that cannot be read."""
    read = _energy_counter()
    return None if read is None else read()


@cache
def _energy_counter() -> Callable[[], float] | None:
    """The counter of the GPU, by NVIDIA's management library (package `nvidia-ml-py`), where all that is there."""
    from labd.planning.device import gpu_identity

    identity = gpu_identity()
    if not identity:
        return None
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(identity)
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)  # in mJ; older cards than Volta have none
    except pynvml.NVMLError:
        return None
    return lambda: float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1000
