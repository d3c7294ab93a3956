"""Receipts and replies, checked with what the providers publish for checking them."""

import base64
import json
from collections.abc import Callable
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from sendgrid.helpers.eventwebhook import EventWebhook
from twilio.request_validator import RequestValidator, get_signature_algorithm

from drip.sandbox import Account, Sandbox
from drip.sandbox.callbacks import is_on_this_machine
from tests.sandbox.conftest import PATIENT, TOKEN, Ear, Heard, Mail, Text

Events = Callable[[], list[dict[str, Any]]]


def form(heard: Heard) -> dict[str, str]:
    return dict(parse_qsl(heard.body.decode(), keep_blank_values=True))


def is_signed_by_twilio(ear: Ear, heard: Heard, secret: str = TOKEN) -> bool:
    algorithm = get_signature_algorithm(heard.headers.get("x-twilio-webhooks-signature-settings"))
    signature = heard.headers["x-twilio-signature"]
    return bool(RequestValidator(secret).validate(ear.url + heard.path, form(heard), signature, algorithm))


def is_signed_by_sendgrid(sandbox: Sandbox, heard: Heard) -> bool:
    key = load_der_public_key(base64.b64decode(sandbox.account.public_key()))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signature = base64.b64decode(heard.headers["x-twilio-email-event-webhook-signature"])
    at = heard.headers["x-twilio-email-event-webhook-timestamp"].encode()
    try:
        key.verify(signature, at + heard.body, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@pytest.fixture
def told(sandbox: Sandbox, ear: Ear, text: Text) -> Callable[..., list[str]]:
    """Send a text, and hear what becomes of it, word by word."""

    def send(**unusual: Any) -> list[str]:
        text(status_callback=f"{ear.url}/webhooks/twilio/status/attempt-1", **unusual)
        sandbox.settle()
        return [form(heard)["MessageStatus"] for heard in ear.heard]

    return send


def test_a_text_is_sent_and_then_delivered(told: Callable[..., list[str]], ear: Ear, sandbox: Sandbox) -> None:
    assert told() == ["sent", "delivered"]
    [entry] = sandbox.ledger.entries()
    assert {heard.path for heard in ear.heard} == {"/webhooks/twilio/status/attempt-1"}
    assert {form(heard)["MessageSid"] for heard in ear.heard} == {entry.ref}
    assert {form(heard)["To"] for heard in ear.heard} == {PATIENT}
    assert all(is_signed_by_twilio(ear, heard) for heard in ear.heard)


def test_the_ledger_keeps_what_was_answered(told: Callable[..., list[str]], ear: Ear, sandbox: Sandbox) -> None:
    ear.answers[:] = [403, 204]
    told()
    [entry] = sandbox.ledger.entries()
    assert [(one.says, one.answer) for one in entry.told] == [("sent", "403"), ("delivered", "204")]


@pytest.mark.parametrize(
    ("to", "words", "code"),
    [
        ("+447700900303", ["sent", "undelivered"], "30003"),
        ("+447700900305", ["sent", "undelivered"], "30005"),
        ("+447700900301", ["failed"], "30001"),
    ],
)
def test_some_numbers_are_never_reached(
    told: Callable[..., list[str]], twilio: Any, ear: Ear, to: str, words: list[str], code: str
) -> None:
    assert told(to=to) == words
    assert form(ear.heard[-1])["ErrorCode"] == code
    [message] = twilio.messages.list(to=to)
    assert (message.status, str(message.error_code)) == (words[-1], code)


def test_a_messaging_service_says_so_in_its_receipts(told: Callable[..., list[str]], ear: Ear) -> None:
    told(from_=None, messaging_service_sid="MG" + "a" * 32)
    assert form(ear.heard[0])["MessagingServiceSid"] == "MG" + "a" * 32


def test_what_tunes_retries_is_not_signed(sandbox: Sandbox, ear: Ear, text: Text) -> None:
    text(status_callback=f"{ear.url}/webhooks/twilio/status/attempt-1?a=b#rc=3")
    sandbox.settle()
    assert ear.heard[0].path == "/webhooks/twilio/status/attempt-1?a=b"
    assert is_signed_by_twilio(ear, ear.heard[0])


def test_a_shared_key_signs_with_sha_256(told: Callable[..., list[str]], sandbox: Sandbox, ear: Ear) -> None:
    sandbox.script(receipts={"signing": "shared_key"})
    told()
    name, _, secret = sandbox.account.shared_key.partition(":")
    settings = ear.heard[0].headers["x-twilio-webhooks-signature-settings"]
    assert settings == f"key={name},algorithm=HMAC_SHA256"
    assert is_signed_by_twilio(ear, ear.heard[0], secret)
    assert not is_signed_by_twilio(ear, ear.heard[0])


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"send": "off"}, []),
        ({"send": "never"}, []),
        ({"duplicate": 3}, ["sent"] * 3 + ["delivered"] * 3),
        ({"out_of_order": True}, ["delivered", "sent"]),
        ({"lost": 1}, []),
    ],
    ids=str,
)
def test_receipts_go_wrong_as_scripted(
    told: Callable[..., list[str]], sandbox: Sandbox, script: dict[str, Any], words: list[str]
) -> None:
    sandbox.script(receipts=script)
    assert told() == words


