"""docs/tutorial.md, done: its driver, its room and its protocol, with a daemon, a broker and a planner of their own."""

import json
import subprocess
import sys
from pathlib import Path

from tests.system.lab_process import LabProcess
from tests.tutorial import files_of_the_tutorial


def labd(directory: Path, *arguments: str) -> str:
    """What a command prints, given in the laboratory's directory."""
    command = [sys.executable, "-m", "labd.cli", *arguments]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tutorial_ends_with_olive_green(tmp_path: Path) -> None:
    lab = tmp_path / "my_lab"
    labd(tmp_path, "init", "my_lab")
    for path, text in files_of_the_tutorial().items():
        (lab / path).write_text(text.replace("seconds: 1.0", "seconds: 0.01"), encoding="utf-8")
    described = json.loads(labd(lab, "driver", "run", "colour_mixer:ColourMixer", "--describe"))
    assert [each["name"] for each in described["capabilities"]] == ["mix", "look"]
    assert labd(lab, "check", "workcell.yaml", "protocols/olive.yaml") == "2 files checked: 0 errors.\n"
    with LabProcess(lab):  # started in another directory than the laboratory's: the driver is found all the same
        said = labd(lab, "load", "protocols/olive.yaml", "--seed", "1", "--start")
        assert said == "olive is running. Follow it with `labd watch olive`.\n"
        assert labd(lab, "watch", "olive", "--after", "0").splitlines()[-1].endswith("15 trials were made")
        trials = json.loads(labd(lab, "trials", "olive", "--json"))["trials"]
        assert labd(lab, "trials", "olive", "--csv").count("\n") == 16
        assert "mixer_1  idle" in labd(lab, "status")
    assert [each["status"] for each in trials] == ["observed"] * 15
    differences = [each["outcomes"]["difference"]["mean"] for each in trials]
    assert min(differences) < min(differences[:4])
    assert trials[-1]["method"] != "sobol"
