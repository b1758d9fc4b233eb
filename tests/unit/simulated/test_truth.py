"""What `python -m ...truth` answers, for the demonstration's account."""

import json
import subprocess
import sys

from labd_drivers.simulated.suzuki_flow.physics import true_optimum

MODULE = "labd_drivers.simulated.suzuki_flow.truth"


def told(point: object, objective: str = "yield") -> dict[str, object]:
    command = [sys.executable, "-m", MODULE, "--objective", objective, "--goal", "maximise"]
    done = subprocess.run(command, input=json.dumps(point), capture_output=True, text=True, check=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_at_the_optimum_the_share_is_one() -> None:
    answer = told(dict(true_optimum().parameters))
    assert answer["share_of_optimum"] == 1.0
    assert answer["optimum"] == true_optimum().yield_percent


def test_without_a_point_the_optimum_alone() -> None:
    assert set(told(None)) == {"optimum", "optimum_parameters"}


def test_of_the_turnover_no_optimum_is_claimed() -> None:
    assert set(told(dict(true_optimum().parameters), "turnover")) == {"best_true"}