@pytest.mark.parametrize(("send", "status"), [("off", "delivered"), ("never", "sent")])
def test_without_receipts_the_list_still_tells(
    sandbox: Sandbox, twilio: Any, text: Text, send: str, status: str
) -> None:
    sandbox.script(receipts={"send": send})
    message = text()
    while twilio.messages(message.sid).fetch().status == "queued":
        pass
    while status == "delivered" and twilio.messages(message.sid).fetch().status == "sent":
        pass
    assert twilio.messages(message.sid).fetch().status == status


def test_a_share_of_receipts_is_lost(told: Callable[..., list[str]], sandbox: Sandbox) -> None:
    sandbox.script(receipts={"lost": 0.5, "gap": 0}, seed=3)
    for _ in range(20):
        words = told()
    assert 8 < len(words) < 32


def test_receipts_can_be_late(told: Callable[..., list[str]], sandbox: Sandbox) -> None:
    sandbox.script(receipts={"late": 0.3})
    told()
    [entry] = sandbox.ledger.entries()
    assert (entry.told[0].at - entry.at).total_seconds() >= 0.3


def test_a_receipt_can_overtake_the_answer(sandbox: Sandbox, ear: Ear, text: Text) -> None:
    sandbox.script(latency=0.5, receipts={"gap": 0})
    text(status_callback=f"{ear.url}/webhooks/twilio/status/attempt-1")
    assert len(ear.heard) == 2


def test_a_forged_receipt_lies_and_is_wrongly_signed(
    told: Callable[..., list[str]], sandbox: Sandbox, ear: Ear
) -> None:
    sandbox.script(receipts={"forged": 1})
    assert told() == ["undelivered", "sent", "undelivered", "delivered"]
    assert [is_signed_by_twilio(ear, heard) for heard in ear.heard] == [False, True, False, True]
    [entry] = sandbox.ledger.entries()
    assert [one.forged for one in entry.told] == [True, False, True, False]


def test_nobody_outside_this_machine_is_called(sandbox: Sandbox, text: Text) -> None:
    text(status_callback="https://drip.example.org/webhooks/twilio/status/attempt-1")
    sandbox.settle()
    [entry] = sandbox.ledger.entries()
    assert {one.answer for one in entry.told} == {"not called: only this machine is"}


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:8000/", True),
        ("https://user:pw@127.0.0.1/", True),
        ("http://127.0.0.1@example.org/", False),
        ("http://10.0.0.1/", False),
        ("http://localhost.example.org/", False),
        ("file://127.0.0.1/etc/passwd", False),
        ("http://[::1", False),
        ("http://0.0.0.0/", False),
        ("", False),
    ],
)
def test_this_machine_is_told_from_others(url: str, is_here: bool) -> None:
    assert is_on_this_machine(url) is is_here


def test_a_listener_that_is_away_is_written_down(sandbox: Sandbox, text: Text) -> None:
    text(status_callback="http://127.0.0.1:9/webhooks/twilio/status/attempt-1")
    sandbox.settle()
    [entry] = sandbox.ledger.entries()
    assert {one.answer for one in entry.told} == {"NewConnectionError"}
    assert len(entry.told) == 4  # once more each


def test_what_a_patient_texts_comes_signed(sandbox: Sandbox, ear: Ear, text: Text) -> None:
    text()
    sid = sandbox.reply(PATIENT, "Is it normal that it hurts? 😀")
    sandbox.settle()
    [heard] = ear.heard
    assert heard.path == "/webhooks/twilio/inbound"
    assert is_signed_by_twilio(ear, heard)
    said = form(heard)
    assert (said["From"], said["To"], said["Body"]) == (PATIENT, "+15005550006", "Is it normal that it hurts? 😀")
    assert said["MessageSid"] == sid
    [replied] = sandbox.ledger.replies()
    assert (replied.sender, replied.answer) == (PATIENT, "200")


def test_twilio_can_say_that_it_has_answered_a_stop(sandbox: Sandbox, ear: Ear) -> None:
    sandbox.reply(PATIENT, "STOP", OptOutType="STOP")
    sandbox.settle()
    assert form(ear.heard[0])["OptOutType"] == "STOP"


def test_nobody_hears_a_patient_where_nobody_listens() -> None:
    with Sandbox.running() as sandbox:
        assert sandbox.reply(PATIENT, "hello") == ""
        assert sandbox.reply("amina@example.org", "hello") == ""


