"""SendGrid, as far as it can be met without an account: a server on this machine that speaks as SendGrid does."""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from drip.core.evidence import Lost
from drip.core.handover import Accepted, Fault, NotTaken, Outcome, Refused, Unknown
from drip.core.letter import Letter, Words
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.providers.provider import Provider
from drip.providers.sendgrid import SendGridAccount, SendGridProvider

from .contract import CANARIES, NINE, ProviderContract, a_letter, a_text
from .loopback import Asked, Loopback, Misdeed, hang_up, http, reset, say, serving, trickle

SPEC = json.loads((Path(__file__).parent / "openapi" / "sendgrid_mail_send.json").read_text())
KEY = "SG.key-of-ours"
EVERY_ROUND = 50


def an_account(**unusual: Any) -> SendGridAccount:
    return SendGridAccount(**{"api_key": KEY} | unusual)


@contextmanager
def sendgrid(
    script: Callable[[Asked], bytes | Misdeed], *, deadline: float = 5.0, **unusual: Any
) -> Iterator[tuple[SendGridProvider, Loopback]]:
    """The provider, talking to a server that follows the script."""
    with serving(script) as server:
        provider = SendGridProvider(an_account(api_base=server.url, **unusual), deadline=deadline)
        try:
            yield provider, server
        finally:
            provider.close()


def accepting() -> Callable[[Asked], bytes]:
    """Takes everything, each under a reference of its own."""
    numbers = count(1)
    return lambda asked: http(202, X_Message_Id=f"LRzXl_NHSt{next(numbers)}")


def wrong(*fields: str | None) -> str:
    """SendGrid's way of saying what is wrong; the message repeats what it should not."""
    return json.dumps(
        {"errors": [{"message": "canary@example.org is wrong", "field": field, "help": None} for field in fields]}
    )


def outcome_of(answer: bytes | Misdeed, letter: Letter | None = None, deadline: float = 5.0) -> Outcome:
    with sendgrid(lambda asked: answer, deadline=deadline) as (provider, _):
        return provider.hand_over(letter or a_letter())


def sent(**unusual: Any) -> dict[str, Any]:
    """The body that a letter becomes."""
    with sendgrid(accepting()) as (provider, server):
        assert isinstance(provider.hand_over(a_letter(**unusual)), Accepted)
        body: dict[str, Any] = json.loads(server.asked[0].body)
        return body


# What is asked


def test_a_letter_is_one_mail_to_one_person_and_carries_only_our_opaque_id() -> None:
    assert sent() == {
        "personalizations": [{"to": [{"email": "canary@example.org"}], "custom_args": {"drip_attempt": "attempt-1"}}],
        "from": {"email": "care@clinic.example", "name": "ProHealth Clinic"},
        "subject": "Your visit",
        "content": [
            {"type": "text/plain", "value": "Hello Philippa Canary,\na canary sings."},
            {"type": "text/html", "value": "<p>Hello</p>"},
        ],
        "headers": {"Message-ID": "<message-1@clinic.example>", "Content-Language": "en"},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
    }


def test_answers_go_where_the_clinic_reads_them() -> None:
    assert sent(reply_to="replies@parse.clinic.example")["reply_to"] == {"email": "replies@parse.clinic.example"}


def test_it_is_asked_with_our_key_and_as_json() -> None:
    with sendgrid(accepting()) as (provider, server):
        provider.hand_over(a_letter())
        asked = server.asked[0]
    assert (asked.method, asked.target) == ("POST", "/v3/mail/send")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["content-type"] == "application/json"


UNUSUAL = [
    pytest.param({}, id="ordinary"),
    pytest.param({"words": Words(text="Hello", subject="Your visit")}, id="no-html"),
    pytest.param({"sender_name": ""}, id="no-name"),
    pytest.param({"sender_name": 'Dr "Tendon" Łukasz, GP; <x>', "language": "pl"}, id="odd-name"),
    pytest.param({"stop_url": "https://drip.example.org/stop/abc"}, id="stop-link"),
    pytest.param({"reply_to": "replies@parse.clinic.example"}, id="reply-address"),
    pytest.param({"to": "canary@bücher.example", "sender": "care@żółw.example"}, id="other-alphabets"),
    pytest.param({"words": Words(text="🦵 ćwiczenia\n" * 2000, subject="Ćwiczenia 🦵", html="<p>🦵</p>")}, id="emoji"),
]


