"""Gaps that cannot be met, on protocols as the domain has them."""

import pytest

from labd.domain.capability import Capability
from labd.domain.problem import Continuous, Objective, Problem
from labd.domain.protocol import OutcomeSpec, Protocol
from labd.domain.samples import Batch
from labd.domain.steps import Gap, Step
from labd.domain.workcell import Role, Workcell, WorkcellInstrument
from labd.protocols.soundness.gaps import gaps

DURATIONS = {"dose": 60, "shake": 600, "read": 30, "wait": 1200}
ROOM = Workcell(
    name="room",
    roles={name: Role(capabilities=(Capability(name=name, typical_s=s),)) for name, s in DURATIONS.items()},
    instruments={f"{name}_1": WorkcellInstrument(roles=(name,)) for name in DURATIONS},
)


def step(name: str, *after: str, does: str = "", **more: object) -> Step:
    role = does or name
    return Step.model_validate({"name": name, "role": role, "capability": role, "after": after, **more})


def protocol(*steps: Step, batch: Batch | None = None) -> Protocol:
    return Protocol(
        name="p",
        problem=Problem(parameters=(Continuous(name="x", low=0, high=1),), objectives=(Objective(outcome="y"),)),
        steps=steps,
        outcomes={"y": OutcomeSpec()},
        batch=batch,
    )


def messages(*steps: Step, batch: Batch | None = None) -> list[str]:
    return [each.message for each in gaps(protocol(*steps, batch=batch), ROOM)]


def within(before: str, seconds: float) -> dict[str, Gap]:
    return {before: Gap(at_most_s=seconds)}


def test_a_gap_that_can_be_met() -> None:
    assert messages(step("dose"), step("shake", "dose"), step("read", "shake", "dose", gaps=within("dose", 600))) == []


def test_what_must_lie_between_is_longer_than_the_gap() -> None:
    made = protocol(step("dose"), step("shake", "dose"), step("read", "shake", "dose", gaps=within("dose", 599)))
    (found,) = gaps(made, ROOM)
    assert (found.step, found.keys) == ("read", ("after", "dose"))
    assert found.message == (
        "read begins at most 9.98 min after dose, and at least 10 min must lie between (shake (10 min))."
    )
    assert found.remedy == "Write at_most: 10 min or more."


def test_a_declared_wait_on_another_way_counts() -> None:
    slow = step("shake", "dose", gaps={"dose": Gap(at_least_s=60)})
    assert messages(step("dose"), slow, step("read", "shake", "dose", gaps=within("dose", 659)))
    assert not messages(step("dose"), slow, step("read", "shake", "dose", gaps=within("dose", 660)))


def test_two_gaps_that_only_together_cannot_be_met() -> None:
    steps = (
        step("dose"),
        step("wait", "dose"),
        step("read", "dose", gaps=within("dose", 300)),
        step("last", "read", "wait", does="read", gaps=within("read", 300)),
    )
    (found,) = messages(*steps)
    assert {"last after read", "read after dose"} == {
        each for each in ("last after read", "read after dose") if each in found
    }
    assert "cannot be met together" in found


def test_what_may_be_skipped_does_not_count() -> None:
    maybe = step("shake", "dose", when="${x > 0.5}")
    assert not messages(step("dose"), maybe, step("read", "shake", "dose", gaps=within("dose", 60)))


@pytest.mark.parametrize(("size", "missed"), [(10, False), (12, True)])
def test_the_last_sample_of_a_batch_misses_a_window(size: int, missed: bool) -> None:
    steps = (step("shake", per="batch"), step("read", "shake", gaps=within("shake", 300)))
    found = messages(*steps, batch=Batch(size=size))
    assert bool(found) is missed
    if missed:
        assert "for the last of them 5.5 min lie between" in found[0]


def test_the_first_sample_waits_for_the_last() -> None:
    steps = (step("dose"), step("shake", "dose", per="batch", gaps=within("dose", 600)))
    assert not messages(*steps, batch=Batch(size=11))
    (found,) = messages(*steps, batch=Batch(size=12))
    assert "dose is done for 12 samples, 1 at a time: for the first of them 11 min lie between" in found
