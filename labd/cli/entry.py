"""`labd`: the group of commands, and how an error leaves it.

Exit codes: 0 done; 1 unexpected, or a driver breaks a rule; 2 wrong input; 4 no such thing; 5 not possible now; 6 no
daemon, or a part of it does not answer; 7 the journal; 130 Ctrl-C.
"""

from __future__ import annotations

from typing import Any

import click

from labd import __version__
from labd.cli import campaigns, drivers, files, observing, running, wire
from labd.cli.printing import finding_lines
from labd.domain.errors import LabError


def tell(error: LabError) -> None:
    """Print what is wrong, where, and what to do: never a traceback."""
    findings = getattr(error, "findings", ())
    for line in finding_lines(findings):
        click.echo(line, err=True)
    message = "The file cannot be taken, see above." if findings else error.message
    click.echo(f"labd: {message}", err=True)
    if error.hint:
        click.echo(f"      {error.hint}", err=True)


class _Commands(click.Group):
    """A group whose errors are ours, and whose commands are listed in the order of a working day."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. A `LabError` becomes its message and exit code, Ctrl-C becomes 130."""
        try:
            return super().invoke(ctx)
        except LabError as error:
            tell(error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            ctx.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which they were added."""
        return list(self.commands)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="labd", message="%(prog)s %(version)s")
def labd() -> None:
    """A laboratory that runs itself.

    \b
    Try it:            labd demo
    Your own:          labd init my-lab, then labd serve --lab my-lab
    What is going on:  labd status
    """


for command in (
    running.demo,
    running.serve,
    files.init,
    files.check,
    campaigns.load,
    campaigns.start,
    campaigns.pause,
    campaigns.resume,
    campaigns.stop,
    observing.status,
    observing.watch,
    observing.trials,
    campaigns.tell,
    campaigns.resolve,
    drivers.driver,
    wire.wire,
):
    labd.add_command(command)


def main() -> None:
    """The console script."""
    labd(prog_name="labd")
