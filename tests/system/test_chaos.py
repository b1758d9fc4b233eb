"""The short form of the chaos suite: a storm over a whole laboratory, and four accounts that agree at its end."""

from pathlib import Path

import pytest

from tests.chaos.faults import BROKER, DAEMON, PLANNER
from tests.chaos.run import run

FAULTS, SEED = 40, 108


@pytest.mark.chaos
@pytest.mark.needs("mosquitto")
@pytest.mark.timeout(280)
async def test_a_storm_loses_nothing_repeats_nothing_and_claims_nothing(tmp_path: Path) -> None:
    result = await run(tmp_path, seed=SEED, faults=FAULTS)
    assert sum(result.faults.values()) == FAULTS
    assert {f"kill {party}" for party in ("instrument", DAEMON, BROKER, PLANNER)} <= result.faults.keys()
    assert result.verdict.commands > FAULTS
    verdict = result.verdict
    assert not verdict.lost
    assert not verdict.twice
    assert not verdict.wrongly_done
    assert not verdict.disagreements
