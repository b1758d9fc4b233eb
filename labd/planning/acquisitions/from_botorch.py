"""Any BoTorch acquisition function, for one point at a time, as an acquisition of the one search.

BoTorch 0.18 compiles a C++ kernel at the first use of its multi-objective acquisition functions, under a lock that a
process which is killed meanwhile leaves behind for ever. It is not loaded here: the pure form gives the same values.
"""

from __future__ import annotations

import torch
from botorch.acquisition.acquisition import AcquisitionFunction
from botorch.acquisition.multi_objective import logei
from botorch.utils.sampling import manual_seed
from torch import Tensor

from labd.planning.acquisitions.acquisition import SuccessModel
from labd.planning.acquisitions.by_autograd import ByAutograd

logei._load_attempted = True  # there is no public switch; a test kills a process that compiles, and holds this


def from_botorch(
    function: AcquisitionFunction, device: torch.device, success: SuccessModel | None = None
) -> ByAutograd:
    """The function of `k x 1 x columns` points as an acquisition; its values are taken for logarithms where there is a
    probability of success.

    Each call draws the same: BoTorch looks for a lower bound of an objective that has constraints among points drawn
    with torch's own generator."""

    def value(at: Tensor) -> Tensor:
        with manual_seed(0):
            found: Tensor = function(at[:, None])
            return found

    return ByAutograd(value, device, success)