@pytest.mark.parametrize("unusual", UNUSUAL)
def test_every_request_is_as_the_published_api_description_wants_it(unusual: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(SPEC)
    body = sent(**unusual)
    assert list(Draft202012Validator(SPEC, format_checker=FormatChecker()).iter_errors(body)) == []
    assert list(unknown_fields(body, SPEC)) == []


def unknown_fields(told: Any, schema: dict[str, Any]) -> Iterator[str]:
    """Names that the description does not have; by itself it would let them pass."""
    if "$ref" in schema:
        schema = SPEC["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(told, list):
        for one in told:
            yield from unknown_fields(one, schema["items"])
    elif isinstance(told, dict) and "properties" in schema:
        yield from told.keys() - schema["properties"].keys()
        for name in told.keys() & schema["properties"].keys():
            yield from unknown_fields(told[name], schema["properties"][name])


def test_no_header_is_one_that_sendgrid_keeps_for_itself() -> None:
    kept = "x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding to from subject reply-to cc"
    headers = sent(stop_url="https://drip.example.org/stop/abc")["headers"]
    assert {name.lower() for name in headers} & set(kept.split()) == set()


def test_the_stop_link_works_with_one_click_in_the_mail_program() -> None:
    headers = sent(stop_url="https://drip.example.org/stop/abc?x=1")["headers"]
    assert headers["List-Unsubscribe"] == "<https://drip.example.org/stop/abc?x=1>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "link", [None, "http://127.0.0.1:8000/stop/abc", "https://drip.example.org/>,<https://evil.example", "mailto:x@y.z"]
)
def test_what_is_no_https_link_does_not_become_a_header(link: str | None) -> None:
    assert not [name for name in sent(stop_url=link)["headers"] if name.startswith("List-")]


def test_a_domain_in_another_alphabet_travels_in_ascii() -> None:
    body = sent(to="canary@bücher.example", sender="care@bücher.example")
    assert body["personalizations"][0]["to"] == [{"email": "canary@xn--bcher-kva.example"}]
    assert body["from"]["email"] == "care@xn--bcher-kva.example"
    assert body["headers"]["Message-ID"] == "<message-1@xn--bcher-kva.example>"


def test_a_domain_that_has_no_ascii_form_is_no_address() -> None:
    outcome = outcome_of(http(500), a_letter(to=f"canary@{'ü' * 70}.example"))
    assert isinstance(outcome, Refused)
    assert outcome.fault is Fault.ADDRESS


@pytest.mark.parametrize("sender", ["", "ProHealth", "care@", "@clinic.example", "żółw@clinic.example", "a@b@c"])
def test_a_sender_that_is_no_address_is_the_accounts_fault_and_nobody_is_asked(sender: str) -> None:
    with sendgrid(accepting()) as (provider, server):
        outcome = provider.hand_over(a_letter(sender=sender))
        assert server.asked == []
    assert isinstance(outcome, Refused)
    assert outcome.fault is Fault.ACCOUNT


@pytest.mark.parametrize("words", [Words(text="Hello"), Words(text="Hello", subject=""), Words(text="", subject="Hi")])
def test_an_email_without_a_subject_or_words_goes_nowhere(words: Words) -> None:
    with sendgrid(accepting()) as (provider, server):
        outcome = provider.hand_over(a_letter(words=words))
        assert server.asked == []
    assert isinstance(outcome, Refused)
    assert outcome.fault is Fault.CONTENT


def test_a_text_message_is_not_for_sendgrid() -> None:
    with sendgrid(accepting()) as (provider, server):
        assert isinstance(provider.hand_over(a_text()), Refused)
        assert server.asked == []


# What is answered


def test_a_202_with_a_reference_is_accepted_under_it() -> None:
    assert outcome_of(http(202, X_Message_Id="LRzXl_NHStOGhQ4kofSm_A")) == Accepted("LRzXl_NHStOGhQ4kofSm_A")


@pytest.mark.parametrize("ref", ["", " ", "a b", "x" * 300, "ł"])
def test_a_202_without_a_usable_reference_is_unknown(ref: str) -> None:
    assert outcome_of(http(202, X_Message_Id=ref)) == Unknown("http 202 without a reference")


@pytest.mark.parametrize("status", [200, 201, 204, 206, 301, 303, 307, 308, 408, 500, 502, 503, 504, 520, 599])
def test_an_answer_that_may_mean_anything_is_unknown(status: int) -> None:
    answer = say(http(status)) if status == 204 else http(status, X_Message_Id="LRzXl_NHStOGhQ4kofSm_A")
    assert outcome_of(answer) == Unknown(f"http {status}")


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_key_or_an_address_of_the_api_that_is_refused_is_the_accounts_fault(status: int) -> None:
    assert outcome_of(http(status, wrong(None))) == Refused(Fault.ACCOUNT, f"http {status}")


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_any_other_refusal_is_about_the_words(status: int) -> None:
    assert outcome_of(http(status, wrong("null"))) == Refused(Fault.CONTENT, f"http {status}")


@pytest.mark.parametrize(
    "body", ["", "<html>proxy</html>", "[]", "[" * 5000, "null", '{"errors": {}}', '{"errors": [7]}'], ids=range(7)
)
@pytest.mark.parametrize("status", [400, 401, 404, 407, 415, 418])
def test_a_refusal_from_somebody_in_between_gives_no_message_up(status: int, body: str) -> None:
    assert outcome_of(http(status, body)) == Refused(Fault.ACCOUNT, f"http {status}")


def test_a_mail_that_is_too_large_is_about_the_words_whoever_says_so() -> None:
    assert outcome_of(http(413, "<html>nginx</html>")) == Refused(Fault.CONTENT, "http 413")


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        ("personalizations.0.to.0.email", Fault.ADDRESS),
        ("personalizations.0.to", Fault.ADDRESS),
        ("personalizations.to", Fault.ADDRESS),
        ("from.email", Fault.ACCOUNT),
        ("from", Fault.ACCOUNT),
        ("subject", Fault.CONTENT),
        ("content.0.value", Fault.CONTENT),
        ("personalizations.0.custom_args", Fault.CONTENT),
        ("headers", Fault.CONTENT),
    ],
)
def test_a_400_is_about_the_field_that_it_names(field: str, fault: Fault) -> None:
    assert outcome_of(http(400, wrong(field))) == Refused(fault, f"http 400 {field}")


