"""Which laboratory is meant, and whether its daemon runs."""

import json
import os
from pathlib import Path

import pytest

from labd.domain.errors import NotFound, Unavailable
from labd.settings import LaboratoryFiles, daemon_address, find_laboratory, forget_daemon, remember_daemon


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("LABD_LAB", raising=False)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    LaboratoryFiles(tmp_path / "lab").own.mkdir(parents=True)
    return tmp_path / "lab"


def test_the_option_goes_before_the_environment_and_that_before_the_last(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFound, match="labd init"):
        find_laboratory(None)
    remember_daemon(lab, "http://127.0.0.1:1")
    assert find_laboratory(None) == lab
    monkeypatch.setenv("LABD_LAB", str(lab.parent / "other"))
    assert find_laboratory(None) == lab.parent / "other"
    assert find_laboratory(str(lab)) == lab


def test_a_last_laboratory_that_has_gone_is_not_meant(lab: Path) -> None:
    remember_daemon(lab, "http://127.0.0.1:1")
    lab.rename(lab.parent / "elsewhere")
    with pytest.raises(NotFound):
        find_laboratory(None)


def test_a_daemon_is_found_while_it_lives_and_by_whomever_it_is_run(lab: Path) -> None:
    with pytest.raises(Unavailable, match="labd serve"):
        daemon_address(lab)
    remember_daemon(lab, "http://127.0.0.1:1")
    assert daemon_address(lab) == {"url": "http://127.0.0.1:1", "pid": os.getpid()}
    LaboratoryFiles(lab).address.write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": 1}))
    assert daemon_address(lab)["pid"] == 1
    forget_daemon(lab)
    with pytest.raises(Unavailable):
        daemon_address(lab)


def test_an_account_that_can_keep_no_note_runs_a_daemon_all_the_same(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lab.parent / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(lab.parent / "file"))
    remember_daemon(lab, "http://127.0.0.1:1")
    assert daemon_address(lab)["url"] == "http://127.0.0.1:1"
