"""Where the tensors live."""

import torch

GPU_PAYS_FROM = 1e8
"""Observations times candidates; below that the CPU answers sooner than the GPU has been asked."""


def choose_device(observations: int, candidates: int) -> torch.device:
    """The GPU where there is one and the question is large enough; otherwise the CPU."""
    if observations * max(observations, candidates) >= GPU_PAYS_FROM and torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("cpu")