def test_a_refused_sender_counts_before_a_refused_recipient() -> None:
    outcome = outcome_of(http(400, wrong("personalizations[0].to[0].email", "from.email")))
    assert outcome == Refused(Fault.ACCOUNT, "http 400 personalizations.0.to.0.email from.email")


@pytest.mark.parametrize("field", ["canary@example.org", "headers.Philippa Canary", "to.a canary sings", 7, ["x"]])
def test_a_field_in_unknown_words_is_not_repeated(field: Any) -> None:
    assert outcome_of(http(400, wrong(field))) == Refused(Fault.CONTENT, "http 400")


def test_used_up_credits_are_a_pause_and_not_a_wrong_key() -> None:
    body = json.dumps({"errors": [{"message": "Maximum credits exceeded", "field": None}]})
    outcome = outcome_of(http(401, body))
    assert outcome == NotTaken(Reason.RATE_LIMITED, timedelta(hours=1), "http 401 maximum credits exceeded")


AT_NINE = str(int(NINE.timestamp()))
IN_A_MINUTE = str(int(NINE.timestamp()) + 60)
THEIR_CLOCK = format_datetime(NINE + timedelta(seconds=20))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X_RateLimit_Reset": IN_A_MINUTE}, timedelta(minutes=1)),
        ({"Retry_After": "90"}, timedelta(seconds=90)),
        ({"X_RateLimit_Reset": IN_A_MINUTE, "Retry_After": "90"}, timedelta(minutes=1)),
        ({"Retry_After": format_datetime(NINE + timedelta(minutes=2))}, timedelta(minutes=2)),
        (
            {"X_RateLimit_Reset": IN_A_MINUTE, "Date": format_datetime(NINE + timedelta(seconds=20))},
            timedelta(seconds=40),
        ),
        ({}, None),
        ({"X_RateLimit_Reset": AT_NINE}, None),
        ({"X_RateLimit_Reset": "9" * 10}, None),
        ({"X_RateLimit_Reset": "9" * 400}, None),
        ({"X_RateLimit_Reset": "-5"}, None),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "9" * 400}, None),
    ],
    ids=range(12),
)
def test_a_429_waits_as_long_as_the_provider_asks(headers: dict[str, str], wait: timedelta | None) -> None:
    assert outcome_of(http(429, **headers)) == NotTaken(Reason.RATE_LIMITED, wait, "http 429")


