"""A driver process is small: of labd it imports what speaks and what keeps the ledger, and little else of the world."""

import json
import subprocess
import sys

PROGRAM = "import json, sys, labd.driver_kit.process; print(json.dumps(sorted(sys.modules)))"
ROOMS = {"domain", "driver_kit", "mqtt", "wire"}
OTHERS = {
    *("aiomqtt", "paho", "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"),
    "ulid",
}


def test_a_driver_imports_no_more_than_it_needs() -> None:
    before = json.loads(_imported("import json, sys; print(json.dumps(sorted(sys.modules)))"))
    new = set(json.loads(_imported(PROGRAM))) - set(before)
    assert {name.split(".")[1] for name in new if name.startswith("labd.")} == ROOMS
    packages = {name.partition(".")[0] for name in new} - sys.stdlib_module_names
    assert packages - {"labd", "socks"} - {name for name in packages if name.startswith("_sysconfig")} <= OTHERS


def _imported(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
