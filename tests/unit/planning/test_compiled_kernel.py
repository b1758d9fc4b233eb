"""BoTorch's compiled kernel: a process killed while it compiles leaves a lock, on which nothing of labd waits."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMPILES = "from botorch.acquisition.multi_objective import logei; logei._try_load_fused_kernel()"
PLANS = """
import torch
from labd.planning.acquisitions.from_botorch import from_botorch
from labd.planning.surrogates.botorch_model import ClosedForm
from labd.planning.surrogates.gp import GaussianProcess, Hyperparameters
from botorch.acquisition.multi_objective import logei

x = torch.linspace(0, 1, 5, dtype=torch.float64)[:, None]
hyper = Hyperparameters(torch.ones(1, dtype=torch.float64), 1e-3, 0.0, 1.0)
each = [GaussianProcess(x, y, torch.zeros(5).double(), torch.zeros(1).long(), hyper) for y in (x, 1 - x * x)]
function = logei.qLogNoisyExpectedHypervolumeImprovement(ClosedForm(each), [-1.0, -1.0], x, cache_root=False)
value, slope = from_botorch(function, x.device).with_gradient(torch.tensor([[0.3]]).double())
assert torch.isfinite(value).all() and torch.isfinite(slope).all()
assert logei._C is None
print("planned")
"""
COMPILER = """#!/bin/sh
case " $* " in *" -c "*) echo compiling > {told}; exec tail -f /dev/null ;; esac
exec c++ "$@"
"""


@pytest.mark.skipif(not (shutil.which("c++") and shutil.which("ninja")), reason="without a compiler nothing compiles")
def test_a_kill_in_mid_compile_hangs_nothing(tmp_path: Path) -> None:
    told, compiler, built = tmp_path / "told", tmp_path / "g++", tmp_path / "built"
    os.mkfifo(told)
    compiler.write_text(COMPILER.format(told=told))
    compiler.chmod(0o755)
    world = {**os.environ, "TORCH_EXTENSIONS_DIR": str(built), "CXX": str(compiler), "OMP_NUM_THREADS": "1"}
    compiling = subprocess.Popen([sys.executable, "-W", "ignore", "-c", COMPILES], env=world, start_new_session=True)
    with told.open() as reports:  # opens, and returns, when the compiler does
        assert reports.read() == "compiling\n"
    os.killpg(compiling.pid, signal.SIGKILL)
    compiling.wait()
    assert list(built.rglob("lock")), "BoTorch leaves a lock behind"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PLANS],
        env=world,
        timeout=200,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "planned\n", done.stderr
