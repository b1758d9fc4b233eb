"""A true signal of a true driver keeps another true driver from beginning anything, and presses the stop; what is
dangerous begins when two persons have approved it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from labd.daemon.running import Running, Setup, laboratory
from labd.domain import events as e
from labd.domain import room_events
from labd.domain.capability import Capability, Slot
from labd.domain.envelope import Interlock
from labd.domain.errors import TransitionError
from labd.domain.hazard import Hazard
from labd.domain.problem import Continuous, Objective, Problem, Suggestion
from labd.domain.protocol import OutcomeSpec, Protocol
from labd.domain.steps import Step
from labd.domain.workcell import DriverProcess, Role, Workcell, WorkcellInstrument
from labd.lifecycles import Laboratory
from labd.lifecycles.interlock import InterlockStatus
from labd.orchestrator import approvals, requests
from labd.settings import LaboratoryFiles

SHOOT = Capability(
    name="shoot",
    arguments={"size": Slot(type="integer"), "number": Slot(type="integer")},
    results={"picture": Slot(type="blob"), "sharpness": Slot()},
)
PROTOCOL = Protocol(
    name="portrait",
    problem=Problem(parameters=(Continuous(name="light", low=0, high=1),), objectives=(Objective(outcome="sharp"),)),
    steps=(Step(name="shoot", role="camera", capability="shoot", arguments={"size": 10, "number": 1}),),
    outcomes={"sharp": OutcomeSpec()},
    hazard=Hazard(level="high"),
)


def workcell(flow: Path) -> Workcell:
    hood = Interlock(
        instrument="hood", channel="flow", unit="cm/s", below=30, reset_above=40, stale_s=1.0, guards=("camera",)
    )
    return Workcell(
        name="studio",
        roles={"camera": Role(capabilities=(SHOOT,)), "air": Role(capabilities=(Capability(name="nothing"),))},
        instruments={
            "camera_1": WorkcellInstrument(roles=("camera",), driver=DriverProcess(type="tests.system.camera:Camera")),
            "hood": WorkcellInstrument(
                roles=("air",), driver=DriverProcess(type="tests.system.hood:Hood", options={"flow": str(flow)})
            ),
        },
        interlocks={"hood": hood, "fire": hood.model_copy(update={"below": 10, "reset_above": None, "stops": True})},
    )


class Air:
    """The file that the hood reads."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "flow"
        self.blow(0.5)

    def blow(self, flow: float | str) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(str(flow), encoding="utf-8")
        new.replace(self.file)


@asynccontextmanager
async def studio(directory: Path, air: Air) -> AsyncIterator[Running]:
    async with laboratory(Setup(LaboratoryFiles(directory), workcell(air.file), port=None)) as running:
        yield running


async def until(running: Running, fits: Callable[[Laboratory], bool]) -> None:
    async with asyncio.timeout(30):
        revision = running.orchestrator.revision
        while not fits(running.orchestrator.state):
            revision = await running.orchestrator.changed(revision)


async def suggest(running: Running, number: int) -> None:
    made = (Suggestion(parameters={"light": number / 10}, method="person"),)
    await running.orchestrator.submit(
        lambda _, at: e.SuggestionsMade(at=at, campaign="C", first=number, suggestions=made)
    )


def done(number: int) -> Callable[[Laboratory], bool]:
    """Whether the picture of that trial was taken."""
    return lambda lab: bool(lab.runs[f"C.{number}.1"].steps["shoot"].result)


def is_now(status: InterlockStatus, name: str = "hood") -> Callable[[Laboratory], bool]:
    return lambda lab: lab.interlocks[name].status is status


async def approved_by_two(running: Running) -> None:
    """Of a high hazard: it starts when two different persons have approved what they were shown, and not before."""
    lab = running.orchestrator
    with pytest.raises(TransitionError, match="waits for the approval of two persons"):
        await requests.start(lab, "c", by="ada")
    (asked,) = lab.state.approvals.values()
    key, digest = asked.approval.id, asked.approval.content_hash
    with pytest.raises(TransitionError, match="another content"):
        await approvals.approve(lab, key, "0" * 64, by="ada")
    await approvals.approve(lab, key, digest, by="ada")
    with pytest.raises(TransitionError, match="waits for the approval of two persons"):
        await requests.start(lab, "c", by="ada")
    with pytest.raises(TransitionError, match="another person"):
        await approvals.approve(lab, key, digest, by="Ada")
    await approvals.approve(lab, key, digest, by="bob")


@pytest.mark.needs("mosquitto")
async def test_a_dangerous_protocol_is_approved_guarded_by_a_hood_and_stopped_by_it(tmp_path: Path) -> None:
    air = Air(tmp_path)
    air.blow(0.2)
    async with studio(tmp_path, air) as running:
        lab = running.orchestrator
        assert lab.state.interlocks["hood"].holds, "nothing was heard yet"
        await lab.submit(lambda _, at: e.CampaignDrafted(at=at, campaign="C", name="c", protocol=PROTOCOL))
        await approved_by_two(running)
        assert (await requests.start(lab, "c", by="ada")).status == "running"
        await until(running, is_now(InterlockStatus.TRIPPED))
        await until(running, lambda lab: lab.instruments["camera_1"].descriptor is not None)
        await suggest(running, 1)
        assert not lab.state.commands
        air.blow(0.5)
        await until(running, is_now(InterlockStatus.CLEAR))
        await until(running, done(1))
        air.blow("nobody knows")  # the reading fails, and with it the signal
        await until(running, is_now(InterlockStatus.UNHEARD))
        await until(running, lambda lab: lab.safety.stopped)
        assert "was not heard" in str(lab.state.safety.pressed)
        air.blow(0.5)
        await until(running, is_now(InterlockStatus.CLEAR))
        await until(running, is_now(InterlockStatus.CLEAR, "fire"))
        assert lab.state.safety.stopped, "it is latched"
        await lab.submit(lambda _, at: e.LaboratoryReleased(at=at, by="ada", reason="the sash was open"))
        assert lab.state.campaigns["C"].status == "paused"
        await lab.submit(lambda _, at: e.CampaignResumed(at=at, campaign="C"))
        await suggest(running, 2)
        await until(running, done(2))
        heard = [each.event async for each in running.journal.read()]
    turns = [each for each in heard if isinstance(each, room_events.InterlockTripped | room_events.InterlockCleared)]
    assert len(turns) <= 8, "the readings between the turns are in no journal"
