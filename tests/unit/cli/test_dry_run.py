"""`labd dry-run` on the protocol that comes with labd."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from labd.cli import labd

HERE = Path(__file__).parents[3] / "protocols"
PROTOCOL, WORKCELL = HERE / "suzuki_flow.yaml", HERE / "suzuki_flow_workcell.yaml"


def invoke(*arguments: str) -> Result:
    given = ["dry-run", *arguments]
    return CliRunner().invoke(labd, given, prog_name="labd", catch_exceptions=False)


def test_it_tells_how_long_who_is_busy_and_what_waited(tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    result = invoke(str(PROTOCOL), "--workcell", str(WORKCELL), "--html", str(page))
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("3 h 4 min for 30 trials with 90 steps")
    assert any(line.startswith("hplc_1  ") and line.endswith("65%") for line in lines)
    assert "hplc_1 is busy" in result.stdout
    assert max(map(len, lines)) <= 100
    assert "reactor_1" in page.read_text(encoding="utf-8").partition("<script")[0]


def test_as_json_it_has_every_bar() -> None:
    told = json.loads(invoke(str(PROTOCOL), "--workcell", str(WORKCELL), "--trials", "2", "--json").stdout)
    assert [bar["step"] for bar in told["bars"]] == ["prepare", "prepare", "react", "react", "measure", "measure"]
    assert told["makespan_s"] == max(bar["end_s"] for bar in told["bars"])


def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path) -> None:
    room = tmp_path / "workcell.yaml"
    room.write_text(WORKCELL.read_text(encoding="utf-8").replace("roles: [hplc]", "roles: [pumps]"), encoding="utf-8")
    protocol = tmp_path / "protocol.yaml"
    protocol.write_text(PROTOCOL.read_text(encoding="utf-8"), encoding="utf-8")
    result = invoke(str(protocol))
    assert result.exit_code == 2
    assert f"{protocol}:28:11: No instrument of flow_bench fills the role hplc." in result.stderr


def test_a_table_of_points_is_checked(tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("temperature\n300\n", encoding="utf-8")
    result = invoke(str(PROTOCOL), "--workcell", str(WORKCELL), "--pool", str(points))
    assert result.exit_code == 2
    assert f"{points}:1:1: The table has no column ligand. Write a column `ligand`." in result.stderr


def test_without_a_workcell_it_says_so(tmp_path: Path) -> None:
    alone = tmp_path / "protocol.yaml"
    alone.write_text(PROTOCOL.read_text(encoding="utf-8"), encoding="utf-8")
    result = invoke(str(alone))
    assert result.exit_code == 2
    assert "--workcell" in result.stderr


SWAP = """\
protocol: swap
workcell: deck
parameters: {x: {type: continuous, low: 0, high: 1}}
labware:
  a: {type: plate, start: hotel}
steps:
  to_nest: {move: a, to: nest}
  read: {role: reader, capability: read, on: a, after: [to_nest]}
outcomes: {signal: {}}
analysis: [{function: value, inputs: {measurements: read.signal}, outcomes: {signal: value}}]
objectives: [{maximise: signal}]
stopping: {trials: 3}
"""
DECK = """\
workcell: deck
roles:
  reader: {capabilities: {read: {results: {signal: {}}, typical: 60 s}}}
  transport:
    capabilities:
      move: {arguments: {labware: {type: string}, source: {type: string}, destination: {type: string}}, typical: 10 s}
locations: {hotel: {capacity: 4}, nest: {}}
labware: {plate: {}}
instruments:
  reader_1: {roles: [reader], location: nest}
  arm: {roles: [transport]}
"""


def test_a_person_takes_away_what_nothing_else_takes(tmp_path: Path) -> None:
    (tmp_path / "workcell.yaml").write_text(DECK, encoding="utf-8")
    (tmp_path / "swap.yaml").write_text(SWAP, encoding="utf-8")
    told = json.loads(invoke(str(tmp_path / "swap.yaml"), "--json", "--answer", "10").stdout)
    assert told["cleared"] == 3
    assert told["campaigns"][0]["trials"]["observed"] == 3
    assert told["makespan_s"] == 3 * 70 + 2 * 600
