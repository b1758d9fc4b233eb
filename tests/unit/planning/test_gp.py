"""The Gaussian process, its gradients, and its agreement with BoTorch."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime
from torch import Tensor

from labd.planning.acquisitions.acquisition import SuccessModel, improvement_over, log_h, log_told
from labd.planning.surrogates.belief import NEGLIGIBLE, Belief
from labd.planning.surrogates.fit import DOUBT, Family, MapObjective, learn, most_probable
from labd.planning.surrogates.gp import JITTER, GaussianProcess, Hyperparameters


def data(n: int = 12, d: int = 3, seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    chance = np.random.default_rng(seed)
    x = chance.random((n, d))
    y = np.sin(5 * x[:, 0]) + x[:, 1] ** 2 + 0.05 * chance.normal(size=n)
    z = (y - y.mean()) / y.std(ddof=1)
    noise = 0.01 * chance.random(n)
    return torch.tensor(x), torch.tensor(z), torch.tensor(noise), torch.arange(d)


def process(columns: int = 1) -> GaussianProcess:
    x, z, noise, groups = data()
    hyper = Hyperparameters(torch.tensor([0.4, 0.7, 2.0], dtype=torch.float64), 0.02, 0.1, 1.7)
    targets = z[:, None] + 0.3 * torch.arange(columns, dtype=torch.float64)
    return GaussianProcess(x, targets, noise, groups, hyper)


def elsewhere(gp: GaussianProcess, mean: float, scale: float) -> GaussianProcess:
    hyper = replace(gp.hyper, mean=mean, scale=scale)
    return GaussianProcess(gp.x, gp.targets, gp.noise, gp.groups, hyper)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # gpytorch's own imports
def test_the_posterior_is_that_of_botorch() -> None:
    from botorch.models import SingleTaskGP
    from botorch.posteriors.gpytorch import GPyTorchPosterior
    from gpytorch.kernels import MaternKernel, ScaleKernel

    gp = process()
    kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=3))
    theirs = SingleTaskGP(
        gp.x,
        gp.targets,
        train_Yvar=(gp.noise + gp.hyper.noise + JITTER)[:, None],
        covar_module=kernel,
        outcome_transform=None,
        input_transform=None,
    ).double()
    kernel.base_kernel.lengthscale = gp.hyper.lengthscales
    kernel.outputscale = gp.hyper.scale
    theirs.mean_module.constant = gp.hyper.mean
    theirs.eval()
    at = torch.tensor(np.random.default_rng(1).random((40, 3)))
    with torch.no_grad():
        posterior = theirs.posterior(at)
    assert isinstance(posterior, GPyTorchPosterior)
    mean, deviation = gp.predict(at)
    assert torch.allclose(mean, posterior.mean, rtol=0, atol=1e-6)
    assert torch.allclose(deviation.square(), posterior.variance[:, 0], rtol=0, atol=1e-6)
    assert torch.allclose(gp.covariance(at), posterior.distribution.covariance_matrix, rtol=0, atol=1e-6)


def test_leave_one_out_is_what_leaving_one_out_gives() -> None:
    gp = process()
    total = 0.0
    for i in range(len(gp.x)):
        others = [k for k in range(len(gp.x)) if k != i]
        less = GaussianProcess(gp.x[others], gp.targets[others], gp.noise[others], gp.groups, gp.hyper)
        mean, deviation = less.predict(gp.x[i : i + 1])
        variance = float(deviation[0] ** 2 + gp.noise[i]) + gp.hyper.noise + JITTER
        total += -0.5 * float(gp.targets[i, 0] - mean[0, 0]) ** 2 / variance - 0.5 * math.log(2 * math.pi * variance)
    assert gp.leave_one_out() == pytest.approx(total, rel=1e-8)


FREE = {Family.GAMMA: 5, Family.SCALED: 6}
"""How many of the arguments each family leaves free, of three parameters: lengthscales, noise, mean, scale."""


@pytest.mark.parametrize("family", Family)
def test_the_fit_follows_its_own_gradient_to_a_peak(family: Family) -> None:
    x, z, noise, groups = data()
    objective = MapObjective(x, z, noise, groups, family)
    for seed in range(3):
        theta = np.random.default_rng(seed).normal([-0.5] * 3 + [-4.0, 0.0, 0.3], 0.3)
        theta[FREE[family] :] = 0.0
        numeric = approx_fprime(theta, lambda at: objective(at)[0], 1e-7)
        assert objective(theta)[1][: FREE[family]] == pytest.approx(numeric[: FREE[family]], abs=1e-5)
    best = most_probable(x, z, noise, groups, family)
    others = [math.log(best.noise), best.mean, math.log(best.scale)]
    peak = np.concatenate([best.lengthscales.log().numpy(), others])
    nearby = np.stack([peak + np.random.default_rng(seed).normal(0, 0.05, 6) for seed in range(20)])
    nearby[:, FREE[family] :] = peak[FREE[family] :]
    assert all(objective(each)[0] >= objective(peak)[0] - 1e-6 for each in nearby)


def test_the_families_are_weighed_by_how_little_they_are_surprised() -> None:
    x, z, noise, groups = data(8)
    hypers = [most_probable(x, z, noise, groups, family) for family in Family]
    densities = [GaussianProcess(x, z[:, None], noise, groups, hyper).leave_one_out() for hyper in hypers]
    shares = np.exp(DOUBT * (np.array(densities) - max(densities)))
    shares = np.where(shares < NEGLIGIBLE * shares.sum(), 0.0, shares)
    weights = [weight for weight, _ in learn(x, z, noise, groups).parts]
    assert weights == pytest.approx(sorted(shares[shares > 0] / shares.sum(), reverse=True))


def test_the_mixture_has_the_mean_and_deviation_of_its_parts() -> None:
    gp = process()
    belief = Belief(((0.6, gp), (0.4, elsewhere(gp, -0.9, 1.7))))
    at = torch.tensor(np.random.default_rng(1).random((1, 3)))
    chance = np.random.default_rng(2)
    drawn = [
        chance.normal(float(gp.predict(at)[0][0, 0]), float(gp.predict(at)[1][0]), round(200_000 * weight))
        for weight, gp in belief.parts
    ]
    mean, deviation = belief.predict(at)
    assert float(mean[0]) == pytest.approx(np.concatenate(drawn).mean(), abs=0.01 * float(deviation[0]))
    assert float(deviation[0]) == pytest.approx(np.concatenate(drawn).std(), rel=0.01)


def test_what_is_believed_of_the_measured_points_is_what_is_predicted_there() -> None:
    gp = process(columns=2)
    belief = Belief(((0.6, gp), (0.4, elsewhere(gp, -0.9, 0.7))))
    assert torch.allclose(gp.believed, gp.predict(gp.x)[0], atol=1e-8)
    assert torch.allclose(belief.believed, belief.predict(gp.x)[0], atol=1e-8)
    assert torch.allclose(belief.expected(gp.x + 0.1), belief.predict(gp.x + 0.1)[0])


def test_many_observations_are_all_used_though_hyperparameters_are_learnt_from_some() -> None:
    x, z, noise, groups = data(400)
    belief = learn(x, z, noise, groups)
    assert len(belief.main.x) == 400
    assert float((belief.predict(x)[0] - z).std()) < 0.2


def numeric_gradient(function: Callable[[Tensor], float], at: Tensor) -> Tensor:
    return torch.tensor(approx_fprime(at.numpy(), lambda each: function(torch.tensor(each)), 1e-7))


@pytest.mark.parametrize("waiting", [0, 3])
@pytest.mark.parametrize("uncertain", [False, True])
@pytest.mark.parametrize("options", [False, True])
def test_the_acquisition_has_the_gradient_that_it_says(waiting: int, uncertain: bool, options: bool) -> None:
    gp = process()
    if options:  # two columns of one parameter
        hyper = replace(gp.hyper, lengthscales=gp.hyper.lengthscales[:2])
        gp = GaussianProcess(gp.x, gp.targets, gp.noise, torch.tensor([0, 1, 1]), hyper)
    labels = torch.sign(gp.targets[:, 0] + 0.5)
    success = SuccessModel(learn(gp.x, labels, torch.zeros(12), gp.groups).main, 0.2) if uncertain else None
    pending = torch.tensor(np.random.default_rng(2).random((waiting, 3)))
    other = elsewhere(gp, -0.2, 0.6)
    acquisition = improvement_over(Belief(((0.7, gp), (0.3, other))), pending, 4, success)
    points = torch.tensor(np.random.default_rng(3).random((5, 3)))
    tensors = acquisition.on_tensors(points)  # what a GPU works with; the processor climbs on plain arrays
    for theirs, ours in zip(tensors, acquisition.with_gradient(points), strict=True):
        assert torch.allclose(theirs, ours, rtol=1e-9, atol=1e-9)
    for at, value, gradient in zip(points, *acquisition.with_gradient(points), strict=True):
        assert float(value) == pytest.approx(float(acquisition(at[None])[0]), abs=1e-8)
        numeric = numeric_gradient(lambda each: float(acquisition(each[None])[0]), at)
        assert torch.allclose(gradient, numeric, atol=1e-4, rtol=1e-4)
        assert 0 <= acquisition.exploration(at) <= 1


def test_log_h_is_smooth_and_right_from_hopeless_to_certain() -> None:
    z = torch.cat([-torch.logspace(6, -3, 400, dtype=torch.float64), torch.logspace(-3, 3, 200, dtype=torch.float64)])
    value, slope = log_h(z)
    assert bool(torch.isfinite(value).all())
    assert bool((slope > 0).all())
    assert bool((value.diff() > 0).all())
    plain = z[(z > -5) & (z < 5)]
    exact = (torch.exp(-0.5 * plain**2) / math.sqrt(2 * math.pi) + plain * torch.special.ndtr(plain)).log()
    assert torch.allclose(log_h(plain)[0], exact, atol=1e-6)
    borders = torch.tensor([-1.0, -1000.0], dtype=torch.float64)
    step = 1e-6 * borders.abs()
    assert torch.allclose(log_h(borders - step)[0], log_h(borders + step)[0], rtol=1e-5)


def test_what_a_measurement_can_tell() -> None:
    deviation = torch.tensor([1e-6, 1e-3, 0.1, 1.0, 30.0], dtype=torch.float64)
    told, slope = log_told(deviation, 0.04)
    plain = (1 - (0.04 / (deviation[1:].square() + 0.04)).sqrt()).log()
    assert torch.allclose(told[1:], plain, atol=1e-6)
    assert bool((told.diff() > 0).all())
    numeric = (log_told(deviation * (1 + 1e-6), 0.04)[0] - told) / (deviation * 1e-6)
    assert torch.allclose(slope, numeric, rtol=1e-4, atol=1e-7)
    assert torch.allclose(log_told(deviation, 0.0)[0], torch.zeros_like(deviation), atol=1e-12)


def test_fantasies_agree_with_the_posterior_when_nothing_is_known_but_the_model() -> None:
    gp = process()
    pending = torch.tensor(np.random.default_rng(5).random((1, 3)))
    fantasised = improvement_over(Belief(((1.0, gp),)), pending, 0, None).processes[0]
    mean, deviation = fantasised.predict(pending)
    before, spread = gp.predict(pending)
    assert float(mean.mean()) == pytest.approx(float(before[0, 0]), abs=0.1 * float(spread[0]))
    assert float(deviation[0]) < float(spread[0])
