"""The one way that HTTP goes out: pooled, once, within a deadline, and honest about what may have gone."""

import gc
import logging
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
import trustme

from drip.transport import IDLE_SECONDS, NoAnswer, NotSent, Transport
from tests.providers.loopback import Asked, Misdeed, Script, hang_up, http, reset, say, serving, trickle

NUMBER = "+447700900199"


def a_transport(*, deadline: float = 5.0, connections: int = 4, **unusual: object) -> Transport:
    return Transport(deadline=deadline, connections=connections, **unusual)  # type: ignore[arg-type]


@contextmanager
def using(transport: Transport) -> Iterator[Transport]:
    try:
        yield transport
    finally:
        transport.close()


def always(answer: bytes | Misdeed) -> Script:
    return lambda asked: answer


def test_an_answer_comes_whole_with_its_headers_in_lower_case() -> None:
    with serving(always(http(201, b"hello", X_Message_Id="abc"))) as server, using(a_transport()) as transport:
        answer = transport.request("POST", f"{server.url}/x?a=b", headers={"X-Ours": "1"}, body=b"words")
    assert (answer.status, answer.body, answer.headers["x-message-id"]) == (201, b"hello", "abc")
    assert (server.asked[0].method, server.asked[0].target, server.asked[0].body) == ("POST", "/x?a=b", b"words")
    assert server.asked[0].headers["x-ours"] == "1"
    assert "hello" not in repr(answer)


@pytest.mark.parametrize("status", [200, 301, 302, 303, 307, 308, 400, 401, 429, 500, 502, 503])
def test_an_answer_is_asked_for_once_whatever_it_is(status: int) -> None:
    answer = http(status, b"", Location="/elsewhere", Retry_After="0")
    with serving(always(answer)) as server, using(a_transport()) as transport:
        assert transport.request("POST", server.url, headers={}, body=b"x").status == status
        assert len(server.asked) == 1


def test_a_chunked_answer_is_read_to_its_end() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serving(always(chunked)) as server, using(a_transport()) as transport:
        answers = [transport.request("GET", server.url, headers={}).body for _ in range(2)]
        assert (answers, server.connections) == ([b"abcde"] * 2, 1)


def test_a_connection_is_used_again() -> None:
    with serving(always(http(200))) as server, using(a_transport()) as transport:
        for _ in range(5):
            transport.request("POST", server.url, headers={}, body=b"x")
        assert server.connections == 1


def test_a_connection_that_was_idle_for_too_long_is_not_used_again() -> None:
    clock = [1000.0]
    with serving(always(http(200))) as server, using(a_transport(running=lambda: clock[0])) as transport:
        transport.request("GET", server.url, headers={})
        clock[0] += IDLE_SECONDS - 1
        transport.request("GET", server.url, headers={})
        assert server.connections == 1
        clock[0] += IDLE_SECONDS
        transport.request("GET", server.url, headers={})
        assert server.connections == 2


def test_a_connection_that_the_server_closed_meanwhile_costs_nothing() -> None:
    with serving(always(say(http(200)))) as server, using(a_transport()) as transport:
        for _ in range(3):
            assert transport.request("POST", server.url, headers={}, body=b"x").status == 200
            time.sleep(0.05)
        assert len(server.asked) == 3


