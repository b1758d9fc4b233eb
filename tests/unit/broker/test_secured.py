"""The files of a broker: made once, mended later, and nothing lost on the way."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labd.adapters.broker import certificates
from labd.adapters.broker.passwords import fits, read_password_file
from labd.adapters.broker.secured import BrokerFiles, Change, Plan, configure
from labd.domain.errors import InvalidInput
from labd.mqtt import BrokerAddress, MqttTransport, read_credentials, with_credentials

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> BrokerFiles:
    return BrokerFiles.at(tmp_path / "secured")


def made(
    files: BrokerFiles, *instruments: str, hosts: tuple[str, ...] = (), port: int | None = None, place: str = ""
) -> tuple[Plan, dict[str, Change]]:
    return configure(files, "bench", instruments, hosts=hosts, port=port, place=place)


def contents(files: BrokerFiles) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in files.directory.rglob("*") if path.is_file()}


def test_everything_is_for_its_owner_alone(files: BrokerFiles) -> None:
    made(files, "pump_1")
    assert stat.S_IMODE(files.directory.stat().st_mode) == 0o700
    for path in files.directory.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_the_same_again_changes_nothing(files: BrokerFiles) -> None:
    made(files, "pump_1", "hplc", hosts=("broker.example",), port=9883, place="/etc/mosquitto/labd")
    before = contents(files)
    plan, changes = made(files, "pump_1", "hplc")
    assert contents(files) == before
    assert plan == Plan(workcell="bench", hosts=("broker.example",), port=9883, place="/etc/mosquitto/labd")
    assert set(changes.values()) == {"kept"}


def test_a_new_instrument_gets_credentials_and_the_others_keep_theirs(files: BrokerFiles) -> None:
    made(files, "pump_1")
    before = read_credentials(files.credentials("pump_1"))
    _, changes = made(files, "pump_1", "pump_2")
    assert changes["pump_2"] == "new"
    assert read_credentials(files.credentials("pump_1")) == before
    assert files.credentials("pump_2").exists()


def test_who_leaves_the_room_is_let_in_no_more(files: BrokerFiles) -> None:
    made(files, "pump_1", "pump_2")
    _, changes = made(files, "pump_1")
    assert changes["pump_2"] == "taken out"
    assert not files.credentials("pump_2").exists()
    assert "pump_2" not in files.passwords.read_text()
    assert "pump_2" not in (files.broker / "access").read_text()


def test_what_the_broker_keeps_fits_what_the_clients_have(files: BrokerFiles) -> None:
    made(files, "pump_1")
    kept = read_password_file(files.passwords.read_text())
    assert set(kept) == {"labd-daemon", "labd-viewer", "labd-button", "pump_1"}
    for user, hashed in kept.items():
        assert fits(read_credentials(files.credentials(user)).passwords[0].get_secret_value(), hashed)


def test_credentials_that_went_to_another_machine_stay_good(files: BrokerFiles) -> None:
    made(files, "pump_1")
    before = read_password_file(files.passwords.read_text())
    files.credentials("pump_1").unlink()
    _, changes = made(files, "pump_1", "pump_2")
    assert changes["pump_1"] == "kept"
    assert read_password_file(files.passwords.read_text())["pump_1"] == before["pump_1"]


def test_an_instrument_speaks_in_its_own_branch_and_hears_the_room(files: BrokerFiles) -> None:
    made(files, "pump_1", "pump_2")
    blocks = (files.broker / "access").read_text().split("\n\n")[1:]
    rights = {block.splitlines()[0]: block.splitlines()[1:] for block in blocks}
    assert rights == {
        "user labd-daemon": ["topic readwrite labd/1/bench/#", "topic read labd/+/bench/+/descriptor"],
        "user labd-viewer": ["topic read labd/1/bench/#"],
        "user labd-button": ["topic write labd/1/bench/stop"],
        "user pump_1": ["topic readwrite labd/1/bench/pump_1/#", "topic read labd/1/bench/+"],
        "user pump_2": ["topic readwrite labd/1/bench/pump_2/#", "topic read labd/1/bench/+"],
    }


def test_only_a_broker_with_a_name_listens_to_others(files: BrokerFiles) -> None:
    made(files, "pump_1")
    configuration = files.broker / "mosquitto.conf"
    assert "\nlistener 8883 127.0.0.1\n" in configuration.read_text()
    made(files, "pump_1", hosts=("broker.example",), place="/etc/mosquitto/labd")
    assert "\nlistener 8883\n" in configuration.read_text()
    assert "\npassword_file /etc/mosquitto/labd/passwords\n" in configuration.read_text()
    assert "\nallow_anonymous false\n" in configuration.read_text()


def test_the_url_is_one_for_each_client(files: BrokerFiles) -> None:
    plan, _ = made(files, "pump_1", hosts=("::1",))
    mine = BrokerAddress.parse(with_credentials(files.url(plan), "pump_1"))
    assert (mine.host, mine.port, mine.ca, mine.credentials) == ("::1", 8883, files.ca, files.credentials("pump_1"))
    MqttTransport(with_credentials(files.url(plan), "labd-daemon"), client_id="a", subscriptions=())


def test_another_workcells_files_are_left_alone(files: BrokerFiles) -> None:
    made(files, "pump_1")
    before = contents(files)
    with pytest.raises(InvalidInput, match="for the workcell bench"):
        configure(files, "kitchen", ["pump_1"], hosts=(), port=None, place="")
    assert contents(files) == before


def test_what_is_no_plan_is_said(files: BrokerFiles) -> None:
    files.directory.mkdir()
    files.plan.write_text('{"port": 1}')
    with pytest.raises(InvalidInput, match="none of labd's"):
        made(files, "pump_1")


# --- certificates


def test_another_name_needs_another_certificate_of_the_same_authority(files: BrokerFiles) -> None:
    made(files, "pump_1")
    authority, certificate = files.ca.read_bytes(), (files.broker / "server.crt").read_bytes()
    made(files, "pump_1", hosts=("broker.example", "10.0.0.7"))
    assert files.ca.read_bytes() == authority
    assert (files.broker / "server.crt").read_bytes() != certificate
    (files.authority / "ca.key").rename(files.authority / "elsewhere")
    made(files, "pump_1")
    with pytest.raises(InvalidInput, match=r"ca\.key is not here"):
        made(files, "pump_1", hosts=("other.example",))


@pytest.mark.parametrize(
    ("later", "good"), [(timedelta(0), True), (timedelta(days=700), True), (timedelta(days=800), False)]
)
def test_a_certificate_is_renewed_long_before_its_end(later: timedelta, good: bool) -> None:
    certificate = certificates.new_certificate(certificates.new_authority("test", NOW), ["localhost"], NOW).certificate
    assert certificates.still_good(certificate, ["localhost"], NOW + later) is good
    assert not certificates.still_good(certificate, ["localhost", "other"], NOW)
