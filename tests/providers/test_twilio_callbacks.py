"""What Twilio tells us, and what others would like us to believe that it did."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.core.handover import Fault
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import Callback, News, Receipt, Reply
from drip.core.reason import Reason
from drip.providers.twilio import TwilioAccount, TwilioProvider
from drip.providers.twilio_callbacks import MOST_BYTES, SAYS, Secret, hear
from drip.providers.twilio_codes import CODES

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "twilio_vectors.json").read_text())
STATUSES = json.loads((HERE / "openapi" / "twilio_messages.json").read_text())["message_enum_status"]["enum"]

OURS = "AC" + "a1" * 16
MESSAGE = "SM" + "c3" * 16
PUBLIC = "https://drip.example.org"
PATIENT = "+447700900199"

Fields = Sequence[tuple[str, str]]

STATUS: Fields = (
    ("MessageSid", MESSAGE),
    ("SmsSid", MESSAGE),
    ("MessageStatus", "delivered"),
    ("SmsStatus", "delivered"),
    ("AccountSid", OURS),
    ("From", "+447700900001"),
    ("To", PATIENT),
    ("ApiVersion", "2010-04-01"),
)
INBOUND: Fields = (
    ("MessageSid", MESSAGE),
    ("SmsSid", MESSAGE),
    ("SmsStatus", "received"),
    ("AccountSid", OURS),
    ("From", PATIENT),
    ("To", "+447700900001"),
    ("Body", "I'd rather not & stop 100% 🙂"),
    ("NumMedia", "0"),
    ("FromCity", ""),
)


def a_provider(**unusual: str) -> TwilioProvider:
    account = TwilioAccount(**({"account_sid": OURS, "auth_token": "token-now"} | unusual))
    return TwilioProvider(account, public_url=PUBLIC)


def changed(fields: Fields, **changes: str) -> Fields:
    """The same form with other values, or more of them."""
    return [*((name, changes.pop(name, value)) for name, value in fields), *changes.items()]


def sign(url: str, fields: Fields, key: str = "token-now", by: str = "sha1") -> str:
    """Twilio's signature, by its description and not by its SDK."""
    told = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(key.encode(), told.encode(), getattr(hashlib, by)).digest()).decode()


def a_call(what: str, fields: Fields, *, url: str = "", **unusual: Any) -> Callback:
    """A callback that Twilio signed; say what is different."""
    url = url or f"{PUBLIC}/webhooks/twilio/{what}"
    signature = sign(url, fields, unusual.get("key", "token-now"), unusual.get("by", "sha1"))
    headers = {"x-twilio-signature": signature, "content-type": "application/x-www-form-urlencoded"}
    return Callback(what=what, url=url, headers=headers | unusual.get("headers", {}), body=urlencode(fields).encode())


def heard(what: str, fields: Fields, **unusual: Any) -> News:
    news = a_provider().hear(a_call(what, fields, **unusual))
    assert news is not None, "not believed"
    return news


def receipt(**changes: str) -> Receipt:
    (only,) = heard("status/attempt-7", changed(STATUS, **changes)).receipts
    return only


def reply(**changes: str) -> Reply:
    (only,) = heard("inbound", changed(INBOUND, **changes)).replies
    return only


# Receipts.


def test_a_receipt_names_the_attempt_the_message_and_its_state() -> None:
    assert receipt() == Receipt(
        provider="twilio",
        key=f"{MESSAGE}:delivered:",
        says=State.DELIVERED,
        attempt_id="attempt-7",
        provider_ref=MESSAGE,
    )


def test_a_receipt_without_an_attempt_has_the_message_alone() -> None:
    (only,) = heard("status", STATUS).receipts
    assert (only.attempt_id, only.provider_ref) == (None, MESSAGE)


@pytest.mark.parametrize("word", STATUSES)
def test_each_status_of_twilios_has_its_state_or_is_skipped(word: str) -> None:
    receipts = heard("status/attempt-7", changed(STATUS, MessageStatus=word)).receipts
    assert [receipt.says for receipt in receipts] == ([SAYS[word]] if word in SAYS else [])
    assert set(STATUSES) - set(SAYS) == {"receiving", "received", "partially_delivered"}


