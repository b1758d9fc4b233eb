"""The workcell's envelope refuses by itself: what planner, compilation and driver would let through is not ordered."""

from datetime import timedelta
from typing import Any

import pytest

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.capability import Capability, Json, Slot
from labd.domain.command import Order, Refused
from labd.domain.envelope import Incompatible, JointLimit, RateLimit
from labd.domain.problem import Continuous, Suggestion
from labd.domain.steps import PlannedStep
from labd.domain.workcell import Role, Workcell, WorkcellInstrument
from labd.lifecycles import begin, follow
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.envelope import breach
from labd.lifecycles.trial import TrialStatus
from labd.web.views.steps import steps
from labd.wire.messages import Answer
from tests.scenery import MIX, PROBLEM, WORKCELL, descriptor, protocol
from tests.unit.lifecycles.room import Room

OVEN = Capability(
    name="heat",
    arguments={
        "temperature": Slot(unit="degC", low=20, high=300),
        "time": Slot(unit="min", low=0, high=100, optional=True),
        "cycles": Slot(type="integer", low=1, optional=True),
        "gas": Slot(type="string", options=("argon", "air"), optional=True),
        "volumes": Slot(type="object", unit="uL", low=5, high=200, optional=True),
        "reagent": Slot(type="string", optional=True),
    },
)
BENCH = WORKCELL.model_copy(
    update={
        "roles": {**WORKCELL.roles, "oven": Role(capabilities=(OVEN,))},
        "instruments": {**WORKCELL.instruments, "oven_1": WorkcellInstrument(roles=("oven",))},
        "joint_limits": (
            JointLimit(role="oven", capability="heat", allowed="${temperature < 150 or time < 10}", reason="it chars"),
        ),
        "incompatible": (Incompatible(these=("azide", "copper", "acid"), reason="it explodes"),),
    }
)


def step(arguments: dict[str, Json], name: str = "heat") -> PlannedStep:
    return PlannedStep(name=name, role="oven", capability="heat", arguments=arguments)


def judged(*steps: PlannedStep, workcell: Workcell = BENCH) -> str:
    """Why the first of these steps, as a run of a trial, is not ordered; whatever else has let it through."""
    room = Room()
    room.take(e.WorkcellLoaded, workcell=workcell)
    room.campaign(protocol(parallel=1))
    room.suggest()
    room.take(e.RunStarted, run="C.1.2", trial="C.1", steps=steps)
    order = Order(
        command="C.1.2.heat.1",
        run="C.1.2",
        step="heat",
        attempt=1,
        instrument="oven_1",
        capability="heat",
        arguments=steps[0].arguments,
    )
    return breach(room.state, "oven", order)


FITTING: dict[str, Json] = {"temperature": 100.0, "time": 50}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (FITTING, ""),
        ({"temperature": 20.0, "time": 100, "gas": "argon", "cycles": 2.0, "volumes": {"A1": 5, "B1": 200}}, ""),
        ({"temperature": 300, "time": 9.9}, ""),
        ({**FITTING, "temperature": 19.99}, "temperature is 19.99 degC; the workcell allows at least 20 and at most"),
        ({**FITTING, "temperature": 301}, "temperature is 301 degC"),
        ({**FITTING, "temperature": 10**400}, "temperature is 1000"),
        ({**FITTING, "temperature": True}, "which is no number"),
        ({**FITTING, "temperature": "100"}, "which is no number"),
        ({**FITTING, "temperature": None}, "which is no number"),
        ({**FITTING, "cycles": 1.5}, "cycles is 1.5, which is no integer"),
        ({**FITTING, "gas": "hydrogen"}, "which is none of argon, air"),
        ({**FITTING, "volumes": {"A1": 50, "A2": 4.9}}, "volumes is 4.9 uL"),
        ({**FITTING, "pressure": 1}, "heat takes no pressure"),
        ({"time": 1}, "heat lacks temperature"),
        ({"temperature": 150, "time": 10}, "temperature 150, time 10 is beyond what is allowed together"),
        ({"temperature": 200}, "it cannot be held against"),
    ],
)
def test_each_order_is_held_against_the_workcell(arguments: dict[str, Json], why: str) -> None:
    said = judged(step(arguments))
    assert said.startswith(why) if not why else why in said


