"""What the runs say: a figure for each case and planner, and labd beside each peer."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .cases import Case
from .peers import HEEDLESS, PEERS
from .play import BUDGET, Run
from .scoring import regrets, until

LABD = "labd"
EARLY = 20


@dataclass(frozen=True, slots=True)
class Curve:
    """A run's regret after 1, 2, ... units of cost."""

    run: Run
    regret: list[float]

    @property
    def early(self) -> float:
        """At half of the budget."""
        return self.regret[min(EARLY, len(self.regret)) - 1]

    @property
    def late(self) -> float:
        """At the whole budget."""
        return self.regret[-1]

    @property
    def until(self) -> int:
        """The cost until nine tenths of the way are done; the budget and one more where they never are."""
        return until(self.regret)


Table = dict[str, dict[str, dict[int, Curve]]]
"""By case, planner and seed."""


def table(runs: Iterable[Run], cases: Mapping[str, Case], budget: int = BUDGET) -> Table:
    """The runs that came to their end. A planner that takes no notice of earlier campaigns does in those cases what it
    does without."""
    found: Table = {name: {} for name in cases}
    kept = [run for run in runs if run.problem in cases and not run.error]
    for run in kept:
        case = cases[run.problem]
        curve = Curve(run, regrets(run.trace, run.costs, case.optimum, case.middle, budget))
        found[run.problem].setdefault(run.planner, {})[run.seed] = curve
    for case in cases.values():
        without = found.get(case.without or "", {})
        found[case.name] |= {planner: without[planner] for planner in HEEDLESS & without.keys()}
    return {name: each for name, each in found.items() if each}


def figures(found: Table) -> dict[str, dict[str, dict[str, float | int]]]:
    """By case and planner, means over the seeds."""
    return {
        name: {planner: _figures(list(curves.values())) for planner, curves in planners.items()}
        for name, planners in found.items()
    }


def _figures(curves: Sequence[Curve]) -> dict[str, float | int]:
    cpu = [spent for each in curves for spent in each.run.cpu[1:]]
    return {
        "regret_20": round(statistics.fmean(each.early for each in curves), 4),
        "regret_40": round(statistics.fmean(each.late for each in curves), 4),
        "n_to_90": round(statistics.fmean(each.until for each in curves), 1),
        "cpu_s_per_ask": round(statistics.median(cpu), 4) if cpu else math.nan,
        "seeds": len(curves),
    }


def beside(found: Table, peer: str) -> dict[str, float | int]:
    """labd and a peer over the cases and seeds that both have: mean regrets, their ratios, and the geometric mean over
    the cases of the ratio of the experiments to 90 %. Empty where there are none."""
    pairs = [
        [(ours[seed], theirs[seed]) for seed in ours.keys() & theirs.keys()]
        for planners in found.values()
        for ours, theirs in [(planners.get(LABD, {}), planners.get(peer, {}))]
    ]
    pairs = [each for each in pairs if each]
    if not pairs:
        return {}
    early = [statistics.fmean(statistics.fmean(one[side].early for one in each) for each in pairs) for side in (0, 1)]
    late = [statistics.fmean(statistics.fmean(one[side].late for one in each) for each in pairs) for side in (0, 1)]
    ratios = [math.log(_mean_until(each, 0) / _mean_until(each, 1)) for each in pairs]
    return {
        "problems": len(pairs),
        "runs": sum(map(len, pairs)),
        "regret_20": round(early[0], 4),
        "peer_regret_20": round(early[1], 4),
        "ratio_20": round(early[0] / max(early[1], 1e-9), 3),
        "regret_40": round(late[0], 4),
        "peer_regret_40": round(late[1], 4),
        "ratio_40": round(late[0] / max(late[1], 1e-9), 3),
        "n_to_90_ratio": round(math.exp(statistics.fmean(ratios)), 3),
    }


def _mean_until(pairs: Sequence[tuple[Curve, Curve]], side: int) -> float:
    return statistics.fmean(pair[side].until for pair in pairs)


def verdicts(found: Table) -> dict[str, dict[str, str]]:
    """By case, after 20 and 40: against the best peer there (by mean regret over the seeds that both have) `better` or
    `worse` where the mean of the paired differences is over two standard errors from 0, else `even`."""
    out: dict[str, dict[str, str]] = {}
    for name, planners in found.items():
        ours = planners.get(LABD, {})
        peers = {peer: curves for peer, curves in planners.items() if peer in PEERS and curves.keys() & ours.keys()}
        if peers:
            out[name] = {str(at): _verdict(ours, peers, at) for at in (EARLY, BUDGET)}
    return out


def _verdict(ours: Mapping[int, Curve], peers: Mapping[str, Mapping[int, Curve]], at: int) -> str:
    def regret(curve: Curve) -> float:
        return curve.early if at == EARLY else curve.late

    most = max(len(curves.keys() & ours.keys()) for curves in peers.values())
    whole = {peer: curves for peer, curves in peers.items() if len(curves.keys() & ours.keys()) == most}
    peer, theirs = min(
        whole.items(), key=lambda one: statistics.fmean(regret(one[1][seed]) for seed in one[1].keys() & ours.keys())
    )
    apart = [regret(ours[seed]) - regret(theirs[seed]) for seed in ours.keys() & theirs.keys()]
    mean = statistics.fmean(apart)
    if len(apart) < 2:
        return f"one seed, {mean:+.3f} against {peer}"
    error = statistics.stdev(apart) / math.sqrt(len(apart))
    said = "even" if abs(mean) <= 2 * error or abs(mean) < 1e-3 else "better" if mean < 0 else "worse"
    return f"{said}, {mean:+.3f} ± {error:.3f} against {peer}"


def beside_each(found: Table) -> dict[str, dict[str, float | int]]:
    """labd beside each peer that shares cases and seeds with it."""
    return {peer: line for peer in PEERS if (line := beside(found, peer))}


def best_peer(found: Table) -> str | None:
    """Of the peers that have most of the cases, the one against which labd does worst after 40."""
    whole = {peer: line for peer, line in beside_each(found).items() if line["problems"] > len(found) / 2}
    return max(whole, key=lambda peer: whole[peer]["ratio_40"], default=None)
