"""`python -m tests.bench planner`: what is run, and the figures in the end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .ahead import ahead
from .delays import delays, recorded_delays
from .library import DATA, cases, missing
from .pages import page
from .peers import PEERS, environment
from .report import beside_each, best_peer, figures, table, verdicts
from .results import recorded


async def measure(
    *,
    planners: str,
    problems: str,
    seeds: int,
    budget: int,
    fresh: bool,
    peers: Path,
    data: Path | None,
    results: Path | None,
    page_to: Path | None,
    latency: bool,
    ahead_of: bool,
) -> dict[str, object]:
    """The figures; the page goes to the file, or to standard error."""
    if data is not None:
        os.environ[DATA] = str(data)  # the runs read it, each in its process
    if missing():
        print(missing(), file=sys.stderr)
    names = problems.split(",") if problems else list(cases())
    if ahead_of:
        return ahead(range(seeds))
    with _folder(results) as folder:
        mine = planners.split(",") if planners else ["labd", "random", *(PEERS if fresh else ())]
        for planner in mine:
            module = "planner.delays" if latency else "planner.work"
            run(module, planner, folder, peers, *([] if latency else _wanted(names, seeds, budget)))
        if latency:
            return delays([*recorded_delays(set(PEERS) - set(mine)), *recorded_delays(mine, folder)])
        kept = [*recorded(set(PEERS) - set(mine)), *recorded(mine, folder)]
        kept = [each for each in kept if each.seed < seeds]
    found = table(kept, {name: cases()[name] for name in names}, budget)
    _show(page(found), page_to)
    return {
        "problems": figures(found),
        "best_peer": best_peer(found),
        "beside": beside_each(found),
        "verdicts": verdicts(found),
        "left_out": missing(),
    }


def run(module: str, planner: str, folder: Path, peers: Path, *options: str) -> None:
    """Run a module in the planner's environment, one thread. The package is found by another name there, as one of the
    peers installs a package that is called `tests`."""
    here = Path(__file__).parent.parent
    python = peers / environment(planner) / "bin" / "python" if planner in PEERS else Path(sys.executable)
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    told = os.environ | single | {"PYTHONPATH": os.pathsep.join([str(here), str(here.parent.parent)])}
    out = folder / f"{planner}.jsonl"
    subprocess.run([str(python), "-m", module, planner, "--out", str(out), *options], env=told, check=True)


def _wanted(names: Sequence[str], seeds: int, budget: int) -> list[str]:
    return ["--problems", ",".join(names), "--seeds", f"0-{seeds - 1}", "--budget", str(budget)]


@contextmanager
def _folder(results: Path | None) -> Iterator[Path]:
    if results is None:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
    else:
        results.mkdir(parents=True, exist_ok=True)
        yield results


def _show(text: str, page_to: Path | None) -> None:
    if page_to is None:
        print(text, file=sys.stderr)
    else:
        page_to.write_text(text + "\n")
