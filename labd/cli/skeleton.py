"""A driver to begin with, as `labd driver new` writes it.

>>> class_name("syringe-pump 2"), module_name("SyringePump")
('SyringePump2', 'syringe_pump')
"""

from __future__ import annotations

import re
from keyword import iskeyword

from labd.domain.errors import InvalidInput

SKELETON = '''\
"""The driver of NAME. What is in capitals is to be filled in.

`labd driver check MODULE:CLASS` says what is wrong.
"""

import asyncio
from typing import Annotated

from labd.driver_kit import Context, Driver, Recovery, Slot, action, reading


class CLASS(Driver):
    make, model = "MAKE", "MODEL"
    safe_state_description = "WHAT MAKE_SAFE BRINGS ABOUT"

    def __init__(self, *, port: str = "") -> None:
        self._port, self._moved = port, 0.0

    async def open(self) -> None:
        """Open the port. An error here is shown, and it is tried again."""

    async def make_safe(self) -> None:
        """Stop everything that moves."""

    @action(typical_s=1, maximum_s=60, recovery=Recovery.ASK, results={"moved": Slot(unit="mm")}, cancellable=True)
    async def move(self, context: Context, by: Annotated[float, Slot(unit="mm", low=0, high=10)]) -> dict[str, float]:
        """Move by a distance."""
        await context.progress(0.0, "moving")
        await asyncio.sleep(1)  # SPEAK TO THE INSTRUMENT INSTEAD
        self._moved += by
        return {"moved": by}

    @reading(unit="mm", every_s=5)
    async def position(self) -> float:
        """Where it is."""
        return self._moved
'''


def skeleton(name: str) -> str:
    """The text of the new driver. Raises `InvalidInput` for a name of which none can be made."""
    text = SKELETON.replace("CLASS", class_name(name)).replace("MODULE:", f"{module_name(name)}:")
    return text.replace("NAME", name)


def class_name(name: str) -> str:
    """In capitals, as a class is called. Raises `InvalidInput`."""
    return "".join(word[:1].upper() + word[1:] for word in _words(name))


def module_name(name: str) -> str:
    """In small letters, as a module is called. Raises `InvalidInput`."""
    return "_".join(word.lower() for word in _words(name))


def _words(name: str) -> list[str]:
    words = re.findall(r"[A-Z]*[a-z0-9]+|[A-Z]+", name)
    if not words or iskeyword(name) or not words[0][0].isalpha() or not re.fullmatch(r"[\w -]+", name, re.ASCII):
        raise InvalidInput(f"{name!r} is no name for a driver.", "Write letters, digits, - and _; a letter first.")
    return words
