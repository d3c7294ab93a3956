"""What SendGrid calls us with: events in batches, replies as forms, and what strangers make of both."""

import json
import logging
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3.filepost import encode_multipart_formdata

from drip.core.handover import Fault
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import Callback, News, Receipt, Reply
from drip.core.reason import Reason
from drip.providers.sendgrid import SendGridAccount, SendGridProvider
from drip.providers.sendgrid_events import BOUNCES, DROPS, EVENTS

from .contract import CANARIES, NINE, a_callback

VECTORS = json.loads((Path(__file__).parent / "sendgrid_vectors.json").read_text())
SIGNED = VECTORS["signed"]
MESSAGE_ID = "0123456789abcdef0123456789abcdef"


def public(key: ec.EllipticCurvePrivateKey) -> str:
    return b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


EVENTS_KEY = ec.generate_private_key(ec.SECP256R1())
INBOUND_KEY = ec.generate_private_key(ec.SECP256R1())


def listening(**unusual: str) -> SendGridProvider:
    told = {"api_key": "SG.key", "webhook_public_key": public(EVENTS_KEY), "inbound_secret": "drip:hush"} | unusual
    return SendGridProvider(SendGridAccount(**told))


PROVIDER = listening()


def signed(body: bytes, key: ec.EllipticCurvePrivateKey = EVENTS_KEY, at: str = "1600112502") -> dict[str, str]:
    signature = b64encode(key.sign(at.encode() + body, ec.ECDSA(SHA256()))).decode()
    return {
        "x-twilio-email-event-webhook-signature": signature,
        "x-twilio-email-event-webhook-timestamp": at,
    }


def hear_events(events: Any) -> News:
    body = json.dumps(events).encode() + b"\r\n"
    news = PROVIDER.hear(a_callback(what="events", headers=signed(body), body=body))
    assert news is not None
    assert news.replies == ()
    return news


def an_event(**unusual: Any) -> dict[str, Any]:
    """A delivery, as SendGrid tells of it; None takes a part away."""
    ordinary = {
        "email": "canary@example.org",
        "timestamp": int(NINE.timestamp()),
        "smtp-id": "<message-1@clinic.example>",
        "event": "delivered",
        "response": "250 OK",
        "sg_event_id": "ZGVsaXZlcmVk",
        "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
        "drip_attempt": "attempt-1",
    }
    return {name: value for name, value in (ordinary | unusual).items() if value is not None}


def heard(**unusual: Any) -> Receipt:
    (receipt,) = hear_events([an_event(**unusual)]).receipts
    return receipt


# Who says so


def a_signed_callback(**unusual: str) -> Callback:
    told = SIGNED | unusual
    headers = {
        "x-twilio-email-event-webhook-signature": told["signature"],
        "x-twilio-email-event-webhook-timestamp": told["timestamp"],
    }
    return a_callback(what="events", headers=headers, body=told["payload"].encode())


def test_a_callback_that_sendgrid_signed_is_believed() -> None:
    news = listening(webhook_public_key=SIGNED["public_key"]).hear(a_signed_callback())
    assert news is not None
    (receipt,) = news.receipts
    assert receipt.closes is Reason.BOUNCED
    assert receipt.provider_ref == "LRzXl_NHStOGhQ4kofSm_A"


@pytest.mark.parametrize("changed", [pytest.param(one, id=one["what"]) for one in SIGNED["wrong"]])
def test_a_callback_that_was_changed_is_not(changed: dict[str, str]) -> None:
    assert listening(webhook_public_key=(SIGNED | changed)["public_key"]).hear(a_signed_callback(**changed)) is None


@pytest.mark.parametrize("missing", ["signature", "timestamp"])
def test_a_callback_with_half_a_signature_is_not_believed(missing: str) -> None:
    callback = a_signed_callback()
    headers = {name: value for name, value in callback.headers.items() if not name.endswith(missing)}
    provider = listening(webhook_public_key=SIGNED["public_key"])
    assert provider.hear(a_callback(what="events", headers=headers, body=callback.body)) is None


