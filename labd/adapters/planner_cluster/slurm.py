"""A job for Slurm that brings workers, with the GPU that it declares: the script is dask-jobqueue's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from labd.adapters.planner_cluster.cluster import GPU
from labd.domain.errors import Unavailable

if TYPE_CHECKING:
    from dask_jobqueue.slurm import SLURMJob


@dataclass(frozen=True, slots=True)
class SlurmJob:
    """One worker in one job. What is not said here, dask-jobqueue takes from its own configuration."""

    scheduler: str
    """The address, as the node that runs the job reaches it."""
    cores: int = 4
    memory: str = "16GB"
    gres: str = "gpu:1"
    """What the job asks of the node, in Slurm's words; empty: no GPU."""
    walltime: str = "24:00:00"
    queue: str | None = None
    account: str | None = None
    python: str | None = None
    """The interpreter with labd on the nodes; by default this one."""
    directives: tuple[str, ...] = ()
    """More for `#SBATCH`."""

    def script(self) -> str:
        """What `sbatch` is given. Raises `Unavailable` where dask-jobqueue is not installed."""
        return str(self._job().job_script())

    def submit(self) -> str:
        """Hand the script to `sbatch`; returns the job's number. Raises `Unavailable`."""
        job = self._job()
        try:
            asyncio.run(job.start())
        except (OSError, RuntimeError, ValueError) as error:
            raise Unavailable(f"Slurm did not take the job: {error}") from None
        return str(job.job_id)

    def _job(self) -> SLURMJob:
        if find_spec("dask_jobqueue") is None:
            raise Unavailable("A job for Slurm needs dask-jobqueue.", "pip install 'labd[dask]'")
        from dask_jobqueue.slurm import SLURMJob

        declared = ["--resources", f"{GPU}=1"] if self.gres else []
        return SLURMJob(
            scheduler=self.scheduler,
            name="labd-planner-$SLURM_JOB_ID",  # two workers of one name exclude each other
            job_name="labd-planner",
            cores=1,  # threads that take questions; a question has its process for itself
            job_cpu=self.cores,
            memory=self.memory,
            processes=1,
            walltime=self.walltime,
            queue=self.queue,
            account=self.account,
            python=self.python,
            worker_extra_args=[*declared, "--preload", "labd.adapters.planner_cluster.remote"],
            job_extra_directives=[*([f"--gres={self.gres}"] if self.gres else []), *self.directives],
        )
