"""A laboratory for the page to show: the real application, orchestrator and life cycles; journal and link in memory.

It runs in a thread of its own, because Selenium blocks. The instruments do what the test lets them do, and no more.
"""

from __future__ import annotations

import asyncio
import math
import random
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from labd.adapters.system_clock import SystemClock
from labd.domain import events as e
from labd.domain.capability import Capability, Descriptor, Slot
from labd.domain.command import Failed, FailureKind, Order, Outcome, Succeeded, Unknown
from labd.domain.effects import AnalyseRun
from labd.domain.problem import (
    Categorical,
    Continuous,
    Explanation,
    Measurement,
    Neighbour,
    Objective,
    Observation,
    Parameters,
    PlannerSettings,
    Prediction,
    Problem,
    Scalar,
    Suggestion,
)
from labd.domain.protocol import OutcomeSpec, Protocol, Stopping
from labd.domain.steps import Step
from labd.domain.workcell import Role, Workcell, WorkcellInstrument
from labd.orchestrator import Orchestrator
from labd.ports.instrument_link import Lost, Message, Rejected
from labd.ports.planner import Planned
from labd.reports.figures import FIGURES
from labd.reports.gantt import gantt
from labd.reports.insight_figures import INSIGHT_FIGURES
from labd.simulation.ids import CountedIds
from labd.simulation.journal import SimulatedJournal
from labd.simulation.link import SimulatedLink
from labd.simulation.store import SimulatedStore
from labd.web import create_app, serve
from labd.wire.messages import Birth, Command, Report, State, Stop, content_hash
from tests.system.served import Believes, nowhere

T = TypeVar("T")

PREPARE = Capability(name="prepare_slug", results={"volume": Slot(unit="mL")}, typical_s=90)
REACT = Capability(
    name="react",
    arguments={"temperature": Slot(unit="degC"), "residence_time": Slot(unit="min")},
    typical_s=480,
)
MEASURE = Capability(name="measure", results={"area": Slot(unit="mAU")}, typical_s=300)
INSTRUMENTS = {
    "liquid_handler": ("handler", PREPARE, "Gilson", "GX-271"),
    "reactor_1": ("reactor", REACT, "Vapourtec", "R-Series"),
    "reactor_2": ("reactor", REACT, "Vapourtec", "R-Series"),
    "hplc": ("chromatograph", MEASURE, "Agilent", "1260 Infinity"),
}
WORKCELL = Workcell(
    name="suzuki_flow",
    title="Flow chemistry bench",
    roles={
        "handler": Role(capabilities=(PREPARE,)),
        "reactor": Role(capabilities=(REACT,)),
        "chromatograph": Role(capabilities=(MEASURE,)),
    },
    instruments={name: WorkcellInstrument(roles=(role,)) for name, (role, *_) in INSTRUMENTS.items()},
)
PARAMETERS = (
    Continuous(name="temperature", low=30, high=110, unit="degC"),
    Continuous(name="residence_time", low=1, high=10, unit="min"),
    Continuous(name="catalyst_loading", low=0.5, high=2.5, unit="percent", log=True),
    Categorical(name="ligand", options=("XPhos", "SPhos", "RuPhos", "PCy3")),
)


def protocol(*, title: str = "Suzuki coupling in flow", trials: int = 40, parallel: int = 1) -> Protocol:
    """Prepare, react, measure; the yield is what is wanted."""
    return Protocol(
        name="suzuki_flow",
        title=title,
        description="Aryl bromide and boronic acid in a heated coil; which conditions give the most product?",
        problem=Problem(
            parameters=PARAMETERS,
            objectives=(Objective(outcome="yield", target=99),),
            settings=PlannerSettings(parallel=parallel),
        ),
        steps=(
            Step(name="prepare", role="handler", capability="prepare_slug"),
            Step(
                name="react",
                role="reactor",
                capability="react",
                arguments={"temperature": "${temperature}", "residence_time": "${residence_time}"},
                after=("prepare",),
            ),
            Step(name="measure", role="chromatograph", capability="measure", after=("react",)),
        ),
        outcomes={"yield": OutcomeSpec(unit="percent", low=0, high=100), "turnover": OutcomeSpec()},
        stopping=Stopping(trials=trials, consecutive_failures=5),
        runs_per_trial=1,
    )


def truth(parameters: Parameters) -> float:
    """The yield, in percent: a hill over temperature and time, as high as the ligand allows."""
    heat = (_number(parameters["temperature"]) - 84) / 32
    time = (_number(parameters["residence_time"]) - 6.5) / 4.5
    loading = math.log(_number(parameters["catalyst_loading"]) / 1.9)
    height = {"XPhos": 97.0, "SPhos": 88.0, "RuPhos": 71.0, "PCy3": 54.0}[str(parameters["ligand"])]
    return height * math.exp(-(heat**2) - 0.6 * time**2 - 0.35 * loading**2)