@pytest.mark.parametrize("at", ["", "-1", "1.5", "1e9", " 1600112502", "\u0661\u0662", "9" * 21, "then"])
def test_a_time_that_is_no_whole_number_is_not_believed(at: str) -> None:
    body = b"[]"
    signature = b64encode(EVENTS_KEY.sign(at.encode() + body, ec.ECDSA(SHA256()))).decode()
    headers = {
        "x-twilio-email-event-webhook-signature": signature,
        "x-twilio-email-event-webhook-timestamp": at,
    }
    assert PROVIDER.hear(a_callback(what="events", headers=headers, body=body)) is None


def test_without_a_key_no_event_is_believed() -> None:
    callback = a_callback(what="events", headers=signed(b"[]"), body=b"[]")
    assert listening(webhook_public_key="").hear(callback) is None


@pytest.mark.parametrize("what", ["", "status", "Events", "events/", "events/attempt-1", "../events"])
def test_a_signed_callback_elsewhere_is_not_heard(what: str) -> None:
    assert PROVIDER.hear(a_callback(what=what, headers=signed(b"[]"), body=b"[]")) is None


def test_a_key_may_be_pasted_with_line_ends() -> None:
    written = public(EVENTS_KEY)
    provider = listening(webhook_public_key=f" {written[:64]}\n{written[64:]}\n")
    assert provider.hear(a_callback(what="events", headers=signed(b"[]"), body=b"[]")) == News()


# What became of a mail


def test_a_delivery_names_our_attempt_their_reference_and_the_time() -> None:
    assert heard() == Receipt(
        provider="sendgrid",
        key="ZGVsaXZlcmVk",
        says=State.DELIVERED,
        attempt_id="attempt-1",
        provider_ref="LRzXl_NHStOGhQ4kofSm_A",
        code="delivered",
        address="canary@example.org",
        at=NINE,
    )


Means = tuple[State | None, Fault | None, Reason | None, str]

MEANINGS: list[tuple[dict[str, Any], Means]] = [
    ({"event": "processed"}, (State.ACCEPTED, None, None, "processed")),
    ({"event": "Processed"}, (State.ACCEPTED, None, None, "processed")),
    ({"event": "delivered"}, (State.DELIVERED, None, None, "delivered")),
    ({"event": "deferred", "response": "400 try again later"}, (State.ACCEPTED, None, None, "400")),
    ({"event": "deferred", "response": "451-4.3.0 later"}, (State.ACCEPTED, None, None, "4.3.0")),
    ({"event": "deferred", "response": "4511 canary"}, (State.ACCEPTED, None, None, "deferred")),
    (
        {"event": "bounce", "type": "bounce", "status": "5.1.1"},
        (State.UNDELIVERED, Fault.ADDRESS, Reason.BOUNCED, "5.1.1"),
    ),
    (
        {"event": "bounce", "type": "bounce", "status": "5.0.0"},
        (State.UNDELIVERED, Fault.ADDRESS, Reason.BOUNCED, "bounce:bounce"),
    ),
    (
        {"event": "bounce", "type": "blocked", "status": "canary@example.org"},
        (State.UNDELIVERED, Fault.ADDRESS, None, "bounce:blocked"),
    ),
    ({"event": "bounce", "type": "expired"}, (State.UNDELIVERED, Fault.ADDRESS, None, "bounce:expired")),
    ({"event": "bounce"}, (State.UNDELIVERED, Fault.ADDRESS, None, "bounce")),
    ({"event": "bounce", "type": "a new kind"}, (State.UNDELIVERED, Fault.ADDRESS, None, "bounce")),
    (
        {"event": "dropped", "reason": "Bounced Address"},
        (State.UNDELIVERED, Fault.ADDRESS, Reason.BOUNCED, "dropped:bounced address"),
    ),
    (
        {"event": "dropped", "reason": "Invalid"},
        (State.UNDELIVERED, Fault.ADDRESS, Reason.BOUNCED, "dropped:invalid"),
    ),
    (
        {"event": "dropped", "reason": "Unsubscribed Address"},
        (State.UNDELIVERED, Fault.OPTED_OUT, Reason.SUPPRESSED_BY_PATIENT, "dropped:unsubscribed address"),
    ),
    (
        {"event": "dropped", "reason": "Spam Reporting Address"},
        (State.UNDELIVERED, Fault.OPTED_OUT, Reason.COMPLAINED, "dropped:spam reporting address"),
    ),
    (
        {"event": "dropped", "reason": "Recipient List over Package Quota"},
        (State.UNDELIVERED, Fault.ACCOUNT, None, "dropped:recipient list over package quota"[:40]),
    ),
    (
        {"event": "dropped", "reason": "Invalid SMTPAPI header"},
        (State.UNDELIVERED, Fault.CONTENT, None, "dropped"),
    ),
    ({"event": "dropped", "reason": "a canary sings"}, (State.UNDELIVERED, Fault.CONTENT, None, "dropped")),
    ({"event": "spamreport"}, (None, None, Reason.COMPLAINED, "spamreport")),
    ({"event": "unsubscribe"}, (None, None, Reason.SUPPRESSED_BY_PATIENT, "unsubscribe")),
    ({"event": "group_unsubscribe"}, (None, None, Reason.SUPPRESSED_BY_PATIENT, "group_unsubscribe")),
]


