"""Trials that share a run: what each comes to, and who goes into another."""

from labd.domain import events as e
from labd.domain.command import Order, Succeeded
from labd.domain.protocol import Analysis
from labd.domain.samples import Control
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.trial import TrialStatus
from tests.plates import WELLS, fill, heat, plates, read, scan
from tests.unit.lifecycles.plate_room import PlateRoom, fails

read_at_once = read.model_copy(update={"after": ("fill",)})

BLANK = Control(name="blank", kind="blank", parameters={"volume": 0.0}, count=2)
LAMP = "the lamp is broken"


def test_a_plate_is_one_run_of_many_trials() -> None:
    room = PlateRoom(plates())
    assert room.asked() == 8
    room.propose()
    (started,) = room.started()
    assert started.run == "C.1.1"
    assert len(started.steps) == 8 + 1 + 8
    assert [each.labware for each in started.labware] == ["C.1.1.plate"]
    assert [each.location for each in started.labware] == ["hotel"]
    room.work()
    assert len(room.done) == 17
    assert room.done.index("C.1.1.heat.1") == 8, "the plate is heated when all its wells are filled"
    made = room.analysed()
    assert len(made.by_trial) == 8
    assert room.statuses() == {"observed": 8}
    assert all(
        trial.outcomes and trial.outcomes["signal"].mean == float(trial.suggestion.parameters["volume"]) / 100
        for trial in room.state.trials.values()
    ), "each trial has the outcome of its own well"
    assert room.plates.status is CampaignStatus.FINISHED
    assert not room.state.runs
    assert not room.state.commands
    assert room.replayed() == room.state


def test_the_steps_of_a_sample_follow_each_other() -> None:
    room = PlateRoom(plates())
    room.propose()
    steps = room.run().steps
    assert steps["read__3"].plan.after == ("heat",)
    assert steps["heat"].plan.after == tuple(f"fill__{n}" for n in range(1, 9))
    assert steps["fill__3"].plan.template == "fill"
    assert steps["fill__3"].plan.arguments["well"] == "A3"


def test_trials_with_other_values_per_batch_go_into_another_run() -> None:
    room = PlateRoom(plates(trials=16, parallel=2))
    assert room.asked() == 16
    room.propose(temperatures=(37.0, 42.0))
    assert [each.trial for each in room.started()] == ["C.1", "C.9"]
    heats = [run.steps["heat"].plan.arguments for run in room.state.runs.values()]
    assert heats == [{"temperature": 37.0}, {"temperature": 42.0}]


def test_no_more_runs_at_once_than_are_allowed() -> None:
    room = PlateRoom(plates(trials=16, parallel=1))
    room.propose()
    assert len(room.started()) == 1
    room.take(
        e.SuggestionsMade,
        campaign="C",
        first=9,
        suggestions=(room.trial(1).suggestion.model_copy(update={"method": "person"}),),
    )
    assert len(room.started()) == 1
    assert room.statuses() == {"pending": 8, "waiting": 1}
    room.work()
    room.analysed()
    assert [each.trial for each in room.started()] == ["C.1", "C.9"], "at its own temperature"
    assert len(room.run().samples) == 1


def test_a_plate_is_filled_up_where_any_trial_may_join() -> None:
    room = PlateRoom(plates(trials=16, runs=2, shared=False, steps=(fill, read_at_once)))
    room.propose()
    room.work(fails("fill__3", "fill__4"))
    room.analysed()
    assert room.asked() == 6
    assert room.statuses() == {"observed": 6, "waiting": 2}
    room.propose()
    assert len(room.run().samples) == 8


def test_a_sample_that_fails_fails_alone() -> None:
    room = PlateRoom(plates(trials=8))
    room.propose()
    unlucky = next(each.trial for each in room.run().samples if each.number == 3)
    room.work(fails("fill__3"))
    assert "C.1.1.heat.1" in room.done, "the plate goes on without it"
    assert "C.1.1.read__3.1" not in room.done, "its later steps never begin"
    made = room.analysed()
    assert made.failed == {unlucky: f"fill__3: {LAMP}"}
    assert room.statuses() == {"observed": 7, "failed": 1}
    assert room.state.trials[str(unlucky)].reason == f"fill__3: {LAMP}"
    assert room.plates.failures == 0


