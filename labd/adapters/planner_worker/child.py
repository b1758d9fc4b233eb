"""The worker process: `python -m labd.adapters.planner_worker.child`. It ends when its standard input does.

With `--leisure` it gives way to everything else: the processor goes to others first, and it leaves the GPU alone.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

from labd.adapters.planner_questions.answering import answer, further_warm_up, warm_up
from labd.adapters.planner_questions.messages import Question, Ready, Reply

LARGEST = 4 * 2**30
"""Bytes: a worker that has grown larger makes room for a new one."""
LEISURE = 10
"""By so much it is nicer."""


def main() -> None:
    """Answer questions until the daemon goes away."""
    pipe = _claim_standard_output()
    _be_modest()
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    warm_up()
    _reply(pipe, Reply(body=Ready()))
    for _ in further_warm_up():  # while nobody asks anything
        while not lines.empty():
            _answer_next(lines, pipe)
    while True:
        _answer_next(lines, pipe)


def _answer_next(lines: SimpleQueue[bytes], pipe: BinaryIO) -> None:
    _reply(pipe, Reply(body=answer(Question.model_validate_json(lines.get()))))
    if _size() >= LARGEST:
        os._exit(0)


def _claim_standard_output() -> BinaryIO:
    """The pipe to the daemon; whatever else is printed in this process goes to standard error."""
    sys.stdout.flush()
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return pipe


def _be_modest() -> None:
    """Where memory runs out the kernel is to end this process, which costs seconds, and not the daemon."""
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    if "--leisure" in sys.argv:
        os.nice(LEISURE)
        os.environ["LABD_DEVICE"] = "cpu"


def _size() -> int:
    """The memory that this process holds, in bytes; 0 where that cannot be read."""
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _listen(lines: SimpleQueue[bytes]) -> None:
    """Hand lines on; at the end of the input the process ends at once, also in the middle of an answer."""
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)


def _reply(pipe: BinaryIO, reply: Reply) -> None:
    pipe.write(reply.model_dump_json().encode() + b"\n")
    pipe.flush()


if __name__ == "__main__":
    main()
