"""Ids grow, whoever draws them."""

from itertools import pairwise

import pytest
from ulid import ULID

from labd.adapters.random_ids import RandomIds
from labd.ports.ids import Ids
from labd.simulation.ids import CountedIds


@pytest.fixture(params=[RandomIds, CountedIds, lambda: CountedIds(7)])
def ids(request: pytest.FixtureRequest) -> Ids:
    made: Ids = request.param()
    return made


def test_ids_are_ulids_that_grow_also_within_a_millisecond(ids: Ids) -> None:
    drawn = [ids.ulid() for _ in range(2000)]
    assert all(earlier < later for earlier, later in pairwise(drawn))
    assert all(str(ULID.from_str(each)) == each for each in drawn)


def test_seeds_are_in_their_range(ids: Ids) -> None:
    assert all(0 <= ids.seed() < 2**31 for _ in range(1000))


def test_counted_ids_are_the_same_again_and_others_for_another_seed() -> None:
    one, again, other = CountedIds(1), CountedIds(1), CountedIds(2)
    assert (first := [one.ulid(), one.seed()]) == [again.ulid(), again.seed()]
    assert first != [other.ulid(), other.seed()]
