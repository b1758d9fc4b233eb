"""The list of faults: the same for the same seed, counted, and of every kind."""

from collections import Counter

from tests.chaos.faults import BROKER, DAEMON, PLANNER, Kind, drawn
from tests.chaos.room import INSTRUMENTS


def test_the_seed_gives_the_list() -> None:
    assert drawn(1, 200, INSTRUMENTS) == drawn(1, 200, INSTRUMENTS)
    assert drawn(1, 200, INSTRUMENTS) != drawn(2, 200, INSTRUMENTS)


def test_there_are_as_many_as_were_asked_for_each_at_a_moment_of_its_own() -> None:
    faults = drawn(7, 1000, INSTRUMENTS)
    assert len(faults) == 1000
    assert [each.number for each in faults] == list(range(1, 1001))
    assert max(Counter((each.party, each.stream, each.nth) for each in faults).values()) == 1


def test_every_kind_befalls_and_every_party_is_killed() -> None:
    faults = drawn(7, 1000, INSTRUMENTS)
    assert {each.kind for each in faults} == set(Kind)
    killed = {each.party for each in faults if each.kind is Kind.KILL}
    assert killed == {*INSTRUMENTS, DAEMON, BROKER, PLANNER}
