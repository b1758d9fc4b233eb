"""labd's processes under BoTorch's acquisition functions, and labd's own acquisitions against BoTorch's."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from labd.planning.acquisitions.limits import LimitedImprovement, Within, best_kept
from labd.planning.acquisitions.noisy import Noisy
from labd.planning.acquisitions.sampled import sampled
from labd.planning.surrogates.belief import Belief
from labd.planning.surrogates.gp import JITTER, GaussianProcess, Hyperparameters

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # gpytorch's own imports


def process(seed: int, noise: float = 1e-3, n: int = 9) -> GaussianProcess:
    chance = np.random.default_rng(seed)
    x = torch.tensor(chance.random((n, 2)))
    targets = torch.tensor(chance.normal(size=(n, 1)))
    hyper = Hyperparameters(torch.tensor([0.4, 0.9], dtype=torch.float64), noise, 0.2, 1.3)
    return GaussianProcess(x, targets, torch.full((n,), 0.01, dtype=torch.float64), torch.arange(2), hyper)


def sole(gp: GaussianProcess) -> Belief:
    return Belief(((1.0, gp),))


def somewhere(k: int) -> Tensor:
    return torch.tensor(np.random.default_rng(9).random((k, 2)))


def test_the_posterior_is_that_of_a_single_task_gp() -> None:
    from botorch.models import SingleTaskGP
    from botorch.posteriors.gpytorch import GPyTorchPosterior
    from gpytorch.kernels import MaternKernel, ScaleKernel

    from labd.planning.surrogates.botorch_model import ClosedForm

    gp = process(0)
    theirs = SingleTaskGP(
        gp.x,
        gp.targets,
        train_Yvar=(gp.noise + gp.hyper.noise + JITTER)[:, None],
        covar_module=ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=2)),
        outcome_transform=None,
        input_transform=None,
    ).double()
    theirs.covar_module.base_kernel.lengthscale = gp.hyper.lengthscales
    theirs.covar_module.outputscale = gp.hyper.scale
    theirs.mean_module.constant = gp.hyper.mean
    theirs.eval()
    at = somewhere(12).reshape(2, 2, 3, 2)
    ours = ClosedForm([gp]).posterior(at)
    with torch.no_grad():
        expected = theirs.posterior(at)
    assert torch.allclose(ours.mean, expected.mean, rtol=0, atol=1e-6)
    assert isinstance(expected, GPyTorchPosterior)
    covariance = expected.distribution.covariance_matrix
    assert torch.allclose(ours.distribution.covariance_matrix, covariance, rtol=0, atol=1e-6)


def test_any_acquisition_function_of_botorch_serves_the_search_with_its_gradient() -> None:
    from botorch.acquisition.analytic import LogExpectedImprovement

    from labd.planning.acquisitions.from_botorch import from_botorch
    from labd.planning.surrogates.botorch_model import ClosedForm

    gp = process(1)
    ours = from_botorch(LogExpectedImprovement(ClosedForm([gp]), best_f=0.5), gp.x.device)
    at = torch.cat([somewhere(3), gp.x[:1]])
    value, slope = ours.with_gradient(at)
    assert torch.equal(value, ours(at))
    step = 1e-6 * torch.eye(2, dtype=torch.float64)
    numeric = torch.stack([(ours(at + each) - ours(at - each)) / 2e-6 for each in step], 1)
    assert torch.allclose(slope[:3], numeric[:3], rtol=1e-4, atol=1e-6)
    assert torch.isfinite(slope).all()  # at a measured point, too


def limited(gp: GaussianProcess, other: GaussianProcess, draws: int) -> Noisy:
    outcomes = sampled([sole(gp), sole(other)], gp.x, 3, draws)
    within = (Within(high=1.0),)
    best = best_kept(outcomes[0].drawn, [outcomes[1].drawn], within, -9.0)
    return Noisy(tuple(outcomes), LimitedImprovement(best, within), None)


def test_improvement_within_limits_is_that_of_botorchs_noisy_expected_improvement() -> None:
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.acquisition.objective import GenericMCObjective
    from botorch.sampling.normal import SobolQMCNormalSampler

    from labd.planning.surrogates.botorch_model import ClosedForm

    def first(y: Tensor, X: Tensor | None = None) -> Tensor:  # noqa: N803
        return y[..., 0]

    gp, other = process(2), process(3)
    theirs = qLogNoisyExpectedImprovement(
        ClosedForm([gp, other]),
        gp.x,
        sampler=SobolQMCNormalSampler(torch.Size([4096]), seed=1),
        objective=GenericMCObjective(first),
        constraints=[lambda y: y[..., 1] - 1.0],
        eta=1e-5,
        prune_baseline=False,
        cache_root=False,
    )
    at = somewhere(60)
    ours, expected = limited(gp, other, 1024)(at), theirs(at[:, None])
    seen = expected > -3.1  # further out BoTorch's smooth maximum has a fat tail of its own
    assert int(seen.sum()) > 6
    assert torch.allclose(ours[seen], expected[seen], rtol=0, atol=0.25)
    few = limited(gp, other, 32)(at)
    assert float((few - ours)[seen].abs().mean()) < 0.2


def test_its_gradient_is_the_numeric_one() -> None:
    promised = limited(process(4), process(5), 16)
    at = somewhere(5)
    value, slope = promised.with_gradient(at)
    assert torch.allclose(value, promised(at), rtol=1e-7)
    step = 1e-6 * torch.eye(2, dtype=torch.float64)
    numeric = torch.stack([(promised(at + each) - promised(at - each)) / 2e-6 for each in step], 1)
    assert torch.allclose(slope, numeric, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("low", "high"), [(-0.5, math.inf), (-math.inf, 0.2), (-0.5, 0.2), (30.0, 31.0), (-41.0, -40.0)]
)
def test_the_chance_to_keep_a_limit_is_exact_far_out_too(low: float, high: float) -> None:
    from scipy.stats import norm

    found = float(Within(low, high).log_chance(torch.tensor([0.1]).double(), torch.tensor([0.7]).double()))
    down, up = (low - 0.1) / 0.7, (high - 0.1) / 0.7
    down, up = (-up, -down) if down > 0 else (down, up)
    more, less = norm.logcdf(up), norm.logcdf(down)
    assert found == pytest.approx(more + math.log1p(-math.exp(less - more)), rel=1e-6)


def test_a_mixture_shares_its_draws_by_weight() -> None:
    near, far = process(6), process(7)
    (found,) = sampled([Belief(((0.75, near), (0.25, far)))], near.x[:2], 1, 16)
    assert [gp.targets.shape[1] for gp in found.processes] == [12, 4]
    mean, deviation = found.predict(near.x[:2])
    assert torch.allclose(mean, found.drawn, atol=1e-3)
    assert float(deviation.max()) < 3e-3