def test_a_mistake_of_ours_is_unknown_and_no_exception() -> None:
    letter = a_letter(handed_at=NINE.replace(tzinfo=None))
    assert outcome_of(http(429, X_RateLimit_Reset=IN_A_MINUTE), letter) == Unknown("unreadable: TypeError")


# What goes wrong on the way


def test_a_mail_that_was_taken_before_the_server_failed_is_unknown() -> None:
    taken: list[Asked] = []

    def script(asked: Asked) -> bytes:
        taken.append(asked)
        return http(500, wrong(None))

    with sendgrid(script) as (provider, _):
        assert provider.hand_over(a_letter()) == Unknown("http 500")
    assert len(taken) == 1


@pytest.mark.parametrize(
    "misdeed",
    [reset, hang_up, say(b"HTTP/1.1 202 Accep"), say(b"nonsense\r\n\r\n"), say(http(202, b"x" * 90)[:-50])],
    ids=["reset", "hang-up", "half-a-line", "nonsense", "half-a-body"],
)
def test_no_whole_answer_is_unknown_and_asked_only_once(misdeed: Misdeed) -> None:
    with sendgrid(lambda asked: misdeed) as (provider, server):
        assert isinstance(provider.hand_over(a_letter()), Unknown)
        assert len(server.asked) == 1


def test_a_server_that_trickles_is_left_at_the_deadline() -> None:
    began = time.monotonic()
    outcome = outcome_of(trickle(http(202, b" " * 400, X_Message_Id="LRzXl")), deadline=0.5)
    assert isinstance(outcome, Unknown)
    assert time.monotonic() - began < 3


def test_a_closed_door_is_provably_not_taken() -> None:
    with serving(lambda asked: http(202)) as server:
        base = server.url
    provider = SendGridProvider(an_account(api_base=base), deadline=2)
    outcome = provider.hand_over(a_letter())
    provider.close()
    assert isinstance(outcome, NotTaken)
    assert outcome.reason is Reason.PROVIDER_DOWN


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_does_not_take_our_key_to_another_host(status: int) -> None:
    with (
        serving(accepting()) as other,
        sendgrid(lambda asked: http(status, Location=f"{other.url}/v3/mail/send")) as (provider, _),
    ):
        assert provider.hand_over(a_letter()) == Unknown(f"http {status}")
        assert other.asked == []
        assert other.connections == 0


# Many


def test_fifty_mails_go_over_one_connection() -> None:
    with sendgrid(accepting()) as (provider, server):
        outcomes = [provider.hand_over(a_letter(attempt_id=f"attempt-{n}")) for n in range(EVERY_ROUND)]
        assert server.connections == 1
    assert len({outcome.ref for outcome in outcomes if isinstance(outcome, Accepted)}) == EVERY_ROUND


def test_three_hundred_mails_at_once_each_get_their_own_answer_and_recipient() -> None:
    def script(asked: Asked) -> bytes:
        attempt = json.loads(asked.body)["personalizations"][0]["custom_args"]["drip_attempt"]
        if int(attempt.removeprefix("attempt-")) % 10 == 3:
            return http(400, wrong("personalizations.0.to.0.email"))
        return http(202, X_Message_Id=f"ref-{attempt}")

    letters = [a_letter(attempt_id=f"attempt-{n}", to=f"canary{n}@example.org") for n in range(300)]
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with sendgrid(script, deadline=20) as (provider, server), ThreadPoolExecutor(48) as threads:
            outcomes = list(threads.map(provider.hand_over, letters))
            bodies = [json.loads(asked.body) for asked in server.asked]
            assert server.connections <= 32
    finally:
        sys.setswitchinterval(switching)
    refused = Refused(Fault.ADDRESS, "http 400 personalizations.0.to.0.email")
    assert outcomes == [refused if n % 10 == 3 else Accepted(f"ref-attempt-{n}") for n in range(300)]
    people = [one for body in bodies for one in body["personalizations"]]
    pairs = {(one["custom_args"]["drip_attempt"], one["to"][0]["email"]) for one in people}
    assert pairs == {(f"attempt-{n}", f"canary{n}@example.org") for n in range(300)}
    assert len(people) == len(bodies) == 300
    assert all(len(one["to"]) == 1 for one in people)


