"""Time-critical chains: planned whole, reserved whole, and nothing in between that would be in the way."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from labd.scheduling import Behind, Booked, Calendar, Link, Need, Room, Waiting, assign, plan_chain

ROOM = {"oven": frozenset({"oven"}), "hplc": frozenset({"hplc"})}


def link(step: str, role: str, typical_s: float, *behind: Behind, **more: object) -> Link:
    return Link(step, (Need(role),), typical_s, behind, **more)  # type: ignore[arg-type]


HEAT = link("heat", "oven", 60)
READ = link("read", "hplc", 30, Behind("heat", 0, 10))


def waiting(step: str, role: str, run: str, typical_s: float, order: int) -> Waiting:
    return Waiting(step, run, role, typical_s=typical_s, order=order)


def test_what_is_free_begins_and_the_rest_follows() -> None:
    plan = plan_chain("r", [HEAT, READ], Calendar(ROOM))
    assert plan == ({"heat": 0.0, "read": 60.0}, {"heat": ("oven",), "read": ("hplc",)}, True)


def test_the_clock_does_not_start_before_what_follows_will_be_free() -> None:
    calendar = Calendar(ROOM, {"hplc": [Booked(0, 100)]})
    assert plan_chain("r", [HEAT, READ], calendar).starts_s == {"heat": 30.0, "read": 100.0}
    no_gap = link("read", "hplc", 30, Behind("heat", 0, 0))
    assert plan_chain("r", [HEAT, no_gap], calendar).starts_s == {"heat": 40.0, "read": 100.0}


def test_a_long_chain_is_put_off_as_a_whole() -> None:
    chain = [HEAT, READ, link("again", "oven", 60, Behind("read", 0, 0))]
    calendar = Calendar(ROOM, {"oven": [Booked(80, 200)]})
    assert plan_chain("r", chain, calendar).starts_s == {"heat": 200.0, "read": 260.0, "again": 290.0}


def test_nobody_knows_when() -> None:
    assert plan_chain("r", [HEAT, READ], Calendar({"oven": frozenset({"oven"})})).starts_s["heat"] == inf
    assert plan_chain("r", [HEAT, link("read", "hplc", 30, Behind("heat", 0, 10), from_s=inf)], Calendar(ROOM)) == (
        {"heat": inf, "read": inf},
        {"heat": ("oven",), "read": ()},
        True,
    )


def test_windows_that_contradict_each_other_keep_nothing_waiting() -> None:
    slow = link("slow", "hplc", 500, Behind("heat"))
    late = link("late", "oven", 10, Behind("heat", 0, 20), Behind("slow"))
    plan = plan_chain("r", [HEAT, slow, late], Calendar(ROOM))
    assert not plan.keeps_windows
    assert plan.starts_s["heat"] == 0


def test_a_window_that_is_broken_already_keeps_nothing_waiting() -> None:
    began = link("heat", "oven", 60, began_s=-500.0)
    plan = plan_chain("r", [began, READ], Calendar(ROOM))
    assert (plan.keeps_windows, plan.starts_s["read"]) == (False, 0)


def test_the_chain_is_reserved_when_it_begins_and_only_what_is_over_in_time_goes_between() -> None:
    chains = {("r", "heat"): (HEAT, READ)}
    long, short = waiting("long", "hplc", "a", 80, 2), waiting("short", "hplc", "b", 40, 3)
    room = Room(ROOM, Calendar(ROOM), lambda step: chains.get((step.run, step.step), ()))
    first, second = assign([waiting("heat", "oven", "r", 60, 1), long, short], room).begins
    assert (first.instrument, first.reserves) == ("oven", {"read": ("hplc",)})
    assert (second.step, second.instrument) == ("short", "hplc"), "the long one would be in the way"


def test_a_chain_that_has_to_wait_keeps_its_time_against_those_behind_it() -> None:
    busy = Calendar(ROOM, {"hplc": [Booked(0, 100)]})
    room = Room({"oven": ROOM["oven"]}, busy, lambda step: (HEAT, READ) if step.step == "heat" else ())
    bake, toast = waiting("bake", "oven", "a", 60, 2), waiting("toast", "oven", "b", 20, 3)
    answer = assign([waiting("heat", "oven", "r", 60, 1), bake, toast], room)
    assert [each.step for each in answer.begins] == ["toast"]
    assert answer.in_s == {("r", "heat"): 30.0}


spans = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 100)), max_size=3).map(
    lambda found: sorted(Booked(a, a + b) for a, b in found)
)


@st.composite
def chains(draw: st.DrawFn) -> list[Link]:
    made: list[Link] = []
    for number in range(draw(st.integers(2, 5))):
        before = [each.step for each in made]
        behind = [
            Behind(name, 0, draw(st.none() | st.sampled_from([0, 30, 200])))
            for name in draw(st.lists(st.sampled_from(before), unique=True, max_size=2) if before else st.just([]))
        ]
        made.append(link(f"s{number}", draw(st.sampled_from(["oven", "hplc"])), draw(st.integers(1, 90)), *behind))
    return made


@given(chains(), spans, spans)
def test_a_plan_keeps_what_it_says(links: list[Link], oven: list[Booked], hplc: list[Booked]) -> None:
    calendar = Calendar(ROOM, {"oven": oven, "hplc": hplc})
    plan = plan_chain("r", links, calendar)
    starts = plan.starts_s
    taken = {name: [(each.from_s, each.to_s) for each in times] for name, times in calendar.booked.items()}
    for each in links:
        (name,) = plan.instruments[each.step]
        span = (starts[each.step], starts[each.step] + each.typical_s)
        assert all(span[1] <= a or b <= span[0] for a, b in taken[name]), "one instrument twice at once"
        taken[name].append(span)
        for before, at_least_s, at_most_s in each.behind:
            end = starts[before] + next(it.typical_s for it in links if it.step == before)
            assert starts[each.step] >= end + at_least_s
            assert not plan.keeps_windows or at_most_s is None or starts[each.step] <= end + at_most_s + 1e-5
