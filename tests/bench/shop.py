"""Job shops with windows: generated, done greedily event by event, and planned ahead."""

from dataclasses import dataclass
from math import inf
from random import Random

from labd.scheduling import Behind, Booked, Calendar, Link, Need, Room, Waiting, assign, book_plan, plan_chain
from labd.scheduling.look_ahead import Problem, Task


@dataclass(frozen=True)
class Operation:
    """One step of a job: on a machine of that kind, so long, and at most so long after the one before."""

    role: str
    duration_s: float
    at_most_s: float | None


@dataclass(frozen=True)
class Shop:
    """Jobs and machines."""

    machines: dict[str, frozenset[str]]
    jobs: tuple[tuple[Operation, ...], ...]

    @property
    def bound_s(self) -> float:
        """No plan is shorter: the kind of machine with the most work for each, and the longest job."""
        busy: dict[str, float] = {}
        for job in self.jobs:
            for each in job:
                busy[each.role] = busy.get(each.role, 0.0) + each.duration_s
        kinds = [seconds / sum(role in it for it in self.machines.values()) for role, seconds in busy.items()]
        return max(*kinds, *(sum(each.duration_s for each in job) for job in self.jobs))


def generated(seed: int) -> Shop:
    """A shop of ten jobs on five kinds of machines, of which one has two; two windows in five steps."""
    random = Random(seed)
    roles = [f"kind_{number}" for number in range(5)]
    machines = {f"{role}_machine": frozenset({role}) for role in roles} | {"spare": frozenset({roles[0]})}
    jobs = []
    for _ in range(10):
        order = random.sample(roles, random.randint(3, 5))
        jobs.append(
            tuple(
                Operation(
                    role,
                    60.0 * random.randint(2, 40),
                    60.0 * random.choice([0, 2, 5, 15]) if place and random.random() < 0.4 else None,
                )
                for place, role in enumerate(order)
            )
        )
    return Shop(machines, tuple(jobs))


def problem(shop: Shop, hint_s: dict[str, float] | None = None) -> Problem:
    """The whole shop, as the look ahead sees it."""
    fitting = {
        role: tuple(n for n, roles in shop.machines.items() if role in roles)
        for job in shop.jobs
        for role in _roles(job)
    }
    tasks = []
    for number, job in enumerate(shop.jobs):
        for place, each in enumerate(job):
            behind = (Behind(f"{number}.{place - 1}", 0.0, each.at_most_s),) if place else ()
            tasks.append(Task(f"{number}.{place}", (fitting[each.role],), each.duration_s, behind))
    return Problem(tuple(tasks), {}, hint_s or {})


def _roles(job: tuple[Operation, ...]) -> list[str]:
    return [each.role for each in job]


class Greedy:
    """The greedy scheduler at work: at each moment at which something ends, what can begin does."""

    def __init__(self, shop: Shop, rank_s: dict[str, float] | None = None) -> None:
        self.shop, self.rank_s = shop, rank_s or {}
        self.now_s = 0.0
        self.began_s: dict[str, float] = {}
        self.on: dict[str, str] = {}
        self.kept: dict[str, tuple[str, ...]] = {}
        self.since: dict[str, int] = {}

    def run(self) -> dict[str, float]:
        """By operation: when it began."""
        total = sum(map(len, self.shop.jobs))
        while len(self.began_s) < total:
            wake_s = self._begin()
            ends = [end for key in self.began_s if (end := self._end(key)) > self.now_s]
            self.now_s = min([*ends, wake_s])
            if self.now_s == inf:
                raise AssertionError("nothing is left to happen, and not all is done")
        return self.began_s

    def _end(self, key: str) -> float:
        job, place = map(int, key.split("."))
        return self.began_s[key] + self.shop.jobs[job][place].duration_s

    def _begin(self) -> float:
        """Begin what can; returns when the next chain is expected to."""
        busy = {self.on[key]: self._end(key) for key in self.began_s if self._end(key) > self.now_s}
        free = {name: roles for name, roles in self.shop.machines.items() if name not in busy}
        booked = {name: [Booked(0.0, end - self.now_s)] for name, end in busy.items()}
        calendar = Calendar(self.shop.machines, booked)
        reserved = []
        for number, job in enumerate(self.shop.jobs):
            links = self._links(number, job)
            since = [self.since[it.step] for it in links if it.kept and it.began_s is None]
            if since:
                reserved.append((min(since), str(number), links))
        for _, run, links in sorted(reserved):  # who came first has found its place without the others
            book_plan(calendar, run, links, plan_chain(run, links, calendar))
        waiting, chains = [], {}
        for number, job in enumerate(self.shop.jobs):
            links = self._links(number, job)
            for place, each in enumerate(job):
                key = f"{number}.{place}"
                ready = key not in self.began_s and (not place or self._done(f"{number}.{place - 1}"))
                if ready:
                    due_s = None
                    if each.at_most_s is not None:
                        due_s = self._end(f"{number}.{place - 1}") + each.at_most_s - self.now_s
                    order = int(1000 * self.rank_s.get(key, number))
                    waiting.append(
                        Waiting(key, str(number), each.role, order=order, typical_s=each.duration_s, due_s=due_s)
                    )
                    if any(it.step == key for it in links):
                        chains[str(number), key] = links
        answer = assign(waiting, Room(free, calendar, lambda step: chains.get((step.run, step.step), ())))
        for made in answer.begins:
            self.began_s[made.step], self.on[made.step] = self.now_s, made.instrument
            self.kept |= made.reserves
            self.since = dict.fromkeys(made.reserves, len(self.began_s)) | self.since
        return min((self.now_s + in_s for in_s in answer.in_s.values() if in_s > 0), default=inf)

    def _done(self, key: str) -> bool:
        return key in self.began_s and self._end(key) <= self.now_s

    def _links(self, number: int, job: tuple[Operation, ...]) -> tuple[Link, ...]:
        """The chain at which the job is."""
        at = next((place for place in range(len(job)) if not self._done(f"{number}.{place}")), len(job))
        first = at
        while first and first < len(job) and job[first].at_most_s is not None:
            first -= 1
        last = at + 1
        while last < len(job) and job[last].at_most_s is not None:
            last += 1
        if last - first < 2:
            return ()
        links = []
        for place in range(first, min(last, len(job))):
            key = f"{number}.{place}"
            behind = (Behind(f"{number}.{place - 1}", 0.0, job[place].at_most_s),) if place > first else ()
            began_s = self.began_s[key] - self.now_s if key in self.began_s else None
            need = (Need(job[place].role),)
            links.append(Link(key, need, job[place].duration_s, behind, 0.0, began_s, self.kept.get(key, ())))
        return tuple(links)


def judged(shop: Shop, began_s: dict[str, float]) -> tuple[float, int]:
    """The makespan of a plan, and how many windows it breaks. Raises where it cannot be."""
    makespan_s, broken = 0.0, 0
    for number, job in enumerate(shop.jobs):
        end_s = 0.0
        for place, each in enumerate(job):
            start_s = began_s[f"{number}.{place}"]
            if start_s < end_s - 0.2:
                raise AssertionError("a step before the one that it waits for")
            broken += each.at_most_s is not None and start_s > end_s + each.at_most_s + 0.5
            end_s = start_s + each.duration_s
        makespan_s = max(makespan_s, end_s)
    return makespan_s, broken
