"""What people and tests reach under /sandbox."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from drip.sandbox import Sandbox
from tests.sandbox.conftest import PATIENT, Ear, Mail, Text
from tests.sandbox.test_faults import answer_to

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)> ‮ $title ${title} &amp;'


def ask(sandbox: Sandbox, path: str, method: str = "GET", **more: Any) -> urllib3.BaseHTTPResponse:
    with urllib3.PoolManager() as pool:
        return pool.request(method, sandbox.url + path, redirect=False, timeout=5, **more)


def page(sandbox: Sandbox, path: str = "/sandbox/") -> str:
    answer = ask(sandbox, path)
    assert answer.status == 200
    return answer.data.decode()


def test_an_empty_page_says_that_nothing_has_come_in(sandbox: Sandbox) -> None:
    assert "Nothing has come in yet." in page(sandbox)


def test_the_page_shows_the_newest_first(sandbox: Sandbox, text: Text, mail: Mail) -> None:
    text(body="the first of all")
    mail()
    shown = page(sandbox)
    assert shown.index("Your visit") < shown.index("the first of all")


def test_the_page_tells_what_became_of_a_message(sandbox: Sandbox, text: Text, ear: Ear) -> None:
    text(to="+447700900303", status_callback=f"{ear.url}/webhooks/twilio/status/attempt-1")
    sandbox.settle()
    shown = page(sandbox)
    assert "Does not arrive (30003)" in shown
    assert "undelivered" in shown


def test_the_page_shows_what_was_turned_away(sandbox: Sandbox) -> None:
    answer_to(sandbox, "twilio", "+15005550004")
    assert "21610" in page(sandbox)


def test_hostile_words_are_only_words(sandbox: Sandbox, text: Text, mail: Mail) -> None:
    text(body=HOSTILE, status_callback=f"http://127.0.0.1:9/{urlencode({'a': HOSTILE})}")
    mail(subject=HOSTILE, personalizations=[{
        "to": [{"email": "a'b@example.org"}], "custom_args": {"drip_attempt": HOSTILE, "drip_message": HOSTILE},
    }])  # fmt: skip
    sandbox.reply(PATIENT, HOSTILE)
    sandbox.settle()
    shown = page(sandbox)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "a&#x27;b@example.org" in shown
    assert "$title ${title} &amp;amp;" in shown


def test_the_page_fetches_nothing_and_runs_nothing(sandbox: Sandbox, text: Text) -> None:
    text()
    answer = ask(sandbox, "/sandbox/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'")
    assert "unsafe" not in policy
    shown = answer.data.decode()
    assert "http://" not in shown
    assert "https://" not in shown
    assert "style=" not in shown
    assert "<script" not in shown
    assert answer.headers["Cache-Control"] == "no-store"
    assert ask(sandbox, "/sandbox/page.css").status == 200


def test_one_person_s_messages_can_be_looked_at(sandbox: Sandbox, text: Text) -> None:
    text(body="for the one")
    text(body="for the other", to="+447700900124")
    shown = page(sandbox, "/sandbox/?with=%2B447700900124")
    assert "for the other" in shown
    assert "for the one" not in shown


def test_a_patient_s_reply_is_typed_on_the_page(sandbox: Sandbox, text: Text, ear: Ear) -> None:
    text()
    assert 'name="from" value="+447700900123"' in page(sandbox)
    answer = ask(
        sandbox,
        "/sandbox/inbound",
        "POST",
        body=urlencode({"from": PATIENT, "text": "It hurts more"}),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": sandbox.url},
    )
    assert (answer.status, answer.headers["Location"]) == (303, "/sandbox/")
    sandbox.settle()
    assert b"It+hurts+more" in ear.heard[0].body
    assert "It hurts more" in page(sandbox)


def test_the_page_can_follow_along(sandbox: Sandbox) -> None:
    assert "http-equiv" not in page(sandbox)
    assert '<meta http-equiv="refresh" content="3">' in page(sandbox, "/sandbox/?follow=1")


def test_the_ledger_is_there_as_json(sandbox: Sandbox, text: Text) -> None:
    text(body="hello")
    answer_to(sandbox, "twilio", "+15005550004")
    ledger = ask(sandbox, "/sandbox/ledger.json").json()
    assert ledger["count"] == 1
    assert ledger["accepted"][0]["text"] == "hello"
    assert ledger["turned_away"][0]["why"] == "21610"
    assert ledger["calls"] == {"twilio": {"ok": 1, "21610": 1}}
    assert ask(sandbox, "/sandbox/ledger.json?after=1").json()["accepted"] == []


def test_a_script_is_set_over_http(sandbox: Sandbox) -> None:
    answer = ask(sandbox, "/sandbox/script", "POST", json={"sendgrid": {"faults": {"503": 1}}})
    assert answer.json()["sendgrid"]["faults"] == {"503": 1}
    assert answer_to(sandbox, "sendgrid")[0] == 503
    assert ask(sandbox, "/sandbox/script").json()["twilio"]["faults"] == {}
    ask(sandbox, "/sandbox/reset", "POST")
    assert answer_to(sandbox, "sendgrid")[0] == 202


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("script", b"nonsense"),
        ("script", b"[]"),
        ("script", b'{"faults": {"nonsense": 1}}'),
        ("script", b"\xff"),
        ("inbound", b"{}"),
        ("inbound", b'{"from": "+447700900123", "text": 1}'),
        ("inbound", b"[1]"),
        ("inbound", b"\xff"),
    ],
)
def test_what_cannot_be_meant_is_a_400_that_says_why(sandbox: Sandbox, path: str, body: bytes) -> None:
    answer = ask(sandbox, f"/sandbox/{path}", "POST", body=body)
    assert answer.status == 400
    assert json.loads(answer.data)["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 303),
        ("GET", "/sandbox", 303),
        ("GET", "/nowhere", 404),
        ("DELETE", "/sandbox/", 405),
        ("GET", "/sandbox/reset", 405),
        ("HEAD", "/sandbox/", 405),
        ("GET", "/v3/mail/send", 405),
        ("GET", "/sandbox/../ledger", 404),
        ("GET", "/sandbox/ledger.json?after=x", 400),
    ],
)
def test_other_addresses_and_methods(sandbox: Sandbox, method: str, path: str, status: int) -> None:
    assert ask(sandbox, path, method).status == status


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Host": "evil.example:4010"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
    ids=str,
)
@pytest.mark.parametrize("path", ["/sandbox/ledger.json", "/2010-04-01/Accounts/AC1/Messages.json"])
def test_a_page_of_somebody_else_s_reads_nothing(sandbox: Sandbox, path: str, headers: dict[str, str]) -> None:
    answer = ask(sandbox, path, headers={"Authorization": "Basic QUMxOng=", **headers})
    assert answer.status == 403