def test_a_trial_whose_sample_failed_gets_another_run_where_it_may() -> None:
    room = PlateRoom(plates(trials=8, runs=2))
    room.propose()
    room.work(fails("fill__3"))
    room.analysed()
    assert room.statuses() == {"observed": 7, "pending": 1}
    (sample,) = room.run().samples
    trial = room.state.trials[str(sample.trial)]
    assert (trial.used, trial.runs) == (1, 2)
    room.work(fails("read__1"))
    room.analysed()
    assert room.statuses() == {"observed": 7, "failed": 1}
    assert room.replayed() == room.state


def test_a_fault_of_the_whole_run_keeps_what_was_measured() -> None:
    """At well 37 of 96 the stove that keeps the plate warm breaks down: 36 are kept, 60 go into another run."""
    keep_warm = heat.model_copy(update={"name": "keep_warm"})
    room = PlateRoom(plates(WELLS, trials=96, steps=(fill, heat, read, keep_warm)))
    room.propose()
    room.work(lambda room, order: fails("keep_warm")(room, order) if len(_read(room)) == 36 else None)
    assert room.run().status == "measured", [each for each in room.run().steps.values() if each.status == "active"]
    made = room.analysed()
    assert made.failed == {}
    assert len(made.by_trial) == len(_read(room))


def _read(room: PlateRoom) -> list[str]:
    return [each for each in room.done if ".read__" in each]


def test_part_of_a_scan_is_taken_and_the_rest_measured_again() -> None:
    """The reader stops at well 37 of 96: 36 results kept, 60 planned again, and nobody has used up a run."""
    by_well = Analysis(function="value", inputs={"measurements": "scan.signals"}, outcomes={"signal": "value"})
    room = PlateRoom(plates(WELLS, trials=96, steps=(fill, heat, scan), function=by_well))
    room.propose()

    def stops(room: PlateRoom, order: Order) -> Succeeded | None:
        if order.capability != "scan":
            return None
        signals = room.result(order)["signals"]
        assert isinstance(signals, dict)
        return Succeeded(result={"signals": dict(list(signals.items())[:36])})

    room.work(stops)
    made = room.analysed()
    assert (len(made.by_trial), made.failed) == (36, {})
    assert room.statuses() == {"observed": 36, "pending": 60}
    assert {trial.used for trial in room.state.trials.values()} == {0}
    again = room.run()
    assert len(again.samples) == 60
    room.work()
    room.analysed()
    assert room.statuses() == {"observed": 96}
    assert {len(trial.in_runs) for trial in room.state.trials.values()} == {1, 2}
    assert room.plates.status is CampaignStatus.FINISHED


def test_arguments_by_well_and_results_by_well() -> None:
    by_well = Analysis(function="value", inputs={"measurements": "scan.signals"}, outcomes={"signal": "value"})
    room = PlateRoom(plates(steps=(fill, heat, scan), function=by_well))
    room.propose()
    run = room.run()
    volumes = run.steps["scan"].plan.arguments["volumes"]
    assert volumes == {each.well: room.volume(run, each) for each in run.samples}
    room.work()
    room.analysed()
    assert room.statuses() == {"observed": 8}


def test_replicates_are_one_trial_with_a_standard_error() -> None:
    room = PlateRoom(plates(trials=2, replicates=4, layout="in_order"))
    room.propose()
    assert len(room.run().samples) == 8
    readings = iter([0.1, 0.2, 0.3, 0.4])

    def scatter(_: PlateRoom, order: Order) -> Succeeded | None:
        if order.step in ("read__1", "read__2", "read__3", "read__4"):
            return Succeeded(result={"signal": next(readings)})
        return Succeeded(result={"signal": 0.001}) if order.step == "read__8" else None

    room.work(scatter)
    made = room.analysed()
    one, other = made.by_trial["C.1"]["signal"], made.by_trial["C.2"]["signal"]
    assert abs(one.mean - 0.25) < 1e-9
    assert round(one.standard_error or 0, 6) == 0.06455
    assert other.censored == "below", "with one of them below the limit, the mean is a limit"


def test_a_replicate_that_fails_leaves_the_others() -> None:
    room = PlateRoom(plates(trials=2, replicates=4, layout="in_order"))
    room.propose()
    room.work(fails("read__1", "read__5", "read__6", "read__7", "read__8"))
    made = room.analysed()
    assert set(made.by_trial) == {"C.1"}
    assert set(made.failed) == {"C.2"}


