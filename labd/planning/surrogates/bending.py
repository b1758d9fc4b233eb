"""Outcomes that are bent before they are learnt: yields that crowd at a floor, losses with a long tail.

How much is chosen with the smooth process that was learnt of the outcome as it is: the power at which the bent outcome
is most probable under it, with a prior that holds the power near 1, where nothing is bent.
Source: E. Snelson and others, Warped Gaussian processes, 2003 (the probability of a bent outcome).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from labd.planning.surrogates.gp import GaussianProcess
from labd.planning.surrogates.outcomes import Bend, Standard

POWERS = np.linspace(0.0, 2.0, 21)
NEAR_ONE = 0.5
"""Standard deviation of the prior of the power."""
FEWEST = 6
"""Fewer measurements say nothing of a shape."""


def bent(standard: Standard, smooth: GaussianProcess) -> Standard:
    """The outcome, bent as suits it; `smooth` was learnt of it as it is."""
    z = standard.targets
    if len(z) < FEWEST or standard.bend is not None or not float(np.ptp(z)):
        return standard
    shapes = [Bend.of(z, float(power)) for power in POWERS]
    targets = torch.tensor(np.stack([each.forward(z) for each in shapes], 1), device=smooth.x.device)
    whitened = torch.linalg.solve_triangular(smooth.factor, targets - smooth.hyper.mean, upper=False)
    fit = -0.5 * whitened.square().sum(0).cpu().numpy()
    stretch = np.array([each.log_slope(z).sum() for each in shapes])
    chosen = shapes[int((fit + stretch - 0.5 * ((POWERS - 1) / NEAR_ONE) ** 2).argmax())]
    if chosen.power == 1.0:
        return standard
    noise = standard.noise * np.exp(2 * chosen.log_slope(z))
    return replace(standard, targets=chosen.forward(z), noise=noise, bend=chosen)
