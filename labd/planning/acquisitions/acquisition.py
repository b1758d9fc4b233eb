"""How much an experiment promises: the logarithm of its augmented expected improvement, times its chance to succeed.

The incumbent is the best posterior mean at a point that was measured or is being measured, so that one lucky
measurement does not set the mark. Where the model is surer than a measurement could be, measuring tells little, and the
improvement counts for less. Where a parameter has options, how far they may differ is itself learnt from few of them,
so that some weight is on wider deviations: an option of which one bad point is known may yet be the best. Trials that
are still open are fantasised: outcomes are drawn from what the model expects of them together, and the improvement is
averaged over the draws.
Sources: D. Huang and others, Global optimization of stochastic black-box systems via sequential kriging meta-models,
2006 (the augmentation); S. Ament and others, Unexpected improvements to expected improvement for Bayesian
optimization, 2023; J. Snoek and others, Practical Bayesian optimization of machine learning algorithms, 2012.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from labd.planning.acquisitions.climbing import LOG_ROOT_2PI, SURE, Climbing
from labd.planning.spaces.sobol import sobol
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.gp import GaussianProcess, safe_cholesky

FANTASIES = 32
FEW = 16
"""No more points than this are worked on as plain arrays, where that can be."""
AS_LEARNT = ((1.0, 1.0),)
OR_WIDER = ((1.0, 0.8), (2.0, 0.2))
"""What the model's deviations may have to be multiplied by, and the weight of each. The second where a parameter has
options; in other spaces it cost experiments (decision record 3)."""


def log_h(z: Tensor) -> tuple[Tensor, Tensor]:
    """log(phi(z) + z·Phi(z)) and its derivative, precise where the improvement is far out of reach.

    log phi(z) + log(1 + z·Phi(z)/phi(z)). Below -30 that sum loses its digits and is 1/z² - 3/z⁴ + 15/z⁶ ...;
    above 30 the quotient overflows, and z is what the whole tends to.
    """
    near = z.clamp(-SURE, SURE)
    mills = torch.erfc(near * -math.sqrt(0.5)) * torch.exp(0.5 * near * near) * math.sqrt(math.pi / 2)
    tail = 1 + near * mills
    value, slope = tail.log() - 0.5 * near * near - LOG_ROOT_2PI, mills / tail
    sure, hopeless = z > SURE, z < -SURE
    if bool(sure.any()):
        value, slope = torch.where(sure, z.abs().log(), value), torch.where(sure, z.reciprocal(), slope)
    if bool(hopeless.any()):
        far = z.clamp(-1e6, -SURE)
        square = far * far
        u = square.reciprocal()
        tail = u * (1 - 3 * u * (1 - 5 * u * (1 - 7 * u * (1 - 9 * u))))
        value = torch.where(hopeless, tail.log() - 0.5 * square - LOG_ROOT_2PI, value)
        slope = torch.where(hopeless, (tail - 1) / (far * tail), slope)
    return value, slope


@dataclass(frozen=True, slots=True)
class SuccessModel:
    """The chance that a trial gives a result: a Gaussian process on success (+1) and failure (-1), squashed.

    Source: Rasmussen and Williams, section 6.5 (least-squares classification).
    """

    gp: GaussianProcess
    threshold: float
    """Zero, in standardised labels."""

    def log_probability(self, at: Tensor) -> Tensor:
        """By point; `k x columns` to `k`."""
        mean, deviation = self.gp.predict(at)
        z = (mean[:, 0] - self.threshold) / self._width(deviation)
        chance: Tensor = torch.special.log_ndtr(z)
        return chance

    def _width(self, deviation: Tensor) -> Tensor:
        return torch.sqrt(deviation * deviation + self.gp.hyper.noise)

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The log probabilities `k` at `k x columns` points, and their gradients `k x columns`."""
        mean, deviation, d_mean, d_deviation = self.gp.predict_with_gradient(at)
        width = self._width(deviation)
        z = (mean[:, 0] - self.threshold) / width
        value = torch.special.log_ndtr(z)
        ratio = torch.exp((-0.5 * z * z - LOG_ROOT_2PI - value).clamp_max(600.0))
        inward = (z * deviation / width)[:, None] * d_deviation
        return value, (ratio / width)[:, None] * (d_mean[:, :, 0] - inward)


