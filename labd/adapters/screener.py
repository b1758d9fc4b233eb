"""The screener: a function of the laboratory's own, in a process that is given so much time and no more.

def screen(protocol: dict) -> list[str]:
    return ["it handles a select agent"] if "anthrax" in protocol["hazard"]["materials"] else []
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys

from labd.domain.errors import Unavailable
from labd.domain.protocol import Protocol

WITHIN_S = 30.0
REASONS = 20
REASON_LENGTH = 500


class FunctionScreener:
    """`labd.ports.screener.Screener`: a function that takes the protocol and returns what must be looked at."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self._within_s = within_s

    async def screen(self, function: str, protocol: Protocol) -> tuple[str, ...]:
        """Ask the function, in a process of its own. Raises `Unavailable` where it fails, or takes too long."""
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "labd.adapters.screener", function)
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
        except OSError as error:
            raise Unavailable(f"The screener {function} cannot be asked: {error}.") from None
        try:
            async with asyncio.timeout(self._within_s):
                out, err = await process.communicate(protocol.model_dump_json().encode())
        except TimeoutError:
            raise Unavailable(f"The screener {function} did not answer within {self._within_s:g} s.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            reasons = json.loads(out.rpartition(b"\0")[2]) if process.returncode == 0 else None
        except ValueError:
            reasons = None
        if not isinstance(reasons, list) or not all(isinstance(each, str) for each in reasons):
            said = err.decode(errors="replace").strip().rpartition("\n")[2] or "it gave no list of texts"
            raise Unavailable(f"The screener {function} failed: {said[:REASON_LENGTH]}.")
        return tuple(each[:REASON_LENGTH] for each in reasons[:REASONS])


def main() -> None:
    """Ask the function that is named, about the protocol on the standard input."""
    module, _, name = sys.argv[1].partition(":")
    sys.path.insert(0, "")  # the laboratory's own modules, as for drivers
    function = getattr(importlib.import_module(module), name)
    reasons = function(json.load(sys.stdin))
    sys.stdout.write("\0" + json.dumps(list(reasons)))  # whatever the function printed stands before


if __name__ == "__main__":
    main()
