"""`labd demo`: a whole laboratory on this machine, simulated or replayed from measured results."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from labd.daemon.account import Account, account
from labd.daemon.exhibits import Exhibit, Options, check_faults, measured, simulated
from labd.daemon.running import Running, Setup, laboratory
from labd.daemon.serving import announce, ended_by_signal, log_to_stderr, run, say_goodbye
from labd.domain import events as e
from labd.domain.errors import LabError, Unavailable
from labd.domain.identifiers import CampaignId
from labd.domain.protocol import Protocol
from labd.lifecycles import Laboratory
from labd.lifecycles.campaign import TABLE, Campaign
from labd.settings import LaboratoryFiles

log = structlog.get_logger(__name__)

Progress = Callable[[int, int, str], None]
"""Told how many trials have ended, of how many, and the best so far in words."""


def demo(
    *,
    name: str = "suzuki_flow",
    lab: Path | None = None,
    data: Path | None = None,
    headless: bool = False,
    trials: int | None = None,
    seed: int = 0,
    speed: float = 60.0,
    faults: Mapping[str, float] | None = None,
    port: int = 8321,
    host: str = "127.0.0.1",
    broker: str = "",
    open_browser: bool = False,
    progress: Progress | None = None,
) -> dict[str, object] | None:
    """Run the demonstration. Headless: until the campaign has ended; returns its account. Else: until Ctrl-C.

    Raises `LabError`."""
    log_to_stderr()
    directory = Path(tempfile.mkdtemp(prefix="labd-demo-")) if lab is None else lab
    try:
        directory.mkdir(parents=True, exist_ok=True)
        files = LaboratoryFiles(directory.resolve())
        options: Options = {"speed": speed, "seed": seed, "world": str(files.directory / "world"), **(faults or {})}
        shown = measured(data, trials) if data else simulated(name, files, speed, trials)
        check_faults(faults or {}, shown.workcell)
        setup = Setup(
            files=files,
            workcell=shown.workcell,
            broker=broker,
            host=host,
            port=None if headless else port,
            driver_options=options,
        )
        return run(_show(setup, shown, seed, headless=headless, open_browser=open_browser, progress=progress))
    finally:
        if lab is None:
            shutil.rmtree(directory, ignore_errors=True)


# --- the show


async def _show(
    setup: Setup, shown: Exhibit, seed: int, *, headless: bool, open_browser: bool, progress: Progress | None
) -> dict[str, object] | None:
    ended = ended_by_signal()
    began = asyncio.get_running_loop().time()
    async with laboratory(setup) as running:
        campaign = await _begin(running, shown.protocol, seed)
        if not headless:
            announce(setup, running)
            print(f"labd: the laboratory is live at {running.url}   (Ctrl-C ends it)", file=sys.stderr)  # noqa: T201
            if open_browser:
                webbrowser.open(running.url)
            await ended.wait()
            say_goodbye()
            return None
        await _until_over(running, campaign, ended, progress)
        wall_s = asyncio.get_running_loop().time() - began
        final = running.orchestrator.state.campaign(campaign)
        counted = await account(running.journal, campaign, setup.files)
    return {**_summary(final, wall_s, counted, running.broker_kind, seed), **await _truth(shown, final)}


async def _begin(running: Running, protocol: Protocol, seed: int) -> CampaignId:
    """A new campaign, or, in a laboratory that was kept, the one that was going on."""
    going_on = [each for each in running.orchestrator.state.campaigns.values() if each.status not in TABLE.terminal]
    if going_on:
        return going_on[-1].id
    key = running.ids.ulid()
    await running.orchestrator.submit(
        lambda _, at: e.CampaignDrafted(
            at=at, campaign=key, name=_free_name(running, protocol.name), protocol=protocol, seed=seed, by="demo"
        )
    )
    await running.orchestrator.submit(lambda _, at: e.CampaignStarted(at=at, campaign=key, by="demo"))
    return key


def _free_name(running: Running, name: str) -> str:
    taken = {each.name for each in running.orchestrator.state.campaigns.values()}
    return name if name not in taken else f"{name}-{len(taken) + 1}"


async def _until_over(running: Running, key: CampaignId, ended: asyncio.Event, progress: Progress | None) -> None:
    lab = running.orchestrator
    interrupted = asyncio.create_task(ended.wait())
    revision = -1
    try:
        while not _is_over(lab.state, campaign := lab.state.campaign(key)):
            if progress is not None:
                done = len(campaign.observations)
                progress(done, campaign.protocol.stopping.trials or 0, _in_words(campaign))
            if campaign.status == "paused" or (campaign.status == "running" and _asks(lab.state, key)):
                raise Unavailable(
                    f"The campaign waits for a person: {campaign.note or 'a command is UNKNOWN'}.",
                    "Run the demonstration without --headless, or keep it with --lab and use `labd serve`.",
                )
            changed = asyncio.create_task(lab.changed(revision))
            await asyncio.wait({changed, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            if interrupted.done():
                changed.cancel()
                raise KeyboardInterrupt
            revision = await changed
    finally:
        interrupted.cancel()


def _is_over(state: Laboratory, campaign: Campaign) -> bool:
    """Whether it has ended and cleaned up, as far as nobody is asked."""
    runs = (run for run in state.runs.values() if run.id.startswith(campaign.id))
    tidy = all(run.is_cleaned_up for run in runs) or _asks(state, campaign.id)
    return campaign.status in TABLE.terminal and tidy


def _asks(state: Laboratory, key: CampaignId) -> bool:
    commands = state.commands
    return any(each.status == "unknown" and each.order.run.startswith(key) for each in commands.values())


def _in_words(campaign: Campaign) -> str:
    objective = campaign.protocol.problem.objectives[0]
    best = campaign.best
    if best is None:
        return "nothing measured yet"
    unit = campaign.protocol.outcomes[objective.outcome].unit
    return f"best {objective.outcome} {best.outcomes[objective.outcome].mean:.4g} {unit}".rstrip()


def _summary(campaign: Campaign, wall_s: float, counted: Account, broker: str, seed: int) -> dict[str, object]:
    objective = campaign.protocol.problem.objectives[0]
    best = campaign.best
    return {
        "campaign": campaign.name,
        "status": campaign.status,
        "reason": campaign.note,
        "seed": seed,
        "trials": campaign.trials,
        "observed": sum(not o.failed for o in campaign.observations),
        "failed": sum(o.failed for o in campaign.observations),
        "objective": f"{objective.goal} {objective.outcome}",
        "best": best.outcomes[objective.outcome].mean if best else None,
        "best_parameters": best.parameters if best else None,
        "wall_s": round(wall_s, 3),
        "broker": broker,
        **counted._asdict(),
    }


async def _truth(shown: Exhibit, campaign: Campaign) -> dict[str, object]:
    """What the simulation knows: the optimum, and the noiseless outcome at the best point.

    Asked of a process of its own: labd imports no driver."""
    best = campaign.best
    objective = campaign.protocol.problem.objectives[0]
    module, *arguments = shown.truth
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments, "--objective", objective.outcome, "--goal", objective.goal),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(json.dumps(best.parameters if best else None).encode())
    if process.returncode != 0:
        raise LabError(f"{module} could not tell the truth.", "See its message above.")
    truth: dict[str, object] = json.loads(output)
    return truth
