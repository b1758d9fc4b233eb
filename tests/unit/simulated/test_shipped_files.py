"""The operators' files of the bench, against the drivers that they name."""

import math
from pathlib import Path

from labd_drivers.simulated.suzuki_flow.physics import BOUNDS, LIGANDS

from labd.analysis import signatures
from labd.domain.problem import Categorical, Continuous
from labd.driver_kit.process import found, made
from labd.protocols import check_protocol, load_protocol, load_workcell

FILES = Path(__file__).parents[3] / "protocols"
WORKCELL = load_workcell((FILES / "suzuki_flow_workcell.yaml").read_text(), "workcell.yaml")
TEXT = (FILES / "suzuki_flow.yaml").read_text()


def test_the_protocol_has_nothing_to_remark() -> None:
    assert not check_protocol(TEXT, "protocol.yaml", WORKCELL, signatures())


def test_the_space_is_that_of_the_physics() -> None:
    parameters = {each.name: each for each in load_protocol(TEXT, "p.yaml", WORKCELL, signatures()).problem.parameters}
    ligand = parameters.pop("ligand")
    assert isinstance(ligand, Categorical)
    assert ligand.options == tuple(LIGANDS)
    assert {n: (p.low, p.high) for n, p in parameters.items() if isinstance(p, Continuous)} == dict(BOUNDS)


def test_each_instrument_can_do_what_its_roles_promise(tmp_path: Path) -> None:
    demonstration: dict[str, float | int | str | bool] = {
        "speed": math.inf,
        "seed": 1,
        "world": str(tmp_path),
        "stall": 0.1,
        "late": 0.1,
    }
    for name, instrument in WORKCELL.instruments.items():
        assert instrument.driver is not None
        driver = made(found(instrument.driver.type), {**instrument.driver.options, **demonstration})
        descriptor = driver.descriptor(name, "session")
        assert descriptor.safe_state
        for role in instrument.roles:
            for promised in WORKCELL.roles[role].capabilities:
                able = descriptor.capability(promised.name)
                assert able is not None
                promised_limits = {n: (slot.low, slot.high) for n, slot in promised.arguments.items()}
                kinds = {n: (slot.type, slot.unit, slot.description) for n, slot in promised.results.items()}
                assert kinds == {n: (slot.type, slot.unit, slot.description) for n, slot in able.results.items()}
                same = able.model_copy(update={"arguments": promised.arguments, "results": promised.results})
                assert promised == same, "the workcell may narrow limits and judge results, and nothing else"
                for argument, slot in able.arguments.items():
                    low, high = promised_limits[argument]
                    assert slot.unit == promised.arguments[argument].unit
                    assert slot.low is None or (low is not None and low >= slot.low)
                    assert slot.high is None or (high is not None and high <= slot.high)


def test_two_instruments_do_not_share_a_log() -> None:
    names = [each.driver.options["log_name"] for each in WORKCELL.instruments.values() if each.driver]
    assert names == list(WORKCELL.instruments)
