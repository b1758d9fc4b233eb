"""The lines that runs leave behind, and those that are kept beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from .play import Run

RECORDED = Path(__file__).with_name("recorded")
"""What the peers did, as it was recorded: one file a planner."""


def read(file: Path) -> list[Run]:
    """The runs in a file; of two of the same planner, case and seed the later. None where there is no file."""
    if not file.exists():
        return []
    runs = [Run(**json.loads(line)) for line in file.read_text().splitlines() if line.strip()]
    return list({(each.planner, each.problem, each.seed): each for each in runs}.values())


def recorded(planners: Iterable[str], folder: Path = RECORDED) -> list[Run]:
    """What is kept of these planners."""
    return [run for planner in planners for run in read(folder / f"{planner}.jsonl")]