@pytest.mark.parametrize(("event", "means"), MEANINGS, ids=[str(index) for index in range(len(MEANINGS))])
def test_each_event_means_one_thing(event: dict[str, Any], means: Means) -> None:
    receipt = heard(**event)
    assert (receipt.says, receipt.fault, receipt.closes, receipt.code) == means


def test_every_word_in_the_tables_is_tried_above() -> None:
    tried = [event for event, _ in MEANINGS]
    assert {event["event"] for event in tried} >= EVENTS.keys()
    assert {event.get("type") for event in tried} >= BOUNCES.keys()
    assert {str(event.get("reason")).lower() for event in tried} >= DROPS.keys()


@pytest.mark.parametrize("word", ["open", "click", "group_resubscribe", "account_status_change", "", "toast", 7, None])
def test_a_word_that_is_not_in_the_table_is_skipped(word: Any) -> None:
    assert hear_events([an_event(event=word)]) == News()


@pytest.mark.parametrize(
    ("told", "ours"),
    [("attempt-1", "attempt-1"), ("../up", None), ("", None), ("x" * 41, None), (7, None), (["a"], None), (None, None)],
)
def test_an_attempt_is_only_what_can_be_an_id_of_ours(told: Any, ours: str | None) -> None:
    assert heard(drip_attempt=told).attempt_id == ours


@pytest.mark.parametrize(
    ("told", "ref"),
    [("-Rz_Xl.recvd-1", "-Rz_Xl"), ("abc", "abc"), ("a b.c", None), (".recvd", None), ("é.x", None), (None, None)],
)
def test_their_reference_is_what_stands_before_the_first_dot(told: Any, ref: str | None) -> None:
    assert heard(sg_message_id=told).provider_ref == ref


@pytest.mark.parametrize("told", [None, "", "x" * 101, 7, "ł", "a\nb", ["a"]])
def test_an_event_without_a_name_gets_the_same_one_each_time(told: Any) -> None:
    first, again, other = heard(sg_event_id=told), heard(sg_event_id=told), heard(sg_event_id=told, timestamp=1)
    assert first.key == again.key != other.key
    assert 0 < len(first.key) <= 100
    assert first.key.isascii()


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (1781164800, NINE),
        ("1781164800", NINE),
        (1781164800000, NINE),
        (None, None),
        (True, None),
        ("soon", None),
        (1.5, None),
        (-(10**30), None),
        (10**30, None),
        ([], None),
    ],
)
def test_a_time_is_read_where_there_is_one(told: Any, at: datetime | None) -> None:
    assert heard(timestamp=told).at == at


@pytest.mark.parametrize("told", [None, "", "@", "nobody", "a@b\nBcc: c@d", "x" * 400 + "@example.org", 7, "a@\ud800b"])
def test_what_is_no_address_is_left_out(told: Any) -> None:
    assert heard(email=told).address is None


def test_an_event_that_says_of_nobody_is_skipped() -> None:
    assert hear_events([an_event(email=None, sg_message_id=None, drip_attempt=None)]) == News()


