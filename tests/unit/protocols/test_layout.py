"""Where samples stand: each in a well of its own, controls where they were asked for, the rest as the seed draws it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labd.domain.errors import InvalidInput
from labd.domain.samples import Control
from labd.protocols import lay_out
from tests.plates import WELLS, plates

BLANK = Control(name="blank", kind="blank", parameters={"volume": 0.0}, count=2, wells=("A1", "A12"))
WILD = Control(name="wild", count=3)


def test_a_plate_is_laid_out_well_by_well_with_controls_where_they_were_asked_for() -> None:
    made = lay_out(plates(WELLS, controls=(BLANK, WILD)), [f"C.{n}" for n in range(1, 92)], "C/C.1.1")
    assert [each.number for each in made] == list(range(1, 97))
    assert [each.well for each in made] == list(WELLS)
    assert [each.well for each in made if each.control == "blank"] == ["A1", "A12"]
    assert len([each for each in made if each.control == "wild"]) == 3
    assert {each.trial for each in made if each.trial} == {f"C.{n}" for n in range(1, 92)}
    assert made[0].parameters == {"volume": 0.0}, "a blank may lie outside the bounds"
    assert next(each for each in made if each.control == "wild").parameters == {"volume": 10}, "the lowest otherwise"


def test_the_seed_draws_the_layout() -> None:
    trials = [f"C.{n}" for n in range(1, 9)]
    one, same, other = (lay_out(plates(), trials, seed) for seed in ("a", "a", "b"))
    assert one == same != other
    assert [each.trial for each in one] != trials
    assert [each.trial for each in lay_out(plates(layout="in_order"), trials, "a")] == trials


def test_what_is_only_counted_has_no_wells() -> None:
    protocol = plates()
    assert protocol.batch is not None
    counted = protocol.model_copy(update={"batch": protocol.batch.model_copy(update={"labware": None, "wells": ()})})
    made = lay_out(counted, ["C.1", "C.2", "C.3"], "a")
    assert [(each.number, each.well) for each in made] == [(1, ""), (2, ""), (3, "")]


def test_part_of_a_plate_takes_its_first_wells() -> None:
    assert [each.well for each in lay_out(plates(WELLS), ["C.1", "C.2"], "a")] == ["A1", "A2"]


def test_no_more_than_fit() -> None:
    with pytest.raises(InvalidInput, match="3 trials do not fit into a run, which takes 2"):
        lay_out(
            plates(WELLS[:8], replicates=3, controls=(BLANK.model_copy(update={"wells": ()}),)), ["a", "b", "c"], ""
        )


@given(
    trials=st.integers(1, 24),
    replicates=st.integers(1, 4),
    controls=st.lists(st.integers(1, 5), max_size=3),
    placed=st.integers(0, 5),
    seed=st.text(max_size=5),
)
def test_whatever_the_layout(trials: int, replicates: int, controls: list[int], placed: int, seed: str) -> None:
    made = [Control(name=f"c{n}", count=count) for n, count in enumerate(controls)]
    if placed:
        made.append(Control(name="placed", count=placed, wells=WELLS[90 : 90 + placed]))
    protocol = plates(WELLS, replicates=replicates, controls=made)
    assert protocol.batch is not None
    names = [f"C.{n}" for n in range(1, min(trials, protocol.batch.trials) + 1)]
    samples = lay_out(protocol, names, seed)
    wells = [each.well for each in samples]
    assert len(set(wells)) == len(wells), "no well twice"
    assert set(wells) <= set(WELLS)
    assert [each.number for each in samples] == list(range(1, len(samples) + 1))
    for name in names:
        assert sorted(each.replicate for each in samples if each.trial == name) == list(range(1, replicates + 1))
    for control in made:
        stand = [each for each in samples if each.control == control.name]
        assert sorted(each.replicate for each in stand) == list(range(1, control.count + 1))
        assert not control.wells or {each.well for each in stand} == set(control.wells)
    assert len(samples) == len(names) * replicates + sum(each.count for each in made)
