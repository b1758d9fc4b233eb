"""A driver as a process: one that holds the instrument's lock, and leaves it in order.

    python -m labd.driver_kit package.module:Class --workcell bench --name reactor_1 --broker mqtt://127.0.0.1:1883
        --state DIR [--option speed=60 ...] [--log FILE] [--with-parent] [--describe]

What is not given is taken from LABD_WORKCELL, LABD_NAME, LABD_BROKER and LABD_STATE: a broker's URL may hold a
password, and a command line can be read by everybody on the machine.

Two processes never drive one instrument: a successor waits for the lock of its predecessor, which the kernel releases
when that one ends, however it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import importlib
import inspect
import logging
import os
import signal
import sys
import threading
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from labd.domain.errors import InvalidInput, LabError
from labd.driver_kit.driver import Driver
from labd.driver_kit.ledger import Ledger
from labd.driver_kit.log import log_to_file, log_to_stderr
from labd.driver_kit.station import Station
from labd.mqtt import refuse_open_password

LOCAL_BROKER = "mqtt://127.0.0.1:1883"
Option = float | int | str | bool

log = logging.getLogger("labd.driver")


def run(
    cls: type[Driver],
    *,
    workcell: str,
    name: str,
    broker: str,
    state: Path | str,
    options: Mapping[str, Option] | None = None,
    with_parent: bool = False,
) -> None:
    """Drive one instrument until SIGTERM, SIGINT or, `with_parent`, the end of standard input."""
    driver = made(cls, options or {})
    Path(state).mkdir(parents=True, exist_ok=True)
    asyncio.run(_drive(driver, workcell, name, broker, Path(state), with_parent=with_parent))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    given = _parser().parse_args(arguments)
    log_to_file(given.log) if given.log else log_to_stderr()
    try:
        cls = found(given.driver)
        options = dict(_pair(each) for each in given.option)
        name = given.name or cls.__name__.lower()
        if given.describe:
            print(made(cls, options).descriptor(name, "describe").model_dump_json(indent=2))  # noqa: T201 - asked for
            return 0
        refuse_open_password(given.broker or "")
        broker = given.broker or os.environ.get("LABD_BROKER") or LOCAL_BROKER
        place = {"workcell": given.workcell, "name": name, "broker": broker, "state": given.state}
        run(cls, **place, options=options, with_parent=given.with_parent)
    except LabError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    said = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m labd.driver_kit", description="Drive one instrument.")
    parser.add_argument("driver", metavar="package.module:Class")
    parser.add_argument(
        "--workcell", default=said("LABD_WORKCELL", "bench"), help="by default $LABD_WORKCELL, or bench"
    )
    parser.add_argument(
        "--name",
        default=said("LABD_NAME"),
        help="the instrument's name in the workcell; by default $LABD_NAME, or the class's in lower case",
    )
    parser.add_argument("--broker", help=f"its URL; by default $LABD_BROKER, or {LOCAL_BROKER}")
    parser.add_argument(
        "--state",
        type=Path,
        default=Path(said("LABD_STATE", "")),
        help="where the ledger is kept; by default $LABD_STATE, or here",
    )
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="for the class")
    parser.add_argument("--log", type=Path, metavar="FILE", help="a log file, of bounded size; else standard error")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    parser.add_argument("--describe", action="store_true", help="print the descriptor as JSON and end")
    return parser


def found(path: str) -> type[Driver]:
    """The driver class at `package.module:Class`. Raises `InvalidInput`."""
    module, _, name = path.partition(":")
    try:
        cls = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidInput(f"There is no driver {path!r}: {error}.", "Write package.module:Class.") from error
    if not (isinstance(cls, type) and issubclass(cls, Driver)):
        raise InvalidInput(f"{path} is no driver.", "Derive the class from labd.driver_kit.Driver.")
    return cls


def made(cls: type[Driver], options: Mapping[str, Option]) -> Driver:
    """The driver, made with its options; a text is converted as `__init__` is annotated. Raises `InvalidInput`.

    A class that takes `**others` says itself what it does not know."""
    known = inspect.signature(cls).parameters
    hints = typing.get_type_hints(cls.__init__) if known else {}
    others = next((name for name, each in known.items() if each.kind is each.VAR_KEYWORD), "")
    if not others and (unknown := sorted(set(options) - set(known))):
        takes = ", ".join(known) or "none"
        raise InvalidInput(f"{cls.__name__} has no option {', '.join(unknown)}; its options: {takes}.")
    kinds = {name: hints.get(name, hints.get(others, str)) for name in options}
    return cls(**{name: _converted(name, value, kinds[name]) for name, value in options.items()})


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidInput(f"--option {text} has no value.", "Write --option NAME=VALUE.")
    return name, value


def _converted(name: str, value: Option, kind: Any) -> Option:
    if not isinstance(value, str):
        return value
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[value.lower()]
        return kind(value) if kind in (int, float) else value
    except (KeyError, ValueError) as error:
        raise InvalidInput(f"The option {name} is {value!r}, which is no {kind.__name__}.") from error


async def _drive(driver: Driver, workcell: str, name: str, broker: str, state: Path, *, with_parent: bool) -> None:
    loop = asyncio.get_running_loop()
    told, orphaned = asyncio.Event(), asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, told.set)
    if with_parent:
        _in_thread(_stdin_ended, orphaned.set)
    with (state / f"{name}.lock").open("a") as lock:
        if not await _locked(lock, told, orphaned):
            return
        ledger = Ledger(state / f"{name}.sqlite")
        try:
            station = Station(driver, ledger, workcell=workcell, name=name, broker=broker)
            await _serve(station, told, orphaned)
        finally:
            ledger.close()


async def _locked(lock: TextIO, told: asyncio.Event, orphaned: asyncio.Event) -> bool:
    """Wait until the lock is held (True), or there is no use in it any more (False)."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log.info("another process drives this instrument; waiting for its end")
    else:
        return True
    held = asyncio.Event()
    _in_thread(lambda: fcntl.flock(lock, fcntl.LOCK_EX), held.set)
    await _first(held, told, orphaned)
    return not (told.is_set() or orphaned.is_set())