@pytest.mark.parametrize("is_deaf", [False, True], ids=["refuses", "never answers"])
def test_an_address_of_the_host_that_does_not_answer_is_passed_over(
    is_deaf: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo

    def two_addresses(host: str, port: int, *rest: int, **more: int) -> list[Any]:
        names = ["127.0.0.2", "127.0.0.1"] if host == "two.example.org" else [host]
        return [found for name in names for found in look_up(name, port, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
    with serving(always(http(200))) as server, using(a_transport(connect=2.2)) as transport, ExitStack() as others:
        if is_deaf:
            _deaf_door(others, ("127.0.0.2", server.port))
        assert transport.request("GET", f"http://two.example.org:{server.port}", headers={}).status == 200


# What provably did not go.


def test_a_refused_connection_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with using(a_transport()) as transport, pytest.raises(NotSent) as failed:
        transport.request("POST", f"http://127.0.0.1:{port}/{NUMBER}", headers={}, body=b"x")
    assert (failed.value.kind, str(failed.value)) == ("ConnectionRefusedError", "ConnectionRefusedError")


def test_a_name_that_nobody_has_is_not_sent() -> None:
    with using(a_transport()) as transport, pytest.raises(NotSent) as failed:
        transport.request("POST", "http://nobody.invalid/", headers={}, body=b"x")
    assert failed.value.kind == "gaierror"


@pytest.mark.parametrize(
    ("url", "headers"), [("nonsense", {}), ("http://[::1", {}), ("http://127.0.0.1:9/", {"A": "b\r\nC: d"})]
)
def test_what_cannot_be_asked_is_not_sent(url: str, headers: dict[str, str]) -> None:
    with using(a_transport()) as transport, pytest.raises(NotSent):
        transport.request("POST", url, headers=headers, body=b"x")


def test_a_server_that_does_not_finish_connecting_is_not_sent_within_the_connect_time() -> None:
    with ExitStack() as doors:
        port = _deaf_door(doors, ("127.0.0.1", 0))
        started = time.monotonic()
        with using(a_transport(connect=0.3)) as transport, pytest.raises(NotSent) as failed:
            transport.request("POST", f"http://127.0.0.1:{port}", headers={}, body=b"x")
    assert failed.value.kind == "TimeoutError"
    assert time.monotonic() - started < 1.5


def _deaf_door(stack: ExitStack, address: tuple[str, int]) -> int:
    """A port whose queue is full: whoever knocks now hears nothing."""
    door = stack.enter_context(socket.socket())
    door.bind(address)
    door.listen(0)
    for _ in range(4):
        stack.enter_context(_knock(door.getsockname()))
    port: int = door.getsockname()[1]
    return port


def _knock(address: tuple[str, int]) -> socket.socket:
    caller = socket.socket()
    caller.setblocking(False)
    caller.connect_ex(address)
    return caller


def test_waiting_for_a_free_connection_counts_and_is_not_sent() -> None:
    free = threading.Event()

    def slow(asked: Asked) -> bytes:
        free.wait(5)
        return http(200)

    with serving(slow) as server, using(a_transport(connections=1, deadline=0.6)) as transport:
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(transport.request, "POST", server.url, headers={}, body=b"x")
            _wait_until(lambda: len(server.asked) == 1)
            time.sleep(0.2)
            with pytest.raises(NotSent) as failed:
                a_short_one(transport).request("POST", server.url, headers={}, body=b"x")
            free.set()
            assert first.exception() is None or isinstance(first.exception(), NoAnswer)
        assert failed.value.kind == "EmptyPoolError"
        assert len(server.asked) == 1


def a_short_one(transport: Transport) -> Transport:
    """The same connections with less patience."""
    transport._deadline = 0.2
    return transport


# What may have gone.


@pytest.mark.parametrize(
    ("misdeed", "kind"),
    [
        pytest.param(reset, "ConnectionResetError", id="reset"),
        pytest.param(hang_up, "RemoteDisconnected", id="closed without a word"),
        pytest.param(say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), "IncompleteRead", id="torn"),
        pytest.param(say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), None, id="torn chunk"),
        pytest.param(say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), None, id="no chunk"),
        pytest.param(say(b"220 mail.example.org ESMTP\r\n"), "BadStatusLine", id="not http"),
        pytest.param(say(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"), "HTTPException", id="endless headers"),
        pytest.param(say(b"HTTP/1.1 200 " + b"x" * 100_000), "LineTooLong", id="endless line"),
    ],
)
def test_an_answer_that_breaks_off_is_no_answer(misdeed: Misdeed, kind: str | None) -> None:
    with serving(always(misdeed)) as server, using(a_transport()) as transport:
        with pytest.raises(NoAnswer) as failed:
            transport.request("POST", server.url, headers={}, body=b"x")
        assert kind in (failed.value.kind, None)
        assert len(server.asked) == 1


def test_an_answer_that_is_too_large_is_no_answer() -> None:
    with serving(always(http(200, b"x" * 5001))) as server, using(a_transport(most=5000)) as transport:
        with pytest.raises(NoAnswer) as failed:
            transport.request("GET", server.url, headers={})
        assert failed.value.kind == "AnswerTooLarge"
        server.script = always(http(200, b"x" * 5000))
        assert len(transport.request("GET", server.url, headers={}).body) == 5000


def test_a_small_answer_that_unpacks_into_a_large_one_is_no_answer() -> None:
    import gzip

    bomb = http(200, gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")
    with serving(always(bomb)) as server, using(a_transport(most=5000)) as transport:
        with pytest.raises(NoAnswer) as failed:
            transport.request("GET", server.url, headers={})
        assert failed.value.kind == "AnswerTooLarge"


def test_a_place_in_the_pool_is_never_lost() -> None:
    troubles = [reset, hang_up, say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), say(http(200, b"x" * 99))] * 3
    script = deque(troubles)
    answer = lambda asked: script.popleft() if script else http(200)  # noqa: E731
    with serving(answer) as server, using(a_transport(connections=2, most=9)) as patient:
        while script:  # a connection that is just being closed costs a try more
            with pytest.raises(NoAnswer):
                patient.request("POST", server.url, headers={}, body=b"x")
        with ThreadPoolExecutor(2) as threads:
            ask = [threads.submit(asked_again, patient, server.url) for _ in range(4)]
        assert [one.result() for one in ask] == [200] * 4


def asked_again(patient: Transport, url: str) -> int:
    """The status at last: a connection that is just being closed costs a try more, as above."""
    for _ in range(2):
        with suppress(NoAnswer):
            return patient.request("GET", url, headers={}).status
    return patient.request("GET", url, headers={}).status


# The deadline.

TRICKLES = [
    pytest.param(trickle(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 500), id="headers"),
    pytest.param(trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"a" * 500), id="body"),
    pytest.param(trickle(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"a" * 500), id="body to the end"),
    pytest.param(trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 100), id="chunks"),
    pytest.param(trickle(b"HTTP/1.1 100 Continue\r\n\r\n" * 50), id="continue"),
    pytest.param(lambda connection: time.sleep(3), id="silence"),
]


