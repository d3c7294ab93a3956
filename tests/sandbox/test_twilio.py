"""The stock Twilio client must find the sandbox as it finds Twilio.

The magic numbers are facts from Twilio's page on test credentials, https://www.twilio.com/docs/iam/test-credentials.
"""

import contextlib
import re
from datetime import timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from drip import clock
from drip.sandbox import Account, Sandbox
from drip.sandbox.twilio_shape import parts
from tests.sandbox.conftest import CLINIC, PATIENT, Text


def code_of(text: Text, **unusual: Any) -> int:
    with pytest.raises(TwilioRestException) as refused:
        text(**unusual)
    assert refused.value.status == 400
    return int(refused.value.code)


def test_a_text_is_taken_as_twilio_takes_it(text: Text) -> None:
    message = text(status_callback="http://127.0.0.1:9/webhooks/twilio/status/attempt-1")
    assert re.fullmatch("SM[0-9a-f]{32}", message.sid)
    assert message.status == "queued"
    assert message.direction == "outbound-api"
    assert (message.to, message.from_, message.body) == (PATIENT, CLINIC, "See you on Thursday.")
    assert abs(message.date_created - clock.now()) < timedelta(minutes=1)
    assert message.date_sent is None
    assert message.num_segments == "1"


def test_the_ledger_says_what_was_taken(text: Text, sandbox: Sandbox) -> None:
    message = text(status_callback="http://127.0.0.1:9/webhooks/twilio/status/attempt-1?a=b")
    [entry] = sandbox.ledger.entries()
    assert (entry.ref, entry.to, entry.sender, entry.text) == (message.sid, PATIENT, CLINIC, "See you on Thursday.")
    assert entry.attempt == "attempt-1"
    assert entry.fault == "ok"
    assert sandbox.ledger.of_attempt("attempt-1") == [entry]


def test_a_messaging_service_accepts_and_counts_later(text: Text) -> None:
    message = text(from_=None, messaging_service_sid="MG" + "a" * 32)
    assert (message.status, message.num_segments, message.from_) == ("accepted", "0", None)


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", 21211),
        ("+15005550002", 21612),
        ("+15005550003", 21408),
        ("+15005550004", 21610),
        ("+15005550009", 21614),
    ],
)
def test_magic_numbers_to_send_to_give_their_errors(text: Text, sandbox: Sandbox, to: str, code: int) -> None:
    assert code_of(text, to=to) == code
    assert sandbox.ledger.count == 0


@pytest.mark.parametrize(
    ("sender", "code"), [("+15005550001", 21212), ("+15005550007", 21606), ("+15005550008", 21611)]
)
def test_magic_numbers_to_send_from_give_their_errors(text: Text, sender: str, code: int) -> None:
    assert code_of(text, from_=sender) == code


@pytest.mark.parametrize(
    ("unusual", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "07700900123"}, 21211),
        ({"to": "whatsapp:+447700900123"}, 21211),
        ({"from_": None}, 21603),
        ({"from_": "A name that is too long"}, 21212),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"status_callback": "ftp://example.org/x"}, 21609),
        ({"status_callback": "http://a_b.example.org/x"}, 21609),
        ({"validity_period": 36001}, 20001),
        ({"from_": None, "messaging_service_sid": "XX1"}, 21701),
    ],
    ids=str,
)
def test_what_twilio_refuses_is_refused(text: Text, unusual: dict[str, Any], code: int) -> None:
    assert code_of(text, **unusual) == code


def test_a_parameter_that_nobody_knows_is_refused(twilio: Any, sandbox: Sandbox) -> None:
    answer = twilio.request(
        "POST",
        f"{sandbox.url}/2010-04-01/Accounts/{sandbox.account.account_sid}/Messages.json",
        data={"To": PATIENT, "From": CLINIC, "Body": "x", "Bdoy": "y"},
    )
    assert answer.status_code == 400
    assert '"code": 20001' in answer.text


def test_without_credentials_nothing_is_taken(twilio: Any, text: Text, sandbox: Sandbox) -> None:
    twilio.auth = (twilio.username, "")
    twilio.password = ""
    with pytest.raises(TwilioRestException) as refused:
        text()
    assert (refused.value.status, refused.value.code) == (401, 20003)
    assert sandbox.ledger.count == 0


