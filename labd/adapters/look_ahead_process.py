"""`labd.ports.Foresight` in a process of its own, which comes and goes with each question: a solver keeps a core busy
for seconds, and what it imports is large."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from labd.scheduling.look_ahead import Problem, look_ahead

COMMAND = (sys.executable, "-m", "labd.adapters.look_ahead_process")
"""What is started."""
GRACE_S = 10.0
"""So long beyond the deadline, for the start of a process on a busy machine."""
NICENESS = 10

_PROBLEM = TypeAdapter(Problem)
_STARTS = TypeAdapter(dict[str, float] | None)


class LookAheadProcess:
    """One process a question; one that is late is ended."""

    def __init__(self, command: Sequence[str] = COMMAND, *, grace_s: float = GRACE_S) -> None:
        self._command, self._grace_s = command, grace_s

    async def look_ahead(self, problem: Problem, deadline_s: float) -> Mapping[str, float] | None:
        """By task, in how many seconds it should begin; None where no plan was found in time, or none exists."""
        child = await asyncio.create_subprocess_exec(
            *self._command, str(deadline_s), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
        try:
            async with asyncio.timeout(deadline_s + self._grace_s):
                answer, _ = await child.communicate(_PROBLEM.dump_json(problem))
            return _STARTS.validate_json(answer) if child.returncode == 0 else None
        except TimeoutError:
            return None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()


def main() -> None:
    """The child: a problem on standard input, a plan on standard output."""
    os.nice(NICENESS)
    found = look_ahead(_PROBLEM.validate_json(sys.stdin.buffer.read()), float(sys.argv[1]))
    sys.stdout.buffer.write(_STARTS.dump_json(found))


if __name__ == "__main__":
    main()
