"""The SCPI power supply against an instrument that somebody else wrote, on a socket."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from labd_drivers.scpi.power_supply import PowerSupply
from labd_drivers.scpi.session import Session

from labd.adapters.broker import EmbeddedBroker
from labd.conformance import RULES, Choice, Launch, RuleReport, check
from labd.driver_kit import Context, DeviceError
from labd.driver_kit.driver import carried_out
from tests.conftest import SIMULATORS

pytestmark = pytest.mark.needs("simulators")

SUPPLY = Path(__file__).parents[1] / "simulators" / "scpi_supply.py"
PLACES = ("--workcell", "{workcell}", "--name", "{name}", "--broker", "{broker}", "--state", "{state}")


@pytest.fixture
def port() -> Iterator[int]:
    """Where the simulated instrument listens."""
    command = [SIMULATORS / "bin" / "python", SUPPLY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.communicate()


async def test_set_switched_and_measured(port: int) -> None:
    supply = PowerSupply(port=port)
    await supply.open()
    descriptor = supply.descriptor("supply", "S")
    assert (descriptor.make, descriptor.model, descriptor.serial) == ("LabMCP", "SIM-DMM-PSU", "SIM000001")
    assert await carried_out(supply, "set_voltage", Context(), {"voltage": 5.0}) == {"voltage": 5.0}
    assert await carried_out(supply, "set_current_limit", Context(), {"current_limit": 0.02}) == {"current_limit": 0.02}
    assert await carried_out(supply, "set_output", Context(), {"output": True}) == {"output": True}
    while (measured := await supply.measure(Context()))["voltage"] < 1.99:
        pass  # it rises with a time constant of 20 ms; each question takes its time
    assert measured["voltage"] == pytest.approx(2.0, abs=0.01)  # 100 ohm at the limit of 20 mA, and not 5 V
    assert measured["current"] == pytest.approx(0.02, abs=1e-4)
    await supply.make_safe()
    assert not await supply.output()
    await supply.close()


async def test_what_the_instrument_refuses_is_said_in_its_words(port: int) -> None:
    session = Session("127.0.0.1", port)
    await session.open()
    with pytest.raises(DeviceError, match=r'VOLT 99: -222 "Data out of range"'):
        await session.tell("VOLT 99")
    await session.tell("VOLT 1")
    assert await session.number("VOLT?") == 1.0
    await session.close()


async def test_a_lost_connection_is_not_spoken_to_again() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        await reader.readline()
        writer.write(b'0,"No error"')  # without the end of its line
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        session = Session("127.0.0.1", server.sockets[0].getsockname()[1])
        with pytest.raises(ConnectionError, match="the instrument closed the connection"):
            await session.open()
        with pytest.raises(ConnectionError, match="is closed"):
            await session.ask("VOLT?")


async def test_it_keeps_the_wire(port: int, tmp_path: Path) -> None:
    driver = (sys.executable, "-m", "labd.driver_kit", "labd_drivers.scpi.power_supply:PowerSupply", *PLACES)
    launch = Launch((*driver, "--option", f"port={port}"))

    async def looked_at(rule: str) -> RuleReport:
        (report,) = [each async for each in check(launch, tmp_path, EmbeddedBroker, Choice(patience_s=20), [rule])]
        return report

    found = await asyncio.gather(*(looked_at(rule.id) for rule in RULES))
    assert not [each for each in found if not (each.passed or each.skipped)]
    assert {each.id for each in found if each.skipped} <= {"restart-in-the-middle", "large-results"}
