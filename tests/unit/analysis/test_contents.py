"""An analysis is given the content of what an instrument attached."""

import hashlib
import io
import json
from typing import Any, BinaryIO

import numpy as np
import pytest

from labd.analysis import AnalysisError, analyse
from labd.domain.errors import NotFound
from labd.domain.protocol import Analysis, OutcomeSpec

ANALYSIS = (Analysis(function="value", inputs={"measurements": "read.signal"}, outcomes={"y": "value"}),)


def analysed(content: bytes, *, here: bool = True) -> float:
    name = hashlib.sha256(content).hexdigest()
    reference: Any = {"blob": f"sha256:{name}", "size_bytes": len(content), "name": "signal"}

    def opened(sha256: str) -> BinaryIO:
        if not here:
            raise NotFound("There is no data.")
        assert sha256 == name
        return io.BytesIO(content)

    return analyse(ANALYSIS, {"y": OutcomeSpec()}, {}, {"read": {"signal": reference}}, opened)["y"].mean


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def test_an_array_and_json_are_read() -> None:
    assert analysed(npy(np.float64(2.5))) == 2.5
    assert analysed(json.dumps(3.5).encode()) == 3.5


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n", b"{", npy(np.array([{}, None]))[:90], npy(np.array([{}]))])
def test_what_is_neither_is_no_measurement(content: bytes) -> None:
    with pytest.raises(AnalysisError, match="holds neither an array"):
        analysed(content)


def test_what_is_not_here_is_not_found() -> None:
    with pytest.raises(NotFound):
        analysed(b"1", here=False)
