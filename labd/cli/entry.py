"""`labd`: the group of commands, and how an error leaves it.

Exit codes: 0 done; 1 unexpected, or a driver breaks a rule; 2 wrong input; 4 no such thing; 5 not possible now; 6 no
daemon, or a part of it does not answer; 7 the journal; 130 Ctrl-C.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import click

from labd import __version__
from labd.cli import (
    approvals,
    broker,
    campaigns,
    drivers,
    dry_running,
    edits,
    explaining,
    files,
    interventions,
    matter,
    observing,
    planner,
    replaying,
    running,
    steps,
    wire,
)
from labd.cli import data as large_results
from labd.cli.printing import finding_lines
from labd.domain.errors import LabError, Unavailable

WHOLE = find_spec("labd.daemon") is not None
"""Whether the laboratory is installed, or only what a driver host needs."""


def tell(error: LabError) -> None:
    """Print what is wrong, where, and what to do: never a traceback."""
    findings = getattr(error, "findings", ())
    for line in finding_lines(findings):
        click.echo(line, err=True)
    message = "The file cannot be taken, see above." if findings else error.message
    click.echo(f"labd: {message}", err=True)
    if error.hint:
        click.echo(f"      {error.hint}", err=True)


def not_here(what: str) -> Unavailable:
    """What a driver host says of a thing that it does not have."""
    return Unavailable(
        f"{what} belongs to the laboratory; here is a driver host, with the distribution labd-driver.",
        "Install the distribution labd, in an environment of its own.",
    )


class _Commands(click.Group):
    """A group whose errors are ours, and whose commands are listed in the order of a working day."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. A `LabError` becomes its message and exit code, Ctrl-C becomes 130."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            if WHOLE:
                raise
            missing = not_here(f"This needs {error.name}, which")
            tell(missing)
            ctx.exit(missing.exit_code)
        except LabError as error:
            tell(error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which they were added."""
        return list(self.commands)


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001 - click's signature
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import distributions

    here = {each.name: each.version for each in distributions() if each.name in ("labd", "labd-driver")}
    click.echo(f"labd {__version__}" + ("" if WHOLE else " (a driver host: labd-driver)"))
    if len(here) > 1:
        both = ", ".join(f"{name} {version}" for name, version in sorted(here.items()))
        click.echo(f"Installed over each other: {both}. Keep one of them: labd has all that labd-driver has.", err=True)
    ctx.exit()


LABORATORY = """A laboratory that runs itself.

\b
Try it:            labd demo
Your own:          labd init my-lab, then labd serve --lab my-lab
What is going on:  labd status
"""
DRIVER_HOST = """A laboratory that runs itself: its driver host.

\b
Begin a driver:    labd driver new syringe-pump
Check it:          labd driver check syringe_pump:SyringePump
Run it:            labd driver run syringe_pump:SyringePump --broker mqtt://...
"""


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=LABORATORY if WHOLE else DRIVER_HOST,
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
def labd() -> None:
    """The console script's group; what it says of itself is above."""


def _elsewhere(name: str) -> click.Command:
    """A command of the laboratory, where that is not installed: it says what is missing."""

    @click.command(
        name,
        hidden=True,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    def elsewhere() -> None:
        raise not_here(f"`labd {name}`")

    return elsewhere


ON_A_DRIVER_HOST: tuple[click.Command, ...] = (drivers.driver, wire.wire)

for command in (
    running.demo,
    running.serve,
    files.init,
    files.check,
    files.schema,
    dry_running.dry_run,
    campaigns.load,
    campaigns.start,
    campaigns.pause,
    campaigns.resume,
    campaigns.stop,
    approvals.approvals,
    approvals.approve,
    approvals.refuse,
    interventions.emergency_stop,
    interventions.hold,
    interventions.release,
    interventions.lock,
    interventions.unlock,
    interventions.instrument,
    interventions.cancel,
    observing.status,
    observing.why,
    explaining.explain,
    observing.watch,
    observing.trials,
    matter.stock,
    matter.labware,
    campaigns.tell,
    large_results.data,
    steps.answer,
    steps.step,
    campaigns.resolve,
    edits.edit,
    edits.undo,
    edits.edits,
    edits.suggest,
    replaying.replay,
    edits.trial,
    edits.observation,
    drivers.driver,
    broker.broker,
    planner.planner,
    wire.wire,
):
    labd.add_command(command if WHOLE or command in ON_A_DRIVER_HOST else _elsewhere(str(command.name)))


def main() -> None:
    """The console script."""
    labd(prog_name="labd")
