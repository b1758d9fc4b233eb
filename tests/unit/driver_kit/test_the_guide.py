"""The example in docs/how-to-write-a-driver.md is a driver."""

import ast
import re
from pathlib import Path

import pytest

from labd.driver_kit import Context, DeviceError, Driver, Recovery
from labd.driver_kit.process import made

HERE = Path(__file__).parents[3]
GUIDE = HERE / "docs" / "how-to-write-a-driver.md"
FEW = 40


async def test_the_example_works() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(example.splitlines()) < 45
    module: dict[str, type[Driver]] = {"__name__": "pump"}  # type: ignore[dict-item]
    exec(example, module)
    pump = made(module["Pump"], {"syringe_ml": "5"})
    assert [each.name for each in pump.declaration.capabilities] == ["dispense", "fill"]
    assert pump.declaration.capabilities[1].recovery is Recovery.REPEAT
    with pytest.raises(DeviceError, match="only 0 mL are left"):
        await pump.dispense(Context(), 1.0)  # type: ignore[attr-defined]
    await pump.fill(Context())  # type: ignore[attr-defined]
    assert await pump.dispense(Context(), 1.0) == {"volume": 1.0}  # type: ignore[attr-defined]
    assert await pump.volume_left() == 4.0  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["end_within_s", "watchdog_s", *(each.name for each in Recovery)])
def test_what_an_author_can_set_is_in_the_guide(name: str) -> None:
    assert name in GUIDE.read_text(encoding="utf-8")


def test_a_real_machine_takes_few_lines() -> None:
    text = (HERE / "drivers" / "scpi" / "power_supply.py").read_text(encoding="utf-8")
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            told |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = [line for number, line in enumerate(text.splitlines(), 1) if line.strip() and number not in told]
    assert len(lines) < FEW