@pytest.mark.parametrize("word", ["", "exploded", "Delivered\0", "delivered "])
def test_a_status_nobody_knows_is_skipped(word: str) -> None:
    assert heard("status/attempt-7", changed(STATUS, MessageStatus=word)) == News()


@pytest.mark.parametrize(
    ("code", "fault", "closes"),
    [
        ("30003", Fault.ADDRESS, None),
        ("30004", Fault.ADDRESS, Reason.BOUNCED),
        ("30005", Fault.ADDRESS, Reason.BOUNCED),
        ("30006", Fault.ADDRESS, Reason.BOUNCED),
        ("21610", Fault.OPTED_OUT, Reason.SUPPRESSED_BY_PATIENT),
        ("30640", Fault.OPTED_OUT, Reason.SUPPRESSED_BY_PATIENT),
        ("30007", Fault.CONTENT, None),
        ("30034", Fault.ACCOUNT, None),
        ("30008", None, None),
        ("30036", None, None),
        ("39999", None, None),
    ],
)
@pytest.mark.parametrize("word", ["undelivered", "failed"])
def test_what_was_not_delivered_says_why(word: str, code: str, fault: Fault | None, closes: Reason | None) -> None:
    told = receipt(MessageStatus=word, ErrorCode=code)
    assert (told.says, told.fault, told.closes, told.code) == (State.UNDELIVERED, fault, closes, code)
    assert told.key == f"{MESSAGE}:{word}:{code}"


@pytest.mark.parametrize("code", ["", "0", "x", "30005; drop", "3" * 50, PATIENT])
def test_what_is_not_a_code_is_not_shown_as_one(code: str) -> None:
    assert receipt(MessageStatus="failed", ErrorCode=code).code == ""


def test_a_code_beside_a_delivery_closes_nothing() -> None:
    assert receipt(ErrorCode="30005").closes is None


def test_only_numbers_and_stops_close_an_address() -> None:
    closing = {meaning.fault for meaning in CODES.values() if meaning.closes}
    assert closing == {Fault.ADDRESS, Fault.OPTED_OUT}


@pytest.mark.parametrize(
    "what", ["status/", "status/../x", "status/a b", "status/a/b", "statuses", "", "voice", "status/" + "x" * 200]
)
def test_a_route_that_is_not_ours_is_not_believed(what: str) -> None:
    assert a_provider().hear(a_call(what, STATUS)) is None


@pytest.mark.parametrize("sid", ["", "SM1", "CA" + "c3" * 16, MESSAGE + "\n", MESSAGE + "'"])
@pytest.mark.parametrize(("what", "fields"), [("status/attempt-7", STATUS), ("inbound", INBOUND)])
def test_a_message_must_have_a_name(what: str, fields: Fields, sid: str) -> None:
    assert a_provider().hear(a_call(what, changed(fields, MessageSid=sid))) is None


# Replies.


def test_a_reply_is_who_wrote_and_what() -> None:
    assert reply() == Reply(
        provider="twilio",
        key=MESSAGE,
        channel=Channel.SMS,
        address=PATIENT,
        text="I'd rather not & stop 100% 🙂",
    )


def test_twilio_is_told_to_say_nothing() -> None:
    news = heard("inbound", INBOUND)
    assert (news.answer, news.answer_type) == ("<Response/>", "text/xml")


@pytest.mark.parametrize("kind", ["STOP", "START", "HELP"])
def test_what_twilio_has_answered_is_known_to_be_answered(kind: str) -> None:
    assert reply(OptOutType=kind).was_answered
    assert not reply().was_answered


def test_a_picture_without_words_is_a_reply_without_words() -> None:
    assert reply(Body="", NumMedia="1", MediaUrl0="https://api.twilio.com/x").text == ""


def test_a_nul_does_not_lose_a_stop() -> None:
    assert reply(Body="STOP\0").text == "STOP\ufffd"


@pytest.mark.parametrize("number", ["60777", "ProHealth", "whatsapp:+447700900199", "", "+44770090XXXX"])
def test_what_no_person_can_have_written_is_no_reply(number: str) -> None:
    assert heard("inbound", changed(INBOUND, From=number)).replies == ()