def test_an_unsubscribe_closes_the_address_even_if_the_mail_is_not_known() -> None:
    receipt = heard(event="unsubscribe", sg_message_id=None, drip_attempt=None, sg_event_id=None)
    assert receipt.address == "canary@example.org"
    assert receipt.closes is Reason.SUPPRESSED_BY_PATIENT


BAD: list[Any] = [
    None,
    7,
    "event",
    [],
    {},
    {"event": {"a": 1}},
    {"event": "bounce"},
    [[an_event()]],
    {"email": "a@b.c"},
]


@pytest.mark.parametrize("bad", BAD, ids=[str(index) for index in range(len(BAD))])
def test_one_bad_event_takes_no_other_with_it(bad: Any) -> None:
    news = hear_events([an_event(sg_event_id="one"), bad, an_event(sg_event_id="two")])
    assert [receipt.key for receipt in news.receipts] == ["one", "two"]


def test_what_a_mail_server_said_in_no_known_alphabet_takes_no_event_with_it() -> None:
    body = json.dumps([an_event(event="bounce", type="blocked", reason="@@")]).encode().replace(b"@@", b"\xff\x01\xfe")
    news = PROVIDER.hear(a_callback(what="events", headers=signed(body), body=body))
    assert news is not None
    assert len(news.receipts) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"null", b"\xff", b"9" * 5000], ids=range(6))
def test_a_signed_callback_that_says_nothing_is_answered_and_not_sent_again(body: bytes) -> None:
    assert PROVIDER.hear(a_callback(what="events", headers=signed(body), body=body)) == News()


def test_no_more_than_ten_thousand_events_are_read_at_once() -> None:
    news = hear_events([an_event(sg_event_id=str(number)) for number in range(10_001)])
    assert len(news.receipts) == 10_000


EXPECTED = {0: 8, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 21: 1, 22: 1, 23: 1, 24: 1, 25: 1}
"""How many receipts are in each of the documented batches; none in the others."""


@pytest.mark.parametrize("number", range(len(VECTORS["events"]["batches"])))
def test_every_documented_batch_is_read(number: int) -> None:
    news = hear_events(VECTORS["events"]["batches"][number])
    assert len(news.receipts) == EXPECTED.get(number, 0)


# What a patient wrote


HEADERS = (
    "Received: by mail.example.org\n"
    "From: Philippa Canary <Canary@example.org>\n"
    "To: care@clinic.example\n"
    "Subject: Re: Your visit\n"
    "Message-ID: <reply-1@mail.example.org>\n"
    f"In-Reply-To: <{MESSAGE_ID}@clinic.example>\n"
    "MIME-Version: 1.0\n"
    'Content-Type: multipart/alternative;\n boundary="b1"\n'
)


def a_form(**unusual: str | bytes | None) -> tuple[bytes, str]:
    """A reply, as Inbound Parse takes it apart; None takes a part away."""
    ordinary: dict[str, str | bytes | None] = {
        "headers": HEADERS,
        "from": "Philippa Canary <Canary@example.org>",
        "to": "care@clinic.example",
        "subject": "Re: Your visit",
        "text": "a canary sings.\r\n\r\nOn Thu, 11 Jun 2026 at 09:00, ProHealth wrote:\r\n> Hello",
        "charsets": json.dumps({"text": "UTF-8", "html": "UTF-8"}),
        "envelope": json.dumps({"to": ["care@clinic.example"], "from": "canary@example.org"}),
        "attachments": "0",
    }
    fields = {name: value for name, value in (ordinary | unusual).items() if value is not None}
    return encode_multipart_formdata(fields)


