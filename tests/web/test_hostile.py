"""Whatever is thrown at it, it says no; it never falls over, and what it says tells nothing."""

import contextlib
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.core.model import Channel
from drip.core.news import News
from tests.databases import sqlite_url
from tests.web.build import Carrier, Site, on_loopback
from tests.world import a_world

FINE = {200, 400, 403, 404, 405, 408, 413, 414, 431}

words = st.sampled_from(["p", "webhooks", "carrier", "status", "healthz", "..", ".", "", "%00", "%ff", "%2F", "x" * 90])
anything = st.binary(max_size=30).map(lambda raw: raw.translate(None, b"\r\n"))
parts = words.map(str.encode) | anything.map(lambda raw: raw.replace(b" ", b""))
methods = st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS", b"PUT", b"BREW"])
names = st.sampled_from(
    [
        b"Host",
        b"Content-Type",
        b"X-Signed",
        b"Transfer-Encoding",
        b"Expect",
        b"Upgrade",
        b"Cookie",
        b"X-Twilio-Signature",
    ]
)
values = st.sampled_from(
    [
        b"yes",
        b"badly",
        b"chunked",
        b"100-continue",
        b"multipart/form-data; boundary=",
        b"application/json",
        b"websocket",
    ]
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A clinic's web for all the examples."""
    carrier = Carrier(news=News())
    world = a_world(sqlite_url(), providers={channel: (carrier,) for channel in Channel})
    with on_loopback(world.app) as site:
        yield site.port
    world.app.close()


def send(port: int, raw: bytes) -> bytes:
    """Exactly these bytes, and whatever comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
        told = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                told += piece
        return told


@given(
    method=methods,
    path=st.lists(parts, max_size=4),
    query=anything,
    headers=st.lists(st.tuples(names, values | anything), max_size=5),
    body=st.binary(max_size=300),
    length=st.sampled_from(["right", "none", "too much", "nonsense"]),
)
@settings(max_examples=150)
def test_no_request_makes_it_fall_over(
    port: int,
    method: bytes,
    path: list[bytes],
    query: bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    length: str,
) -> None:
    lengths = {"right": b"%d" % len(body), "too much": b"999999999", "nonsense": b"-1"}
    lines = [method + b" /" + b"/".join(path) + b"?" + query + b" HTTP/1.1", b"Host: x", b"Connection: close"]
    lines += [name + b": " + value for name, value in headers]
    lines += [b"Content-Length: " + lengths[length]] if length in lengths else []
    told = send(port, b"\r\n".join(lines) + b"\r\n\r\n" + body)
    # A request that ends in the middle is not answered at all.
    assert not told or int(told.split()[1]) in FINE


@given(raw=st.binary(max_size=200))
def test_what_is_not_http_is_turned_away(port: int, raw: bytes) -> None:
    told = send(port, raw)
    assert not told or int(told.split()[1]) in FINE


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Twilio-Signature": "%%%not base64%%%"},
        {"X-Twilio-Email-Event-Webhook-Signature": "AA=A", "X-Twilio-Email-Event-Webhook-Timestamp": "soon"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/json; charset=klingon"},
        {"X-Signed": "\xff\xfe"},
    ],
)
def test_an_unsigned_callback_is_refused_however_it_is_dressed(port: int, headers: dict[str, str]) -> None:
    answer = Site(port).ask("POST", "/webhooks/carrier/status", b"\xff\x00\xfe", headers)
    assert answer.status == 403


def test_it_still_answers_after_all_that(port: int) -> None:
    assert Site(port).ask("GET", "/healthz").status == 200