def test_nothing_of_a_reply_shows() -> None:
    assert [word for word in ("rather", "7700900199") if word in repr(heard("inbound", INBOUND))] == []


# Signatures.


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_twilios_own_examples_are_judged_as_twilio_does(case: Mapping[str, Any]) -> None:
    fields = [*map(tuple, case["params"])]
    callback = Callback(
        what="status",
        url=case["url"],
        headers={"x-twilio-signature": case["signature"]},
        body=urlencode(fields).encode(),
    )
    assert is_believed(callback, VECTORS["auth_token"]) is case["valid"]


def is_believed(callback: Callback, token: str) -> bool:
    """The examples have no account and no message: only the signature is looked at."""
    from drip.providers.twilio_callbacks import _is_signed, _read_form

    return _is_signed(callback, _read_form(callback.body), [Secret(token)])


@pytest.mark.parametrize("query", ["", "?x=1", "?b=2&a=1&a=0", "?x=%2B44", "?x="])
def test_the_whole_address_is_signed(query: str) -> None:
    url = f"{PUBLIC}/webhooks/twilio/status/attempt-7{query}"
    call = a_call("status/attempt-7", STATUS, url=url)
    assert a_provider().hear(call) is not None
    other = Callback(what=call.what, url=url + "&y=2", headers=call.headers, body=call.body)
    assert a_provider().hear(other) is None


@pytest.mark.parametrize("signed", ["https://drip.example.org", "https://drip.example.org:443"])
@pytest.mark.parametrize("ours", ["https://drip.example.org", "https://drip.example.org:443"])
def test_a_port_may_be_signed_or_not(signed: str, ours: str) -> None:
    path = "/webhooks/twilio/status/attempt-7"
    call = a_call("status/attempt-7", STATUS, url=signed + path)
    assert a_provider().hear(Callback(what=call.what, url=ours + path, headers=call.headers, body=call.body))


def test_a_status_for_one_attempt_is_not_believed_for_another() -> None:
    call = a_call("status/attempt-7", STATUS)
    other = f"{PUBLIC}/webhooks/twilio/status/attempt-8"
    forged = Callback(what="status/attempt-8", url=other, headers=call.headers, body=call.body)
    assert a_provider().hear(forged) is None


@pytest.mark.parametrize(
    "fields",
    [
        changed(STATUS, Blank=""),
        changed(STATUS, SomethingNew="since 2027", another="one"),
        [*STATUS, ("Twice", "b"), ("Twice", "a"), ("Twice", "a")],
        changed(STATUS, ChannelToAddress="+44770090XXXX", Ünicode="ß"),
        list(reversed(STATUS)),
    ],
    ids=["blank", "new", "twice", "foreign", "another order"],
)
def test_fields_that_we_do_not_know_are_signed_too(fields: Fields) -> None:
    assert len(heard("status/attempt-7", fields).receipts) == 1
    call = a_call("status/attempt-7", fields)
    more = Callback(what=call.what, url=call.url, headers=call.headers, body=call.body + b"&Extra=1")
    assert a_provider().hear(more) is None


def test_two_statuses_at_once_are_none() -> None:
    assert heard("status/attempt-7", [*STATUS, ("MessageStatus", "failed")]) == News()


@pytest.mark.parametrize(("key", "believed"), [("token-now", True), ("token-before", True), ("token-other", False)])
def test_the_previous_token_is_believed_while_it_is_being_changed(key: str, believed: bool) -> None:
    news = a_provider(previous_token="token-before").hear(a_call("status", STATUS, key=key))
    assert (news is not None) is believed


def test_an_empty_previous_token_opens_nothing() -> None:
    assert a_provider(previous_token="").hear(a_call("status", STATUS, key="")) is None


@pytest.mark.parametrize(
    ("key", "by", "believed"),
    [
        ("shared-secret", "sha256", True),
        ("shared-secret", "sha1", False),
        ("token-now", "sha256", False),
        ("token-now", "sha1", False),
    ],
)
@pytest.mark.parametrize("claims", [{}, {"x-twilio-webhooks-signature-settings": "key=id,algorithm=HMAC_SHA1"}])
def test_with_a_shared_key_nothing_else_is_believed(key: str, by: str, believed: bool, claims: dict[str, str]) -> None:
    provider = a_provider(webhook_key="webhooks_sharedkey_1:shared-secret")
    news = provider.hear(a_call("status", STATUS, key=key, by=by, headers=claims))
    assert (news is not None) is believed


