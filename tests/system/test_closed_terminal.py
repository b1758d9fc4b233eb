"""A terminal that closes takes no laboratory with it."""

import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.system.lab_process import furnish


def test_a_daemon_whose_standard_error_is_gone_ends_in_order(tmp_path: Path) -> None:
    furnish(tmp_path, speed=1000.0, seed=1, trials=2)
    daemon = subprocess.Popen(
        [sys.executable, "-m", "labd.cli", "serve", "--lab", str(tmp_path), "--port", "0", "--broker", "amqtt"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert daemon.stderr is not None
    assert any(re.search("laboratory_runs", line) for line in daemon.stderr)
    daemon.stderr.close()
    daemon.send_signal(signal.SIGTERM)  # it says goodbye to nobody
    assert daemon.wait(timeout=60) == 0
