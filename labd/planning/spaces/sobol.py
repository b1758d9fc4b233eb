"""Points that fill the unit cube evenly."""

import torch
from torch import Tensor


def sobol(dimensions: int, count: int, seed: int) -> Tensor:
    """Scrambled Sobol points, `count x dimensions`, float64; the seed chooses the scrambling."""
    engine = torch.quasirandom.SobolEngine(dimensions, scramble=True, seed=seed)  # type: ignore[no-untyped-call]
    return engine.draw(count, dtype=torch.float64)
