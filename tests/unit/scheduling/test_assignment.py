"""Which step begins on which instrument: nothing is done twice at once, and nothing waits that could begin."""

from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labd.scheduling import Assignment, Machine, Room, Waiting, assign, fits, why_waiting

ROLES = ["pump", "reactor", "hplc", "arm"]
INSTRUMENTS = ["a", "b", "c", "d", "e"]

free_instruments = st.dictionaries(st.sampled_from(INSTRUMENTS), st.frozensets(st.sampled_from(ROLES), min_size=1))


@st.composite
def waiting_steps(draw: st.DrawFn) -> list[Waiting]:
    count = draw(st.integers(0, 12))
    return [
        Waiting(
            step=f"s{number}",
            run=f"c.{draw(st.integers(1, 3))}.1",
            role=draw(st.sampled_from(ROLES)),
            instrument=draw(st.none() | st.sampled_from(INSTRUMENTS)),
            priority=draw(st.integers(0, 2)),
            order=number,
        )
        for number in range(count)
    ]


def one_by_one(waiting: Sequence[Waiting], free: Mapping[str, frozenset[str]]) -> list[Assignment]:
    """The rule, word for word: each step takes the free instrument that the later ones need least."""
    left, made = dict(free), []
    queue = sorted(waiting, key=lambda each: (-each.priority, each.order, each.run, each.step))
    for place, step in enumerate(queue, 1):

        def needed(name: str, later: Sequence[Waiting] = queue[place:]) -> int:
            return sum(fits(each, name, left[name]) for each in later)

        fitting = [name for name, roles in left.items() if fits(step, name, roles)]
        if fitting:
            chosen = min(fitting, key=lambda name: (needed(name), len(left[name]), name))
            del left[chosen]
            made.append(Assignment(step.step, step.run, chosen))
    return made


@given(waiting_steps(), free_instruments)
def test_instruments_of_a_kind_are_counted_as_one_and_chosen_as_each(
    waiting: list[Waiting], free: dict[str, frozenset[str]]
) -> None:
    assert list(assign(waiting, Room(free)).begins) == one_by_one(waiting, free)


def begun(made: Sequence[Assignment]) -> set[tuple[str, str]]:
    return {(each.run, each.step) for each in made}


@given(waiting_steps(), free_instruments)
def test_every_instrument_gets_one_step_that_it_can_do(
    waiting: list[Waiting], free: Mapping[str, frozenset[str]]
) -> None:
    made = assign(waiting, Room(free)).begins
    steps = {(each.run, each.step): each for each in waiting}
    assert len({each.instrument for each in made}) == len(made)
    assert len(begun(made)) == len(made)
    assert all(fits(steps[each.run, each.step], each.instrument, free[each.instrument]) for each in made)


@given(waiting_steps(), free_instruments)
def test_no_idle_instrument_is_left_beside_a_step_that_it_could_do(
    waiting: list[Waiting], free: Mapping[str, frozenset[str]]
) -> None:
    made = assign(waiting, Room(free)).begins
    idle = {name: roles for name, roles in free.items() if name not in {each.instrument for each in made}}
    left = [each for each in waiting if (each.run, each.step) not in begun(made)]
    assert not [(step, name) for step in left for name, roles in idle.items() if fits(step, name, roles)]


@given(waiting_steps(), free_instruments, st.randoms(use_true_random=False))
def test_neither_the_order_of_the_question_nor_of_the_instruments_matters(
    waiting: list[Waiting], free: Mapping[str, frozenset[str]], random: Random
) -> None:
    shuffled, names = list(waiting), list(free)
    random.shuffle(shuffled)
    random.shuffle(names)
    assert assign(shuffled, Room({name: free[name] for name in names})).begins == assign(waiting, Room(free)).begins


@given(waiting_steps(), free_instruments)
def test_the_first_in_the_order_is_served_if_anybody_can_serve_it(
    waiting: list[Waiting], free: Mapping[str, frozenset[str]]
) -> None:
    first = min(waiting, key=lambda each: (-each.priority, each.order), default=None)
    if first and any(fits(first, name, roles) for name, roles in free.items()):
        assert (first.run, first.step) in begun(assign(waiting, Room(free)).begins)


def test_the_older_trial_goes_first_and_a_higher_priority_before_it() -> None:
    free = {"only": frozenset({"hplc"})}
    older, newer = Waiting("m", "c.1.1", "hplc", order=0), Waiting("m", "c.2.1", "hplc", order=1)
    assert assign([newer, older], Room(free)).begins == (Assignment("m", "c.1.1", "only"),)
    urgent = Waiting("m", "c.3.1", "hplc", priority=1, order=2)
    assert assign([newer, older, urgent], Room(free)).begins == (Assignment("m", "c.3.1", "only"),)


def test_the_instrument_that_others_wait_for_is_spared() -> None:
    free = {"both": frozenset({"hplc", "pump"}), "pump": frozenset({"pump", "arm", "reactor"})}
    rinse, measure = Waiting("rinse", "c.1.1", "pump", order=0), Waiting("measure", "c.2.1", "hplc", order=1)
    assert {each.instrument: each.step for each in assign([rinse, measure], Room(free)).begins} == {
        "both": "measure",
        "pump": "rinse",
    }


def test_with_nobody_else_waiting_the_instrument_with_fewest_roles_is_taken() -> None:
    free = {"a_both": frozenset({"hplc", "pump"}), "b_pump": frozenset({"pump"})}
    assert assign([Waiting("rinse", "c.1.1", "pump")], Room(free)).begins[0].instrument == "b_pump"


def test_a_named_instrument_is_waited_for() -> None:
    free = {"reactor_1": frozenset({"reactor"})}
    assert assign([Waiting("react", "c.1.1", "reactor", instrument="reactor_2")], Room(free)).begins == ()


def machine(status: str, *roles: str) -> Machine:
    return Machine(frozenset(roles or ("reactor",)), status)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("machines", "named", "says"),
    [
        ({}, None, "no instrument fills role reactor"),
        ({"hplc_1": machine("idle", "hplc")}, None, "no instrument fills role reactor"),
        ({"r1": machine("offline")}, None, "no instrument that fills role reactor is online"),
        ({"r1": machine("busy"), "r2": machine("busy")}, None, "r1 and r2 are busy"),
        ({"r1": machine("busy"), "r2": machine("busy"), "r3": machine("busy")}, None, "r1, r2 and r3 are busy"),
        ({"r1": machine("busy"), "r2": machine("offline")}, None, "r1 is busy"),
        ({"r1": machine("busy"), "r2": machine("error")}, None, "r1 is busy, r2 is in error"),
        ({"r1": machine("stopped")}, None, "r1 is stopped"),
        ({"r1": machine("idle"), "r2": machine("busy")}, None, "r1 is idle: the step is about to begin"),
        ({"r1": machine("idle")}, "r2", "there is no instrument r2"),
        ({"r1": machine("idle"), "r2": machine("offline")}, "r2", "r2 is offline"),
        ({"r1": machine("idle"), "r2": machine("busy")}, "r2", "r2 is busy"),
        ({"r1": machine("idle", "hplc")}, "r1", "r1 does not fill role reactor"),
    ],
)
def test_why_a_step_waits(machines: dict[str, Machine], named: str | None, says: str) -> None:
    assert why_waiting(Waiting("react", "c.1.1", "reactor", instrument=named), machines).text == says