def test_controls_are_an_input_of_the_analysis() -> None:
    net = Analysis(
        function="value", inputs={"measurements": "controls.blank.read.signal"}, outcomes={"signal": "value"}
    )
    room = PlateRoom(plates(trials=6, controls=(BLANK,), function=net))
    assert room.asked() == 6
    room.propose()
    blanks = iter([0.02, 0.04])

    def dark(room: PlateRoom, order: Order) -> Succeeded | None:
        if order.capability == "read" and room.sample(room.run(), order).control:
            return Succeeded(result={"signal": next(blanks)})
        return None

    room.work(dark)
    made = room.analysed()
    assert {each["signal"].mean for each in made.by_trial.values()} == {0.03}
    assert made.controls["blank"]["signal"].mean == 0.03
    assert room.statuses() == {"observed": 6}


def test_without_its_controls_a_plate_says_nothing_of_its_samples() -> None:
    net = Analysis(
        function="value", inputs={"measurements": "controls.blank.read.signal"}, outcomes={"signal": "value"}
    )
    room = PlateRoom(plates(trials=6, controls=(BLANK,), function=net))
    room.propose()
    room.work(
        lambda room, order: (
            fails(order.step)(room, order)
            if order.capability == "read" and room.sample(room.state.runs[order.run], order).control
            else None
        )
    )
    made = room.analysed()
    assert (made.by_trial, made.failed) == ({}, {})
    assert room.plates.failures == 1
    assert len(room.started()) == 2
    assert {trial.used for trial in room.state.trials.values()} == {0}


def test_runs_that_give_nothing_pause_the_campaign() -> None:
    room = PlateRoom(plates(trials=8))
    room.propose()
    for _ in range(3):
        room.work(fails("heat"))
        room.analysed()
    assert room.plates.status is CampaignStatus.PAUSED
    assert room.statuses() == {"waiting": 8}
    assert len(room.started()) == 3
    room.take(e.CampaignResumed, campaign="C")
    assert len(room.started()) == 4
    room.work()
    room.analysed()
    assert room.statuses() == {"observed": 8}
    assert room.replayed() == room.state


def test_an_impossible_outcome_is_its_sample_s_own_fault() -> None:
    room = PlateRoom(plates(trials=8))
    room.propose()
    room.work(lambda _, order: Succeeded(result={"signal": 700.0}) if order.step == "read__2" else None)
    made = room.analysed()
    assert list(made.failed.values()) == ["signal is 700, above 10: physically impossible"]
    assert room.statuses() == {"observed": 7, "failed": 1}


def test_a_stopped_campaign_keeps_the_wells_that_are_done() -> None:
    room = PlateRoom(plates(trials=8))
    room.propose()

    def stops(room: PlateRoom, order: Order) -> None:
        if order.step == "read__5":
            room.take(e.CampaignStopped, campaign="C")

    room.work(stops)
    assert room.statuses() == {"abandoned": 8}
    room.analysed()
    assert room.statuses() == {"observed": 5, "abandoned": 3}
    assert not room.state.runs
    assert room.replayed() == room.state


def test_a_restart_in_the_middle_of_a_plate_goes_on() -> None:
    room = PlateRoom(plates(trials=8))
    room.propose()
    room.work(fails("read__5"))
    room.take(e.DaemonStarted, epoch=2, version="test")
    assert len(room.started()) == 1
    room.analysed()
    assert room.statuses() == {"observed": 7, "failed": 1}


def test_a_point_that_cannot_be_run_fails_without_the_others() -> None:
    room = PlateRoom(plates(trials=8))
    request = room.plates.request
    assert request is not None
    good = {"volume": 50.0, "temperature": 37.0}
    points = [good, good, {**good, "volume": 5000.0}, good]
    made = tuple(room.suggestion(each) for each in points)
    room.take(e.SuggestionsMade, campaign="C", request=request.number, first=1, suggestions=made)
    assert room.trial(3).status is TrialStatus.FAILED
    assert "volume cannot be 5000" in room.trial(3).reason
    (started,) = room.started()
    assert {each.trial for each in started.samples} == {"C.1", "C.2", "C.4"}


def test_an_abandoned_trial_leaves_its_plate() -> None:
    room = PlateRoom(plates(trials=8))
    room.propose()
    number = next(each.number for each in room.run().samples if each.trial == "C.2")
    room.take(e.TrialAbandoned, trial="C.2", reason="rejected")
    room.work()
    assert f"C.1.1.read__{number}.1" not in room.done
    made = room.analysed()
    assert "C.2" not in made.by_trial
    assert room.statuses() == {"observed": 7, "abandoned": 1}