def test_without_a_shared_key_a_callback_cannot_choose_one() -> None:
    claims = {"x-twilio-webhooks-signature-settings": "key=id,algorithm=HMAC_SHA256"}
    assert a_provider().hear(a_call("status", STATUS, by="sha256", headers=claims)) is None


def test_a_shared_key_may_hold_a_colon() -> None:
    provider = a_provider(webhook_key="id:sec:ret")
    assert provider.hear(a_call("status", STATUS, key="sec:ret", by="sha256")) is not None


@pytest.mark.parametrize("fields", [changed(STATUS, AccountSid="AC" + "b2" * 16), STATUS[:4]], ids=["other", "none"])
def test_another_account_is_not_believed(fields: Fields) -> None:
    assert a_provider().hear(a_call("status", fields)) is None


def test_where_twilio_cannot_call_us_nobody_is_believed() -> None:
    account = TwilioAccount(account_sid=OURS, auth_token="token-now")
    assert TwilioProvider(account).hear(a_call("status", STATUS)) is None


# Whatever else arrives.


@pytest.mark.parametrize("signature", ["", " ", "x", "ünïcode", "\udc80", "=" * 10_000, "RSOYDt4T1cUTdK1PDd93/VVr8B8="])
def test_a_wrong_signature_is_not_believed(signature: str) -> None:
    call = a_call("status", STATUS)
    for headers in ({"x-twilio-signature": signature}, {}):
        wrong = Callback(what=call.what, url=call.url, headers=headers, body=call.body)
        assert a_provider().hear(wrong) is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="not text"),
        pytest.param(b"Body=%ff%fe", id="not text, quoted"),
        pytest.param(b"&".join(b"a%d=1" % n for n in range(1000)), id="a thousand fields"),
        pytest.param(b"Body=" + b"a" * 10_000_000, id="ten megabytes"),
        pytest.param(b"Body=" + b"a" * MOST_BYTES, id="a little too long"),
        pytest.param(b'{"MessageSid": "SM"}', id="json"),
        pytest.param(b"\0" * 100, id="nul"),
    ],
)
def test_a_body_that_is_no_form_is_not_believed(body: bytes) -> None:
    url = f"{PUBLIC}/webhooks/twilio/status"
    signed = {"x-twilio-signature": sign(url, [])}
    assert a_provider().hear(Callback(what="status", url=url, headers=signed, body=body)) is None


@pytest.mark.parametrize(
    "url", ["", "https://drip.example.org:port/x", "https://[::1", "//", "\udc80", "http://a:99999/"]
)
def test_an_address_that_is_none_is_not_believed(url: str) -> None:
    call = a_call("status", STATUS)
    assert a_provider().hear(Callback(what="status", url=url, headers=call.headers, body=call.body)) is None


@given(what=st.text(), url=st.text(), headers=st.dictionaries(st.text(), st.text()), body=st.binary())
def test_nothing_that_arrives_unsigned_is_believed_or_raises(
    what: str, url: str, headers: dict[str, str], body: bytes
) -> None:
    callback = Callback(what=what, url=url, headers=headers, body=body)
    assert hear(callback, OURS, [Secret("token-now")]) is None


_WORDS = st.text(st.characters(codec="utf-8"), max_size=30)


@given(
    what=st.sampled_from(["status", "status/attempt-7", "inbound"]),
    changes=st.dictionaries(st.sampled_from([name for name, _ in (*STATUS, *INBOUND)]) | _WORDS, _WORDS),
)
def test_nothing_that_twilio_signs_raises(what: str, changes: dict[str, str]) -> None:
    call = a_call(what, changed(INBOUND if what == "inbound" else STATUS, **changes))
    news = hear(call, OURS, [Secret("token-now")])
    expected = changes.get("AccountSid", OURS) == OURS and changes.get("MessageSid", MESSAGE) == MESSAGE
    assert (news is not None) is expected
