"""Commands for a planner elsewhere."""

from __future__ import annotations

import click


@click.group()
def planner() -> None:
    """A planner on other machines: see `labd serve --planner`."""


@planner.command()
@click.argument("scheduler", metavar="dask://HOST:PORT")
@click.option("--cores", type=click.IntRange(min=1), default=4, show_default=True)
@click.option("--memory", default="16GB", show_default=True)
@click.option("--gres", default="gpu:1", show_default=True, help="What to ask of the node; --gres '' for no GPU.")
@click.option("--time", "walltime", default="24:00:00", show_default=True)
@click.option("--partition", help="Where the job waits.")
@click.option("--account", help="Who pays.")
@click.option("--python", metavar="FILE", help="The interpreter with labd[dask] on the nodes. By default this one.")
@click.option("--sbatch", "directives", multiple=True, metavar="OPTION", help="One more #SBATCH line. Repeatable.")
@click.option("--submit", is_flag=True, help="Hand the script to sbatch, and print the job's number.")
def slurm(
    *,
    scheduler: str,
    cores: int,
    memory: str,
    gres: str,
    walltime: str,
    partition: str | None,
    account: str | None,
    python: str | None,
    directives: tuple[str, ...],
    submit: bool,
) -> None:
    """Print a job for Slurm that brings a Dask scheduler one worker that plans: submit it once for each."""
    from labd.adapters.planner_cluster.cluster import scheduler_address
    from labd.adapters.planner_cluster.slurm import SlurmJob

    job = SlurmJob(
        scheduler=scheduler_address(scheduler),
        cores=cores,
        memory=memory,
        gres=gres,
        walltime=walltime,
        queue=partition,
        account=account,
        python=python,
        directives=directives,
    )
    click.echo(job.submit() if submit else job.script(), nl=submit)
