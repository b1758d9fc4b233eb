"""Which hosts and origins are taken."""

import pytest

from labd.web.guard import Hosts


@pytest.mark.parametrize(
    "header", ["localhost", "localhost:8321", "127.0.0.1:8321", "127.9.9.9", "[::1]:8321", "LOCALHOST"]
)
def test_loopback_is_always_taken(header: str) -> None:
    assert Hosts().take(header)


@pytest.mark.parametrize(
    "header",
    ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8321", "192.168.0.7", "[::1", "0.0.0.0"],
)
def test_anything_else_is_not(header: str) -> None:
    assert not Hosts().take(header)


def test_the_configured_host_is_taken_and_no_other() -> None:
    hosts = Hosts()
    hosts.listen_on("lab.example")
    assert hosts.take("lab.example:8321")
    assert not hosts.take("evil.example")


def test_on_all_addresses_an_address_is_taken_but_no_strange_name() -> None:
    hosts = Hosts()
    hosts.listen_on("0.0.0.0")
    assert hosts.take("192.168.0.7:8321")
    assert not hosts.take("evil.example:8321")