def log_told(deviation: Tensor, noise: float) -> tuple[Tensor, Tensor]:
    """The logarithm of 1 - √(noise / (deviation² + noise)), precise for small deviations, and its derivative.

    The part of an improvement that a measurement with this variance of noise can tell: all of it without noise.
    """
    width = torch.sqrt(deviation.square() + noise)
    both = width + math.sqrt(noise)
    slope = 2 / deviation - deviation / width.square() - deviation / (width * both)
    return 2 * deviation.log() - width.log() - both.log(), slope


@dataclass(frozen=True)
class ExpectedImprovement:
    """Log augmented expected improvement under a mixture of processes, averaged over their fantasies and over the
    widths, plus the log probability of success."""

    processes: tuple[GaussianProcess, ...]
    """Over the same points, with the same number of fantasies (m)."""
    weights: Tensor
    """Of the processes, which are p; they sum to 1."""
    best: Tensor
    """The incumbent of each fantasy; `p x 1 x m`."""
    noise: float
    """Known variance of the measurement at the incumbent, 0 where it is not known. The learnt one has no part in it:
    it stands for what the model cannot follow as well."""
    widths: Tensor
    """`AS_LEARNT` or `OR_WIDER`."""
    success: SuccessModel | None

    @property
    def device(self) -> torch.device:
        """Where the processes are."""
        return self.weights.device

    def __call__(self, at: Tensor) -> Tensor:
        """By point; `k x columns` to `k`."""
        value = self.log_improvement(at)
        return value if self.success is None else value + self.success.log_probability(at)

    def log_improvement(self, at: Tensor) -> Tensor:
        """The logarithm of the expected improvement alone, in standardised units."""
        if len(at) <= FEW and self.climbing is not None:
            return torch.from_numpy(self.climbing.improvement(at.numpy())[0])
        found = [gp.predict(at) for gp in self.processes]
        mean, deviation = torch.stack([each for each, _ in found]), torch.stack([each for _, each in found])
        by_fantasy, _, _ = self._by_fantasy(mean, deviation)
        return torch.logsumexp(self._by_process(by_fantasy, deviation)[0], 0)

    def _by_fantasy(self, mean: Tensor, deviation: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """For means `p x k x m`: the log improvements over the deviation, `p x k x m·w`, of each fantasy and width;
        their slopes in gain / deviation, and that."""
        gain = (mean - self.best) / deviation[:, :, None]
        if len(self.widths) == 1:
            each, slope = log_h(gain)
            return each, slope, gain
        widths, chances = self.widths.T
        each, slope = log_h(gain[..., None] / widths)
        each = each + (chances * widths).log()
        return each.flatten(2), (slope / widths).flatten(2), gain[..., None].expand_as(slope).flatten(2)

    def _by_process(self, by_fantasy: Tensor, deviation: Tensor) -> tuple[Tensor, Tensor]:
        """Each process's weighted log improvement, `p x k`, and its slope in the deviation at a given share of it."""
        value = torch.logsumexp(by_fantasy, 2) + deviation.log() + (self.weights / self.best.shape[2]).log()[:, None]
        slope = deviation.reciprocal()
        if self.noise:
            told, d_told = log_told(deviation, self.noise)
            return value + told, slope + d_told
        return value, slope

    @cached_property
    def climbing(self) -> Climbing | None:
        """The same on arrays; None where a process is on a GPU, or where they know different points."""
        if self.device.type != "cpu" or len({gp.scaled.shape for gp in self.processes}) > 1:
            return None
        success = None if self.success is None else (self.success.gp, self.success.threshold)
        weights, best, widths = self.weights.numpy(), self.best.numpy(), self.widths.numpy()
        return Climbing(self.processes, weights, best, self.noise, widths, success)

    def with_gradient(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """The acquisition `k` at `k x columns` points, and its gradients `k x columns`."""
        if self.climbing is not None:
            reached, slopes = self.climbing.with_gradient(at.numpy())
            return torch.from_numpy(reached), torch.from_numpy(slopes)
        return self.on_tensors(at)

    def on_tensors(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """`with_gradient` as it is worked out on any device, of any processes."""
        found = [gp.predict_with_gradient(at) for gp in self.processes]
        mean, deviation, d_mean, d_deviation = [torch.stack(each) for each in zip(*found, strict=True)]
        by_fantasy, slope, gain = self._by_fantasy(mean, deviation)
        values, along = self._by_process(by_fantasy, deviation)
        shares = torch.softmax(values, 0)
        pull = torch.softmax(by_fantasy, 2) * slope
        along = shares * (along - (pull * gain).sum(2) / deviation)
        up = pull.view(*mean.shape, -1).sum(3) * (shares / deviation)[:, :, None]
        gradient = (d_mean @ up[..., None])[..., 0].sum(0) + (along[..., None] * d_deviation).sum(0)
        value = torch.logsumexp(values, 0)
        if self.success is not None:
            chance, d_chance = self.success.with_gradient(at)
            value, gradient = value + chance, gradient + d_chance
        return value, gradient

    def exploration(self, at: Tensor) -> float:
        """The part of the expected improvement that would be gone if the model were certain of its mean; 0..1.

        1 - max(mean - incumbent, 0) / expected improvement, as far as a measurement can tell either: 0 when the mean
        alone promises all of it, 1 when the mean promises none.
        """
        found = [gp.predict(at[None]) for gp in self.processes]
        gain = (torch.stack([mean for mean, _ in found]) - self.best).clamp_min(0).mean((1, 2))
        told, _ = log_told(torch.cat([deviation for _, deviation in found]), self.noise)
        sure = float((self.weights * gain * told.exp()).sum())
        if sure <= 0:
            return 1.0
        share = 1 - math.exp(min(math.log(sure) - float(self.log_improvement(at[None])[0]), 0.0))
        return min(max(share, 0.0), 1.0)


def improvement_over(
    belief: Belief, waiting: Tensor, seed: int, success: SuccessModel | None, standing: Tensor | None = None
) -> ExpectedImprovement:
    """The acquisition when the points `waiting` (`p x columns`, p may be 0) are being measured; the best is looked for
    among them and `standing` (`q x columns`), by default the points that were measured."""
    main, believed = belief.main, belief.main.believed[:, 0]
    known = min(float(main.noise[int(believed.argmax())]), float(main.noise.median()))
    options = bool((main.groups.bincount() > 1).any())
    processes = [gp if not len(waiting) else _fantasised(gp, waiting, seed) for _, gp in belief.parts]
    return ExpectedImprovement(
        processes=tuple(processes),
        weights=believed.new_tensor([weight for weight, _ in belief.parts]),
        best=torch.stack([_best(gp, None if standing is None else torch.cat([standing, waiting])) for gp in processes]),
        noise=known,
        widths=believed.new_tensor(OR_WIDER if options else AS_LEARNT),
        success=success,
    )


def _best(gp: GaussianProcess, standing: Tensor | None) -> Tensor:
    believed = gp.believed if standing is None else gp.predict(standing)[0]
    return believed.amax(0, keepdim=True)


def _fantasised(gp: GaussianProcess, waiting: Tensor, seed: int) -> GaussianProcess:
    mean, _ = gp.predict(waiting)
    covariance = gp.covariance(waiting)
    covariance.diagonal().add_(gp.hyper.noise)
    uniform = sobol(len(waiting), FANTASIES, seed).to(waiting.device)
    normal = torch.special.ndtri(uniform.clamp(1e-6, 1 - 1e-6))
    drawn = mean + safe_cholesky(covariance) @ normal.T
    x = torch.cat([gp.x, waiting])
    targets = torch.cat([gp.targets.expand(-1, FANTASIES), drawn])
    return gp.of(x, targets, torch.cat([gp.noise, torch.zeros_like(mean[:, 0])]))
