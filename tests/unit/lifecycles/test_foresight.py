"""What a look ahead is asked, and what its answer is worth."""

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.steps import Gap
from labd.lifecycles.foresight import LEAST, to_plan
from labd.scheduling.look_ahead import Problem, look_ahead
from tests.scenery import protocol
from tests.unit.lifecycles.room import Room

RUNS = 8


def crowded() -> Room:
    """Eight runs wait for two mixers and one meter; two of them are being mixed."""
    room = Room()
    room.furnished()
    made = protocol(parallel=RUNS, trials=20)
    mix, read = made.steps
    windowed = made.model_copy(update={"steps": (mix, read.model_copy(update={"gaps": {"mix": Gap(at_most_s=90)}}))})
    room.campaign(windowed)
    room.suggest()
    return room


def asked(room: Room) -> Problem:
    problem = to_plan(room.state, room.now)
    assert problem is not None
    return problem


def test_all_that_has_yet_to_begin_is_planned_with_its_windows_and_what_runs_now() -> None:
    room = crowded()
    room.tick(20)
    tasks = {each.key: each for each in asked(room).tasks}
    assert len(tasks) == 2 * RUNS - 2
    waits = tasks["C.3.1/read"].behind[0]
    assert (waits.step, waits.at_most_s) == ("C.3.1/mix", 90)
    assert tasks["C.3.1/mix"].needs == (("mixer_1", "mixer_2"),)
    running = tasks["C.1.1/read"]
    assert 0 < running.from_s < 60, "what is under way ends after its usual time"
    assert running.due_s == running.from_s + 90
    assert set(asked(room).free_s) == {"mixer_1", "mixer_2"}


def test_a_plan_is_asked_for_where_runs_compete_and_not_where_it_would_not_pay() -> None:
    room = crowded()
    assert any(isinstance(each, f.LookAhead) for each in room.effects)
    lonely = Room()
    lonely.furnished()
    lonely.campaign(protocol(parallel=1))
    lonely.suggest()
    assert to_plan(lonely.state, lonely.now) is None
    assert not any(isinstance(each, f.LookAhead) for each in lonely.effects)
    room.take(e.LaboratoryStopped, stop="S", by="ada")
    assert to_plan(room.state, room.now) is None, "nothing begins, so nothing is planned"


def test_an_answer_orders_who_waits_and_a_replay_needs_no_solver() -> None:
    room = crowded()
    found = look_ahead(asked(room), 5.0)
    assert found is not None
    assert len(found) >= LEAST
    last_first = {key: -start for key, start in found.items()}
    room.take(e.StepsForeseen, starts_s=last_first)
    latest = max((key for key in found if key.endswith("/mix")), key=lambda key: (found[key], key))
    room.finish("C.1.1.mix.1")
    begun = [each.order for each in room.state.commands.values() if each.order.step == "mix"][-1]
    assert found[f"{begun.run}/mix"] == found[latest]
    assert room.replayed() == room.state
