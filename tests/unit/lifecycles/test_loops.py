"""Loops and templates in a run: turns that are done, turns that are skipped, and what is known of them."""

from labd.domain.command import Order, Outcome, Succeeded
from labd.domain.protocol import Protocol
from labd.protocols import load_protocol
from tests.plates import PLATE_WORKCELL
from tests.unit.lifecycles.plate_room import Act, PlateRoom, fails

LOOP = """\
protocol: loop
parameters:
  volume: {type: continuous, low: 10 uL, high: 100 uL}
  temperature: {type: continuous, low: 20 degC, high: 90 degC}
templates:
  top_up:
    with: {volume: null}
    steps:
      add: {role: pipette, capability: fill, arguments: {well: A1, volume: "${volume}"}, otherwise: by_hand}
      by_hand: {role: pipette, capability: fill, arguments: {well: B1, volume: "${volume}"}}
      warm: {role: stove, capability: heat, after: [add], arguments: {temperature: "${temperature}"}}
steps:
  top_up:
    use: top_up
    with: {volume: "${volume / 2}"}
    repeat: {at_most: 4, until: "${steps.top_up.add.dispensed > 40}"}
  read:
    role: reader
    capability: read
    after: [top_up]
    arguments: {well: "${'A1' if steps.top_up.add.dispensed > 40 else 'A2'}"}
outcomes: {signal: {}}
analysis: [{function: value, inputs: {measurements: read.signal}, outcomes: {signal: value}}]
objectives: [{maximise: signal}]
stopping: {trials: 1}
planner: {initial: 1}
"""


def loop() -> Protocol:
    return load_protocol(LOOP, "loop.yaml", PLATE_WORKCELL)


def gives(*volumes: float) -> Act:
    """What is dispensed in the first turn, the second, ..., by whichever step."""

    def act(_room: PlateRoom, order: Order) -> Outcome | None:
        if order.capability == "read":
            return Succeeded(result={"signal": 1.0})
        if order.capability != "fill":
            return None
        turn = int(order.step.split("__")[1])
        return Succeeded(result={"dispensed": volumes[turn - 1]})

    return act


def done(act: Act) -> list[str]:
    """The steps that were ordered, one after the other."""
    room = PlateRoom(loop())
    room.propose()
    room.work(act)
    assert room.replayed() == room.state
    return [each.removeprefix("C.1.1.").removesuffix(".1") for each in room.done]


def test_a_turn_that_has_begun_goes_on_and_those_behind_the_last_are_skipped() -> None:
    assert done(gives(20, 50)) == ["top_up__1__add", "top_up__1__warm", "top_up__2__add", "top_up__2__warm", "read"]


def test_a_loop_ends_after_its_first_turn_if_that_is_enough() -> None:
    assert done(gives(50)) == ["top_up__1__add", "top_up__1__warm", "read"]


def test_a_loop_ends_where_nothing_ends_it() -> None:
    turns = [each for each in done(gives(1, 1, 1, 1)) if each.endswith("add")]
    assert turns == [f"top_up__{turn}__add" for turn in (1, 2, 3, 4)]


def test_the_last_turn_that_was_done_is_meant_from_outside() -> None:
    wells: list[str] = []

    def watch(room: PlateRoom, order: Order) -> Outcome | None:
        if order.capability == "read":
            wells.append(str(order.arguments["well"]))
        return gives(20, 50)(room, order)

    done(watch)
    assert wells == ["A1"]


def test_what_a_stand_in_gave_ends_the_loop_too() -> None:
    def first_by_hand(room: PlateRoom, order: Order) -> Outcome | None:
        return fails("top_up__1__add")(room, order) or gives(50)(room, order)

    assert done(first_by_hand) == ["top_up__1__add", "top_up__1__by_hand", "top_up__1__warm", "read"]
