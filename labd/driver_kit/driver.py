"""The class that a driver's author derives from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from labd.domain.capability import Descriptor, Json, Recovery
from labd.domain.command import Outcome
from labd.domain.errors import InvalidInput
from labd.driver_kit.content import is_array
from labd.driver_kit.context import Context
from labd.driver_kit.declaration import Declaration, declared

INLINE_BYTES = 64_000
"""A larger array in a result is attached by itself."""


class Driver:
    """One instrument. Options of the workcell file are the keyword arguments of the derived class's `__init__`."""

    make: str = ""
    model: str = ""
    serial: str = ""
    """These may be set in `open`, when the instrument tells: the descriptor is published again."""
    version: str = ""
    """Of the driver."""
    safe_state_description: str = ""
    """What `make_safe` brings about, in words for a person."""
    time_scale: float = 1.0
    """Laboratory seconds a real second: a simulated instrument that runs faster says so here."""
    watchdog_s: float = 300.0
    """Without a broker for this long (real seconds), an idle instrument makes itself safe, once."""

    end_within_s: float = 10.0
    """How long (real seconds) the action in hand may go on after SIGTERM; then the instrument is made safe instead."""

    keeper: Callable[[str], None] | None = None
    """Who is told of `lock` and `unlock`: the kit, while it drives this instrument."""

    declaration: ClassVar[Declaration] = Declaration((), (), {})

    def __init_subclass__(cls) -> None:
        """Read the declaration, so that a wrong one is an error at import."""
        super().__init_subclass__()
        cls.declaration = declared(cls)
        queried = [each.name for each in cls.declaration.capabilities if each.recovery is Recovery.QUERY]
        if queried and cls.query is Driver.query:
            raise InvalidInput(
                f"{cls.__name__}.{queried[0]} is declared Recovery.QUERY, but the class has no query.",
                "Write `async def query(self, command, capability, arguments) -> Outcome | None`.",
            )

    async def open(self) -> None:
        """Reach the instrument. May raise: it is tried again with back-off, and commands are refused meanwhile."""

    async def close(self) -> None:
        """Let go of the instrument. Called before `open` is tried again, and at the end."""

    async def make_safe(self) -> None:
        """Bring the instrument into its declared safe state. Called at a stop, at an overrun, by the watchdog."""

    def now(self) -> datetime:
        """The time of day (aware): this machine's, unless the instrument has a clock of its own.

        Reports, readings and echoes carry it as their device time; how wrong it is, is measured and shown."""
        return datetime.now(UTC)

    def lock(self, why: str) -> None:
        """Keep the instrument for somebody at the machine itself: what is in hand goes on, nothing else begins, also
        after a restart, until `unlock`. For a key or a panel that says "local"."""
        if self.keeper:
            self.keeper(why or "the machine itself")

    def unlock(self) -> None:
        """Give the instrument back."""
        if self.keeper:
            self.keeper("")

    async def query(self, command: str, capability: str, arguments: dict[str, Json]) -> Outcome | None:
        """What became of an action of Recovery.QUERY in the middle of which the driver died; None: nobody knows."""
        raise NotImplementedError

    def descriptor(self, name: str, session: str) -> Descriptor:
        """What the instrument called `name` says of itself at birth."""
        cls = type(self)
        return Descriptor(
            instrument=name,
            make=self.make,
            model=self.model,
            serial=self.serial,
            driver=f"{cls.__module__}:{cls.__qualname__}",
            driver_version=self.version,
            session=session,
            capabilities=self.declaration.capabilities,
            channels=self.declaration.channels,
            safe_state=self.safe_state_description,
        )


async def carried_out(driver: Driver, capability: str, context: Context, arguments: Mapping[str, Json]) -> Any:
    """Do what the capability says, and what its action returned; of a setting, what the instrument says afterwards."""
    perform = getattr(driver, capability)
    setting = driver.declaration.settings.get(capability)
    if setting is None:
        return await _lightened(context, await perform(context, **arguments))
    await perform(arguments[setting])
    return {setting: await getattr(driver, setting)()}


async def _lightened(context: Context, result: Any) -> Any:
    """The result, with references in place of arrays that are too large to stand in a message."""
    if not isinstance(result, Mapping):
        return result
    light = dict(result)
    for name, value in result.items():
        if is_array(value) and value.nbytes > INLINE_BYTES:
            light[name] = await context.attach(value, name=f"{name}.npy")
    return light
