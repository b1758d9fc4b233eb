"""`labd planner`: the job for Slurm is dask-jobqueue's, with the GPU that labd asks for."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from labd.cli import labd

SBATCH = """#!/bin/sh
cat "$1" >script
echo Submitted batch job 4711
"""


@pytest.mark.needs("distributed")
def test_the_script_is_what_dask_jobqueue_writes() -> None:
    from dask_jobqueue.slurm import SLURMJob

    theirs = SLURMJob(
        scheduler="tcp://10.0.0.7:8786",
        name="labd-planner-$SLURM_JOB_ID",
        job_name="labd-planner",
        cores=1,
        job_cpu=8,
        memory="32GB",
        processes=1,
        walltime="01:00:00",
        queue="gpu",
        worker_extra_args=["--resources", "GPU=1", "--preload", "labd.adapters.planner_cluster.remote"],
        job_extra_directives=["--gres=gpu:1", "--nice"],
    ).job_script()
    command = ["planner", "slurm", "dask://10.0.0.7:8786", "--cores", "8", "--memory", "32GB", "--time", "01:00:00"]
    done = CliRunner().invoke(labd, [*command, "--partition", "gpu", "--sbatch=--nice"])
    assert done.exit_code == 0, done.output
    assert done.output == theirs
    assert "#SBATCH --gres=gpu:1\n" in theirs


@pytest.mark.needs("distributed")
def test_the_script_is_submitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sbatch = tmp_path / "sbatch"
    sbatch.write_text(SBATCH)
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    command = ["planner", "slurm", "tls://10.0.0.7:8786", "--gres", ""]
    printed = CliRunner().invoke(labd, command).output
    assert "gpu" not in printed.lower()
    done = CliRunner().invoke(labd, [*command, "--submit"])
    assert done.output == "4711\n"
    assert (tmp_path / "script").read_text() == printed


@pytest.mark.needs("distributed")
def test_without_slurm_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = CliRunner().invoke(labd, ["planner", "slurm", "dask://10.0.0.7:8786", "--submit"])
    assert done.exit_code == 6
    assert "Slurm did not take the job" in done.output


def test_a_wrong_address_is_refused() -> None:
    done = CliRunner().invoke(labd, ["planner", "slurm", "10.0.0.7"])
    assert done.exit_code == 2
    assert "not the address of a planner" in done.output
