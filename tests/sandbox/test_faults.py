"""Every fault, as it looks on the wire, and what the ledger says of it."""

import contextlib
import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from drip.sandbox import Sandbox
from drip.sandbox.faults import FAULTS, NUMBERS, NoSuchFault, fault_for, fault_named
from drip.sandbox.script import NotAScript, Plan
from tests.sandbox.conftest import CLINIC, PATIENT, a_mail

PROVIDERS = ["twilio", "sendgrid"]
TAKEN = "taken"


@contextlib.contextmanager
def called(sandbox: Sandbox, provider: str, to: str = "", seconds: float = 0.5) -> Iterator[http.client.HTTPConnection]:
    """A bare call, with nothing between us and the wire."""
    if provider == "twilio":
        where, body = (
            "/2010-04-01/Accounts/AC1/Messages.json",
            urlencode({"To": to or PATIENT, "From": CLINIC, "Body": "x"}),
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic QUMxOng="}
    else:
        where, body = "/v3/mail/send", json.dumps(a_mail(to or "amina@example.org"))
        headers = {"Content-Type": "application/json", "Authorization": "Bearer SG.x"}
    with contextlib.closing(http.client.HTTPConnection(str(urlsplit(sandbox.url).netloc), timeout=seconds)) as line:
        line.request("POST", where, body, headers)
        yield line


def answer_to(sandbox: Sandbox, provider: str, to: str = "") -> tuple[int, dict[str, str], bytes]:
    with called(sandbox, provider, to) as line:
        answer = line.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("fault", "status", "count"),
    [
        ("500", 500, 0),
        ("503", 503, 0),
        ("502", 502, 0),
        ("400", 400, 0),
        ("401", 401, 0),
        ("accept_then_500", 500, 1),
        ("accept_then_503", 503, 1),
        ("429", 429, 0),
        ("429_no_retry_after", 429, 0),
        ("302", 302, 0),
        ("captive_portal", 200, 0),
    ],
)
def test_a_bad_answer_and_the_truth_about_it(
    sandbox: Sandbox, provider: str, fault: str, status: int, count: int
) -> None:
    sandbox.script(next=[fault])
    assert answer_to(sandbox, provider)[0] == status
    assert sandbox.ledger.count == count
    assert sandbox.ledger.calls() == {(provider, fault): 1}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_429_says_how_long_to_wait_or_does_not(sandbox: Sandbox, provider: str) -> None:
    sandbox.script(retry_after=7, next=["429", "429_no_retry_after"])
    assert answer_to(sandbox, provider)[1]["Retry-After"] == "7"
    assert "Retry-After" not in answer_to(sandbox, provider)[1]


def test_errors_of_twilio_carry_its_codes(sandbox: Sandbox) -> None:
    sandbox.script(next=["429", "500", "503", "401", "30034"])
    codes = [json.loads(answer_to(sandbox, "twilio")[2])["code"] for _ in range(5)]
    assert codes == [20429, 20500, 20503, 20003, 30034]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("fault", "count"), [("accept_then_reset", 1), ("reset", 0), ("close_before_read", 0)])
def test_a_reset_is_a_reset(sandbox: Sandbox, provider: str, fault: str, count: int) -> None:
    sandbox.script(next=[fault])
    with pytest.raises(ConnectionResetError), called(sandbox, provider) as line:
        line.getresponse()
    assert sandbox.ledger.count == count


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("fault", "count"), [("accept_then_close", 1), ("close", 0)])
def test_a_close_is_a_close(sandbox: Sandbox, provider: str, fault: str, count: int) -> None:
    sandbox.script(next=[fault])
    with called(sandbox, provider) as line:
        assert line.sock is not None
        assert line.sock.recv(10) == b""
    assert sandbox.ledger.count == count


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("fault", "count"), [("accept_then_hang", 1), ("hang", 0)])
def test_a_hang_never_answers(sandbox: Sandbox, provider: str, fault: str, count: int) -> None:
    sandbox.script(next=[fault])
    with pytest.raises(TimeoutError), called(sandbox, provider, seconds=0.3) as line:
        line.getresponse()
    assert sandbox.ledger.count == count