@pytest.mark.parametrize(("token", "is_taken"), [("right", True), ("wrong", False)])
def test_credentials_can_be_made_to_matter(token: str, is_taken: bool) -> None:
    account = Account(auth_token="right", checks_credentials=True)
    with Sandbox.running(account=account) as sandbox:
        client = Client(account.account_sid, token)
        client.api.base_url = sandbox.url
        with contextlib.suppress(TwilioRestException):
            client.messages.create(to=PATIENT, from_=CLINIC, body="x")
        client.http_client.session.close()
        assert sandbox.ledger.count == is_taken


def test_the_list_is_newest_first_and_pages_lose_nothing(twilio: Any, text: Text) -> None:
    sids = [text(body=f"number {n}").sid for n in range(7)]
    text(to="+447700900124")
    listed = [message.sid for message in twilio.messages.stream(to=PATIENT, page_size=3)]
    assert listed == sids[::-1]


def test_a_new_message_does_not_shift_the_pages(twilio: Any, text: Text) -> None:
    sids = [text(body=f"number {n}").sid for n in range(4)]
    first = twilio.messages.page(to=PATIENT, page_size=2)
    text(body="one more")
    second = first.next_page()
    assert [message.sid for message in [*first, *second]] == sids[::-1]
    assert second.next_page() is None


def test_the_list_shows_days_and_instants(twilio: Any, text: Text, sandbox: Sandbox) -> None:
    sandbox.script(receipts={"gap": 0})
    text()
    now = clock.now()
    filters: list[tuple[dict[str, Any], int]] = [
        ({"date_sent": now.date()}, 1),
        ({"date_sent_after": now - timedelta(minutes=1)}, 1),
        ({"date_sent_after": now + timedelta(minutes=1)}, 0),
        ({"date_sent_before": now - timedelta(minutes=1)}, 0),
        ({"date_sent_before": now + timedelta(minutes=1)}, 1),
    ]
    for asked, count in filters:
        assert len(twilio.messages.list(to=PATIENT, **asked)) == count, asked


def test_what_has_not_been_sent_has_no_day_to_be_found_by(twilio: Any, text: Text, sandbox: Sandbox) -> None:
    sandbox.script(receipts={"gap": 60})
    text()
    assert twilio.messages.list(to=PATIENT, date_sent_after=clock.now() - timedelta(days=1)) == []
    assert len(twilio.messages.list(to=PATIENT)) == 1


def test_the_list_can_lag_behind(twilio: Any, text: Text, sandbox: Sandbox) -> None:
    sandbox.script(twilio={"list": {"lag": 60}})
    message = text()
    assert twilio.messages.list(to=PATIENT) == []
    sandbox.script(twilio={"list": {"lag": 0}})
    assert [one.sid for one in twilio.messages.list(to=PATIENT)] == [message.sid]


def test_the_list_can_be_down(twilio: Any, sandbox: Sandbox) -> None:
    sandbox.script(twilio={"list": {"state": "down"}})
    with pytest.raises(TwilioException) as down:
        twilio.messages.list(to=PATIENT)
    assert down.value.args[1].status_code == 503


def test_the_list_can_have_lost_the_words(twilio: Any, text: Text, sandbox: Sandbox) -> None:
    text()
    sandbox.script(twilio={"list": {"blank_bodies": True}})
    assert [one.body for one in twilio.messages.list(to=PATIENT)] == [""]


def test_a_message_can_be_looked_up(twilio: Any, text: Text) -> None:
    message = text()
    assert twilio.messages(message.sid).fetch().body == "See you on Thursday."
    with pytest.raises(TwilioRestException) as missing:
        twilio.messages("SM" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)


def test_someone_who_texted_stop_gets_no_more_until_start(text: Text, sandbox: Sandbox) -> None:
    text()
    sandbox.reply(PATIENT, " stop ")
    assert code_of(text) == 21610
    text(to="+447700900124")
    sandbox.reply(PATIENT, "START")
    text()


def test_stop_words_can_be_left_to_the_clinic(text: Text, sandbox: Sandbox) -> None:
    sandbox.script(twilio={"stop_words": False})
    text()
    sandbox.reply(PATIENT, "STOP")
    text()


@pytest.mark.parametrize(
    ("words", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("ł" * 70, 1), ("ł" * 71, 2), ("😀" * 36, 2)],
    ids=lambda value: str(value)[:3],
)
def test_segments_are_counted_as_they_are_billed(words: str, count: int) -> None:
    assert parts(words) == count