def test_nothing_of_one_mail_stays_for_the_next() -> None:
    with sendgrid(accepting()) as (provider, server):
        provider.hand_over(a_letter(stop_url="https://drip.example.org/stop/abc", language="pl"))
        provider.hand_over(a_letter(words=Words(text="Hello", subject="Hi"), language=""))
        first, second = server.asked
    assert {name: value for name, value in second.headers.items() if name != "content-length"} == {
        name: value for name, value in first.headers.items() if name != "content-length"
    }
    assert json.loads(second.body)["headers"] == {"Message-ID": "<message-1@clinic.example>"}


# What is kept to ourselves


def test_neither_key_nor_patient_shows_in_logs_or_outcomes_even_when_everything_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answers: Iterator[bytes | Misdeed] = iter(
        [http(202, X_Message_Id="a"), http(400, wrong("from.email")), http(500, wrong(None)), reset]
    )
    with sendgrid(lambda asked: next(answers)) as (provider, _):
        outcomes = [provider.hand_over(a_letter()) for _ in range(4)]
        seen = f"{caplog.text} {outcomes} {provider!r}"
    assert [word for word in (*CANARIES, KEY) if word in seen] == []


def test_an_account_does_not_show_its_secrets() -> None:
    account = an_account(inbound_secret="drip:hush")
    assert KEY not in repr(account)
    assert "hush" not in repr(account)


# What it is built from


@pytest.mark.parametrize(
    ("unusual", "setting"),
    [
        ({"api_key": ""}, "SENDGRID_API_KEY"),
        ({"api_key": "SG.a b"}, "SENDGRID_API_KEY"),
        ({"api_key": "SG.a\r\nX: y"}, "SENDGRID_API_KEY"),
        ({"api_base": "http://api.sendgrid.com"}, "SENDGRID_API_BASE"),
        ({"api_base": "api.sendgrid.com"}, "SENDGRID_API_BASE"),
        ({"api_base": "https://user:hush@api.sendgrid.com"}, "SENDGRID_API_BASE"),
        ({"inbound_secret": "hush"}, "SENDGRID_INBOUND_SECRET"),
        ({"inbound_secret": ":hush"}, "SENDGRID_INBOUND_SECRET"),
        ({"webhook_public_key": "hush"}, "SENDGRID_WEBHOOK_PUBLIC_KEY"),
        ({"inbound_public_key": "hush"}, "SENDGRID_INBOUND_PUBLIC_KEY"),
        ({"webhook_public_key": "ł"}, "SENDGRID_WEBHOOK_PUBLIC_KEY"),
        # Ed25519, a key of another kind
        ({"webhook_public_key": "MCowBQYDK2VwAyEA" + "A" * 43 + "="}, "SENDGRID_WEBHOOK_PUBLIC_KEY"),
    ],
    ids=range(12),
)
def test_a_wrong_setting_is_named_in_one_line_that_does_not_repeat_it(unusual: dict[str, str], setting: str) -> None:
    with pytest.raises(ValueError, match=setting) as raised:
        SendGridProvider(an_account(**unusual))
    assert "\n" not in str(raised.value)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("base", "reaches"),
    [
        ("https://api.sendgrid.com", True),
        ("https://api.eu.sendgrid.com/", True),
        ("", True),
        ("http://127.0.0.1:4012", False),
        ("http://localhost:4012/", False),
        ("http://[::1]:4012", False),
    ],
)
def test_only_a_server_on_this_machine_reaches_nobody(base: str, reaches: bool) -> None:
    assert SendGridProvider(an_account(api_base=base)).ability.reaches_people is reaches


def test_it_can_do_what_it_is_set_up_for() -> None:
    bare = SendGridProvider(an_account()).ability
    assert not bare.is_two_way
    assert not bare.gives_receipts
    assert not bare.may_carry_health_data
    assert SendGridProvider(an_account(inbound_secret="drip:hush")).ability.is_two_way


def test_it_cannot_say_afterwards_what_it_took() -> None:
    with sendgrid(accepting()) as (provider, server):
        provider.hand_over(a_letter())
        lost = Lost(attempt_id="attempt-1", started_at=NINE, to="canary@example.org", text="Hello")
        assert provider.find(lost) is None
        assert len(server.asked) == 1


class TestSendGrid(ProviderContract):
    """What every provider keeps."""

    tells_repeats = False
    keeps_records = False

    @pytest.fixture
    def provider(self) -> Iterator[Provider]:
        with sendgrid(accepting()) as (provider, _):
            yield provider

    def test_it_carries_emails(self, provider: Provider) -> None:
        assert provider.channels == {Channel.EMAIL}
