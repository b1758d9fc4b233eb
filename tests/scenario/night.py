"""A whole daemon on virtual time: the true orchestrator between played instruments and a played planner."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

from labd import analysis
from labd.domain import events as e
from labd.domain.capability import Descriptor, Json
from labd.domain.command import Order, Outcome, Succeeded
from labd.domain.effects import AnalyseRun
from labd.domain.errors import Unavailable
from labd.domain.identifiers import CampaignId
from labd.domain.problem import Continuous, Effort, Measurement, Observation, Parameters, Problem, Scalar, Suggestion
from labd.domain.protocol import Protocol
from labd.domain.workcell import Workcell
from labd.lifecycles.campaign import Campaign
from labd.orchestrator import Orchestrator
from labd.ports.journal import Journal
from labd.ports.planner import Planned
from labd.simulation.clock import VirtualClock
from labd.simulation.ids import CountedIds
from labd.simulation.link import SimulatedLink
from labd.simulation.store import SimulatedStore
from labd.wire.decoding import FromDriver
from labd.wire.messages import Ack, Answer, Ask, Birth, Command, Control, Echo, Heartbeat, Report, State, content_hash
from labd.wire.topics import PROTOCOL, topic
from tests.scenery import MORNING, WORKCELL, protocol

MIX_S = 1800.0
READ_S = 2900.0
LASTS_S = {"mix": MIX_S, "read": READ_S}
"""By capability; others take a minute."""
TIMEOUT_S = 7200.0
AGAIN_S = 30.0
HEARTBEAT_S = 300.0
"""A week has enough of them."""
PATIENCE_S = 30 * 86400.0
"""Longer than this, in virtual time, and the laboratory stands still."""


def long_protocol(trials: int, parallel: int = 2) -> Protocol:
    """Mixing and reading as they are in a real night: half an hour and most of an hour."""
    short = protocol(trials=trials, parallel=parallel)
    steps = tuple(step.model_copy(update={"timeout_s": TIMEOUT_S}) for step in short.steps)
    return short.model_copy(update={"steps": steps})


TOOK = Effort(cpu_s=2, device="cpu")


class PlayedPlanner:
    """Takes ten seconds, or as many as it is told, to draw at random; with `broken` it says why it cannot."""

    def __init__(self) -> None:
        self.broken = ""
        self.asked = 0
        self.takes_s = 10.0
        self.withdrawn = 0

    async def suggest(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
        campaign: str = "",
    ) -> Planned:
        self.asked += 1
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.withdrawn += 1
            raise
        if self.broken:
            raise Unavailable(self.broken, "Mend it.")
        chance = Random(seed)
        return Planned([Suggestion(parameters=_point(problem, chance), method="random") for _ in range(count)], TOOK)


def _point(problem: Problem, chance: Random) -> dict[str, Scalar]:
    """A point of the problem; what is per batch is always the same."""
    numbers = [each for each in problem.parameters if isinstance(each, Continuous)]
    return {each.name: each.low if each.per == "batch" else chance.uniform(each.low, each.high) for each in numbers}


class Bench:
    """The instruments, with a ledger that outlives every daemon: each order once, each outcome until acknowledged."""

    def __init__(self, clock: VirtualClock, tasks: asyncio.TaskGroup, chance: Random, room: Workcell) -> None:
        self._clock, self._tasks, self._chance, self._room = clock, tasks, chance, room
        self.fate: Callable[[Order], Outcome | None] = lambda _: None
        """What becomes of an order; None: it succeeds."""
        self.link = SimulatedLink()
        self.ledger: dict[str, tuple[str, Outcome | None]] = {}
        self.performed: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self.asked: Counter[str] = Counter()
        self._again: dict[str, asyncio.TimerHandle] = {}
        self.mute: set[str] = set()
        """Instruments that work and say nothing."""
        self.deaf: set[str] = set()
        """Instruments that nothing reaches."""

    def plug(self, link: SimulatedLink) -> None:
        """Say who is here, and how it is."""
        self.link = link
        for name in self._room.instruments:
            self._introduce(name)

    def _introduce(self, name: str) -> None:
        self._say(name, "descriptor", Birth(descriptor=self._descriptor(name), protocol=PROTOCOL), retain=True)
        self._state(name)

    def _descriptor(self, name: str) -> Descriptor:
        """As the workcell has it: whatever its roles can be asked."""
        roles = (self._room.roles[role] for role in self._room.instruments[name].roles)
        capabilities = tuple(each for role in roles for each in role.capabilities)
        return Descriptor(instrument=name, session="S1", capabilities=capabilities)

    async def serve(self, link: SimulatedLink) -> None:
        """Take what the daemon sends, for ever."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._answer_heartbeats(link))
            both.create_task(self._obey(link))

    async def _answer_heartbeats(self, link: SimulatedLink) -> None:
        while True:
            beat = await link.told.get()
            if isinstance(beat, Heartbeat):
                for name in self._room.instruments:
                    echo = Echo(session="S1", number=beat.number, at=beat.at, device_time=self._clock.now(), sequence=1)
                    self._say(name, "echo", echo)

    async def _obey(self, link: SimulatedLink) -> None:
        while True:
            name, body = await link.sent.get()
            match body:
                case _ if name in self.deaf:
                    pass
                case Command(order=order) if order.command not in self.ledger:
                    self.ledger[order.command] = (name, None)
                    self._tasks.create_task(self._work(order))
                case Ask(command=command):
                    self.asked[command] += 1
                    self._answer(name, command)
                case Ack(command=command):
                    self.acknowledged.add(command)
                    if command in self._again:
                        self._again.pop(command).cancel()
                case Control(action="rebirth"):
                    self._introduce(name)

    async def _work(self, order: Order) -> None:
        name, command = order.instrument, order.command
        self.performed[command] += 1
        self._say(name, "report", self._said(command, accepted=True))
        self._state(name)
        outcome = await self.perform(order)
        self.ledger[command] = (name, outcome)
        self._report(name, command, outcome)
        self._state(name)

    async def perform(self, order: Order) -> Outcome:
        """Take the time that it takes; what comes of it."""
        await asyncio.sleep(LASTS_S.get(order.capability, 60.0) * self._chance.uniform(0.9, 1.1))
        given: dict[str, dict[str, Json]] = {"mix": {"volume": 1.0}, "read": {"signal": self._chance.random()}}
        return self.fate(order) or Succeeded(result=given.get(order.capability, {}))

    def _answer(self, name: str, command: str) -> None:
        known = self.ledger.get(command)
        if known is not None and known[1] is not None:
            self._report(name, command, known[1])
            return
        standing = "in_hand" if known else "never_seen"
        self._say(name, "answer", Answer.model_validate({"command": command, "session": "S1", "standing": standing}))

    def _report(self, name: str, command: str, outcome: Outcome) -> None:
        """Say it now, and again until somebody acknowledges it."""
        if command not in self.acknowledged:
            if command in self._again:
                self._again[command].cancel()
            self._again[command] = asyncio.get_running_loop().call_later(AGAIN_S, self._report, name, command, outcome)
        self._say(name, "report", self._said(command, outcome=outcome))

    def _said(self, command: str, *, outcome: Outcome | None = None, accepted: bool = False) -> Report:
        return Report(
            command=command,
            session="S1",
            sequence=1,
            device_time=self._clock.now(),
            accepted=accepted,
            outcome=outcome,
            content_hash=content_hash(command, outcome) if outcome else "",
        )

    def _state(self, name: str) -> None:
        mine = tuple(command for command, (who, outcome) in self.ledger.items() if who == name and outcome is None)
        state = State(session="S1", sequence=1, status="busy" if mine else "idle", commands=mine)
        self._say(name, "state", state, retain=True)

    def _say(self, name: str, leaf: str, body: FromDriver, *, retain: bool = False) -> None:
        if name not in self.mute:
            self.link.publish(topic(self._room.name, name, leaf), body.model_dump_json().encode(), retain=retain)


