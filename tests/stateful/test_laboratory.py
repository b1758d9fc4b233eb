"""Random walks through a laboratory: reports late, twice and out of order, crashes at any point, people at any time."""

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from labd.domain import events as e
from labd.domain import room_events
from labd.domain.command import Resolution
from labd.domain.envelope import Interlock
from labd.domain.problem import Measurement, PlannerSettings, Share, Suggestion
from labd.lifecycles.campaign import CampaignStatus
from labd.lifecycles.command import OUT, CommandStatus
from labd.lifecycles.turns import BOUND
from labd.wire.messages import Answer, Stop
from tests.scenery import WORKCELL
from tests.stateful.world import World

HOOD = Interlock(instrument="meter_1", channel="flow", below=0.3, guards=("mixer_1",))
GUARDED = WORKCELL.model_copy(update={"interlocks": {"hood": HOOD}})
OUTCOMES = st.sampled_from(["succeeded"] * 6 + ["failed", "refused", "not_ready", "unknown", "nan"])


SHARES = (
    Share(name="planner", kind="planner", share=2),
    Share(name="chance", kind="random", share=1),
    Share(name="ann", kind="person", share=1),
)


class LaboratoryWalk(World):
    """The daemon's pure half against a world that behaves as badly as the wire allows."""

    # --- the world

    @initialize(trials=st.integers(1, 4), parallel=st.integers(1, 3), ahead=st.integers(0, 2), shared=st.booleans())
    def open(self, trials: int, parallel: int, ahead: int, shared: bool) -> None:
        self.limits = (trials, parallel)
        self.planned = PlannerSettings(parallel=parallel, ahead=ahead, proposers=SHARES if shared else ())
        self.take(e.DaemonStarted(at=self.tick(), epoch=1, version="test"))
        self.take(e.WorkcellLoaded(at=self.tick(), workcell=GUARDED))
        self.take(e.LinkConnected(at=self.tick()))
        self.instruments_come_online()
        self.draft(start=True)

    def draft(self, *, start: bool) -> None:
        key = f"C{next(self.names)}"
        made = self.protocol(*self.limits)
        problem = made.problem.model_copy(update={"settings": self.planned})
        stopping = made.stopping.model_copy(update={"improvement_below": 0.1})
        made = made.model_copy(update={"problem": problem, "stopping": stopping})
        assert self.take(e.CampaignDrafted(at=self.tick(), campaign=key, name=key, protocol=made))
        if start:
            stopped = self.state.safety.stopped
            assert self.take(e.CampaignStarted(at=self.tick(), campaign=key)) is not stopped

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), kind=OUTCOMES)
    def a_driver_works(self, data: st.DataObject, kind: str) -> None:
        order = self.sent.pop(data.draw(st.integers(0, len(self.sent) - 1)))
        self.perform(order, kind)

    @precondition(lambda self: self.reports)
    @rule(data=st.data(), again=st.booleans())
    def a_report_arrives(self, data: st.DataObject, again: bool) -> None:
        index = data.draw(st.integers(0, len(self.reports) - 1))
        instrument, body = self.reports[index] if again else self.reports.pop(index)
        self.deliver(instrument, body)

    @precondition(lambda self: self.sent or self.reports or self.asked)
    @rule()
    def the_broker_dies(self) -> None:
        self.sent.clear()
        self.reports.clear()
        self.asked.clear()
        self.take(e.LinkLost(at=self.tick()))
        self.take(e.LinkConnected(at=self.tick()))

    @precondition(lambda self: self.asked)
    @rule()
    def a_driver_answers(self) -> None:
        instrument, command = self.asked.pop()
        if command in self.ledger:
            self.reports.append((instrument, self.report(command)))
        else:
            answer = Answer(command=command, session="S1", standing="never_seen", ledger=self.memory(instrument))
            self.deliver(instrument, answer)

    @rule(sure=st.sampled_from([False] * 5 + [True]), name=st.sampled_from(sorted(WORKCELL.instruments)))
    def a_driver_loses_its_memory(self, sure: bool, name: str) -> None:
        """Its process ends, its ledger is gone, and what was on the way to it and from it as well."""
        if not sure:
            return
        self.memories[name] += 1
        self.sent = [order for order in self.sent if order.instrument != name]
        self.reports = [(who, body) for who, body in self.reports if who != name]
        for command in [key for key in self.ledger if self.given_to[key] == name and key not in self.acked]:
            del self.ledger[command]
        self.is_born(name)

    @precondition(lambda self: self.timers)
    @rule()
    def time_passes(self) -> None:
        timer, at = min(self.timers.items(), key=lambda item: item[1])
        del self.timers[timer]
        self.now = max(self.now, at)
        self.take(e.TimerFired(at=self.tick(), timer=timer))

    @precondition(lambda self: self.plans)
    @rule(fails=st.sampled_from([False] * 9 + [True]), improvement=st.sampled_from([None, 0.01, 1.0]))
    def the_planner_answers(self, fails: bool, improvement: float | None = None) -> None:
        asked = self.plans.pop(0)
        if fails:
            self.take(e.PlanningFailed(at=self.tick(), campaign=asked.campaign, request=asked.request, message="tired"))
            return
        first = self.state.campaigns[asked.campaign].trials + 1
        said = Suggestion(parameters={}, method="sobol", proposer=asked.share.name, improvement=improvement)
        made = tuple(said.model_copy(update={"parameters": {"share": (first + i) / 100}}) for i in range(asked.count))
        self.take(
            e.SuggestionsMade(
                at=self.tick(), campaign=asked.campaign, request=asked.request, first=first, suggestions=made
            )
        )

    @precondition(lambda self: self.analyses)
    @rule(works=st.sampled_from([True] * 4 + [False]))
    def the_analysis_answers(self, works: bool) -> None:
        asked = self.analyses.pop(0)
        self.take(
            e.RunAnalysed(at=self.tick(), run=asked.run, outcomes={"signal": Measurement(mean=0.5)})
            if works
            else e.RunFailed(at=self.tick(), run=asked.run, reason="no peak")
        )

    @rule()
    def the_daemon_crashes(self) -> None:
        self.replayed()
        self.plans.clear()
        self.analyses.clear()
        self.timers.clear()
        self.asked.clear()
        self.take(e.DaemonStarted(at=self.tick(), epoch=self.state.epoch + 1, version="test"))
        self.take(e.LinkConnected(at=self.tick()))
        self.instruments_come_online()

    @rule(value=st.sampled_from([None, 0.1, 0.5]))
    def the_hood_is_heard_or_not(self, value: float | None) -> None:
        turn = (
            room_events.InterlockCleared(at=self.tick(), interlock="hood", value=value)
            if value == 0.5
            else room_events.InterlockTripped(at=self.tick(), interlock="hood", value=value, why="no air")
        )
        self.take(turn)

    # --- people

    @rule(what=st.sampled_from([e.CampaignPaused, e.CampaignResumed, e.CampaignStarted]))
    def a_person_steers(self, what: type[e.CampaignPaused] | type[e.CampaignResumed] | type[e.CampaignStarted]) -> None:
        self.take(what(at=self.tick(), campaign=list(self.state.campaigns)[-1]))

    @rule(sure=st.sampled_from([False] * 15 + [True]))
    def a_person_stops(self, sure: bool) -> None:
        if sure:
            self.take(e.CampaignStopped(at=self.tick(), campaign=list(self.state.campaigns)[-1]))

    @precondition(lambda self: len(self.state.campaigns) < 3)
    @rule(start=st.booleans())
    def a_person_loads(self, start: bool) -> None:
        self.draft(start=start)

    @rule(sure=st.sampled_from([False] * 4 + [True]))
    def a_person_stops_everything(self, sure: bool) -> None:
        if sure:
            stop = f"S{next(self.names):06}"
            assert self.take(e.LaboratoryStopped(at=self.tick(), stop=stop, by="ada", reason="smoke"))

    @rule()
    def a_person_releases_everything(self) -> None:
        was = self.state.safety.stopped
        assert self.take(e.LaboratoryReleased(at=self.tick(), by="ada", reason="no fire")) is was
        for name in WORKCELL.instruments:
            self.says_how_it_is(name)

    @rule(what=st.sampled_from(["press", "release", "empty", "forget", "repeat"]), early=st.booleans())
    def somebody_writes_on_the_stop_topic(self, what: str, early: bool) -> None:
        stop = f"{'B' if early else 'Z'}{next(self.names):06}"
        was = self.state.safety.stopped
        match what:
            case "press" | "release":
                self.on_the_topic = Stop(id=stop, stopped=what == "press", by="a button", at=self.tick())
            case "empty":
                self.on_the_topic = None
            case "forget":  # a broker that comes back without its memory; nobody is told
                self.on_the_topic = None
                self.take(e.LinkLost(at=self.tick()))
                self.take(e.LinkConnected(at=self.tick()))
                return
        self.echo()
        assert not was or self.state.safety.stopped, "only a person releases"
        assert what != "press" or self.state.safety.stopped, "whoever presses stops"

    @rule(
        name=st.sampled_from(sorted(WORKCELL.instruments)),
        what=st.sampled_from([e.InstrumentLocked, e.InstrumentUnlocked]),
    )
    def a_person_reserves(self, name: str, what: type[e.InstrumentLocked] | type[e.InstrumentUnlocked]) -> None:
        self.take(what(at=self.tick(), instrument=name, by="bob", reason="cleaning"))

    @rule(name=st.sampled_from(sorted(WORKCELL.instruments)))
    def a_driver_restarts_and_forgot_its_lock(self, name: str) -> None:
        self.locks.pop(name, None)
        self.says_how_it_is(name)

    @rule(resolution=st.sampled_from(Resolution))
    def a_person_resolves(self, resolution: Resolution) -> None:
        for key, command in self.state.commands.items():
            if command.status is CommandStatus.UNKNOWN:
                self.take(
                    e.CommandResolved(
                        at=self.tick(),
                        command=key,
                        resolution=resolution,
                        result={"volume": 1.0, "signal": 0.4} if resolution is Resolution.DONE else {},
                    )
                )
                return

    # --- what must always hold

    @invariant()
    def nothing_is_done_twice(self) -> None:
        assert not [key for key, times in self.performed.items() if times > 1]

    @invariant()
    def an_instrument_has_one_order_at_a_time(self) -> None:
        out = Counter(c.order.instrument for c in self.state.commands.values() if c.status in OUT)
        assert all(count == 1 for count in out.values())

    @invariant()
    def a_stop_that_holds_is_on_the_topic(self) -> None:
        if self.state.safety.stopped:
            assert self.on_the_topic is not None
            assert self.on_the_topic.stopped

    @invariant()
    def no_campaign_runs_while_it_is_stopped(self) -> None:
        running = [c.name for c in self.state.campaigns.values() if c.status is CampaignStatus.RUNNING]
        assert not (running and self.state.safety.stopped), running

    @invariant()
    def drivers_have_the_locks_that_are_wanted(self) -> None:
        for name, it in self.state.instruments.items():
            assert self.locks.get(name, "") == (it.lock.text if it.lock else "")

    @invariant()
    def no_campaign_overdraws(self) -> None:
        for campaign in self.state.campaigns.values():
            trials, parallel = self.limits
            assert campaign.trials <= trials
            open_trials = self.state.open_trials(campaign.id)
            assert len(open_trials) <= parallel + self.planned.ahead
            assert len(open_trials) - len(self.state.waiting_trials(campaign.id)) <= parallel

    @invariant()
    def nobody_has_too_much_credit(self) -> None:
        for campaign in self.state.campaigns.values():
            due = [each.credit for each in campaign.standings.values()]
            assert all(abs(each) <= BOUND for each in due)
            assert abs(sum(due)) < 1e-9

    @invariant()
    def what_was_acknowledged_is_on_disk(self) -> None:
        assert all(self.recorded(command) for command in self.acked)

    def teardown(self) -> None:
        """When everybody behaves again, every campaign comes to its end and nothing stays behind."""
        if not self.state.campaigns:
            return
        LaboratoryWalk.a_person_releases_everything(self)
        LaboratoryWalk.the_hood_is_heard_or_not(self, value=0.5)
        for name in WORKCELL.instruments:
            self.take(e.InstrumentUnlocked(at=self.tick(), instrument=name, by="bob", reason="done"))
            self.says_how_it_is(name)
        for _ in range(2000):
            if not self.one_good_step():
                break
        self.replayed()
        open_campaigns = [c.name for c in self.state.campaigns.values() if c.ended is None]
        assert not open_campaigns, open_campaigns
        assert not self.state.runs
        assert not self.state.commands
        assert all(self.recorded(command) for command in self.ledger), "a result was lost"

    def one_good_step(self) -> bool:
        if self.sent:
            self.perform(self.sent.pop(0), "succeeded")
        elif self.reports:
            self.deliver(*self.reports.pop(0))
        elif self.asked:
            LaboratoryWalk.a_driver_answers(self)
        elif self.plans:
            LaboratoryWalk.the_planner_answers(self, fails=False)
        elif self.analyses:
            LaboratoryWalk.the_analysis_answers(self, works=True)
        elif any(c.status is CommandStatus.UNKNOWN for c in self.state.commands.values()):
            LaboratoryWalk.a_person_resolves(self, resolution=Resolution.DONE)
        elif held := [
            c for c in self.state.campaigns.values() if c.status in (CampaignStatus.PAUSED, CampaignStatus.DRAFT)
        ]:
            event = e.CampaignResumed if held[0].status is CampaignStatus.PAUSED else e.CampaignStarted
            self.take(event(at=self.tick(), campaign=held[0].id))
        elif self.timers:
            LaboratoryWalk.time_passes(self)
        elif never_arrived := [key for key, each in self.state.commands.items() if each.status in OUT]:
            what = e.CommandResolved(at=self.tick(), command=never_arrived[0], resolution=Resolution.DISCARD)
            assert self.take(what)
        else:
            return False
        return True


LaboratoryWalk.TestCase.settings = settings(
    max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestLaboratoryWalk = LaboratoryWalk.TestCase
