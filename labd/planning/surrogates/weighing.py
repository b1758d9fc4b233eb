"""What the measurements that are believed say of each one, while one after the other is doubted or believed again.

The inverse of their covariance is kept, with nothing in the rows of doubted measurements: one more or one less changes
it by a rank of one, which is far quicker than working it out anew where there are hundreds of them.
Source: G. H. Golub and C. F. Van Loan, Matrix Computations, 1983, section 2.1.3 (Sherman, Morrison and Woodbury).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from labd.planning.surrogates.gp import JITTER, TINY, GaussianProcess, safe_cholesky


class Weighing:
    """Measurements (`n`) under the hyperparameters of a process without a trend."""

    def __init__(self, gp: GaussianProcess, x: Tensor, target: Tensor, noise: Tensor, doubted: Tensor) -> None:
        self.own = noise + (gp.hyper.noise + JITTER)
        self.error = target - gp.hyper.mean
        self.kernel = gp.before(x)
        self.doubted = doubted.clone()
        kept = (~doubted).nonzero()[:, 0]
        covariance = self.kernel[kept][:, kept]
        covariance.diagonal().add_(self.own[kept])
        factor = safe_cholesky(covariance)
        inverse = torch.cholesky_inverse(factor)
        self.inverse = torch.zeros_like(self.kernel)
        self.inverse[kept[:, None], kept] = inverse
        self.log_size = 2 * float(factor.diagonal().log().sum())
        """Logarithm of the determinant of the covariance of those that are believed."""
        across = self.kernel[doubted][:, kept]
        self.spread = self.kernel.diagonal().clone()
        """Variance of the noiseless outcome at each doubted measurement, given those that are believed."""
        self.spread[doubted] -= ((across @ inverse) * across).sum(1)

    def density(self) -> Tensor:
        """Log density of each target given those that are believed, itself left out; `n`."""
        weights, precision = self.inverse @ self.error, self.inverse.diagonal()
        apart = torch.where(self.doubted, self.error - self.kernel @ weights, weights / precision)
        variance = torch.where(self.doubted, self.spread.clamp_min(TINY) + self.own, 1 / precision)
        return -0.5 * apart.square() / variance - 0.5 * (2 * math.pi * variance).log()

    def turn(self, place: int) -> None:
        """Believe the measurement again that was doubted, or doubt it."""
        back = bool(self.doubted[place])
        if back:
            way = -(self.inverse @ self.kernel[place])
            way[place] = 1.0
            change = 1 / float(self.spread[place].clamp_min(TINY) + self.own[place])
        else:
            way = self.inverse[place].clone()
            change = -1 / float(way[place])
        self.inverse.addr_(way, way, alpha=change)
        self.log_size -= math.log(change) if back else math.log(-change)
        self.spread -= change * (self.kernel @ way).square()
        self.doubted[place] = not back
        if not back:
            self.inverse[place] = 0.0
            self.inverse[:, place] = 0.0
            self.spread[place] = -change - self.own[place]

    def evidence(self) -> float:
        """The log density of all targets that are believed together."""
        fit = float(self.error @ (self.inverse @ self.error))
        return -0.5 * (fit + self.log_size + int((~self.doubted).sum()) * math.log(2 * math.pi))
