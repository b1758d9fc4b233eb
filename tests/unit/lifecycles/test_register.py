"""A register is a dict that is never changed; a replaced value is what the standard library makes of it."""

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from labd.lifecycles.instrument import Instrument, InstrumentStatus
from labd.lifecycles.register import NEWER, Register
from labd.lifecycles.replacing import replace
from labd.lifecycles.run import Run, RunStatus
from tests.scenery import MORNING

keys = st.integers(0, 2 * NEWER)
steps = st.lists(
    st.one_of(st.dictionaries(keys, st.integers(), max_size=NEWER), st.sets(keys, max_size=20)), max_size=12
)


@given(steps)
def test_it_holds_what_a_dict_would_in_the_same_order(changes: list[dict[int, int] | set[int]]) -> None:
    plain: dict[int, int] = {}
    register: Register[int, int] = Register()
    for change in changes:
        before, held = register, dict(plain)
        if isinstance(change, dict):
            register, plain = register | change, plain | change
        else:
            register = register.without(change)
            plain = {key: value for key, value in plain.items() if key not in change}
        assert all(register.get(key) == plain.get(key) and (key in register) == (key in plain) for key in range(200))
        assert list(register.items()) == list(plain.items())
        assert len(register) == len(plain)
        assert before == held


def test_it_is_kept_as_json_and_comes_back() -> None:
    adapter = TypeAdapter(Register[str, Instrument])
    register = Register({"a": Instrument("a")}) | {"b": Instrument("b", command="C1.1.1.mix.1")}
    assert adapter.validate_json(adapter.dump_json(register)) == register


def test_a_replaced_value_is_what_the_standard_library_makes() -> None:
    it = Instrument("pump", roles=("pump",), status=InstrumentStatus.IDLE)
    run = Run("C1.1.1", "C1.1", MORNING)
    assert run.ready == ()  # remembered in the run, and not to be in the next one
    assert replace(it, command="x", version=3) == dataclasses.replace(it, command="x", version=3)
    assert replace(run, status=RunStatus.FAILED) == dataclasses.replace(run, status=RunStatus.FAILED)
    assert replace(run) == run
    assert "ready" not in vars(replace(run, started=MORNING + timedelta(1)))
    with pytest.raises(TypeError, match="colour"):
        replace(it, colour="blue")  # type: ignore[call-arg]
