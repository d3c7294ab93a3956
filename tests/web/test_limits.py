"""How much is read, for how long, and how often something is logged."""

import socket

import pytest

from drip.web import limits
from drip.web.limits import Seldom
from tests.web.build import Site


def test_a_name_is_logged_once_a_minute_and_the_rest_is_counted() -> None:
    seconds = [0.0]
    seldom = Seldom(lambda: seconds[0])
    assert [seldom.may_log("carrier") for _ in range(4)] == [0, None, None, None]
    assert seldom.may_log("other") == 0
    seconds[0] = 61
    assert seldom.may_log("carrier") == 3


def test_a_body_that_never_comes_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as connection:
        connection.sendall(b"POST /p/x HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nact")
        assert connection.recv(100).startswith(b"HTTP/1.1 408")