def test_a_joint_limit_holds_for_each_well() -> None:
    plate = OVEN.model_copy(
        update={"arguments": {"acid": Slot(type="object", unit="mL"), "base": Slot(type="object", unit="mL")}}
    )
    limit = JointLimit(role="oven", capability="heat", allowed="${acid + base <= 1}")
    roles = {**BENCH.roles, "oven": Role(capabilities=(plate,))}
    workcell = BENCH.model_copy(update={"roles": roles, "joint_limits": (limit,)})
    good: dict[str, Json] = {"A1": 0.5, "A2": 0.25}
    assert judged(step({"acid": good, "base": good}), workcell=workcell) == ""
    bad: dict[str, Json] = {"A1": 0.1, "A2": 0.8}
    assert "acid 0.25, base 0.8 at A2 is beyond" in judged(step({"acid": good, "base": bad}), workcell=workcell)
    assert "cannot be held" in judged(step({"acid": good, "base": {"A1": 0.1}}), workcell=workcell), (
        "a well lacks its base"
    )


def test_what_may_not_come_together_is_refused_before_the_first_of_it_moves() -> None:
    azide = step({**FITTING, "reagent": "azide"})
    copper = step({**FITTING, "reagent": "copper"}, "next")
    assert judged(azide, copper) == "azide and copper may not come together in one run (it explodes)"
    assert judged(azide) == ""
    stocked = copper.model_copy(update={"arguments": {}, "consumes": {"acid": 1.0}})
    assert "azide and acid" in judged(azide, stocked), "a stock counts as well as an argument"
    perhaps = copper.model_copy(update={"when": "${steps.heat.hot > 1}", "after": ("heat",)})
    assert judged(azide, perhaps) == "", "what may never happen is judged when it does"


# --- each envelope by itself


def envelope_of(mixer: Capability, **more: Any) -> Workcell:
    return WORKCELL.model_copy(update={"roles": {**WORKCELL.roles, "mixer": Role(capabilities=(mixer,))}, **more})


ANYTHING = MIX.model_copy(update={"arguments": {"sample": Slot(type="string"), "share": Slot()}})
NARROW = MIX.model_copy(update={"arguments": {"sample": Slot(type="string"), "share": Slot(low=0, high=0.3)}})


MIXERS = ("mixer_1", "mixer_2")


def proposing(room: Room, share: float, method: str = "gp-logei") -> None:
    request = room.mixing.request
    assert request
    made = (Suggestion(parameters={"share": share}, method=method),)
    room.take(e.SuggestionsMade, campaign="C", request=request.number, first=1, suggestions=made)


def orders(room: Room) -> list[Order]:
    return [each.order for each in room.effects if isinstance(each, f.SendCommand)]


def test_the_planners_bounds_refuse_what_the_workcell_would_take() -> None:
    room = Room()
    room.furnished()
    room.take(e.WorkcellLoaded, workcell=envelope_of(ANYTHING))
    room.campaign(protocol(parallel=1))
    proposing(room, 1.5)
    assert not orders(room)
    assert room.trial(1).status is TrialStatus.FAILED
    assert "share cannot be 1.5" in room.trial(1).reason


def tightened(method: str = "gp-logei", runs: int = 1) -> Room:
    """The planner's bounds and the compilation let 0.5 through; when it is to be ordered the workcell is another."""
    room = Room()
    wide = PROBLEM.model_copy(update={"parameters": (Continuous(name="share", low=0, high=10),)})
    room.take(e.WorkcellLoaded, workcell=envelope_of(ANYTHING))
    room.campaign(protocol(parallel=1, runs=runs).model_copy(update={"problem": wide}))
    proposing(room, 0.5, method)
    assert room.happened(e.RunStarted), "it was compiled, and waits for its instrument"
    room.take(e.WorkcellLoaded, workcell=envelope_of(NARROW))
    room.furnished()
    return room


def test_the_workcell_refuses_what_planner_and_compilation_let_through_and_a_person_is_asked() -> None:
    room = tightened()
    assert not orders(room)
    (failed,) = room.happened(e.RunFailed)
    assert failed.breach
    assert "share is 0.5; the workcell allows at least 0 and at most 0.3" in failed.reason
    assert room.status() == CampaignStatus.PAUSED
    assert "envelope held back" in room.mixing.note
    assert room.replayed() == room.state


