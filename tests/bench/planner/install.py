"""Make the peers' environments: `python -m tests.bench.planner.install [--peers DIR] [--only optuna]`.

One for each, since they do not agree on what they need; some 1.5 GB each. What is there already is left as it is.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .options import HOME

TORCH = ("torch==2.13.0", "numpy==2.4.6", "scipy==1.17.1")
"""First, so that no peer brings another build of it."""
BOTORCH = ("botorch==0.18.1", "gpytorch==1.15.2")
PEERS = {
    "optuna": ("optuna==5.0.0", "scikit-learn==1.9.1"),
    "baybe": ("baybe==0.15.0", *BOTORCH),
    "ax": ("ax-platform==1.3.1", *BOTORCH),
    "botorch": BOTORCH,
    "bofire": ("bofire[optimization]==0.5.0", *BOTORCH),
}
"""By environment: what was measured."""


def install(folder: Path, names: Sequence[str]) -> None:
    """Make the environments of these that are not there yet. Raises `CalledProcessError` where one cannot be made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        room = folder / name
        if (room / "installed").exists():
            continue
        subprocess.run([sys.executable, "-m", "venv", str(room)], check=True)
        for each in (TORCH, PEERS[name]):
            subprocess.run([str(room / "bin" / "python"), "-m", "pip", "install", "--quiet", *each], check=True)
        (room / "installed").touch()
        print(f"{name}: {room}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", type=Path, default=HOME)
    parser.add_argument("--only", choices=PEERS, nargs="+", default=[*PEERS])
    asked = parser.parse_args()
    install(asked.peers, asked.only)