def test_an_answer_can_be_cut_in_half(sandbox: Sandbox) -> None:
    sandbox.script(next=["accept_then_cut"])
    with pytest.raises(http.client.IncompleteRead), called(sandbox, "twilio") as line:
        line.getresponse().read()
    assert sandbox.ledger.count == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_slow_drip_outwits_a_read_timeout(sandbox: Sandbox, provider: str) -> None:
    sandbox.script(next=["slow_drip"], drip=0.05)
    with called(sandbox, provider, seconds=0.5) as line:
        assert line.sock is not None
        assert [line.sock.recv(100) for _ in range(6)] == [b"H", b"T", b"T", b"P", b"/", b"1"]
    assert sandbox.ledger.count == 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_2xx_can_be_a_web_page(sandbox: Sandbox, provider: str) -> None:
    sandbox.script(next=["bad_json"])
    status, headers, body = answer_to(sandbox, provider)
    assert status in (201, 202)
    assert body.startswith(b"<!doctype html>")
    assert "X-Message-Id" not in headers
    assert sandbox.ledger.count == 1


def test_a_2xx_can_lack_the_reference(sandbox: Sandbox) -> None:
    sandbox.script(next=["two_xx_no_id"])
    assert json.loads(answer_to(sandbox, "twilio")[2])["sid"] is None
    assert "X-Message-Id" not in answer_to(sandbox, "sendgrid")[1]
    assert sandbox.ledger.count == 2


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("script", [{"latency": 0.2}, {"next": ["delay"], "delay": 0.2}], ids=["latency", "delay"])
def test_an_answer_can_be_late(sandbox: Sandbox, provider: str, script: dict[str, Any]) -> None:
    sandbox.script(**script)
    began = time.monotonic()
    assert answer_to(sandbox, provider)[0] in (201, 202)
    assert time.monotonic() - began >= 0.2


def test_a_client_that_follows_a_redirect_is_found_out(sandbox: Sandbox) -> None:
    sandbox.script(next=["302"])
    where = answer_to(sandbox, "sendgrid")[1]["Location"]
    line = http.client.HTTPConnection(str(urlsplit(sandbox.url).netloc))
    with contextlib.closing(line):
        line.request("GET", where, headers={"Authorization": "Bearer SG.x"})
        line.getresponse().read()
    assert ("elsewhere", "followed a redirect with its key") in sandbox.ledger.calls()


def test_the_fault_of_one_provider_is_not_the_other_s(sandbox: Sandbox) -> None:
    sandbox.script(sendgrid={"faults": {"500": 1}})
    assert answer_to(sandbox, "twilio")[0] == 201
    assert answer_to(sandbox, "sendgrid")[0] == 500


@pytest.mark.parametrize("fault", ["500", "accept_then_500", "429"])
def test_an_address_can_ask_for_its_fault(sandbox: Sandbox, fault: str) -> None:
    number = next(number for number, name in NUMBERS.items() if name == fault)
    status = int(fault[-3:])
    assert answer_to(sandbox, "twilio", number)[0] == status
    assert answer_to(sandbox, "sendgrid", f"fault+{fault}@example.org")[0] == status


def test_numbers_used_in_examples_ask_for_no_fault() -> None:
    assert [fault_for(f"+447700900{last}") for last in ("000", "100", "123", "124", "198", "199", "456")] == [None] * 7


@pytest.mark.parametrize("name", [*FAULTS, *NUMBERS.values(), "418", "599", "accept_then_502", "21610"])
def test_every_fault_is_found_by_its_name(name: str) -> None:
    assert fault_named(name).name == name


