"""`labd dry-run`: a campaign on virtual time. No daemon is needed, and nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from labd.cli.files import read_file, read_table, workcell_beside
from labd.cli.options import json_option, pool_option
from labd.cli.printing import duration, number, plural, print_json, table
from labd.domain.errors import InvalidInput, TransitionError

if TYPE_CHECKING:
    from labd.reports.sheet import Table
    from labd.simulation.dry_run import Account

WIDTH = 100
"""A chart of more columns is wider than it is good to read."""
WAITS_SHOWN = 12


@click.command("dry-run")
@click.argument("protocol", type=click.Path(path_type=Path), metavar="PROTOCOL")
@click.option(
    "--workcell",
    "workcell_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The room. By default the workcell.yaml beside the protocol.",
)
@click.option(
    "--campaign",
    "others",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="PROTOCOL",
    help="One more protocol that runs at the same time. Repeatable.",
)
@click.option("--trials", type=click.IntRange(min=1), help="How many trials each; by default as the protocol says.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed, the same run.")
@click.option(
    "--answer",
    "answer_min",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    metavar="MINUTES",
    help="How long a person takes who is asked for something.",
)
@pool_option
@click.option("--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a page, too.")
@json_option
def dry_run(
    *,
    protocol: Path,
    workcell_file: Path | None,
    others: tuple[Path, ...],
    trials: int | None,
    seed: int,
    answer_min: float,
    pool_file: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Run a whole campaign on virtual time, in seconds.

    Against the workcell's declared durations: how long it takes, how busy each instrument is, what waits for what, what
    is used up. Points and results are made up. Ends with 5 where it gets stuck.
    """
    from labd.analysis import signatures
    from labd.protocols import load_protocol, load_workcell
    from labd.simulation.dry_run import dry_run as play

    room = workcell_file or workcell_beside((protocol,))
    if room is None:
        raise InvalidInput(f"There is no workcell.yaml beside {protocol}.", "Give --workcell FILE.")
    workcell = load_workcell(read_file(room), str(room))
    tables = {protocol: read_table(pool_file)}
    protocols = [
        load_protocol(read_file(path), str(path), workcell, signatures(), tables.get(path))
        for path in (protocol, *others)
    ]
    start = datetime.now(UTC).replace(microsecond=0)
    account = play(workcell, protocols, start=start, seed=seed, trials=trials, answer_s=60 * answer_min)
    if page is not None:
        page.write_text(_page(account), encoding="utf-8")
    if as_json:
        print_json(account.model_dump(mode="json"))
    else:
        for line in _lines(account):
            click.echo(line)
        if page is not None:
            click.echo(f"\nwrote {page}")
    if account.stuck:
        raise click.exceptions.Exit(TransitionError.exit_code)


def _lines(account: Account) -> Iterator[str]:
    from labd.reports.gantt import gantt_text

    yield _summary(account)
    yield ""
    yield from gantt_text(_chart(account), min(get_terminal_size().columns, WIDTH))
    for name, (head, rows) in _tables(account).items():
        if rows:
            yield ""
            yield f"{name}:"
            yield from table(head, rows)


def _summary(account: Account) -> str:
    trials = sum(sum(each.trials.values()) for each in account.campaigns)
    return (
        f"{duration(account.makespan_s)} for {plural(trials, 'trial')} with {plural(account.steps, 'step')}, on virtual"
        f" time; worked out in {account.wall_s:.1f} s."
    )


def _tables(account: Account) -> dict[str, Table]:
    """What the account says, a table a question."""
    return {
        "Stuck": (["what waits for what"], [[each] for each in account.stuck]),
        "What failed": (["trials", "because"], [[str(count), why] for why, count in account.failures.items()]),
        "Campaigns": (
            ["campaign", "status", "measured", "failed", "abandoned", "open", "why"],
            [
                [each.campaign, each.status, *(str(count) for count in each.trials.values()), each.reason]
                for each in account.campaigns
            ],
        ),
        "Instruments": (
            ["instrument", "busy"],
            [[name, f"{share:.0%}"] for name, share in account.utilisation.items()],
        ),
        "What waited for what": (
            ["campaign", "step", "because", "steps", "in all", "longest"],
            [
                [
                    each.campaign,
                    each.step,
                    each.reason,
                    str(each.steps),
                    duration(each.total_s),
                    duration(each.longest_s),
                ]
                for each in account.waits[:WAITS_SHOWN]
            ],
        ),
        "Used up": (["stock", "amount"], [[name, number(each)] for name, each in account.consumption.items()]),
        "Ran low": (
            ["stock", "brought", "in all", "first after", "ran out after"],
            [
                [
                    each.stock,
                    f"{each.times} times",
                    number(each.amount),
                    *("" if moment is None else duration(moment) for moment in (each.first_s, each.short_s)),
                ]
                for each in account.refills
            ],
        ),
        "Besides": (
            ["what", "times"],
            [
                [what, str(count)]
                for what, count in (
                    ("questions answered", account.questions),
                    ("labware taken away that nothing else took", account.cleared),
                    ("windows broken", account.windows_broken),
                )
                if count
            ],
        ),
    }


def _chart(account: Account) -> dict[str, Any]:
    """What `labd.reports.gantt` draws."""

    def moment(seconds: float) -> str:
        return (account.started + timedelta(seconds=seconds)).isoformat()

    return {
        "from": moment(0),
        "to": moment(account.makespan_s),
        "instruments": list(account.utilisation),
        "bars": [
            {
                "instrument": bar.instrument,
                "campaign": bar.campaign,
                "run": bar.run,
                "step": bar.step,
                "begin": moment(bar.begin_s),
                "end": moment(bar.end_s),
                "status": "held" if bar.held else "done",
            }
            for bar in account.bars
        ],
    }


def _page(account: Account) -> str:
    from labd.reports.gantt import gantt
    from labd.reports.sheet import sheet

    return sheet(f"Dry run on {account.workcell}", _summary(account), gantt(_chart(account)), _tables(account))
