"""Random walks through runs that skip, stand in, recover, ask persons and clean up: whatever happens, each ends, and
its clean-up is done at most once and after everything else."""

from collections import Counter
from typing import Literal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.command import Succeeded
from labd.domain.protocol import Protocol
from labd.domain.step_events import PersonAnswered, PersonAsked, StepChanged
from labd.domain.steps import PERSON, Gap, Prompt, Step
from labd.lifecycles.run import Run, RunStatus, StepStatus
from labd.lifecycles.step import UNDER_WAY
from tests.stateful.test_laboratory import LaboratoryWalk


def mix(name: str, **more: object) -> Step:
    given = {"role": "mixer", "capability": "mix", "arguments": {"sample": "${run.id}", "share": "${share}"}}
    return Step.model_validate({"name": name, **given, **more})


def look(name: str, **more: object) -> Step:
    given = {"role": PERSON, "capability": "answer", "prompt": Prompt(text="Is ${run.id} clear?")}
    return Step.model_validate({"name": name, **given, **more})


STEPS = (
    mix("prime", phase="preparation", retries=1),
    mix("mix", retries=2, cool_down_s=30),
    mix("flush", recovers="mix"),
    look("by_hand", instead_of="mix", alias="mix"),
    mix("dilute", after=("mix",), when="${share > 0.015}", gaps={"mix": Gap(at_least_s=60)}),
    Step(
        name="read",
        role="meter",
        capability="read",
        arguments={"sample": "${run.id}"},
        after=("mix", "dilute"),
        gaps={"mix": Gap(at_most_s=3600)},
    ),
    look("look", after=("read",), when="${steps.read.signal > 0.45}"),
    mix("rinse", phase="clean_up", retries=1),
    mix("wipe", instead_of="rinse"),
    look("empty_the_tray", phase="clean_up", after=("rinse",), when="${share > 0.015}"),
    mix("dry", phase="clean_up", after=("rinse",)),
)


class RunWalk(LaboratoryWalk):
    """The walk through a laboratory, with protocols that use all that a run can do."""

    def protocol(self, trials: int, parallel: int) -> Protocol:
        return super().protocol(trials, parallel).model_copy(update={"steps": STEPS})

    def carry_out(self, effect: f.Effect) -> None:
        if isinstance(effect, f.SendCommand):
            run = self.state.runs[effect.order.run]
            if run.graph.phase[effect.order.step] == "clean_up":
                assert run.status is not RunStatus.RUNNING
                assert not [name for name in run.graph.work if run.steps[name].status in UNDER_WAY]
        super().carry_out(effect)

    def questions(self) -> list[tuple[Run, str]]:
        """The steps that wait for a person's answer."""
        return [
            (run, name)
            for run in self.state.runs.values()
            for name, step in run.steps.items()
            if step.plan.prompt is not None and step.status is StepStatus.ACTIVE
        ]

    @precondition(lambda self: self.questions())
    @rule(data=st.data())
    def a_person_answers(self, data: st.DataObject) -> None:
        run, name = data.draw(st.sampled_from(self.questions()))
        assert self.take(PersonAnswered(at=self.tick(), run=run.id, step=name, result={"option": "done"}))

    @precondition(lambda self: self.state.runs)
    @rule(data=st.data(), change=st.sampled_from(["skip", "retry", "mark_done", "abort"]))
    def a_person_takes_a_step_in_hand(
        self, data: st.DataObject, change: Literal["skip", "retry", "mark_done", "abort"]
    ) -> None:
        run = data.draw(st.sampled_from(list(self.state.runs.values())))
        name = data.draw(st.sampled_from(list(run.steps)))
        result = {"volume": 1.0, "signal": 0.5} if change == "mark_done" else {}
        self.take(StepChanged(at=self.tick(), run=run.id, step=name, change=change, reason="I know", result=result))

    @invariant()
    def nobody_is_asked_twice(self) -> None:
        asked = Counter((each.run, each.step) for each in self.journal if isinstance(each, PersonAsked))
        asked.subtract(
            (each.run, each.step) for each in self.journal if isinstance(each, StepChanged) and each.change == "retry"
        )
        assert all(times <= 1 for times in asked.values())

    @invariant()
    def a_clean_up_is_done_once(self) -> None:
        done = Counter(
            each.command.rpartition(".")[0]
            for each in self.journal
            if isinstance(each, e.CommandFinished) and isinstance(each.outcome, Succeeded)
        )
        assert not [key for key, times in done.items() if times > 1 and not key.endswith(".flush")]

    @invariant()
    def what_is_ready_is_what_can_begin(self) -> None:
        """What a run remembers of the run before it is what it would work out for itself."""
        for run in self.state.runs.values():
            anew = Run(**{name: getattr(run, name) for name in Run.__dataclass_fields__})
            assert anew.ready == run.ready

    def one_good_step(self) -> bool:
        for run, name in self.questions():
            return self.take(PersonAnswered(at=self.tick(), run=run.id, step=name, result={"option": "done"}))
        return super().one_good_step()


RunWalk.TestCase.settings = settings(
    max_examples=25, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestRunWalk = RunWalk.TestCase
