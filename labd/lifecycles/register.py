"""A mapping that is never changed, of which a changed one is made in a time that does not grow with it.

The state of a laboratory is a value: what an event changes is made anew, and whoever holds the old one keeps it. With a
plain dict that is a copy of all commands for each report of one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

K = TypeVar("K")
V = TypeVar("V")

NEWER = 64
"""So many entries lie over the others before all are laid together: a change copies half as many on average, and one in
so many changes copies all."""


class Register(Mapping[K, V]):
    """Entries in the order in which they first came, as in a dict; equal to any mapping with the same entries.

    >>> first = Register({"a": 1, "b": 2})
    >>> first | {"a": 3, "c": 4}, first.without({"b"}), first
    (Register({'a': 3, 'b': 2, 'c': 4}), Register({'a': 1}), Register({'a': 1, 'b': 2}))
    """

    __slots__ = ("_newer", "_older")

    def __init__(self, entries: Mapping[K, V] | None = None) -> None:
        self._older: dict[K, V] = dict(entries or {})
        self._newer: dict[K, V] = {}

    def __or__(self, changes: Mapping[K, V]) -> Register[K, V]:
        """With these entries, new or in place of what was there."""
        newer = {**self._newer, **changes}
        made: Register[K, V] = Register.__new__(Register)
        if len(newer) > NEWER:
            made._older, made._newer = {**self._older, **newer}, {}
        else:
            made._older, made._newer = self._older, newer
        return made

    def without(self, keys: Collection[K]) -> Register[K, V]:
        """Without the entries of these keys."""
        made: Register[K, V] = Register({**self._older, **self._newer})
        for key in keys:
            made._older.pop(key, None)
        return made

    def __getitem__(self, key: K) -> V:
        newer = self._newer
        return newer[key] if key in newer else self._older[key]

    def __contains__(self, key: object) -> bool:
        return key in self._newer or key in self._older

    def __iter__(self) -> Iterator[K]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def items(self) -> Any:
        """As a dict's."""
        return self._whole().items()

    def values(self) -> Any:
        """As a dict's."""
        return self._whole().values()

    def __repr__(self) -> str:
        return f"Register({self._whole()!r})"

    def _whole(self) -> dict[K, V]:
        """All entries, laid together once: the same entries as before, so nobody can tell."""
        if self._newer:
            self._older, self._newer = {**self._older, **self._newer}, {}
        return self._older

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As JSON it is an object."""
        entries = handler.generate_schema(dict.__class_getitem__(source.__args__))
        whole: Callable[[Register[Any, Any]], dict[Any, Any]] = dict
        return core_schema.no_info_after_validator_function(
            cls, entries, serialization=core_schema.plain_serializer_function_ser_schema(whole, return_schema=entries)
        )