def test_a_mail_is_taken_up_and_delivered(mail: Mail, events: Events, sandbox: Sandbox, ear: Ear) -> None:
    ref = mail(categories=["education"]).headers["X-Message-Id"]
    processed, delivered = events()
    assert (processed["event"], delivered["event"]) == ("processed", "delivered")
    for event in (processed, delivered):
        assert event["sg_message_id"].startswith(f"{ref}.")
        assert event["email"] == "amina@example.org"
        assert (event["drip_attempt"], event["drip_message"]) == ("attempt-1", "message-1")
        assert event["category"] == ["education"]
    assert processed["sg_event_id"] != delivered["sg_event_id"]
    assert all(is_signed_by_sendgrid(sandbox, heard) for heard in ear.heard)


def test_the_line_end_is_part_of_what_is_signed(mail: Mail, events: Events, sandbox: Sandbox, ear: Ear) -> None:
    mail()
    events()
    heard = ear.heard[0]
    assert heard.body.endswith(b"]\r\n")
    hook = EventWebhook(sandbox.account.public_key())
    signature, at = (heard.headers[f"x-twilio-email-event-webhook-{name}"] for name in ("signature", "timestamp"))
    assert hook.verify_signature(heard.body.decode(), signature, at)
    assert not hook.verify_signature(heard.body.decode().rstrip(), signature, at)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("bounce", ["processed", "bounce"]),
        ("blocked", ["processed", "bounce"]),
        ("dropped", ["dropped"]),
        ("spam", ["processed", "delivered", "spamreport"]),
        ("unsubscribe+amina", ["processed", "delivered", "unsubscribe"]),
        ("deferred", ["processed", "deferred", "delivered"]),
        ("bouncer", ["processed", "delivered"]),
    ],
)
def test_some_addresses_say_what_becomes_of_their_mail(mail: Mail, events: Events, who: str, words: list[str]) -> None:
    mail(f"{who}@example.org")
    assert [event["event"] for event in events()] == words


def test_bounces_say_of_which_kind_they_are(mail: Mail, events: Events) -> None:
    mail("bounce@example.org")
    mail("blocked@example.org")
    bounces = [event for event in events() if event["event"] == "bounce"]
    assert {(event["email"].partition("@")[0], event["type"]) for event in bounces} == {
        ("bounce", "bounce"), ("blocked", "blocked"),
    }  # fmt: skip


def test_events_come_in_batches(mail: Mail, events: Events, ear: Ear) -> None:
    for _ in range(20):
        mail()
    assert len(events()) == 40
    assert len(ear.heard) < 40


def test_events_are_told_again_until_they_are_taken(mail: Mail, events: Events, ear: Ear) -> None:
    ear.answers[:] = [503]
    mail()
    told = events()
    assert len({event["sg_event_id"] for event in told}) == 2
    assert len(told) > 2


def test_a_doubled_event_keeps_its_name(mail: Mail, events: Events, sandbox: Sandbox) -> None:
    sandbox.script(receipts={"duplicate": 2})
    mail()
    told = events()
    assert len(told) == 4
    assert len({event["sg_event_id"] for event in told}) == 2


def test_a_forged_event_lies_and_is_wrongly_signed(mail: Mail, events: Events, sandbox: Sandbox, ear: Ear) -> None:
    sandbox.script(receipts={"forged": 1})
    mail()
    events()
    forged = [heard for heard in ear.heard if not is_signed_by_sendgrid(sandbox, heard)]
    assert [event["event"] for heard in forged for event in json.loads(heard.body)] == ["spamreport"] * 2


def test_a_reply_to_a_mail_comes_as_inbound_parse_posts_it(sandbox: Sandbox, mail: Mail, ear: Ear) -> None:
    mail(reply_to={"email": "replies+1@clinic.example"}, headers={"Message-ID": "<message-1@clinic.example>"})
    sandbox.reply("Amina@example.org", "Thank you.\nAmina")
    sandbox.settle()
    [heard] = [heard for heard in ear.heard if "inbound" in heard.path]
    assert heard.headers["authorization"] == f"Basic {base64.b64encode(b'drip:a@b').decode()}"
    posted = parts_of(heard)
    assert posted["text"] == "Thank you.\nAmina"
    assert (posted["from"], posted["to"]) == ("Amina@example.org", "replies+1@clinic.example")
    assert "In-Reply-To: <message-1@clinic.example>" in posted["headers"]
    assert json.loads(posted["envelope"])["from"] == "Amina@example.org"


def parts_of(heard: Heard) -> dict[str, str]:
    whole = b"Content-Type: " + heard.headers["content-type"].encode() + b"\r\n\r\n" + heard.body
    made: dict[str, str] = {}
    for part in BytesParser().parsebytes(whole).walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            made[str(part.get_param("name", header="content-disposition"))] = payload.decode()
    return made


def test_the_same_token_makes_the_same_keys() -> None:
    one, other, third = Account(auth_token="a"), Account(auth_token="a"), Account(auth_token="b")
    assert one.env_lines("http://x") == other.env_lines("http://x")
    assert {one.public_key(), one.account_sid, one.api_key, one.shared_key}.isdisjoint(
        {third.public_key(), third.account_sid, third.api_key, third.shared_key}
    )


def test_two_sandboxes_never_share_a_token_by_chance() -> None:
    assert Account().auth_token != Account().auth_token
