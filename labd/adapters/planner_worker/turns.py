"""Who is next: lanes take turns, so that one with many questions keeps no other waiting."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Items in lanes; of each lane one in turn, the oldest of its lane first.

    >>> turns = Turns[str]()
    >>> for lane, item in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1")]:
    ...     turns.put(lane, item)
    >>> [turns.take() for _ in range(5)]
    ['a1', 'b1', 'a2', 'a3', None]
    """

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, deque[T]] = OrderedDict()
        """Whose turn it is comes first. An empty lane stays until its next turn, so that it has had this one."""

    def __iter__(self) -> Iterator[T]:
        return (item for lane in self._lanes.values() for item in lane)

    def put(self, lane: str, item: T) -> None:
        """At the end of its lane."""
        self._lanes.setdefault(lane, deque()).append(item)

    def put_back(self, lane: str, item: T) -> None:
        """What was taken is the next one again."""
        self._lanes.setdefault(lane, deque()).appendleft(item)
        self._lanes.move_to_end(lane, last=False)

    def take(self) -> T | None:
        """The next one; None when nothing waits."""
        while self._lanes:
            lane, items = self._lanes.popitem(last=False)
            if items:
                self._lanes[lane] = items
                return items.popleft()
        return None

    def drop(self, lane: str, item: T) -> None:
        """Without this one, if it still waits."""
        if lane in self._lanes and item in self._lanes[lane]:
            self._lanes[lane].remove(item)
