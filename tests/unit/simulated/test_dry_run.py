"""A campaign on virtual time: what it says is what the declared durations come to."""

import pytest

from labd.domain.errors import InvalidInput
from labd.domain.problem import Categorical, Continuous, Excluded, Linear, Objective, Problem
from labd.domain.protocol import Protocol
from labd.domain.workcell import Workcell, WorkcellInstrument
from labd.simulation.dry_run import Account, dry_run
from labd.simulation.dry_run.made_up import Points
from tests.scenery import MORNING, WORKCELL, protocol


def played(*protocols: Protocol, workcell: Workcell = WORKCELL, **more: int) -> Account:
    return dry_run(workcell, protocols, start=MORNING, **more)


def test_one_trial_after_the_other_takes_the_sum_of_its_durations() -> None:
    account = played(protocol(trials=3, parallel=1))
    assert account.makespan_s == 3 * (60 + 30)
    assert account.steps == 6
    assert [each.trials["observed"] for each in account.campaigns] == [3]
    assert account.utilisation == {"mixer_1": pytest.approx(2 / 3), "mixer_2": 0, "meter_1": pytest.approx(1 / 3)}
    assert not account.waits
    assert not account.stuck


def test_what_waits_says_for_what() -> None:
    account = played(protocol(trials=2, parallel=2))
    assert account.makespan_s == 60 + 30 + 30
    assert [(each.step, each.reason, each.steps, each.total_s) for each in account.waits] == [
        ("read", "meter_1 is busy with read", 1, 30)
    ]


def test_campaigns_run_at_the_same_time() -> None:
    account = played(protocol(trials=1, parallel=1), protocol(trials=1, parallel=1).model_copy(update={"name": "b"}))
    assert account.makespan_s == 60 + 30 + 30
    assert {bar.campaign for bar in account.bars} == {"mixing", "b"}


def test_the_same_seed_gives_the_same_account() -> None:
    def told(seed: int) -> dict[str, object]:
        return played(protocol(trials=5), seed=seed).model_dump(exclude={"wall_s"})

    assert told(3) == told(3)


def test_without_a_fitting_instrument_it_is_stuck_and_says_where() -> None:
    instruments = {"mixer_1": WorkcellInstrument(roles=("mixer",))}
    account = played(protocol(trials=2, parallel=1), workcell=WORKCELL.model_copy(update={"instruments": instruments}))
    assert account.stuck == (
        "mixing is running",
        "read of run C1.1.1: no instrument fills role meter",
    )


def test_a_target_does_not_end_it_and_a_budget_must() -> None:
    made = protocol(trials=4, parallel=1)
    easy = (Objective(outcome="signal", target=-1e9),)
    eager = made.model_copy(update={"problem": made.problem.model_copy(update={"objectives": easy})})
    assert played(eager).steps == 8
    endless = made.model_copy(update={"stopping": made.stopping.model_copy(update={"trials": None})})
    with pytest.raises(InvalidInput, match="--trials"):
        played(endless)
    assert played(endless, trials=2).steps == 4


def test_points_keep_the_constraints_and_share_what_is_per_batch() -> None:
    problem = Problem(
        parameters=(
            *(Continuous(name=name, low=0, high=1) for name in ("ec", "dmc", "emc")),
            Categorical(name="salt", options=("a", "b", "c")),
            Categorical(name="solvent", options=("x", "y")),
            Continuous(name="temperature", low=20, high=90, per="batch"),
        ),
        objectives=(Objective(outcome="signal"),),
        constraints=(
            Linear(weights={"ec": 1, "dmc": 1, "emc": 1}, low=1, high=1),
            Linear(weights={"ec": 1}, high=0.4),
            Excluded(values={"salt": ("a",), "solvent": ("x",)}),
        ),
        batch=4,
    )
    source = Points(problem, seed=1)
    points = [source.point(number) or {} for number in range(1, 41)]
    for each in points:
        assert sum(float(each[name]) for name in ("ec", "dmc", "emc")) == pytest.approx(1)
        assert float(each["ec"]) <= 0.4 + 1e-6
        assert (each["salt"], each["solvent"]) != ("a", "x")
    assert [len({each["temperature"] for each in points[place : place + 4]}) for place in range(0, 40, 4)] == [1] * 10
    assert len({each["temperature"] for each in points}) == 10
    assert {each["salt"] for each in points} == {"a", "b", "c"}


def test_a_pool_is_gone_through_and_then_it_is_over() -> None:
    made = protocol(trials=9, parallel=2)
    pool = tuple({"share": each / 4} for each in range(3))
    account = played(made.model_copy(update={"problem": made.problem.model_copy(update={"pool": pool})}))
    assert account.campaigns[0].trials["observed"] == 3
    assert account.campaigns[0].status == "finished"
