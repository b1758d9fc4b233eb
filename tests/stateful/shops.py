"""Random workcells and protocols, and a laboratory of virtual instruments in which they are done."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from heapq import heappop, heappush

from hypothesis import strategies as st

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.capability import Capability, Descriptor, Slot
from labd.domain.command import Failed, FailureKind, Order, Outcome, Succeeded
from labd.domain.envelope import Interlock
from labd.domain.matter import LabwareType, Location, Lot, Stock
from labd.domain.problem import Continuous, Measurement, Objective, PlannerSettings, Problem, Suggestion
from labd.domain.protocol import Analysis, LabwareUse, OutcomeSpec, Protocol, Stopping
from labd.domain.room_events import InterlockCleared, InterlockTripped, LabwareMoved, StockRefilled
from labd.domain.step_events import WindowBroken
from labd.domain.steps import Gap, Move, Step
from labd.domain.workcell import Role, Workcell, WorkcellInstrument
from labd.lifecycles import Laboratory, evolve, settle
from labd.lifecycles.command import OUT
from labd.lifecycles.matter import LabwareStatus
from labd.lifecycles.windows import reservations
from tests.scenery import MORNING

ROLES = ("arm", "oven", "pump", "reader")
SHORT, LONG = 30.0, 240.0
TOLERATED_S = 0.5


def _role(typical_s: float) -> Role:
    text = Slot(type="string", optional=True)
    arguments = {"labware": text, "source": text, "destination": text}
    work = Capability(name="work", arguments=arguments, results={"y": Slot()}, typical_s=typical_s, maximum_s=100_000.0)
    return Role(capabilities=(work,))


@st.composite
def workcells(draw: st.DrawFn) -> Workcell:
    """Each role is filled, some instruments fill two, and one nest has room for one plate."""
    extra = draw(st.lists(st.sets(st.sampled_from(ROLES), min_size=1, max_size=2), max_size=3))
    instruments = {
        f"{role}_1": WorkcellInstrument(roles=(role,), location="nest" if role == "reader" else None) for role in ROLES
    }
    for number, roles in enumerate(extra):
        instruments[f"extra_{number}"] = WorkcellInstrument(roles=tuple(sorted(roles - {"reader"}) or ["pump"]))
    return Workcell(
        name="shop",
        roles={role: _role(draw(st.sampled_from([SHORT, LONG]))) for role in ROLES},
        instruments=instruments,
        locations={"hotel": Location(capacity=draw(st.integers(1, 3))), "nest": Location()},
        labware={"plate": LabwareType()},
        stock={"medium": Stock(unit="mL", lots=(Lot(lot="M0", amount=draw(st.sampled_from([3.0, 20.0]))),))},
        interlocks={"hood": Interlock(instrument="oven_1", channel="flow", below=0.3, guards=("oven",))},
    )


@st.composite
def protocols(draw: st.DrawFn, *, windows: bool) -> Protocol:
    """Two to five steps in any order; with windows, chains of steps that must follow each other; or a plate's way."""
    carries = draw(st.booleans()) and not windows
    steps = _way() if carries else []
    leads: set[str] = set()
    for number in range(draw(st.integers(2, 5)) if not steps else draw(st.integers(0, 2))):
        before = [each.name for each in steps]
        after: list[str] = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
        gaps = {}
        timed = draw(st.booleans())
        if windows and timed and len(after) == 1 and after[0] not in leads:
            gaps = {after[0]: Gap(at_most_s=draw(st.sampled_from([0.0, 20.0, 200.0])))}
            leads.add(after[0])
        elif timed and after:
            gaps = {after[0]: Gap(at_least_s=45.0)}
        role = draw(st.sampled_from(ROLES))
        also = draw(st.sampled_from([(), (), tuple(it for it in ("arm", "pump") if it != role)[:1]]))
        takes = {"medium": 1.0} if not windows and draw(st.booleans()) else {}
        steps.append(
            Step(
                name=f"s{number}",
                role=role,
                capability="work",
                after=tuple(after),
                gaps=gaps,
                also=also,
                consumes=takes,
            )
        )
    trials = draw(st.integers(1, 3))
    return Protocol(
        name="work",
        problem=Problem(
            parameters=(Continuous(name="x", low=0, high=1),),
            objectives=(Objective(outcome="y"),),
            settings=PlannerSettings(parallel=draw(st.integers(1, 3))),
        ),
        steps=tuple(steps),
        labware={"plate": LabwareUse(type="plate", start="hotel")} if steps[0].move else {},
        analysis=(Analysis(function="value", inputs={"measurements": f"{steps[-1].name}.y"}, outcomes={"y": "value"}),),
        outcomes={"y": OutcomeSpec()},
        stopping=Stopping(trials=trials, consecutive_failures=50),
    )