async def _serve(station: Station, told: asyncio.Event, orphaned: asyncio.Event) -> None:
    serving = asyncio.create_task(station.serve())
    ending = asyncio.create_task(_end(station, told, orphaned))
    try:
        await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    finally:
        ending.cancel()
        serving.cancel()
        await asyncio.gather(ending, serving, return_exceptions=True)
        await station.instrument.close()


async def _end(station: Station, told: asyncio.Event, orphaned: asyncio.Event) -> None:
    """Wait for a reason to end, and then until the instrument can be let go of."""
    executor = station.executor
    await _first(told, orphaned)
    executor.leave()
    if not told.is_set():  # the daemon died: what is in hand comes to its end, and the successor reports it
        await _first(told, executor.unoccupied)
    if not executor.unoccupied.is_set():
        end_within_s = station.instrument.driver.end_within_s
        log.info("waiting at most %g s for the action in hand", end_within_s)
        try:
            await asyncio.wait_for(executor.unoccupied.wait(), end_within_s)
        except TimeoutError:
            await executor.abandon()
            await station.instrument.make_safe()
    await station.farewell()


async def _first(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(each.wait()) for each in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _in_thread(wait: Callable[[], object], then: Callable[[], object]) -> None:
    """Wait for the kernel in a thread that does not keep the process alive, and then call on the loop."""
    loop = asyncio.get_running_loop()

    def body() -> None:
        wait()
        loop.call_soon_threadsafe(then)

    threading.Thread(target=body, daemon=True).start()


def _stdin_ended() -> None:
    while os.read(0, 65536):
        pass
