"""Commands that run something: the demonstration, a laboratory, a driver."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from labd.cli.options import Command, assignments, json_option, lab_option, no_open_password
from labd.cli.printing import number, print_json

PORT = 8321
LABORATORIES = ("suzuki_flow", "strain_assay", "furnace_batch", "beam_line")

host_option = click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Where the page listens. There is no log-in: go beyond this machine only in a network that you trust.",
)


def broker_option(*, variable: str | None = None) -> Callable[[Command], Command]:
    """`--broker`, which a variable may say as well."""
    return click.option(
        "--broker",
        default="",
        envvar=variable,
        show_envvar=bool(variable),
        callback=no_open_password,
        metavar="mosquitto|amqtt|URL",
        help="The MQTT broker. By default one of our own: mosquitto if it is installed, else amqtt.",
    )


class _Speed(click.ParamType[float]):
    name = "FACTOR|max"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if value == "max":
            return float("inf")
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0.0
        if not speed > 0:
            self.fail(f"{value!r} is neither a number above zero nor max.", param, ctx)
        return speed


class _Fault(click.ParamType[tuple[str, float]]):
    name = "NAME=PROBABILITY"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        if isinstance(value, tuple):
            return value
        (name, text), *_ = assignments((str(value),)).items()
        try:
            probability = float(text)
        except ValueError:
            probability = -1.0
        if not 0 <= probability <= 1:
            self.fail(f"{text!r} is no probability between 0 and 1.", param, ctx)
        return name, probability


@click.command()
@click.argument("laboratory", type=click.Choice(LABORATORIES), default=LABORATORIES[0])
@click.option("--headless", is_flag=True, help="No page: run the campaign to its end, print its account and stop.")
@click.option("--trials", type=click.IntRange(min=1), help="How many trials; by default as many as the protocol says.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed, the same world.")
@click.option("--speed", type=_Speed(), default=60.0, show_default=True, help="How much faster than real instruments.")
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="DIR", help="Replay measured results, in the Olympus format."
)
@click.option("--lab", type=click.Path(path_type=Path), metavar="DIR", help="Keep the laboratory here, and resume it.")
@click.option(
    "--fault",
    "faults",
    type=_Fault(),
    multiple=True,
    help="How often: stall, clog, lost_injection, late; in other laboratories others. Repeatable.",
)
@click.option("--port", type=click.IntRange(0, 65535), help=f"Of the page. By default {PORT}, or a free one.")
@host_option
@broker_option()
@click.option("--open/--no-open", "open_browser", default=False, help="Open the page in a browser.")
@json_option
def demo(
    *,
    laboratory: str,
    headless: bool,
    trials: int | None,
    seed: int,
    speed: float,
    data: Path | None,
    lab: Path | None,
    faults: tuple[tuple[str, float], ...],
    port: int | None,
    host: str,
    broker: str,
    open_browser: bool,
    as_json: bool,
) -> None:
    """Run a whole simulated laboratory, with its page: a flow reaction, a plate of strains, a furnace batch or a beam
    line."""
    from labd.daemon import demo as run_demo

    on_terminal = sys.stderr.isatty()
    account = run_demo(
        name=laboratory,
        lab=lab,
        data=data,
        headless=headless,
        trials=trials,
        seed=seed,
        speed=speed,
        faults=dict(faults),
        port=port_or_any(host, PORT) if port is None else port,
        host=host,
        broker=broker,
        open_browser=open_browser,
        progress=_show_progress if headless and on_terminal else None,
    )
    if account is None:
        return
    if headless and on_terminal:
        click.echo(err=True)
    if as_json:
        print_json(account)
        return
    width = max(len(name) for name in account)
    for name, value in account.items():
        click.echo(f"{name.replace('_', ' '):{width}}  {_in_words(value)}")


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number(each)}" for name, each in value.items())
    return number(value)


def _show_progress(done: int, total: int, words: str) -> None:
    of = f"/{total}" if total else ""
    click.echo(f"\r{done}{of} trials, {words}\033[K", nl=False, err=True)


def port_or_any(host: str, wanted: int) -> int:
    """The port, or 0 (any free one) where somebody has it: a demonstration takes what it gets."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            return 0
    return wanted


@click.command()
@lab_option
@click.option("--workcell", type=click.Path(path_type=Path), metavar="FILE", help="By default DIR/workcell.yaml.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Of the page.")
@host_option
@broker_option(variable="LABD_BROKER")
@click.option("--i-know", is_flag=True, help="Use the embedded broker for drivers that labd does not start, too.")
@click.option("--database", default="", metavar="URL", help="By default SQLite in the laboratory's directory.")
@click.option(
    "--planner",
    default="",
    envvar="LABD_PLANNER",
    show_envvar=True,
    metavar="dask://HOST:PORT",
    help="A Dask scheduler whose workers plan. By default a process on this machine, which also answers while the "
    "cluster is away.",
)
@click.option(
    "--heartbeat",
    type=click.FloatRange(0.05, 3600),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="A driver that misses three of them is silent, and its instrument is given nothing.",
)
@click.option(
    "--largest-data",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    metavar="MB",
    help="Larger data of a result are left to a person.",
)
def serve(
    *,
    lab: str | None,
    workcell: Path | None,
    port: int,
    host: str,
    broker: str,
    database: str,
    planner: str,
    i_know: bool,
    heartbeat: float,
    largest_data: int,
) -> None:
    """Run the daemon of a laboratory, until Ctrl-C or SIGTERM."""
    from labd.daemon import serve as run_daemon
    from labd.settings import find_laboratory

    run_daemon(
        lab=find_laboratory(lab),
        workcell=workcell,
        port=port,
        host=host,
        broker=broker,
        database=database,
        planner=planner,
        i_know=i_know,
        heartbeat_s=heartbeat,
        largest_bytes=largest_data * 1_000_000,
    )
