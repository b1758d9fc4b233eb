"""A laboratory of ten instruments under a seeded storm of faults; in the end four accounts are compared.

`python -m tests.bench chaos --faults 1000 --seed 1`. One line of JSON: how many faults of each kind befell each kind of
party; commands, results, unknowns and who resolved them, actions repeated as declared; and what must not be: `lost`,
`twice`, `wrongly_done`, `disagreements`, `stood_still`. `directory` is there after a violation and holds the list of
faults, which of them befell when, all logs, ledgers and the journal; without one it is removed.
"""

import shutil
import tempfile
from pathlib import Path

from tests.chaos.accounts import Verdict
from tests.chaos.run import StandsStill, run


async def measure(faults: int, seed: int) -> dict[str, object]:
    """The figures, as `python -m tests.bench chaos` prints them."""
    directory = Path(tempfile.mkdtemp(prefix="labd-chaos-"))
    try:
        result = await run(directory, seed=seed, faults=faults)
    except StandsStill as error:
        return {"clean": False, "seed": seed, "stood_still": str(error), "directory": str(directory)}
    verdict = result.verdict
    figures = {
        "clean": verdict.clean,
        "seed": seed,
        "faults": sum(result.faults.values()),
        "by_kind": dict(result.faults.most_common()),
        **_counted(verdict),
        "wall_s": round(result.wall_s, 1),
    }
    if not verdict.clean:
        return figures | {"directory": str(directory)}
    shutil.rmtree(directory)
    return figures


def _counted(verdict: Verdict) -> dict[str, object]:
    """Numbers where there is nothing to say, and what is wrong where there is."""
    said = verdict._asdict() | {"resolved": dict(verdict.resolved)}
    return {key: value or 0 if isinstance(value, tuple) else value for key, value in said.items()}