@pytest.mark.parametrize("misdeed", TRICKLES)
@pytest.mark.parametrize("is_tls", [False, True], ids=["http", "https"])
def test_the_deadline_is_for_the_whole_request(misdeed: Misdeed, is_tls: bool, tls: "Authority") -> None:
    with serving(always(misdeed), tls=tls.server if is_tls else None) as server:
        started = time.monotonic()
        with using(a_transport(deadline=0.6)) as transport, pytest.raises(NoAnswer):
            transport.request("POST", server.url, headers={}, body=b"x")
        assert 0.5 < time.monotonic() - started < 1.2


def test_a_server_that_does_not_read_is_given_up_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        started = time.monotonic()
        with using(a_transport(deadline=0.5)) as transport, pytest.raises(NoAnswer):
            transport.request("POST", f"http://127.0.0.1:{door.getsockname()[1]}", headers={}, body=b"x" * 20_000_000)
        assert time.monotonic() - started < 1.2


def test_a_tls_handshake_that_stalls_is_not_sent(tls: "Authority") -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        started = time.monotonic()
        with using(a_transport(connect=0.3)) as transport, pytest.raises(NotSent):
            transport.request("POST", f"https://127.0.0.1:{door.getsockname()[1]}", headers={}, body=b"x")
        assert time.monotonic() - started < 1.0


# TLS.


class Authority:
    """One that we trust, and a server's own certificate from it."""

    def __init__(self, host: str) -> None:
        self.ca = trustme.CA()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(host).configure_cert(self.server)


@pytest.fixture
def tls(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority("127.0.0.1")
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.ca.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return authority


def test_https_is_verified_and_kept_open(tls: Authority) -> None:
    with serving(always(http(200, b"x" * 40_000)), tls=tls.server) as server, using(a_transport()) as transport:
        answers = [transport.request("POST", server.url, headers={}, body=b"y" * 100_000) for _ in range(3)]
        assert ({len(answer.body) for answer in answers}, server.connections) == ({40_000}, 1)


@pytest.mark.parametrize("stranger", [Authority("127.0.0.1"), Authority("other.example")], ids=["issuer", "name"])
def test_a_server_that_cannot_prove_its_name_is_told_nothing(tls: Authority, stranger: Authority) -> None:
    with serving(always(http(200)), tls=stranger.server) as server, using(a_transport()) as transport:
        with pytest.raises(NotSent) as failed:
            transport.request("POST", server.url, headers={"Authorization": "secret"}, body=b"x")
        assert failed.value.kind == "SSLCertVerificationError"
        assert server.asked == []


# Many at once, and quietly.


def test_sixty_four_requests_are_in_flight_at_once() -> None:
    together = threading.Barrier(64, timeout=10)

    def script(asked: Asked) -> bytes:
        together.wait()
        return http(200, asked.body)

    with serving(script) as server, using(a_transport(connections=64, deadline=10)) as transport:

        def ask(n: int) -> bytes:
            return transport.request("POST", server.url, headers={}, body=b"%d" % n).body

        with ThreadPoolExecutor(64) as threads:
            assert list(threads.map(ask, range(64))) == [b"%d" % n for n in range(64)]


def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(always(http(200))) as server, using(a_transport()) as transport:
        assert transport.request("GET", server.url, headers={}).status == 200


ODD = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nnot a header\r\n\r\n"


@pytest.mark.parametrize("answer", [http(200), ODD, reset], ids=["plain", "odd headers", "reset"])
def test_no_address_gets_into_the_log_or_an_error(answer: bytes | Misdeed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = ""
    with serving(always(answer)) as server, using(a_transport()) as transport:
        try:
            transport.request("GET", f"{server.url}/list?To={NUMBER}", headers={})
        except NoAnswer as failed:
            said = f"{failed!r} {failed} {failed.__cause__!r} {failed.__context__!r}"
    assert "7700900199" not in caplog.text + said


def test_closing_twice_is_closing_and_leaves_nothing_open() -> None:
    with serving(always(http(200))) as server:
        transport = a_transport()
        transport.request("GET", server.url, headers={})
        transport.close()
        transport.close()
        del transport
        gc.collect()  # an open socket would warn here, and warnings are errors


def _wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not true() and time.monotonic() < until:
        time.sleep(0.005)
