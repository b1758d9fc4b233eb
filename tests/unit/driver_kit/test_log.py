"""The log of a driver: all that the process says, and never more than a bound."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import logging, os, sys
from pathlib import Path
from labd.driver_kit.log import log_to_file
log_to_file(Path(sys.argv[1]), most_bytes=2000, kept=2)
for number in range(200):
    print("printed", number)
    logging.getLogger("labd.driver").warning("logged %d", number)
os.write(2, b"from a library\\n")
raise SystemExit("the last words")
"""
SLACK = 200
"""A line and what is written past the log."""


def test_everything_is_kept_within_a_bound(tmp_path: Path) -> None:
    file = tmp_path / "pump.log"
    done = subprocess.run([sys.executable, "-c", PROGRAM, file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    files = sorted(tmp_path.iterdir())
    assert [each.name for each in files] == ["pump.log", "pump.log.1", "pump.log.2"]
    assert all(each.stat().st_size <= 2000 + SLACK for each in files)
    last = file.read_text()
    assert "INFO printed 199" in last
    assert "WARNING logged 199" in last
    assert last.endswith("from a library\nthe last words\n")


def test_a_log_that_was_there_is_gone_on_with(tmp_path: Path) -> None:
    file = tmp_path / "pump.log"
    file.write_text("before\n")
    subprocess.run([sys.executable, "-c", PROGRAM.replace("range(200)", "range(1)"), file], check=False)
    assert file.read_text().startswith("before\n")
