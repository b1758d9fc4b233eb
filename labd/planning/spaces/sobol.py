"""Points that fill the unit cube evenly."""

from functools import lru_cache

import torch
from torch import Tensor


@lru_cache(maxsize=16)
def sobol(dimensions: int, count: int, seed: int) -> Tensor:
    """Scrambled Sobol points, `count x dimensions`, float64; the seed chooses the scrambling. Not to be written to."""
    engine = torch.quasirandom.SobolEngine(dimensions, scramble=True, seed=seed)  # type: ignore[no-untyped-call]
    return engine.draw(count, dtype=torch.float64)
