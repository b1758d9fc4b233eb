"""Runs in processes of their own, one after the other, each a line of JSON; what is there already is not done again.

Inside a planner's environment, from the repository's root:
`PYTHONPATH=tests/bench python -m planner.work PLANNER --out FILE --seeds 0-4`.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

for _each in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_each, "1")

from .cases import Case  # noqa: E402, numpy reads the number of threads when it is imported
from .library import cases  # noqa: E402
from .peers import LIBRARIES, Adapter, adapter, environment  # noqa: E402
from .play import BUDGET, play  # noqa: E402
from .results import read  # noqa: E402

LIMIT_S = 900
"""No run takes longer than this."""


def work(planner: str, wanted: Sequence[Case], seeds: Sequence[int], out: Path, budget: int = BUDGET) -> None:
    """Run the planner on each case from each seed, and append what came of it to the file."""
    chosen = adapter(planner)
    told = version(planner)
    done = {(each.problem, each.seed) for each in read(out) if each.planner == planner and not each.error}
    todo = [(case, seed) for seed in seeds for case in wanted if (case.name, seed) not in done]
    todo = [(case, seed) for case, seed in todo if chosen.supports(case)]
    if todo:
        warm(chosen, todo[0][0])
    for case, seed in todo:
        began = time.monotonic()

        def one(case: Case = case, seed: int = seed) -> None:
            run = play(case, planner, chosen, seed, told, budget)
            with out.open("a") as lines:
                lines.write(json.dumps(run.line()) + "\n")

        ended = apart(one, LIMIT_S)
        print(f"{planner} {case.name} {seed}: {ended} {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def apart(task: Callable[[], None], limit_s: int) -> int:
    """Do it in a forked process, so that no run finds another's leavings; its exit status, not 0 when it was late."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(limit_s)
            task()
            code = 0
        except BaseException:  # noqa: BLE001, the child's end
            traceback.print_exc(limit=5)
        finally:
            sys.stdout.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def warm(chosen: Adapter, case: Case) -> None:
    """Import here what the planner imports when it is first asked, so that no run pays for it."""
    reading, writing = os.pipe()

    def first() -> None:
        play(case, "warm", chosen, 0, "", case.initial + 2)
        with os.fdopen(writing, "w") as told:
            told.write("\n".join(name for name in sys.modules if name != "__main__"))

    if os.fork() == 0:
        try:
            signal.alarm(120)
            first()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        names = told.read().split("\n")
    os.wait()
    for name in names:
        if name and name not in sys.modules:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, it was no module to import by name
                continue


def version(planner: str) -> str:
    """The version of the planner's library; empty for what is here."""
    library = LIBRARIES.get(environment(planner))
    return importlib.metadata.version(library) if library else ""


def main() -> None:
    """The peers' side."""
    parser = argparse.ArgumentParser()
    parser.add_argument("planner")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", default="0-4")
    parser.add_argument("--problems", default="", help="names, by comma; default all")
    parser.add_argument("--budget", type=int, default=BUDGET)
    given = parser.parse_args()
    low, _, high = given.seeds.partition("-")
    every = cases()
    wanted = [every[name] for name in given.problems.split(",")] if given.problems else list(every.values())
    work(given.planner, wanted, range(int(low), int(high or low) + 1), given.out, given.budget)


if __name__ == "__main__":
    main()