def _way() -> list[Step]:
    """To the reader, and back."""
    return [
        Step(name="there", role="arm", capability="work", move=Move(labware="plate", to="nest")),
        Step(name="read", role="reader", capability="work", on="plate", after=("there",)),
        Step(name="back", role="arm", capability="work", move=Move(labware="plate", to="hotel"), after=("read",)),
    ]


class Shop:
    """The daemon's state machine against instruments that take as long as they say, unless somebody interferes."""

    def __init__(self, room: Workcell) -> None:
        self.room, self.now, self.state = room, MORNING, Laboratory()
        self.journal: list[e.Event] = []
        self.coming: list[tuple[datetime, int, e.Event]] = []
        self.timers: dict[str, datetime] = {}
        self.count = 0
        self.longer_s: defaultdict[str, float] = defaultdict(float)
        """By command that is late: by how much."""
        self.fails: set[str] = set()
        self.stopped = False
        self.ended: dict[tuple[str, str], datetime] = {}
        self.tripped = True
        """Until its signal is heard for the first time."""
        self.amount = sum(each.amount for each in room.stock["medium"].lots)
        self.taken = 0.0
        self.take(e.DaemonStarted(at=self.now, epoch=1, version="shop"))
        self.take(e.WorkcellLoaded(at=self.now, workcell=room))
        self.take(e.LinkConnected(at=self.now))
        self.clear()
        for name, each in room.instruments.items():
            born = Descriptor(instrument=name, session="S", capabilities=room.roles[each.roles[0]].capabilities)
            self.take(e.InstrumentDescribed(at=self.now, instrument=name, descriptor=born))
            self.take(e.InstrumentStateReported(at=self.now, instrument=name, session="S", status="idle"))

    def load(self, key: str, protocol: Protocol, priority: int) -> None:
        self.take(e.CampaignDrafted(at=self.now, campaign=key, name=key, protocol=protocol, priority=priority))
        self.take(e.CampaignStarted(at=self.now, campaign=key))

    # --- what people and signals do

    def trip(self) -> None:
        if not self.tripped:
            self.take(InterlockTripped(at=self.now, interlock="hood", value=0.1, why="the flow is too low"))

    def clear(self) -> None:
        if self.tripped:
            self.take(InterlockCleared(at=self.now, interlock="hood", value=1.0))

    def stop(self) -> None:
        if not self.state.safety.stopped:
            self.take(e.LaboratoryStopped(at=self.now, stop=f"S{self.count:06}", by="ada", reason="smoke"))

    def release(self) -> None:
        if self.state.safety.stopped:
            self.take(e.LaboratoryReleased(at=self.now, by="ada", reason="no fire"))
        for campaign in list(self.state.campaigns.values()):
            if campaign.status == "paused":
                self.take(e.CampaignResumed(at=self.now, campaign=campaign.id, by="ada"))

    def tidy(self) -> None:
        """Plates of which nobody knows where they are, or that nobody needs, go out of the room."""
        for each in list(self.state.labware.values()):
            if each.status is LabwareStatus.LOST or each.run not in self.state.runs:
                self.take(LabwareMoved(at=self.now, by="ada", labware=each.id, to="", reason="found and put away"))

    def refill(self) -> None:
        lot = f"M{self.count}"
        self.amount += 5.0
        self.take(StockRefilled(at=self.now, by="ada", stock="medium", lot=Lot(lot=lot, amount=5.0)))

    # --- time

    def next(self) -> bool:
        """The next thing that happens; False where nothing does."""
        while self.coming:
            at, _, event = heappop(self.coming)
            if isinstance(event, e.TimerFired) and self.timers.get(event.timer) != at:
                continue
            if isinstance(event, e.CommandFinished) and (late_s := self.longer_s.pop(event.command, 0.0)):
                later = at + timedelta(seconds=late_s)
                self._later(later, event.model_copy(update={"at": later}))
                continue
            self.now = max(self.now, at)
            if isinstance(event, e.TimerFired):
                del self.timers[event.timer]
            if isinstance(event, e.CommandFinished) and event.command in self.fails:
                outcome: Outcome = Failed(failure=FailureKind.DEFINED, message="stalled")
                event = event.model_copy(update={"outcome": outcome})
            self.take(event)
            return True
        return False

    def take(self, event: e.Event) -> None:
        settled = settle(self.state, event)
        for each in settled.events:
            self.look(each)
        self.state = settled.state
        self.journal += settled.events
        for effect in settled.effects:
            self._carry_out(effect)
        self.check()

    def _later(self, at: datetime, event: e.Event) -> None:
        self.count += 1
        heappush(self.coming, (at, self.count, event))

    def _carry_out(self, effect: f.Effect) -> None:
        match effect:
            case f.SendCommand(order=order):
                self._work(order)
            case f.SetTimer(timer=timer, at=at):
                self.timers[timer] = at
                self._later(at, e.TimerFired(at=at, timer=timer))
            case f.CancelTimer(timer=timer):
                self.timers.pop(timer, None)
            case f.RequestSuggestions():
                points = tuple(Suggestion(parameters={"x": 0.5}, method="sobol") for _ in range(effect.count))
                first = self.state.campaigns[effect.campaign].trials + 1
                made = e.SuggestionsMade(
                    at=self.now, campaign=effect.campaign, request=effect.request, first=first, suggestions=points
                )
                self._later(self.now, made)
            case f.AnalyseRun():
                self._later(self.now, e.RunAnalysed(at=self.now, run=effect.run, outcomes={"y": Measurement(mean=1)}))
            case _:
                pass

    def _work(self, order: Order) -> None:
        done = self.now + timedelta(seconds=self.state.runs[order.run].steps[order.step].plan.typical_s)
        self._later(self.now, e.CommandAccepted(at=self.now, command=order.command))
        finished = e.CommandFinished(
            at=done,
            command=order.command,
            instrument=order.instrument,
            outcome=Succeeded(result={"y": 1.0}),
            content_hash="h",
        )
        self._later(done, finished)

    # --- what must always hold

    def look(self, event: e.Event) -> None:
        """Each event by itself, beside what the state makes of it."""
        match event:
            case e.LaboratoryStopped() | e.LaboratoryReleased():
                self.stopped = isinstance(event, e.LaboratoryStopped)
            case InterlockTripped():
                self.tripped = True
            case InterlockCleared():
                self.tripped = False
            case e.CommandIssued():
                assert not self.stopped, "an order while the laboratory is stopped"
                roles = self.room.instruments[event.order.instrument].roles
                assert not (self.tripped and "oven" in roles), "an order past a tripped interlock"
                self.taken += sum(sum(lots.values()) for lots in event.consumes.values())
                assert self.taken <= self.amount, "more stock than there is"
            case e.CommandFinished():
                run, step, _ = event.command.rsplit(".", 2)
                self.ended[run, step] = event.at
            case _:
                pass

    def check(self) -> None:
        taken = Counter(
            name
            for command in self.state.commands.values()
            if command.status in OUT
            for name in (command.order.instrument, *command.holds)
        )
        assert all(count == 1 for count in taken.values()), f"one instrument twice at once: {taken}"
        standing = Counter(place for each in self.state.labware.values() for place in each.keeps)
        assert all(count <= self.room.locations[place].capacity for place, count in standing.items())

    def late(self) -> list[tuple[str, str]]:
        """The windows that were broken, as the times of the events tell: run and step."""
        ends: dict[tuple[str, str], datetime] = {}
        broken = []
        plans = {
            (run.run, step.name): step for run in self.journal if isinstance(run, e.RunStarted) for step in run.steps
        }
        for event in self.journal:
            if isinstance(event, e.CommandFinished) and isinstance(event.outcome, Succeeded):
                run, name, _ = event.command.rsplit(".", 2)
                ends[run, name] = event.at
            elif isinstance(event, e.CommandAccepted):
                run, name, _ = event.command.rsplit(".", 2)
                for other, gap in plans[run, name].gaps.items():
                    gap_s = (event.at - ends[run, other]).total_seconds()
                    if gap.at_most_s is not None and gap_s > gap.at_most_s + TOLERATED_S:
                        broken.append((run, name))
        return broken

    def flagged(self) -> list[tuple[str, str]]:
        return [(each.run, each.step) for each in self.journal if isinstance(each, WindowBroken)]

    def over(self) -> None:
        """Everything came to its end, and nothing is left behind."""
        unfinished = [each.name for each in self.state.campaigns.values() if each.ended is None]
        waiting = [f"{run.id}.{each.plan.name}" for run in self.state.runs.values() for each in run.ready]
        assert not unfinished, f"{unfinished} cannot go on: {waiting}"
        assert not list(reservations(self.state))
        held = [it.name for it in self.state.instruments.values() if it.command or it.serves]
        assert not held
        assert not any(each.reserved for each in self.state.stock.values())
        state = Laboratory()
        for event in self.journal:
            state = evolve(state, event)
        assert state == self.state


def to_the_end(shop: Shop, most: int = 4000) -> Iterable[int]:
    """One after the other what happens, until nothing does."""
    for number in range(most):
        if not shop.next():
            return
        yield number
    raise AssertionError("it does not come to an end")
