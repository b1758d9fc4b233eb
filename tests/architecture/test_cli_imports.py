"""The command line starts with the standard library and click alone: it is typed a hundred times a day."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, resource, sys
before = set(sys.modules)
from labd.cli import labd
try:
    labd(sys.argv[1:], prog_name="labd")
except SystemExit as end:
    code = end.code
usage = resource.getrusage(resource.RUSAGE_SELF)
seen = {"code": code, "new": sorted(set(sys.modules) - before), "cpu_s": usage.ru_utime + usage.ru_stime}
print(json.dumps(seen), file=sys.stderr)
"""
STARTS_WITHIN_S = 0.3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["demo", "--help"], 0), (["--version"], 0), (["status"], 6), (["trials", "mixing"], 6)],
)
def test_a_command_imports_click_and_nothing_else(arguments: list[str], code: int, tmp_path: Path) -> None:
    (tmp_path / ".labd").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "LABD_LAB": str(tmp_path)},
        check=True,
    )
    seen = json.loads(done.stderr.splitlines()[-1])
    assert seen["code"] == code, done.stderr
    packages = {name.partition(".")[0] for name in seen["new"]}
    assert packages - sys.stdlib_module_names == {"click", "labd"}
    assert seen["cpu_s"] < STARTS_WITHIN_S


def test_the_daemon_has_neither_solver_nor_tensors_in_its_own_process() -> None:
    program = "import sys, labd.daemon.running; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"ortools", "pandas", "torch", "botorch"} & set(done.stdout.split())
