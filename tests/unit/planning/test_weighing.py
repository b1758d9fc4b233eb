"""Doubting and believing by ranks of one gives what working it out anew gives."""

import numpy as np
import pytest
import torch
from scipy.stats import norm

from labd.planning.surrogates.gp import GaussianProcess, Hyperparameters
from labd.planning.surrogates.weighing import Weighing

HYPER = Hyperparameters(torch.tensor([0.4, 0.7], dtype=torch.float64), 0.02, 0.1, 1.7)


def test_doubting_and_believing_again_gives_what_working_it_out_anew_gives() -> None:
    chance = np.random.default_rng(0)
    x = torch.tensor(chance.random((25, 2)))
    target, noise = torch.tensor(chance.normal(size=25)), torch.tensor(0.1 * chance.random(25))
    gp = GaussianProcess(x, target[:, None], noise, torch.arange(2), HYPER)
    doubted = torch.zeros(25, dtype=torch.bool)
    doubted[[3, 4]] = True
    weighing = Weighing(gp, x, target, noise, doubted)
    for place in (7, 3, 11, 7, 4, 3):
        weighing.turn(place)
        doubted[place] = ~doubted[place]
        anew = gp.of(x[~doubted], target[~doubted, None], noise[~doubted])
        assert weighing.evidence() == pytest.approx(anew.evidence(), abs=1e-8)
        mean, deviation = torch.empty_like(target), torch.empty_like(target)
        mean[~doubted], deviation[~doubted] = anew.left_out()
        there, apart = anew.predict(x[doubted])
        mean[doubted] = there[:, 0]
        deviation[doubted] = (apart.square() + noise[doubted] + HYPER.noise + 1e-8).sqrt()
        expected = norm.logpdf(target, mean, deviation)
        assert weighing.density().numpy() == pytest.approx(expected, abs=1e-8)
