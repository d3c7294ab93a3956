"""Twilio, as far as it can be met without an account: a server on this machine that speaks as Twilio does."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from drip.core.evidence import Lost
from drip.core.handover import Accepted, Evidence, Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Words
from drip.core.reason import Reason
from drip.providers.provider import Provider
from drip.providers.twilio import TwilioAccount, TwilioProvider
from drip.providers.twilio_codes import CODES

from .contract import CANARIES, NINE, ProviderContract, a_letter, a_text, evidence
from .loopback import Asked, Loopback, Misdeed, Script, hang_up, http, reset, say, serving, trickle

SPEC = json.loads((Path(__file__).parent / "openapi" / "twilio_messages.json").read_text())
SID = "AC" + "a1" * 16
SERVICE = "MG" + "b2" * 16
NUMBER = "+447700900199"
LOST = Lost(attempt_id="attempt-1", started_at=NINE, to=NUMBER, text="a canary sings.")


def an_account(**unusual: Any) -> TwilioAccount:
    return TwilioAccount(**{"account_sid": SID, "auth_token": "token-of-ours", "sender": "+447700900001"} | unusual)


@contextmanager
def twilio(
    script: Script | bytes | Misdeed, *, deadline: float = 5.0, public_url: str = "", **unusual: Any
) -> Iterator[Any]:
    """The provider, talking to a server that follows the script."""
    answer = script
    follow: Any = answer if callable(answer) and getattr(answer, "reads", False) else lambda asked: answer
    with serving(follow) as server:
        account = an_account(api_base=server.url, **unusual)
        provider = TwilioProvider(account, public_url=public_url, deadline=deadline)
        try:
            yield provider, server
        finally:
            provider.close()


def reads(script: Script) -> Script:
    """A script that looks at what was asked."""
    script.reads = True  # type: ignore[attr-defined]
    return script


def a_message(**unusual: Any) -> dict[str, Any]:
    """A message as Twilio tells of it."""
    return {
        "account_sid": SID,
        "api_version": "2010-04-01",
        "body": "a canary sings.",
        "date_created": format_datetime(NINE),
        "date_sent": None,
        "date_updated": format_datetime(NINE),
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": "+447700900001",
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "GBP",
        "sid": "SM" + "0" * 32,
        "status": "queued",
        "subresource_uris": {"media": "/2010-04-01/Accounts/x/Messages/y/Media.json"},
        "to": NUMBER,
        "uri": "/2010-04-01/Accounts/x/Messages/y.json",
    } | unusual


def created(**unusual: Any) -> bytes:
    return http(201, json.dumps(a_message(**unusual)))


def a_page(*messages: dict[str, Any], next_page: str | None = None) -> bytes:
    return http(200, json.dumps({"messages": messages, "next_page_uri": next_page, "page": 0, "page_size": 200}))


def an_error(status: int, code: int | str | None = None, **headers: str) -> bytes:
    told: dict[str, Any] = {"message": f"Philippa Canary at {NUMBER} cannot be reached", "status": status}
    return http(status, json.dumps(told if code is None else told | {"code": code}), **headers)


def a_problem(status: int, code: int) -> bytes:
    """The same in the newer form of RFC 9457."""
    told = {"type": "https://example.org/x", "title": f"no {NUMBER}", "status": status, "code": code}
    return http(status, json.dumps(told))


def outcome_of(answer: bytes | Misdeed, **unusual: Any) -> Outcome:
    with twilio(answer, **unusual) as (provider, server):
        outcome: Outcome = provider.hand_over(a_text())
        assert len(server.asked) == 1, "never asked twice"
    return outcome


class Switchboard:
    """Takes every message and remembers it, as Twilio does."""

    reads = True

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._numbers = count(1)

    def __call__(self, asked: Asked) -> bytes:
        if asked.method == "POST":
            message = a_message(sid=f"SM{next(self._numbers):032x}", to=asked.form["To"], body=asked.form["Body"])
            self.messages.append(message)
            return http(201, json.dumps(message))
        to = asked.query.get("To")
        return a_page(*(m for m in reversed(self.messages) if to in (None, m["to"])))


class TestTwilio(ProviderContract):
    tells_repeats = False

    @pytest.fixture
    def provider(self) -> Iterator[Provider]:
        with twilio(Switchboard(), public_url="https://drip.example.org") as (provider, _):
            yield provider

    # Twilio's list knows numbers and words, not our attempts.

    def test_what_was_never_handed_over_is_never_said_to_have_gone(  # type: ignore[override]
        self, provider: Provider
    ) -> None:
        assert evidence(provider, a_text()) == (Evidence.DID_NOT_GO, None)

    def test_eight_threads_at_once_lose_nothing(self, provider: Provider) -> None:
        letters = [a_text(attempt_id=f"attempt-{n}", to=f"+447700900{n:03}") for n in range(64)]
        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(provider.hand_over, letters))
        assert [evidence(provider, letter) for letter in letters] == [
            (Evidence.WENT, outcome.ref) for outcome in outcomes if isinstance(outcome, Accepted)
        ]


# What is asked.


def test_a_text_is_asked_for_with_everything_twilio_needs_and_nothing_else() -> None:
    with twilio(created(), public_url="https://drip.example.org/") as (provider, server):
        provider.hand_over(a_text(valid_until=NINE + timedelta(hours=2)))
    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", f"/2010-04-01/Accounts/{SID}/Messages.json")
    assert asked.form == {
        "To": NUMBER,
        "From": "+447700900001",
        "Body": "Philippa Canary: a canary sings.",
        "StatusCallback": "https://drip.example.org/webhooks/twilio/status/attempt-1#rc=3&rp=all",
        "ValidityPeriod": "7200",
    }
    assert asked.headers["authorization"].startswith("Basic ")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def test_words_arrive_as_they_were_written() -> None:
    words = "Grüße & more = 100 % + \u2018quotes\u2019 🙂\nline two\t£5"
    with twilio(created()) as (provider, server):
        provider.hand_over(a_text(words=Words(text=words)))
    assert server.asked[0].form["Body"] == words


@pytest.mark.parametrize(
    ("sender", "service", "expected"),
    [
        ("", "", {"From": "ProHealth"}),
        ("+447700900001", "", {"From": "+447700900001"}),
        ("", SERVICE, {"MessagingServiceSid": SERVICE}),
        ("+447700900001", SERVICE, {"MessagingServiceSid": SERVICE, "From": "+447700900001"}),
    ],
    ids=["the letter's", "a number", "a service", "a number of a service"],
)
def test_the_sender_is_the_one_of_the_settings_else_the_letters(
    sender: str, service: str, expected: dict[str, str]
) -> None:
    with twilio(created(), sender=sender, service_sid=service) as (provider, server):
        provider.hand_over(a_text())
    form = server.asked[0].form
    assert {name: form[name] for name in ("From", "MessagingServiceSid") if name in form} == expected


@pytest.mark.parametrize(
    ("useful", "seconds"),
    [(timedelta(days=3), 36000), (timedelta(seconds=61.9), 61), (timedelta(seconds=1), 10), (-timedelta(1), 10)],
)
def test_twilio_is_told_how_long_a_text_is_of_use(useful: timedelta, seconds: int) -> None:
    with twilio(created()) as (provider, server):
        provider.hand_over(a_text(valid_until=NINE + useful))
    assert server.asked[0].form["ValidityPeriod"] == str(seconds)


def test_without_a_public_address_twilio_is_not_told_to_call() -> None:
    with twilio(created()) as (provider, server):
        provider.hand_over(a_text())
    assert "StatusCallback" not in server.asked[0].form


def test_an_edge_in_the_environment_does_not_bend_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"EDGE": "dublin", "REGION": "ie1", "ACCOUNT_SID": "AC", "AUTH_TOKEN": "theirs"}.items():
        monkeypatch.setenv(f"TWILIO_{name}", value)
    with twilio(created()) as (provider, server):
        assert provider.hand_over(a_text()) == Accepted("SM" + "0" * 32)
    assert SID in server.asked[0].target


def test_an_email_is_not_for_twilio() -> None:
    with twilio(created()) as (provider, server):
        assert isinstance(provider.hand_over(a_letter()), Refused)
    assert server.asked == []


# Twilio's published description of its API.

FORMS = [
    pytest.param(a_text(), {}, id="plain"),
    pytest.param(a_text(valid_until=NINE + timedelta(hours=1)), {"public_url": "https://drip.example.org"}, id="full"),
    pytest.param(a_text(), {"service_sid": SERVICE, "sender": ""}, id="service"),
    pytest.param(a_text(), {"sender": ""}, id="name"),
]


@pytest.mark.parametrize(("letter", "settings"), FORMS)
def test_what_is_asked_fits_twilios_own_description(letter: Any, settings: dict[str, Any]) -> None:
    with twilio(created(), **settings) as (provider, server):
        provider.hand_over(letter)
    form: dict[str, Any] = dict(server.asked[0].form)
    numbers = [name for name, kind in SPEC["create_message_request"]["properties"].items() if kind["type"] == "integer"]
    form |= {name: int(form[name]) for name in numbers if name in form}
    closed = SPEC["create_message_request"] | {"additionalProperties": False}
    Draft202012Validator(closed, format_checker=FormatChecker()).validate(form)
    assert all(any(name in form for name in group) for group in SPEC["conditional"])


def test_what_is_looked_up_fits_twilios_own_description() -> None:
    with twilio(a_page()) as (provider, server):
        provider.find(LOST)
    assert all(set(asked.query) <= set(SPEC["list_query"]) for asked in server.asked)


@pytest.mark.parametrize("status", SPEC["message_enum_status"]["enum"])
def test_a_message_as_twilio_describes_it_is_understood(status: str) -> None:
    _fits_the_description(a_message(status=status))
    assert outcome_of(created(status=status)) == Accepted("SM" + "0" * 32)


def test_a_message_of_which_everything_but_the_reference_is_null_is_understood() -> None:
    bare = dict.fromkeys(SPEC["message"]["properties"]) | {"sid": "MM" + "F" * 32}
    _fits_the_description(bare)
    assert outcome_of(http(201, json.dumps(bare))) == Accepted("MM" + "F" * 32)


def _fits_the_description(message: dict[str, Any]) -> None:
    properties = {
        name: {"anyOf": [{"type": "null"}, kind]} if kind.get("nullable") else kind
        for name, kind in SPEC["message"]["properties"].items()
    }
    schema = SPEC["message"] | {"properties": properties, "additionalProperties": False}
    Draft202012Validator(schema | {"message_enum_status": SPEC["message_enum_status"]}).validate(message)


# What the answers come to.


def test_a_reference_is_accepted() -> None:
    assert outcome_of(created(sid="SM" + "c" * 32)) == Accepted("SM" + "c" * 32)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(http(201), id="empty"),
        pytest.param(http(204), id="no content"),
        pytest.param(http(200, "<html>Please sign in</html>"), id="html"),
        pytest.param(http(201, "{}"), id="no reference"),
        pytest.param(http(201, "[]"), id="a list"),
        pytest.param(http(201, "null"), id="null"),
        pytest.param(http(201, '"SM"'), id="a word"),
        pytest.param(http(201, "{" * 50_000), id="deep"),
        pytest.param(http(201, b"\xff\xfe\x00"), id="not text"),
        pytest.param(created(sid=None), id="null reference"),
        pytest.param(created(sid=5), id="number for a reference"),
        pytest.param(created(sid="SM123"), id="short reference"),
        pytest.param(created(sid="SM" + "0" * 32 + "\n"), id="reference and a line end"),
        pytest.param(created(date_sent=5), id="number for a date"),
        pytest.param(http(302, Location="https://elsewhere.example/"), id="redirect"),
        pytest.param(http(307, Location="https://elsewhere.example/"), id="redirect of a post"),
        pytest.param(an_error(408), id="somebody in between lost patience"),
        pytest.param(an_error(500, 20500), id="500"),
        pytest.param(an_error(503, 20503, Retry_After="5"), id="503"),
        pytest.param(an_error(500, 21211), id="500 with the code of a bad number"),
        pytest.param(a_problem(503, 20503), id="503 as a problem"),
        pytest.param(http(502, "<html>Bad Gateway</html>"), id="502"),
        pytest.param(http(504), id="504"),
        pytest.param(reset, id="reset"),
        pytest.param(hang_up, id="closed"),
        pytest.param(say(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"), id="torn"),
        pytest.param(say(created()[:-5]), id="torn at the end"),
        pytest.param(http(201, " " * 1_000_001), id="too large"),
    ],
)
def test_whatever_may_have_gone_is_unknown(answer: bytes | Misdeed) -> None:
    assert isinstance(outcome_of(answer), Unknown)


def test_taken_and_then_broken_is_unknown_and_twilio_knows_of_it() -> None:
    switchboard = Switchboard()

    @reads
    def script(asked: Asked) -> bytes:
        answer = switchboard(asked)
        return http(500) if asked.method == "POST" else answer

    with twilio(script) as (provider, _):
        assert isinstance(provider.hand_over(a_text()), Unknown)
        assert evidence(provider, a_text()) == (Evidence.WENT, f"SM{1:032x}")


@pytest.mark.parametrize(
    "slow",
    [
        trickle(b"HTTP/1.1 201 Created\r\nX-Long: " + b"a" * 999),
        trickle(b"HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n" + b" " * 999),
    ],
    ids=["headers", "body"],
)
def test_a_slow_answer_is_given_up_at_the_deadline(slow: Misdeed) -> None:
    started = time.monotonic()
    assert outcome_of(slow, deadline=0.5) in (Unknown("no answer: TimeoutError"), Unknown("no answer: DeadlinePassed"))
    assert time.monotonic() - started < 1.5


def test_a_server_that_is_not_there_has_taken_nothing() -> None:
    with serving(lambda asked: b"") as server:
        gone = server.url
    provider = TwilioProvider(an_account(api_base=gone))
    outcome = provider.hand_over(a_text())
    assert outcome == NotTaken(Reason.PROVIDER_DOWN, detail="not sent: ConnectionRefusedError")
    assert provider.find(LOST) is None


def test_a_redirect_takes_our_credentials_nowhere() -> None:
    with serving(lambda asked: created()) as elsewhere:
        assert isinstance(outcome_of(http(302, Location=f"{elsewhere.url}/x")), Unknown)
        assert elsewhere.asked == []


EXPECTED = {
    (Fault.ADDRESS, True): (21211, 21214, 21217, 21614),
    (Fault.ADDRESS, False): (21612, 30003),
    (Fault.OPTED_OUT, False): (21610, 30640),
    (Fault.CONTENT, False): (21602, 21617, 21623, 30007),
    (Fault.ACCOUNT, False): (10001, 20003, 20404, 21212, 21408, 21606, 21608, 21609, 21703, 30002, 30034),
}


@pytest.mark.parametrize(
    ("code", "fault", "closes"), [(code, *which) for which, codes in EXPECTED.items() for code in codes]
)
def test_a_refusal_says_what_it_is_about(code: int, fault: Fault, closes: bool) -> None:
    assert outcome_of(an_error(400, code)) == Refused(fault, f"{code} http 400", closes=closes)


@pytest.mark.parametrize("code", [14107, 21611, 63018, 30001, 30022])
def test_what_is_only_full_may_go_later(code: int) -> None:
    assert outcome_of(an_error(400, code)) == NotTaken(Reason.RATE_LIMITED, detail=f"{code} http 400")


@pytest.mark.parametrize("code", [63038, 30023, 30027])
@pytest.mark.parametrize("status", [400, 429])
def test_a_daily_limit_is_asked_about_every_hour(status: int, code: int) -> None:
    expected = NotTaken(Reason.RATE_LIMITED, retry_after=timedelta(hours=1), detail=f"{code} http {status}")
    assert outcome_of(an_error(status, code)) == expected


def test_the_newer_form_of_errors_is_read_as_well() -> None:
    assert outcome_of(a_problem(400, 21211)) == Refused(Fault.ADDRESS, "21211 http 400", closes=True)


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        (None, None),
        ("17", timedelta(seconds=17)),
        ("0", timedelta(0)),
        ("99999999999999999999", timedelta(days=1)),
        ("-5", None),
        ("soon", None),
        ("\u0661\u0667", None),
        ("Thu, 11 Jun 2026 08:01:30 GMT", timedelta(seconds=90)),
        ("Thu, 11 Jun 2020 08:01:30 GMT", timedelta(0)),
    ],
)
def test_a_429_waits_as_long_as_twilio_asks(told: str | None, wait: timedelta | None) -> None:
    headers = {"Date": "Thu, 11 Jun 2026 08:00:00 GMT"} | ({} if told is None else {"Retry_After": told})
    outcome = outcome_of(an_error(429, 20429, **headers))
    assert outcome == NotTaken(Reason.RATE_LIMITED, retry_after=wait, detail="20429 http 429")


def test_a_429_without_a_word_from_twilio_is_a_429() -> None:
    assert outcome_of(http(429, "<html>slow down</html>")) == NotTaken(Reason.RATE_LIMITED, detail="http 429")


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(an_error(400, 29999), Fault.CONTENT, id="a code that is new"),
        pytest.param(an_error(403, 29999), Fault.ACCOUNT, id="a new code for a locked door"),
        pytest.param(an_error(401, 20003), Fault.ACCOUNT, id="401"),
        pytest.param(an_error(400), Fault.ACCOUNT, id="400 without a code"),
        pytest.param(an_error(400, "21211x"), Fault.ACCOUNT, id="400 with something for a code"),
        pytest.param(http(401, "no"), Fault.ACCOUNT, id="401 by someone else"),
        pytest.param(http(403, "<html>blocked</html>"), Fault.ACCOUNT, id="403 by someone else"),
        pytest.param(http(404, "<html>nothing here</html>"), Fault.ACCOUNT, id="404 by someone else"),
        pytest.param(http(407), Fault.ACCOUNT, id="a proxy that wants to know us"),
        pytest.param(http(418, "[]"), Fault.ACCOUNT, id="no sense at all"),
    ],
)
def test_an_unknown_refusal_stops_one_message_only_if_it_is_about_one_message(answer: bytes, fault: Fault) -> None:
    outcome = outcome_of(answer)
    assert isinstance(outcome, Refused)
    assert (outcome.fault, outcome.closes) == (fault, False)


def test_every_code_comes_to_something() -> None:
    for code in CODES:
        assert isinstance(outcome_of(an_error(400, code)), Refused | NotTaken)


def test_three_hundred_at_once_each_get_their_own_reference() -> None:
    letters = [a_text(attempt_id=f"attempt-{n}", to=f"+447700{n:06}") for n in range(300)]
    switchboard = Switchboard()
    with twilio(switchboard) as (provider, _), ThreadPoolExecutor(32) as threads:
        outcomes = list(threads.map(provider.hand_over, letters))
    theirs = {message["to"]: message["sid"] for message in switchboard.messages}
    assert [outcome.ref for outcome in outcomes] == [theirs[letter.to] for letter in letters]


# Nothing personal.


@pytest.mark.parametrize(
    "answer", [created(), an_error(400, 21211), an_error(500), a_problem(400, 20422), http(201, NUMBER), reset]
)
def test_nothing_of_the_patient_or_of_ours_shows(answer: bytes | Misdeed, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with twilio(answer) as (provider, _):
        outcome = provider.hand_over(a_text())
        provider.find(LOST)
    account = an_account(previous_token="token-before", webhook_key="id:token-shared")
    seen = f"{outcome!r} {provider!r} {account!r} {caplog.text}"
    assert [secret for secret in (*CANARIES, "token-", "7700900199") if secret in seen] == []


# What its list shows.


def traces(*messages: dict[str, Any]) -> list[tuple[str, datetime | None, str | None]] | None:
    with twilio(a_page(*messages)) as (provider, _):
        found = provider.find(LOST)
    return None if found is None else [(trace.ref[-1], trace.at, trace.text) for trace in found]


def test_the_list_is_asked_for_one_number() -> None:
    with twilio(a_page(a_message())) as (provider, server):
        provider.find(LOST)
    (asked,) = server.asked
    assert (asked.method, asked.query) == ("GET", {"To": NUMBER, "PageSize": "200"})


def test_what_went_to_the_number_is_shown_with_its_time_and_words() -> None:
    late = NINE + timedelta(minutes=5)
    messages = [a_message(sid="SM" + "2" * 32, date_created=format_datetime(late), body="others"), a_message()]
    assert traces(*messages) == [("2", late, "others"), ("0", NINE, "a canary sings.")]


def test_a_message_from_before_the_attempt_is_left_out() -> None:
    before = format_datetime(NINE - timedelta(minutes=3))
    assert traces(a_message(), a_message(date_created=before, sid="SM" + "9" * 32)) == [("0", NINE, "a canary sings.")]


@pytest.mark.parametrize("body", [None, ""])
def test_words_that_were_redacted_are_not_known(body: str | None) -> None:
    assert traces(a_message(body=body)) == [("0", NINE, None)]


def test_a_message_without_a_time_may_be_the_one() -> None:
    assert traces(a_message(date_created=None)) == [("0", None, "a canary sings.")]


def test_what_came_in_is_no_trace() -> None:
    assert traces(a_message(direction="inbound"), a_message(sid="SM" + "3" * 32)) == [("3", NINE, "a canary sings.")]


def test_an_empty_list_is_no_trace() -> None:
    assert traces() == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(http(500), id="500"),
        pytest.param(http(404, "{}"), id="404"),
        pytest.param(http(302, Location="/x"), id="redirect"),
        pytest.param(http(200), id="empty"),
        pytest.param(http(200, "<html>"), id="html"),
        pytest.param(http(200, "[]"), id="a list"),
        pytest.param(http(200, '{"messages": 5}'), id="no list"),
        pytest.param(http(200, '{"messages": [5]}'), id="no messages"),
        pytest.param(a_page(a_message(sid=None)), id="no reference"),
        pytest.param(a_page(a_message(to="+447700900XXXX")), id="an obfuscated number"),
        pytest.param(a_page(a_message(to="+447700900198")), id="another number"),
        pytest.param(reset, id="reset"),
        pytest.param(trickle(b" " * 999), id="slow"),
    ],
)
def test_a_list_that_cannot_be_had_tells_nothing(answer: bytes | Misdeed) -> None:
    with twilio(answer, deadline=0.5) as (provider, _):
        assert provider.find(LOST) is None


def test_where_numbers_are_kept_obfuscated_finding_nothing_proves_nothing() -> None:
    @reads
    def script(asked: Asked) -> bytes:
        return a_page() if "To" in asked.query else a_page(a_message(to="+447700XXXXXX"))

    with twilio(script) as (provider, _):
        assert provider.find(LOST) is None


def _pages(of: Callable[[int], list[dict[str, Any]]], most: int) -> Script:
    @reads
    def script(asked: Asked) -> bytes:
        if "To" not in asked.query:
            return a_page()
        number = int(asked.query.get("Page", "0"))
        path = f"/2010-04-01/Accounts/{SID}/Messages.json?To=%2B447700900199&Page={number + 1}"
        return a_page(*of(number), next_page=path if number < most else None)

    return script


def test_a_second_page_is_read_while_the_first_is_recent() -> None:
    with twilio(_pages(lambda n: [a_message(sid=f"SM{n:032}")], most=1)) as (provider, server):
        assert [trace.ref for trace in provider.find(LOST)] == [f"SM{0:032}", f"SM{1:032}"]
        assert len(server.asked) == 2


def test_older_pages_are_left_alone() -> None:
    old = format_datetime(NINE - timedelta(days=1))
    pages = [[a_message()], [a_message(date_created=old)]]
    with twilio(_pages(lambda n: pages[n], most=9)) as (provider, server):
        assert len(provider.find(LOST)) == 1
        assert len(server.asked) == 2


def test_a_list_without_an_end_tells_nothing() -> None:
    with twilio(_pages(lambda n: [a_message()], most=999)) as (provider, server):
        assert provider.find(LOST) is None
        assert len(server.asked) < 10


def test_a_next_page_that_is_elsewhere_is_not_asked_for() -> None:
    with serving(lambda asked: a_page()) as elsewhere:
        page = {"meta": {"key": "messages", "next_page_url": f"{elsewhere.url}/x"}, "messages": [a_message()]}
        with twilio(http(200, json.dumps(page))) as (provider, _):
            assert provider.find(LOST) is None
        assert elsewhere.asked == []


# What it says of itself, and what it will not start with.


@pytest.mark.parametrize(
    ("settings", "two_way"),
    [
        ({"sender": "+447700900001"}, True),
        ({"sender": "60777"}, True),
        ({"sender": "ProHealth"}, False),
        ({"sender": ""}, False),
        ({"sender": "", "service_sid": SERVICE}, True),
    ],
    ids=["number", "short code", "name", "the letter's", "service"],
)
def test_it_is_two_way_where_patients_can_answer_and_be_heard(settings: dict[str, str], two_way: bool) -> None:
    heard, unheard = (TwilioProvider(an_account(**settings), public_url=url) for url in ("https://d.example.org", ""))
    assert (heard.ability.is_two_way, unheard.ability.is_two_way) == (two_way, False)


@pytest.mark.parametrize(
    ("base", "reaches"),
    [
        ("https://api.twilio.com", True),
        ("https://api.dublin.ie1.twilio.com", True),
        ("http://127.0.0.1:4010", False),
        ("http://localhost:4010", False),
        ("http://[::1]:4010", False),
        ("https://localhost.example.org", True),
    ],
)
def test_only_a_server_on_this_machine_reaches_nobody(base: str, reaches: bool) -> None:
    ability = TwilioProvider(an_account(api_base=base)).ability
    assert (ability.reaches_people, ability.is_remote, ability.keeps_a_list) == (reaches, True, True)


@pytest.mark.parametrize("public_url", ["", "https://drip.example.org"])
def test_receipts_come_where_twilio_can_call_us(public_url: str) -> None:
    assert TwilioProvider(an_account(), public_url=public_url).ability.gives_receipts is bool(public_url)


@pytest.mark.parametrize(
    "wrong",
    [
        {"account_sid": ""},
        {"account_sid": "AC123"},
        {"account_sid": SID + "/../x"},
        {"auth_token": ""},
        {"webhook_key": "no-secret"},
        {"api_base": "http://api.twilio.com"},
        {"api_base": "api.twilio.com"},
        {"api_base": "ftp://127.0.0.1"},
    ],
    ids=str,
)
def test_what_cannot_work_is_refused_at_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="provider twilio") as refused:
        an_account(**wrong)
    assert "token-of-ours" not in str(refused.value)


def test_a_time_in_the_list_is_aware() -> None:
    found = traces(a_message())
    assert found is not None
    assert found[0][1] == datetime(2026, 6, 11, 8, 0, tzinfo=UTC)


def test_connections_are_shared_by_all_messages() -> None:
    with twilio(created()) as (provider, server):
        for n in range(20):
            provider.hand_over(a_text(attempt_id=f"attempt-{n}"))
        assert isinstance(server, Loopback)
        assert server.connections == 1
