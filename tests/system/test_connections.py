"""The short form of `python -m tests.bench connections`: fifty instruments, and the broker killed while they work."""

import pytest

from tests.bench.connections import measure


@pytest.mark.needs("mosquitto")
@pytest.mark.timeout(120)
async def test_a_broker_is_killed_under_fifty_instruments_and_nothing_is_lost() -> None:
    figures = await measure(instruments=50)
    assert figures["clean"]
    assert figures["results"] == 50