async def analyse(asked: AnalyseRun) -> dict[str, Measurement]:
    """The true analysis, without a thread: virtual time does not wait for one."""
    return analysis.analyse(asked.analysis, asked.outcomes, asked.parameters, asked.results)


class Night:
    """A daemon that can be killed and started again, in a room that goes on without it."""

    def __init__(
        self, journal: Journal, tasks: asyncio.TaskGroup, seed: int, room: Workcell, bench: type[Bench]
    ) -> None:
        self.clock = VirtualClock(MORNING)
        self.planner = PlayedPlanner()
        self.store = SimulatedStore()
        self.bench = bench(self.clock, tasks, Random(seed), room)
        self._room = room
        self.campaign: CampaignId = CountedIds(seed).ulid()
        self._tasks = tasks
        self._daemon: list[asyncio.Task[None]] = []
        self.journal = journal
        self.lab: Orchestrator

    async def start(self, journal: Journal) -> None:
        """A daemon on that journal; returns when its restart is on disk."""
        self.journal = journal
        link = SimulatedLink()
        ports = (journal, link, self.planner, self.clock, analyse, self.store)
        self.lab = Orchestrator(*ports, release="test", heartbeat_s=HEARTBEAT_S)
        await self.lab.open()
        ready = asyncio.Event()
        self.bench.plug(link)
        self._daemon = [
            self._tasks.create_task(self.lab.run(workcell=self._room, ready=ready)),
            self._tasks.create_task(self.bench.serve(link)),
        ]
        await ready.wait()

    async def kill(self) -> None:
        """The process is gone, and with it all that was on the wire."""
        for task in self._daemon:
            task.cancel()
        await asyncio.wait(self._daemon)

    async def begin(self, made: Protocol) -> None:
        """Start a campaign."""
        await self.lab.submit(
            lambda _, at: e.CampaignDrafted(at=at, campaign=self.campaign, name="mixing", protocol=made, seed=1)
        )
        await self.lab.submit(lambda _, at: e.CampaignStarted(at=at, campaign=self.campaign))

    @property
    def mixing(self) -> Campaign:
        return self.lab.state.campaigns[self.campaign]

    async def until(self, status: str) -> None:
        """Until the campaign is there."""
        await self.until_true(lambda: self.mixing.status == status)

    async def until_observed(self, count: int) -> None:
        """Until so many trials are."""
        await self.until_true(lambda: len(self.mixing.observations) >= count)

    async def until_true(self, reached: Callable[[], bool]) -> None:
        """Until something is so."""
        revision = -1
        async with asyncio.timeout(PATIENCE_S):
            while not reached():
                revision = await self.lab.changed(revision)

    async def history(self) -> list[e.Event]:
        """All that the journal holds."""
        return [recorded.event async for recorded in self.journal.read()]

    async def settle_down(self) -> None:
        """Until nothing is on the wire any more."""
        await asyncio.sleep(TIMEOUT_S)


@asynccontextmanager
async def night(
    journal: Journal, seed: int = 0, room: Workcell = WORKCELL, bench: type[Bench] = Bench
) -> AsyncIterator[Night]:
    """A room with a daemon in it."""
    async with asyncio.TaskGroup() as tasks:
        made = Night(journal, tasks, seed, room, bench)
        await made.start(journal)
        yield made
        await made.kill()


async def check_books(it: Night) -> None:
    """Nothing was lost and nothing was done twice."""
    history = await it.history()
    finished = Counter(each.command for each in history if isinstance(each, e.CommandFinished))
    issued = Counter(each.order.command for each in history if isinstance(each, e.CommandIssued))
    assert set(it.bench.performed.values()) <= {1}, "an action was repeated"
    assert set(issued.values()) <= {1}
    assert set(finished.values()) <= {1}
    assert finished.keys() == issued.keys() == it.bench.performed.keys() == it.bench.acknowledged
