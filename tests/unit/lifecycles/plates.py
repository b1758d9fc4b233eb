"""A laboratory with plates for tests: a hotel, an arm that carries, a reader with a nest, medium that is used up."""

from typing import Any

from labd.domain import events as e
from labd.domain.capability import Capability, Descriptor, Slot
from labd.domain.command import Succeeded
from labd.domain.matter import LabwareType, Location, Lot, Stock
from labd.domain.problem import Suggestion
from labd.domain.protocol import LabwareUse, Protocol
from labd.domain.samples import Sample
from labd.domain.steps import Move, PlannedStep
from labd.domain.workcell import Role, Workcell, WorkcellInstrument
from labd.lifecycles import Laboratory, evolve
from labd.lifecycles.matter import Labware
from labd.lifecycles.transport import place_labware
from labd.wire.messages import Birth, State
from tests.scenery import protocol
from tests.unit.lifecycles.room import Room, report

TEXT = Slot(type="string")
MOVE = Capability(
    name="move", arguments={"labware": TEXT, "source": TEXT, "destination": TEXT}, typical_s=20, maximum_s=60
)
READ = Capability(name="read", results={"signal": Slot()}, typical_s=30, maximum_s=300)


def workcell(*, hotel: int = 2, nests: int = 1, medium: float = 10.0, capacity: float | None = None) -> Workcell:
    """`hotel` plates fit into the hotel, and there are so many readers, each with a nest."""
    readers = {f"reader_{n}": WorkcellInstrument(roles=("reader",), location=f"nest_{n}") for n in range(1, nests + 1)}
    return Workcell(
        name="plates",
        roles={"transport": Role(capabilities=(MOVE,)), "reader": Role(capabilities=(READ,))},
        instruments={"arm": WorkcellInstrument(roles=("transport",)), **readers},
        locations={
            "hotel": Location(capacity=hotel),
            **{f"nest_{n}": Location(group="nests", accepts=("plate_96",)) for n in range(1, nests + 1)},
        },
        labware={"plate_96": LabwareType(rows=8, columns=12), "rack": LabwareType()},
        stock={"medium": Stock(unit="mL", low=2.0, capacity=capacity, lots=(Lot(lot="M1", amount=medium),))},
    )


def steps(*, takes: float = 1.0, ends: str = "hotel") -> tuple[PlannedStep, ...]:
    """To the reader, read, and away."""
    away = Move(labware="plate", to=ends)
    return (
        PlannedStep(name="there", role="transport", capability="move", move=Move(labware="plate", to="nests")),
        PlannedStep(
            name="read", role="reader", capability="read", on="plate", after=("there",), consumes={"medium": takes}
        ),
        PlannedStep(name="back", role="transport", capability="move", after=("read",), move=away),
    )


class PlateRoom(Room):
    """A laboratory with plates, in which one campaign has suggestions."""

    def __init__(self, cell: Workcell, trials: int = 1) -> None:
        super().__init__()
        self.take(e.WorkcellLoaded, workcell=cell)
        for name, each in cell.instruments.items():
            capabilities = cell.roles[each.roles[0]].capabilities
            self.hear(name, Birth(descriptor=Descriptor(instrument=name, session="S1", capabilities=capabilities)))
            self.hear(name, State(session="S1", sequence=1, status="idle"))
        self.made: Protocol = protocol(parallel=trials, trials=trials, runs=1).model_copy(
            update={"labware": {"plate": LabwareUse(type="plate_96", start="hotel")}}
        )
        self.trials = trials

    def begin(self, plan: tuple[PlannedStep, ...] | None = None, samples: tuple[Sample, ...] = ()) -> None:
        """A run with a plate for each trial."""
        self.take(e.CampaignDrafted, campaign="P", name="plates", protocol=self.made)
        self.take(e.CampaignStarted, campaign="P")
        made = tuple(Suggestion(parameters={"share": n / 10}, method="person") for n in range(self.trials))
        self.fold(e.SuggestionsMade(at=self.tick(), campaign="P", request=1, first=1, suggestions=made))
        for number in range(1, self.trials + 1):
            run = f"P.{number}.1"
            self.fold(
                e.RunStarted(
                    at=self.tick(),
                    run=run,
                    trial=f"P.{number}",
                    steps=plan or steps(),
                    samples=samples,
                    labware=place_labware(self.made, run),
                )
            )
        self.take(e.LinkConnected)

    def fold(self, event: e.Event) -> None:
        """An event whose consequences are not decided here: the runs of these tests are made by hand."""
        self.state = evolve(self.state, event)
        self.events.append(event)

    def done(self, command: str, **result: Any) -> None:
        """The driver reports success."""
        self.hear(self.order(command).instrument, report(command, Succeeded(result=result)))

    def where(self, run: str) -> str:
        """Where that run's plate stands, or is to go."""
        plate = self.plate(run)
        return f"{plate.place}>{plate.moving_to}" if plate.moving_to else plate.place

    def plate(self, run: str) -> Labware:
        """That run's plate, in the room or out of it."""
        key = f"{run}.plate"
        return self.state.labware.get(key) or self.state.removed[key]

    def out(self) -> list[str]:
        """The orders that are out."""
        return sorted(key for key, each in self.state.commands.items() if each.status in ("issued", "accepted"))


def crowded(state: Laboratory) -> list[str]:
    """The places with more labware than they take."""
    assert state.workcell is not None
    kept = [place for each in state.labware.values() for place in each.keeps]
    return [name for name, each in state.workcell.locations.items() if kept.count(name) > each.capacity]