@pytest.mark.parametrize("name", ["", "600", "200", "OK", "accept_then_200", "5000", "x" * 1000])
def test_a_fault_that_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(NoSuchFault):
        fault_named(name)


def drawn(script: dict[str, Any], calls: int = 2000) -> list[str]:
    plan = Plan(script)
    return [plan.draw("twilio").name for _ in range(calls)]


def test_shares_are_kept() -> None:
    counts = Counter(drawn({"faults": {"500": 0.3, "reset": 0.1}}))
    assert abs(counts["500"] - 600) < 80
    assert abs(counts["reset"] - 200) < 60
    assert counts["ok"] == 2000 - counts["500"] - counts["reset"]


def test_with_ok_among_them_they_are_weights() -> None:
    counts = Counter(drawn({"faults": {"ok": 3, "500": 1}}))
    assert abs(counts["500"] - 500) < 80


def test_the_same_seed_brings_the_same_faults() -> None:
    script = {"faults": {"500": 0.5}}
    assert drawn({**script, "seed": 7}) == drawn({**script, "seed": 7})
    assert drawn({**script, "seed": 7}) != drawn({**script, "seed": 8})


def test_changing_something_else_does_not_start_the_dice_anew() -> None:
    plan = Plan({"faults": {"500": 0.5}})
    first = [plan.draw("twilio").name for _ in range(20)]
    plan.change({"list": {"state": "down"}})
    assert [plan.draw("twilio").name for _ in range(20)] != first


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"faults": {"nonsense": 0.1}}, "nonsense"),
        ({"faults": {"500": 0.7, "503": 0.7}}, "more than 1"),
        ({"faults": {"500": -1}}, "500"),
        ({"latncy": 1}, "latncy"),
        ({"latency": -1}, "latency"),
        ({"receipts": {"send": "maybe"}}, "receipts.send"),
        ({"twilio": 3}, "twilio"),
        ({"next": "500"}, "next"),
        ({"next": ["nonsense"]}, "nonsense"),
        ({"sendgrid": {"next": [1]}}, "next"),
    ],
    ids=str,
)
def test_a_wrong_script_changes_nothing_and_says_why(wrong: dict[str, Any], says: str) -> None:
    plan = Plan()
    before = plan.script
    with pytest.raises(NotAScript, match=says):
        plan.change(wrong)
    assert plan.script is before


def test_connections_are_kept_and_used_again(sandbox: Sandbox) -> None:
    with called(sandbox, "twilio") as line:
        line.getresponse().read()
        first = line.sock
        line.request("GET", "/sandbox/ledger.json")
        line.getresponse().read()
        assert line.sock is first


@pytest.mark.parametrize(
    "nonsense",
    [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\0" * 100_000],
    ids=["TLS", "no-version", "bad-length", "zeros"],
)
def test_what_is_not_http_ends_its_connection_only(sandbox: Sandbox, nonsense: bytes) -> None:
    address = urlsplit(sandbox.url)
    where = str(address.hostname), int(address.port or 0)
    with contextlib.suppress(ConnectionError), socket.create_connection(where, timeout=2) as line:
        line.sendall(nonsense + b"\r\n\r\n")
        while line.recv(1000):
            pass
    assert answer_to(sandbox, "twilio")[0] == 201


def test_a_request_larger_than_anyone_takes_is_a_413(sandbox: Sandbox) -> None:
    line = http.client.HTTPConnection(str(urlsplit(sandbox.url).netloc), timeout=5)
    with contextlib.closing(line):
        line.putrequest("POST", "/v3/mail/send")
        line.putheader("Content-Length", str(31 * 1024 * 1024))
        line.endheaders()
        with contextlib.suppress(OSError):
            for _ in range(31):
                line.send(b"x" * 1024 * 1024)
        assert line.getresponse().status == 413


def test_every_fault_and_number_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
    for number, name in NUMBERS.items():
        assert f"| {number} | `{name}` |" in page
    for name in FAULTS:
        assert f"`{name}`" in page
