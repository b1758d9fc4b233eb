"""What labd ships is sound: the files say so, and so do the schemas."""

from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from labd import analysis
from labd.domain.capability import Json
from labd.protocols import (
    check_protocol,
    check_workcell,
    compile_run,
    from_dataset,
    load_protocol,
    load_workcell,
    protocol_schema,
    workcell_schema,
)

SHIPPED = Path(__file__).parents[3] / "protocols"
PROTOCOLS = sorted(path.name for path in SHIPPED.glob("*.yaml") if not path.stem.endswith("_workcell"))


def text(name: str) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_shipped_protocol_fits_its_workcell(name: str) -> None:
    room = name.replace(".yaml", "_workcell.yaml")
    assert check_workcell(text(room), room) == ()
    workcell = load_workcell(text(room), room)
    assert check_protocol(text(name), name, workcell, analysis.signatures()) == ()
    protocol = load_protocol(text(name), name, workcell, analysis.signatures())
    lowest = {each.name: _first(each) for each in protocol.problem.parameters}
    assert [step.name for step in compile_run(protocol, workcell, lowest, "c.1.1", "c.1")]


def _first(parameter: object) -> float | str:
    for key in ("options", "values"):
        if hasattr(parameter, key):
            return getattr(parameter, key)[0]  # type: ignore[no-any-return]
    return parameter.low  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("name", [path.name for path in sorted(SHIPPED.glob("*.yaml"))])
def test_a_shipped_file_fits_its_schema(name: str) -> None:
    schema = workcell_schema() if "_workcell" in name else protocol_schema()
    jsonschema.Draft202012Validator(schema).validate(YAML(typ="safe").load(text(name)))


def test_the_analysis_of_a_data_set_is_one_that_labd_has() -> None:
    config = {"parameters": [{"name": "x"}], "measurements": [{"name": "Yield %"}, {"name": "cost"}]}
    protocol = from_dataset(config, [["1", "70", "3"], ["2", "80", "4"]], "mine")
    results: dict[str, dict[str, Json]] = {"measure": {"measurements": {"Yield %": 70.0, "cost": 3.0}}}
    measured = analysis.analyse(protocol.analysis, protocol.outcomes, {"x": 1.0}, results)
    assert {name: each.mean for name, each in measured.items()} == {"yield": 70.0, "cost": 3.0}
