"""A laboratory with plates to try the life cycles on: it does what it is ordered, and analyses what it measured."""

from collections.abc import Callable

from labd import analysis
from labd.domain import effects as f
from labd.domain import events as e
from labd.domain.capability import Json
from labd.domain.command import Failed, FailureKind, Order, Outcome, Succeeded
from labd.domain.errors import LabError, NotFound
from labd.domain.problem import Measurement, Suggestion
from labd.domain.protocol import Protocol
from labd.domain.samples import Sample
from labd.lifecycles.campaign import Campaign
from labd.lifecycles.run import Run
from labd.lifecycles.specimens import assembled
from labd.wire.messages import Birth, State
from tests.plates import PLATE_WORKCELL, plate_descriptor
from tests.unit.lifecycles.room import Room, report

Act = Callable[["PlateRoom", Order], Outcome | None]
"""What comes of an order; None: as it should."""


def fails(*steps: str) -> Act:
    """These steps of whatever run fail."""
    broken = Failed(failure=FailureKind.DEFINED, message="the lamp is broken")
    return lambda _, order: broken if order.step in steps else None


class PlateRoom(Room):
    """Settles one event after the other, and does what follows."""

    def __init__(self, protocol: Protocol) -> None:
        super().__init__()
        self.take(e.WorkcellLoaded, workcell=PLATE_WORKCELL)
        for name in PLATE_WORKCELL.instruments:
            self.hear(name, Birth(descriptor=plate_descriptor(name)))
            self.hear(name, State(session="S1", sequence=1, status="idle"))
        self.done: list[str] = []
        self.suggested = 0
        self.answered = 0
        self.campaign(protocol)

    # --- what the world does

    def propose(self, temperatures: tuple[float, ...] = (37.0,)) -> None:
        """The planner answers the open request: as many trials as it was asked for, in turns at these temperatures."""
        request = self.mixing.request
        assert request is not None
        fit = self.mixing.protocol.problem.batch
        made = tuple(
            Suggestion(
                parameters={
                    "volume": 10.0 + (self.suggested + n) % 90,
                    "temperature": temperatures[n // fit % len(temperatures)],
                },
                method="sobol",
            )
            for n in range(request.count)
        )
        self.suggested += len(made)
        self.take(
            e.SuggestionsMade,
            campaign="C",
            request=request.number,
            first=self.mixing.trials + 1,
            suggestions=made,
        )

    def suggestion(self, parameters: dict[str, float]) -> Suggestion:
        return Suggestion(parameters={**parameters}, method="sobol")

    def work(self, act: Act = lambda _room, _order: None) -> None:
        """Carry out all orders, until nothing is out any more."""
        while out := [each.order for each in self.state.commands.values() if each.status == "issued"]:
            for order in out:
                self.done.append(order.command)
                outcome = act(self, order) or Succeeded(result=self.result(order))
                self.hear(order.instrument, report(order.command, outcome))

    def result(self, order: Order) -> dict[str, Json]:
        """What the instruments measure: a hundredth of the volume, in whatever well."""
        run = self.state.runs[order.run]
        match order.capability:
            case "fill":
                return {"dispensed": order.arguments["volume"]}
            case "read":
                return {"signal": self.volume(run, self.sample(run, order)) / 100}
            case "scan":
                return {"signals": {each.well: self.volume(run, each) / 100 for each in run.samples}}
        return {}

    def sample(self, run: Run, order: Order) -> Sample:
        return next(each for each in run.samples if each.number == run.steps[order.step].plan.sample)

    def volume(self, run: Run, sample: Sample) -> float:
        point = self.state.trials[sample.trial].suggestion.parameters if sample.trial else sample.parameters
        return float(point["volume"])

    def unanswered(self) -> list[f.AnalyseRun]:
        """The analyses that were asked for and not done yet."""
        return [each for each in self.effects if isinstance(each, f.AnalyseRun)][self.answered :]

    def analysed(self) -> e.RunAnalysed:
        """The next analysis that was asked for is done, by the true functions."""
        asked = self.unanswered()[0]
        self.answered += 1
        found: list[dict[str, Measurement] | str] = []
        for each in asked.samples:
            if each.complete:
                try:
                    found.append(analysis.analyse(asked.analysis, asked.outcomes, each.parameters, each.results))
                except LabError as error:
                    found.append(str(error))
        event = assembled(asked, found, self.tick())
        try:
            self.settle(event)
        except NotFound:  # as the daemon does: it comes too late
            assert asked.run not in self.state.runs
        return event

    # --- what a test asks

    @property
    def plates(self) -> Campaign:
        return self.state.campaigns["C"]

    def asked(self) -> int:
        """For how many trials the planner is asked."""
        return self.plates.request.count if self.plates.request else 0

    def started(self) -> list[e.RunStarted]:
        return self.happened(e.RunStarted)

    def run(self) -> Run:
        """The run that is open."""
        run: Run
        (run,) = self.state.runs.values()
        return run

    def statuses(self) -> dict[str, int]:
        """How many trials stand where; waiting are those that are pending in no run."""
        waiting = {each.id for each in self.state.waiting_trials("C")}
        counts: dict[str, int] = {}
        for trial in self.state.trials.values():
            where = "waiting" if trial.id in waiting else str(trial.status)
            counts[where] = counts.get(where, 0) + 1
        return counts
