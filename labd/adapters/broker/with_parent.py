"""Becomes another program that the kernel kills when its parent dies: `python -I -S with_parent.py PARENT PROGRAM ...`.

A program of its own rather than code between fork and exec, which is not safe in a process that has threads. Where the
kernel knows no such request (it is Linux's), the next daemon adopts the broker that was left behind.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the request
        sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - the very purpose