def test_two_that_break_it_at_once_are_one_pause() -> None:
    room = Room()
    wide = PROBLEM.model_copy(update={"parameters": (Continuous(name="share", low=0, high=10),)})
    room.take(e.WorkcellLoaded, workcell=envelope_of(ANYTHING))
    room.campaign(protocol(parallel=2, runs=1).model_copy(update={"problem": wide}))
    made = tuple(Suggestion(parameters={"share": share}, method="sobol") for share in (0.5, 0.6))
    room.take(e.SuggestionsMade, campaign="C", request=1, first=1, suggestions=made)
    room.take(e.WorkcellLoaded, workcell=envelope_of(NARROW))
    news = [e.InstrumentDescribed(at=room.now, instrument=name, descriptor=descriptor(name)) for name in MIXERS]
    idle = [e.InstrumentStateReported(at=room.now, instrument=name, session="S1", status="idle") for name in MIXERS]
    together = follow(room.state, *news, *idle)
    begun = begin(together.state, together.events)
    assert begun.state.campaigns["C"].status is CampaignStatus.PAUSED
    assert not [each for each in begun.effects if isinstance(each, f.SendCommand)]


def test_what_a_person_proposed_fails_and_the_campaign_goes_on() -> None:
    room = tightened("person")
    assert not orders(room)
    assert room.trial(1).status is TrialStatus.FAILED
    assert room.status() == CampaignStatus.RUNNING


def test_an_order_that_never_arrived_is_held_against_the_workcell_of_today() -> None:
    room = Room()
    room.furnished()
    room.take(e.WorkcellLoaded, workcell=envelope_of(ANYTHING))
    room.campaign(protocol(parallel=1))
    proposing(room, 0.5)
    (order,) = orders(room)
    room.take(e.WorkcellLoaded, workcell=envelope_of(NARROW))
    room.take(e.LinkConnected)
    room.hear(order.instrument, Answer(command=order.command, session="S1", standing="never_seen"))
    assert len(orders(room)) == 1, "it is not sent again"
    assert "share is 0.5" in room.happened(e.CommandResolved)[0].reason


# --- rates


def ramped(per_s: float = 0.001) -> Room:
    """A share of 0.2 was mixed on the one mixer, and a share of 0.5 is proposed."""
    room = Room()
    limit = RateLimit(role="mixer", capability="mix", argument="share", per_s=per_s)
    one = {name: each for name, each in WORKCELL.instruments.items() if name != "mixer_2"}
    room.take(e.WorkcellLoaded, workcell=envelope_of(MIX, rate_limits=(limit,), instruments=one))
    for name in one:
        room.furnish(name)
    room.campaign(protocol(parallel=1))
    proposing(room, 0.2)
    return room


def propose_next(room: Room, share: float) -> None:
    room.observe("C.1.1")
    request = room.mixing.request
    assert request
    made = (Suggestion(parameters={"share": share}, method="sobol"),)
    room.take(e.SuggestionsMade, campaign="C", request=request.number, first=2, suggestions=made)


def test_a_change_that_is_too_fast_waits_until_it_is_slow_enough() -> None:
    room = ramped()
    first = room.state.commands["C.1.1.mix.1"]
    propose_next(room, 0.5)
    assert "C.2.1.mix.1" not in room.state.commands
    timers = [each for each in room.effects if isinstance(each, f.SetTimer) and each.timer.startswith("rate/")]
    assert timers[-1] == f.SetTimer("rate/C.2.1/mix", first.issued + timedelta(seconds=300))
    (waits, *_) = steps(room.state, room.now)
    assert waits["why"] == "its arguments may not change so fast"
    assert waits["until"] == timers[-1].at.isoformat()
    room.now = timers[-1].at - timedelta(seconds=2)
    room.take(e.TimerFired, timer="rate/C.2.1/mix")
    assert "C.2.1.mix.1" not in room.state.commands
    room.take(e.TimerFired, timer="rate/C.2.1/mix")
    assert "C.2.1.mix.1" in room.state.commands
    assert not room.happened(e.RunFailed)
    assert room.replayed() == room.state


def test_a_change_that_is_slow_enough_goes_at_once_and_so_does_the_other_instrument() -> None:
    room = ramped(per_s=1)
    propose_next(room, 0.5)
    assert "C.2.1.mix.1" in room.state.commands
    room = ramped()
    limits = room.state.workcell
    assert limits
    room.take(e.WorkcellLoaded, workcell=limits.model_copy(update={"instruments": WORKCELL.instruments}))
    room.furnish("mixer_2")
    propose_next(room, 0.5)
    assert room.order("C.2.1.mix.1").instrument == "mixer_2"


def test_what_a_driver_refused_has_changed_nothing() -> None:
    room = ramped()
    room.finish("C.1.1.mix.1", Refused(message="the door is open"))
    assert room.state.instruments["mixer_1"].last == {}
