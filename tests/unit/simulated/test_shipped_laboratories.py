"""The laboratories that labd ships, on virtual time: they come to their end, whatever the results are."""

from collections import Counter
from pathlib import Path

import pytest

from labd import analysis
from labd.cli.running import LABORATORIES
from labd.protocols import load_protocol, load_workcell
from labd.simulation.dry_run import Account, dry_run
from tests.scenery import MORNING

FILES = Path(__file__).parents[3] / "protocols"


def played(name: str, **how: int) -> Account:
    workcell = load_workcell((FILES / f"{name}_workcell.yaml").read_text(encoding="utf-8"))
    text = (FILES / f"{name}.yaml").read_text(encoding="utf-8")
    return dry_run(
        workcell, [load_protocol(text, f"{name}.yaml", workcell, analysis.signatures())], start=MORNING, **how
    )


SHIPPED = sorted(path.stem for path in FILES.glob("*.yaml") if not path.stem.endswith("_workcell"))


def test_every_laboratory_of_the_demonstration_is_shipped() -> None:
    assert set(LABORATORIES) <= set(SHIPPED)
    assert all((FILES / f"{name}_workcell.yaml").is_file() for name in SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_campaign_comes_to_its_end_and_keeps_its_windows(name: str, seed: int) -> None:
    account = played(name, trials=9, seed=seed)
    assert not account.stuck
    assert account.windows_broken == 0
    (campaign,) = account.campaigns
    assert campaign.status == "finished"
    assert campaign.trials["observed"] == 9


def test_a_loop_ends_when_its_condition_is_true_and_at_its_bound() -> None:
    """Results are made up: most beams are never in the middle, and one is by chance."""
    looks = Counter(bar.run for bar in played("beam_line", trials=9).bars if bar.step == "align__look")
    assert len(looks) == 9
    assert 1 <= min(looks.values()) < max(looks.values()) == 6


def test_stock_is_used_as_the_protocol_says() -> None:
    account = played("furnace_batch", trials=7)
    assert sum(account.consumption.values()) == pytest.approx(8 * 2.0)