def basic(pair: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def replied(form: tuple[bytes, str]) -> News:
    body, kind = form
    news = PROVIDER.hear(a_callback(what="inbound", headers={"content-type": kind, **basic("drip:hush")}, body=body))
    assert news is not None
    return news


def the_reply(**unusual: str | bytes | None) -> Reply:
    (reply,) = replied(a_form(**unusual)).replies
    return reply


THE_REPLY = Reply(
    provider="sendgrid",
    key="<reply-1@mail.example.org>",
    channel=Channel.EMAIL,
    address="canary@example.org",
    text="a canary sings.",
    answers=MESSAGE_ID,
)


def test_a_reply_names_who_wrote_what_and_which_message_it_answers() -> None:
    assert the_reply() == THE_REPLY


def test_a_reply_that_comes_whole_says_the_same() -> None:
    mail = HEADERS.replace('multipart/alternative;\n boundary="b1"', "text/plain") + "\na canary sings.\n"
    assert the_reply(email=mail.replace("\n", "\r\n"), headers=None, text=None) == THE_REPLY


def test_a_reply_whose_mail_had_only_a_page_is_read_from_it() -> None:
    assert the_reply(text=None, html="<p>a canary sings.</p>") == THE_REPLY


def test_a_reply_without_its_headers_still_says_who_wrote_what() -> None:
    reply = the_reply(headers=None)
    assert (reply.address, reply.text) == ("canary@example.org", "a canary sings.")
    assert reply.key == the_reply(headers=None).key


@pytest.mark.parametrize("charset", ["iso-8859-2", "utf-16", "windows-1250"])
def test_a_reply_in_another_alphabet_is_read_as_it_was_written(charset: str) -> None:
    reply = the_reply(text="boli mniej, dziękuję".encode(charset), charsets=json.dumps({"text": charset}))
    assert reply.text == "boli mniej, dziękuję"


@pytest.mark.parametrize(
    "charsets", ["", "{", "[]", '{"text": 7}', '{"text": "x\\r\\nX: y"}', "[" * 9000], ids=range(6)
)
def test_a_reply_with_no_readable_alphabet_is_taken_for_the_usual_one(charsets: str) -> None:
    assert the_reply(charsets=charsets) == THE_REPLY


@pytest.mark.parametrize(
    "line", ["Auto-Submitted: auto-replied", "Precedence: bulk", "Content-Type: multipart/report; report-type=x"]
)
def test_an_automatic_answer_is_no_reply(line: str) -> None:
    assert replied(a_form(headers=f"{line}\n{HEADERS}")) == News()


def test_an_attachment_is_passed_over() -> None:
    body, kind = encode_multipart_formdata(
        {
            "attachment1": ("knee.jpg", b"\xff\xd8" * 400_000, "image/jpeg"),
            "attachment-info": "{}",
            "headers": HEADERS,
            "text": "a canary sings.",
        }
    )
    assert replied((body, kind)).replies == (THE_REPLY,)


def test_a_reply_that_is_very_long_is_cut_and_kept() -> None:
    reply = the_reply(text="a canary sings. " * 200_000)
    assert reply.text.startswith("a canary sings.")
    assert len(reply.text) <= 5000


@pytest.mark.parametrize(
    "headers", ["\n\n\n", ": x\n", "no colon\nBcc: x\n", "\0\n", HEADERS + "\n\nInjected: yes\n\nwords"]
)
def test_odd_headers_do_not_lose_the_words(headers: str) -> None:
    assert the_reply(headers=headers).text == "a canary sings."


def test_a_post_that_ends_too_early_counts_as_far_as_it_came() -> None:
    body, kind = a_form()
    cut = body.index(b'name="charsets"') - 40
    assert replied((body[:cut], kind)).replies == (THE_REPLY,)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", ""),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b"--b\r\n", "multipart/form-data; boundary=b"),
        (b"x" * 5000, "multipart/form-data; boundary=b"),
        (b"\0", "multipart/form-data; boundary=" + "b" * 300),
        (b"--b\r\n" + b"x" * 9000 + b": y\r\n", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Disposition: form-data; name=text\r\n\r\nhi\r\n--b--", "multipart/form-data; boundary=b"),
        (b"--b", "multipart/form-data; boundary=\u0142"),
    ],
    ids=range(8),
)
def test_a_post_that_cannot_be_read_says_nothing(body: bytes, kind: str) -> None:
    headers = {"content-type": kind, **basic("drip:hush")}
    assert PROVIDER.hear(a_callback(what="inbound", headers=headers, body=body)) in (News(), None)


# Who may say what a patient wrote


