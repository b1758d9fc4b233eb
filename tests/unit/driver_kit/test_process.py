"""A driver by name, and its options from the command line or the workcell file."""

import json

import pytest

from labd.domain.errors import InvalidInput
from labd.driver_kit import Driver
from labd.driver_kit.process import Option, found, made, main


class Optional(Driver):
    def __init__(self, *, speed: float = 1.0, seed: int = 0, loud: bool = False, port: str = "") -> None:
        self.given = (speed, seed, loud, port)


class Bare(Driver):
    """No options."""


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ({}, (1.0, 0, False, "")),
        ({"speed": "inf", "seed": "7", "loud": "True", "port": "8"}, (float("inf"), 7, True, "8")),
        ({"speed": 60, "loud": True}, (60, 0, True, "")),
    ],
)
def test_options_are_converted_as_they_are_annotated(options: dict[str, Option], given: tuple[Option, ...]) -> None:
    driver = made(Optional, options)
    assert isinstance(driver, Optional)
    assert driver.given == given


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (Optional, {"seed": "much"}, "The option seed is 'much', which is no int"),
        (Optional, {"loud": "perhaps"}, "The option loud is 'perhaps', which is no bool"),
        (Optional, {"spede": "1"}, "has no option spede; its options: speed, seed, loud, port"),
        (Bare, {"speed": "1"}, "has no option speed; its options: none"),
    ],
)
def test_wrong_options_are_told(cls: type[Driver], options: dict[str, Option], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        made(cls, options)


@pytest.mark.parametrize("path", ["", "nowhere:Class", "labd.driver_kit:Nothing", "labd.driver_kit:Slot", "json"])
def test_what_is_no_driver_is_told(path: str) -> None:
    with pytest.raises(InvalidInput):
        found(path)


def test_describe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tests.system.gated_driver:Gated", "--describe", "--option", "acts=a", "--option", "gate=g"]) == 0
    assert json.loads(capsys.readouterr().out)["instrument"] == "gated"
    assert main(["nowhere:Class", "--describe"]) == 2
    assert "Write package.module:Class." in capsys.readouterr().err
