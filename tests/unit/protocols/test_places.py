"""Labware that finds no room, and instruments that are too few, on protocols as the domain has them."""

from labd.domain.capability import Capability
from labd.domain.matter import LabwareType, Location
from labd.domain.problem import Continuous, Objective, Problem
from labd.domain.protocol import LabwareUse, OutcomeSpec, Protocol
from labd.domain.steps import Step
from labd.domain.workcell import Role, Workcell, WorkcellInstrument
from labd.protocols.soundness.holding import holding
from labd.protocols.soundness.places import places
from labd.protocols.soundness.remark import Remark


def room(*, spare: int = 0) -> Workcell:
    """An arm, a reader and a sealer with a place each; `spare` more places."""
    roles = ("transport", "reader", "sealer")
    return Workcell(
        name="room",
        roles={name: Role(capabilities=(Capability(name="do"),)) for name in roles},
        instruments={
            "arm": WorkcellInstrument(roles=("transport",)),
            "reader_1": WorkcellInstrument(roles=("reader",), location="reader_nest"),
            "sealer_1": WorkcellInstrument(roles=("sealer",), location="sealer_nest"),
        },
        locations={
            "reader_nest": Location(),
            "sealer_nest": Location(),
            **{f"spare_{n}": Location(group="spare") for n in range(spare)},
        },
        labware={"plate": LabwareType(rows=8, columns=12)},
    )


def move(labware: str, to: str, *after: str) -> Step:
    made = {"name": f"{labware}_to_{to}", "role": "transport", "capability": "do", "after": after}
    return Step.model_validate({**made, "move": {"labware": labware, "to": to}})


def at(role: str, labware: str, *after: str) -> Step:
    return Step(name=f"{role}_{labware}", role=role, capability="do", after=after, on=labware)


def found(workcell: Workcell, starts: dict[str, str], *steps: Step) -> list[Remark]:
    protocol = Protocol(
        name="p",
        problem=Problem(parameters=(Continuous(name="x", low=0, high=1),), objectives=(Objective(outcome="y"),)),
        steps=steps,
        labware={name: LabwareUse(type="plate", start=start) for name, start in starts.items()},
        outcomes={"y": OutcomeSpec()},
    )
    return [*places(protocol, workcell), *holding(protocol, workcell)]


SWAP = (move("a", "sealer_nest"), move("b", "reader_nest"))
STARTS = {"a": "reader_nest", "b": "sealer_nest"}


def test_two_that_need_each_others_only_place_never_get_there() -> None:
    remarks = found(room(), STARTS, *SWAP)
    assert [(each.step, each.keys, each.message) for each in remarks] == [
        (
            "a_to_sealer_nest",
            ("to",),
            "a can never get to sealer_nest: b stands there, whatever is moved first.",
        ),
        (
            "b_to_reader_nest",
            ("to",),
            "b can never get to reader_nest: a stands there, whatever is moved first.",
        ),
    ]


def test_a_place_more_lets_them_pass() -> None:
    assert not found(room(spare=1), STARTS, move("a", "spare"), *SWAP[1:], move("a", "sealer_nest", "a_to_spare"))


def test_a_third_order_is_found() -> None:
    steps = (move("b", "spare"), at("reader", "a"), move("a", "sealer_nest"), move("b", "reader_nest", "b_to_spare"))
    assert not found(room(spare=1), STARTS, *steps)


def test_what_stands_elsewhere_is_never_worked_on() -> None:
    (remark,) = found(room(spare=1), {"a": "spare"}, at("reader", "a"))
    assert (remark.step, remark.keys) == ("reader_a", ("on",))
    assert remark.message == "a stands at spare_0 and not at reader_nest when it is needed."
    assert remark.remedy == "Write a step before it: `move: a`, `to: reader_nest`."


def test_a_move_that_comes_first_by_other_steps_counts() -> None:
    between = Step(name="look", role="person", capability="answer", after=("a_to_reader_nest",))
    assert not found(room(spare=1), {"a": "spare"}, move("a", "reader_nest"), between, at("reader", "a", "look"))


def test_more_start_in_a_place_than_it_holds() -> None:
    (remark,) = found(room(), {"a": "reader_nest", "b": "reader_nest"}, at("reader", "a"))
    assert (remark.step, remark.keys) == (None, ("labware", "b", "start"))
    assert remark.message == "2 pieces of labware start at reader_nest, which holds 1."


def test_one_instrument_cannot_fill_two_roles_at_once() -> None:
    one = WorkcellInstrument(roles=("reader", "sealer"))
    workcell = room().model_copy(update={"instruments": {"both": one}})
    step = Step(name="press", role="reader", capability="do", also=("sealer",))
    (remark,) = found(workcell, {}, step)
    assert (remark.step, remark.keys) == ("press", ("also",))
    assert remark.message == "press wants reader and sealer at once, and only both can fill them."
    assert not found(room(), {}, step)
    freed = workcell.model_copy(update={"instruments": {"both": one, "more": WorkcellInstrument(roles=("reader",))}})
    assert not found(freed, {}, step)