@pytest.mark.parametrize(
    "told",
    [
        {},
        basic("drip:wrong"),
        basic("drip:hus"),
        basic("drip"),
        basic(""),
        {"authorization": "Basic"},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic ł"},
        {"authorization": basic("drip:hush")["authorization"].replace("Basic", "Bearer")},
        {"authorization": "drip:hush"},
    ],
    ids=range(10),
)
def test_a_reply_without_the_right_password_is_not_believed(told: dict[str, str]) -> None:
    body, kind = a_form()
    assert PROVIDER.hear(a_callback(what="inbound", headers={"content-type": kind, **told}, body=body)) is None


def test_without_a_password_or_a_key_no_reply_is_believed() -> None:
    body, kind = a_form()
    for told in ({}, basic(""), basic(":"), signed(body)):
        callback = a_callback(what="inbound", headers={"content-type": kind, **told}, body=body)
        assert listening(inbound_secret="").hear(callback) is None


def test_a_reply_may_be_signed_instead() -> None:
    provider = listening(inbound_secret="", inbound_public_key=public(INBOUND_KEY))
    body, kind = a_form()
    right = a_callback(what="inbound", headers={"content-type": kind, **signed(body, INBOUND_KEY)}, body=body)
    wrong = a_callback(what="inbound", headers={"content-type": kind, **signed(body, EVENTS_KEY)}, body=body)
    assert provider.hear(right) == News(replies=(THE_REPLY,))
    assert provider.hear(wrong) is None


def test_with_a_password_and_a_key_both_must_be_right() -> None:
    provider = listening(inbound_public_key=public(INBOUND_KEY))
    body, kind = a_form()
    proofs = [signed(body, INBOUND_KEY), basic("drip:hush")]
    for told in ({}, *proofs):
        assert provider.hear(a_callback(what="inbound", headers={"content-type": kind, **told}, body=body)) is None
    both = {"content-type": kind, **proofs[0], **proofs[1]}
    assert provider.hear(a_callback(what="inbound", headers=both, body=body)) == News(replies=(THE_REPLY,))


# Strangers


HEADER_VALUES = st.text(max_size=60) | st.sampled_from(list(signed(b"[]").values()))


@settings(max_examples=150, deadline=timedelta(seconds=2))
@given(
    what=st.sampled_from(["events", "inbound", "status", ""]),
    names=st.dictionaries(st.sampled_from([*signed(b""), "authorization", "content-type"]), HEADER_VALUES, max_size=4),
    body=st.binary(max_size=400),
)
def test_whatever_strangers_send_is_not_believed_and_breaks_nothing(
    what: str, names: dict[str, str], body: bytes
) -> None:
    if body != b"[]":
        assert PROVIDER.hear(a_callback(what=what, headers=names, body=body)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=timedelta(seconds=2))
@given(changes=st.dictionaries(st.sampled_from([*an_event(), "type", "reason", "status"]), JSON, max_size=4))
def test_whatever_an_event_holds_the_next_is_read(changes: dict[str, Any]) -> None:
    news = hear_events([an_event(event="bounce", type="bounce") | changes, an_event(sg_event_id="next")])
    assert news.receipts[-1].key == "next"
    assert all(len(receipt.code) <= 40 and len(receipt.key) <= 120 for receipt in news.receipts)


@settings(max_examples=150, deadline=timedelta(seconds=2))
@given(body=st.binary(max_size=600), boundary=st.sampled_from(["", "b", "--"]))
def test_whatever_a_form_holds_it_is_read_without_harm(body: bytes, boundary: str) -> None:
    begun = b"--" + boundary.encode() + b"\r\nContent-Disposition: form-data; name=headers\r\n\r\n" + body
    headers = {"content-type": f"multipart/form-data; boundary={boundary}", **basic("drip:hush")}
    assert PROVIDER.hear(a_callback(what="inbound", headers=headers, body=begun)) is not None


def test_nothing_personal_shows_in_reprs_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reason = {"reason": "550 canary@example.org: a canary sings", "status": "a canary sings"}
    events = hear_events([an_event(event="bounce", type="bounce", **reason), an_event(event="dropped", **reason)])
    seen = f"{events} {replied(a_form())} {caplog.text}"
    assert [canary for canary in (*CANARIES, "Canary@example.org", "hush") if canary in seen] == []