def _number(value: Scalar) -> float:
    return float(value)


class Guesses:
    """A planner whose suggestions come nearer to the hill with each observation, and say so."""

    async def suggest(
        self,
        problem: Problem,
        observations: Sequence[Observation],
        pending: Sequence[Parameters],
        count: int,
        seed: int,
        campaign: str = "",
    ) -> Planned:
        """So many suggestions; the first eight without a model."""
        chance = random.Random(seed)
        seen = len(observations) + len(pending)
        return Planned([self._one(chance, seen + place) for place in range(count)])

    def _one(self, chance: random.Random, seen: int) -> Suggestion:
        spread = 1.0 if seen < 8 else max(0.08, 0.75 * 0.9 ** (seen - 8))
        best = {"temperature": 84.0, "residence_time": 6.5, "catalyst_loading": 1.9}
        point: dict[str, Scalar] = {}
        for each in PARAMETERS[:3]:
            assert isinstance(each, Continuous)
            anywhere = chance.uniform(each.low, each.high)
            point[each.name] = round(best[each.name] * (1 - spread) + anywhere * spread, 3)
        point["ligand"] = chance.choice(["XPhos", "SPhos", "RuPhos", "PCy3"]) if chance.random() < spread else "XPhos"
        if seen < 8:
            return Suggestion(parameters=point, method="sobol", reason="Part of the space-filling start.")
        deviation = 2 + 16 * spread
        mean = truth(point) + chance.gauss(0, deviation * 0.8)
        return Suggestion(
            parameters=point,
            method="gp-logei",
            reason="The model expects more product at this temperature with this ligand, and is not sure of it yet.",
            predicted={"yield": Prediction(mean=mean, deviation=deviation)},
            exploration=round(0.15 + 0.7 * spread, 2),
            importance={"temperature": 0.46, "ligand": 0.31, "residence_time": 0.15, "catalyst_loading": 0.08},
            explanation=WHY,
        )


PARTS = {"temperature": 3.1, "ligand": 1.4, "residence_time": -0.6, "catalyst_loading": 0.02}
WHY = Explanation(
    attributions=PARTS,
    difference=sum(PARTS.values()),
    effects={"yield": {name: 2.4 * part for name, part in PARTS.items()}},
    compared_with={"temperature": 71.0, "residence_time": 5.0, "catalyst_loading": 1.2, "ligand": "SPhos"},
    nearest=(Neighbour(trial="C-suzuki_flow.3", distance=0.42), Neighbour(trial="C-suzuki_flow.7", distance=0.9)),
    active=("temperature is at its upper bound, 110 degC",),
    caveats=("Learnt from 7 measurements of 4 parameters: the next result may change it.",),
)


