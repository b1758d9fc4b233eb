"""Whose turn it is: windows, then priority, then fair share, then age; and what needs several instruments at once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from labd.scheduling import Machine, Room, Waiting, ahead, assign, why_waiting
from labd.scheduling.turns import Turns

ROLES = ["pump", "reactor", "hplc", "arm"]


def steps(text: str) -> list[Waiting]:
    """A step a letter, of the campaign of that name, in this order of age."""
    return [Waiting(f"s{n}", "r", "hplc", campaign=name, order=n, typical_s=60) for n, name in enumerate(text)]


def turns(waiting: list[Waiting], **used_s: float) -> str:
    return "".join(each.campaign for each in Turns(waiting, used_s).all_granted())


def test_campaigns_take_turns_and_whoever_has_had_less_goes_first() -> None:
    assert turns(steps("aaaabb")) == "ababaa"
    assert turns(steps("aaabbb"), a=120.0) == "bbabaa"
    assert turns(steps("aab"), b=1e6) == "aab"


def test_a_priority_goes_before_a_fair_share_and_a_window_that_runs_out_before_both() -> None:
    urgent = Waiting("u", "r", "hplc", campaign="c", order=9, priority=1)
    running_out = Waiting("w", "r", "hplc", campaign="d", order=10, due_s=30.0)
    assert turns([*steps("ab"), urgent, running_out], c=1e6, d=1e6) == "dcab"


waiting_steps = st.lists(
    st.builds(
        Waiting,
        step=st.uuids().map(str),
        run=st.just("r"),
        role=st.sampled_from(ROLES),
        also=st.lists(st.sampled_from(ROLES), max_size=2).map(tuple),
        campaign=st.sampled_from("abc"),
        priority=st.integers(0, 1),
        order=st.integers(0, 20),
        typical_s=st.sampled_from([1.0, 60.0]),
    ),
    max_size=12,
)
rooms = st.dictionaries(st.sampled_from("vwxyz"), st.frozensets(st.sampled_from(ROLES), min_size=1))


@given(waiting_steps)
def test_everybody_gets_a_turn_and_exactly_one(waiting: list[Waiting]) -> None:
    assert Counter(Turns(waiting, {}).all_granted()) == Counter(waiting)


@given(waiting_steps, rooms)
def test_a_step_gets_all_that_it_needs_or_nothing(waiting: list[Waiting], free: dict[str, frozenset[str]]) -> None:
    made = assign(waiting, Room(free)).begins
    by_step = {each.step: each for each in waiting}
    taken = [name for each in made for name in (each.instrument, *each.holds)]
    assert len(taken) == len(set(taken)), "an instrument serves one step"
    for each in made:
        step = by_step[each.step]
        roles = (step.role, *step.also)
        assert all(role in free[name] for role, name in zip(roles, (each.instrument, *each.holds), strict=True))


@given(waiting_steps, rooms)
def test_nothing_is_left_waiting_that_could_begin(waiting: list[Waiting], free: dict[str, frozenset[str]]) -> None:
    made = assign(waiting, Room(free)).begins
    begun = {each.step for each in made}
    taken = {name for each in made for name in (each.instrument, *each.holds)}
    idle = {name: roles for name, roles in free.items() if name not in taken}
    assert not [each.step for each in waiting if each.step not in begun and assign([each], Room(idle)).begins]


def test_of_two_that_fill_a_role_the_one_is_spared_that_the_other_role_needs() -> None:
    free = {"all": frozenset({"pump", "hplc"}), "pump_1": frozenset({"pump"})}
    (made,) = assign([Waiting("s", "r", "pump", also=("hplc",))], Room(free)).begins
    assert (made.instrument, made.holds) == ("pump_1", ("all",))
    (made,) = assign([Waiting("s", "r", "hplc", also=("pump",))], Room(free)).begins
    assert (made.instrument, made.holds) == ("all", ("pump_1",))


def test_who_goes_before_and_why() -> None:
    waiting = steps("aab")
    before = ahead(waiting, {"a": 1000.0})
    assert [str(before["r", f"s{n}"]) for n in range(3)] == [
        "1 step goes before it: of a campaign that has had less instrument time of late",
        "2 steps go before it",
        "",
    ]
    urgent = Waiting("u", "r", "hplc", campaign="b", priority=1, order=9)
    assert str(ahead([*waiting, urgent], {})["r", "s0"]) == "1 step goes before it: of a higher priority"


def test_why_a_step_waits_that_needs_several_instruments() -> None:
    step = Waiting("s", "r", "pump", also=("hplc",))
    hplc = Machine(frozenset({"hplc"}), "busy", doing="read of trial 2 of mixing", free_in_s=20.0)
    pump = Machine(frozenset({"pump"}), "idle")
    reason = why_waiting(step, {"p": pump, "h": hplc})
    assert (reason.text, reason.in_s) == ("h is busy with read of trial 2 of mixing", 20.0)
    both = Machine(frozenset({"pump", "hplc"}), "idle")
    assert why_waiting(step, {"all": both}).text == "it needs 2 instruments at once, and only all is idle"
    assert why_waiting(step, {"all": both, "p": pump}).text == "all and p are idle: the step is about to begin"
