"""What was worked out is kept in the process, by the content of what it was worked out from: an answer is the same
whether it was kept or not, and only its time depends on it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """The latest values that were asked for, as many as fit into `most` bytes."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[bytes, tuple[T, int]] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def get(self, content: bytes, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """The value that was made of this content, or that is made now; `size` says how many bytes it holds."""
        key = blake2b(content).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        made = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = (made, size(made))
                self._held += self._kept[key][1]
            while self._held > self.most:
                _, (_, freed) = self._kept.popitem(last=False)
                self._held -= freed
        return made

    def forget(self) -> None:
        """Everything is worked out anew when it is asked for next."""
        with self._lock:
            self._kept.clear()
            self._held = 0
