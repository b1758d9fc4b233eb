"""Passwords as mosquitto keeps them, against one that mosquitto_passwd 2.0.11 made."""

from labd.adapters.broker.passwords import fits, hashed, new_password, password_file, read_password_file

OF_MOSQUITTO = (
    "$7$101$i02GDH7j4SObq6Iu$QEHSJTWKVtL4DmeFDUUlN5//VKjQDu/5KY1rKLfCth/G5+azPhA837cizjENIz9q4ZvMdvQvVpXCN2djsasp5Q=="
)


def test_what_mosquitto_kept_is_understood() -> None:
    assert fits("one", OF_MOSQUITTO)
    assert not fits("two", OF_MOSQUITTO)


def test_what_is_kept_fits_its_password_alone() -> None:
    kept = hashed("p@ss")
    assert kept != hashed("p@ss"), "the same salt twice"
    assert fits("p@ss", kept)
    assert not fits("pass", kept)
    for rubbish in ("", "p@ss", "$6$a$b", "$7$x$y$z", kept[:-4], kept.replace("$7$", "$6$")):
        assert not fits("p@ss", rubbish)


def test_a_file_is_read_as_it_is_written() -> None:
    kept = {"pump_1": hashed("a"), "labd-daemon": hashed("b")}
    text = password_file(kept)
    assert text.splitlines()[0].startswith("labd-daemon:$7$")
    assert read_password_file(text) == kept
    assert password_file(read_password_file(text)) == text


def test_passwords_are_drawn_and_need_no_quoting() -> None:
    drawn = {new_password() for _ in range(100)}
    assert len(drawn) == 100
    assert all(len(each) == 32 and each.replace("-", "a").replace("_", "a").isalnum() for each in drawn)