class Stage:
    """The laboratory, as a test directs it. All methods may be called from the test's thread."""

    url: str

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._link = SimulatedLink()
        self._journal = SimulatedJournal()
        self._orchestrator = Orchestrator(
            self._journal, self._link, Guesses(), SystemClock(), _analyse, SimulatedStore(), release="0.1.0"
        )
        self._allowed = asyncio.Semaphore(0)
        self.deaf: frozenset[str] = frozenset()
        """Who does not hear a stop."""
        self._outcome: Callable[[Order], Outcome | None] = lambda _: None
        self._sequence = 0
        self._done = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._main, name="stage")

    # --- what a test does

    def allow(self, commands: int) -> None:
        """Let the instruments bring so many commands to their end."""
        for _ in range(commands):
            self._loop.call_soon_threadsafe(self._allowed.release)

    def decide(self, outcome: Callable[[Order], Outcome | None]) -> None:
        """What becomes of an order; None for success."""
        self._outcome = outcome

    def begin(self, *, title: str = "Suzuki coupling in flow", parallel: int = 1, name: str = "suzuki_flow") -> None:
        """Draft a campaign and start it. One trial at a time takes three commands."""
        key = self.submit(
            lambda _, at: e.CampaignDrafted(
                at=at, campaign=f"C-{name}", name=name, protocol=protocol(title=title, parallel=parallel)
            )
        ).campaign
        self.submit(lambda _, at: e.CampaignStarted(at=at, campaign=key))

    def submit(self, build: Callable[[Any, Any], e.Event]) -> Any:
        """Record an event; returns it once it is committed."""
        return self.wait(self._orchestrator.submit(build))

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that runs in the laboratory's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def arrive(self, inbound: Message | Rejected | Lost) -> None:
        """Let something arrive at the daemon."""
        self._loop.call_soon_threadsafe(self._link.arrive, inbound)

    def disk(self, *, full: bool) -> None:
        """Let the journal's disk be full, or not."""
        self._journal.full = full

    def state(self) -> Any:
        """The laboratory's state."""
        return self._orchestrator.state

    # --- its life

    def __enter__(self) -> Stage:
        self._thread.start()
        self._up.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(20)
        self._loop.close()

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._live())

    async def _live(self) -> None:
        lab = self._orchestrator
        app = create_app(
            *(lab, self._journal, CountedIds()),
            figures=FIGURES,
            draw_schedule=gantt,
            release="0.1.0",
            find_data=nowhere,
            reviewer=Believes(),
            draw_insight=INSIGHT_FIGURES,
        )
        bound: asyncio.Future[int] = self._loop.create_future()
        ready = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(lab.run(ready=ready)),
                group.create_task(serve(app, "127.0.0.1", self._port, bound)),
                group.create_task(self._instruments()),
                group.create_task(self._obey()),
            ]
            await ready.wait()
            await lab.submit(lambda _, at: e.WorkcellLoaded(at=at, workcell=WORKCELL))
            for name in INSTRUMENTS:
                self._be_born(name)
            self.url = f"http://127.0.0.1:{await bound}"
            self._up.set()
            await self._done.wait()
            for task in tasks:
                task.cancel()

    def _be_born(self, name: str) -> None:
        _, capability, make, model = INSTRUMENTS[name]
        descriptor = Descriptor(instrument=name, session="S1", make=make, model=model, capabilities=(capability,))
        self._link.arrive(Message(name, Birth(descriptor=descriptor)))
        self._link.arrive(Message(name, State(session="S1", sequence=0, status="idle")))

    async def _instruments(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                sent = await self._link.sent.get()
                if isinstance(sent.body, Command):
                    group.create_task(self._carry_out(sent.body.order))

    async def _obey(self) -> None:
        """Stop, and start again, with the laboratory."""
        while True:
            said = await self._link.told.get()
            if isinstance(said, Stop):
                for name in INSTRUMENTS.keys() - self.deaf:
                    self._sequence += 1
                    status: Literal["stopped", "idle"] = "stopped" if said.stopped else "idle"
                    stop = said.id if said.stopped else ""
                    state = State(session="S1", sequence=self._sequence, status=status, stop=stop)
                    self._link.arrive(Message(name, state))

    async def _carry_out(self, order: Order) -> None:
        self._state(order, "busy")
        self._report(order, accepted=True)
        self._report(order, progress=0.4, note="")
        await self._allowed.acquire()
        outcome = self._outcome(order) or Succeeded(result={"volume": 1.0, "area": 2.0})
        self._report(order, outcome=outcome, content_hash=content_hash(order.command, outcome))
        self._state(order, "idle")

    def _state(self, order: Order, status: Literal["idle", "busy"]) -> None:
        self._sequence += 1
        commands = (order.command,) if status == "busy" else ()
        state = State(session="S1", sequence=self._sequence, status=status, commands=commands)
        self._link.arrive(Message(order.instrument, state))

    def _report(self, order: Order, **said: Any) -> None:
        self._sequence += 1
        now = SystemClock().now()
        report = Report(command=order.command, session="S1", sequence=self._sequence, device_time=now, **said)
        self._link.arrive(Message(order.instrument, report))


async def _analyse(asked: AnalyseRun) -> dict[str, Measurement]:
    chance = random.Random(asked.run)
    mean = min(100.0, max(0.0, truth(asked.parameters) + chance.gauss(0, 1.2)))
    loading = _number(asked.parameters["catalyst_loading"])
    return {
        "yield": Measurement(mean=mean, standard_error=0.9),
        "turnover": Measurement(mean=mean / loading, standard_error=0.4),
    }


def leak(order: Order) -> Outcome | None:
    """Every ninth trial springs a leak in its reactor."""
    trial = int(order.run.split(".")[-2])
    if order.step == "react" and trial % 9 == 5:
        return Failed(failure=FailureKind.DEFINED, message="Pressure fell to 0.2 bar: a leak at the coil's inlet.")
    return None


def lost(order: Order) -> Outcome | None:
    """Nobody knows what became of any reaction."""
    if order.step == "react":
        return Unknown(message="The driver was started again in the middle of the reaction.")
    return None


@contextmanager
def stage(port: int = 0) -> Iterator[Stage]:
    """A laboratory for the length of a block."""
    with Stage(port) as running:
        yield running
