"""Readings: one that finds the connection lost has the instrument opened again, unless an action is going on."""

import asyncio

from labd.driver_kit import Driver, reading
from labd.driver_kit.instrument import Instrument
from labd.driver_kit.readings import Readings
from labd.driver_kit.speech import Speech
from labd.mqtt import MqttTransport


class Thermometer(Driver):
    def __init__(self) -> None:
        self.opened, self.read = 0, 0
        self.again = asyncio.Event()

    async def open(self) -> None:
        self.opened += 1
        if self.opened == 2:
            self.again.set()

    @reading(unit="degC", every_s=0.001)
    async def temperature(self) -> float:
        self.read += 1
        if self.read == 3:
            self.again.set()
        if self.opened < 2:
            raise ConnectionError("the cable is out")
        return 21.5


async def until_again(driver: Thermometer, *, unoccupied: bool) -> Readings:
    """What became of the readings when the driver was opened again, or was read for the third time."""
    instrument = Instrument(driver, lambda: None)
    speech = Speech(MqttTransport("mqtt://127.0.0.1", client_id="t", subscriptions=()), "bench", "thermometer")
    speech.connected = True
    readings = Readings(instrument, speech, "S", lambda: None, lambda: unoccupied)
    opened = asyncio.Event()

    async def tell() -> None:
        opened.set()

    tasks = [asyncio.create_task(instrument.keep_open(tell))]
    await opened.wait()
    tasks += [asyncio.create_task(readings.run(channel)) for channel in driver.declaration.channels]
    await driver.again.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return readings


async def test_a_lost_connection_is_opened_again() -> None:
    driver = Thermometer()
    await until_again(driver, unoccupied=True)
    assert (driver.opened, driver.read) == (2, 1)


async def test_not_while_an_action_uses_it() -> None:
    driver = Thermometer()
    readings = await until_again(driver, unoccupied=False)
    assert driver.opened == 1
    assert readings.troubled == {"temperature": "temperature cannot be read: ConnectionError: the cable is out"}
