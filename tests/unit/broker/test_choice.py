"""Which broker a laboratory gets: the embedded one only where it is a demonstration, or by who knows."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from labd.daemon.brokers import broker
from labd.domain.errors import InvalidInput
from tests.scenery import WORKCELL


@pytest.mark.parametrize("wanted", ["", "mosquitto", "amqtt"])
async def test_the_embedded_one_is_refused_where_somebody_else_starts_a_driver(wanted: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(InvalidInput, match="starts the driver of mixer_1") as refusal:
            await broker(stack, wanted, WORKCELL, tmp_path, i_know=False)
    assert "labd broker config" in refusal.value.hint
    assert "--i-know" in refusal.value.hint


async def test_what_is_none_is_said(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        with pytest.raises(InvalidInput, match="'rabbit' is no broker"):
            await broker(stack, "rabbit", WORKCELL, tmp_path, i_know=True)


async def test_one_by_its_address_is_shown_without_the_password(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        plain = await broker(stack, "mqtt://ann:x7y8@broker", WORKCELL, tmp_path, i_know=False)
        encrypted = await broker(stack, "mqtts://broker", WORKCELL, tmp_path, i_know=False)
    assert plain.words == "mqtt://ann@broker:1883, not encrypted"
    assert encrypted.words == "mqtts://broker:8883"
