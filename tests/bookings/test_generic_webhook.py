"""The generic webhook: who may post, and under which name their events are kept."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.bookings.generic_webhook import MOST_EVENTS, GenericWebhook, connect
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.registry import connected
from drip.bookings.source import Call, Connection, Hears
from drip.core.clinic import Clinic
from tests.bookings.conftest import an_event
from tests.signing import signed

NOW = datetime(2026, 3, 2, 8, 16, tzinfo=UTC)
VARIABLE = "DRIP_BOOKING_WEBHOOK_SECRETS"
KEY = "one-secret-that-is-long-enough"


def webhook(clinic: Clinic, secrets: str = KEY) -> GenericWebhook:
    """Connected by these secrets."""
    made = connect(Connection(clinic=clinic, told={VARIABLE: secrets}))
    assert made
    return made


def heard(source: GenericWebhook, told: object, key: str = KEY, at: datetime = NOW) -> list[Outcome] | None:
    """What a call signed with that key at that time comes to, heard at NOW."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    answer = source.hear(Call(headers={"drip-signature": signed(body, key, at)}, body=body), NOW)
    return list(answer.outcomes) if answer else None


def names(outcomes: list[Outcome] | None) -> list[str]:
    """The sources of what was parsed."""
    assert outcomes is not None
    return [one.source for one in outcomes if isinstance(one, Parsed)]


def test_it_is_on_the_list_of_sources_and_hears(clinic: Clinic) -> None:
    sources = connected(Connection(clinic=clinic, told={VARIABLE: KEY}))
    assert isinstance(sources["generic"], Hears)


@pytest.mark.parametrize("written", ["", " ", " , ,"])
def test_without_a_secret_it_is_not_connected(written: str, clinic: Clinic) -> None:
    assert connect(Connection(clinic=clinic, told={VARIABLE: written})) is None


def test_one_event_or_several(clinic: Clinic) -> None:
    source = webhook(clinic)
    assert names(heard(source, an_event())) == ["generic"]
    assert names(heard(source, [an_event(), an_event(event_id="e-2")])) == ["generic", "generic"]
    assert heard(source, []) == []


def test_a_secret_may_be_changed_while_calls_go_on(clinic: Clinic) -> None:
    source = webhook(clinic, "new-secret, old-secret")
    assert names(heard(source, an_event(), "new-secret")) == names(heard(source, an_event(), "old-secret"))
    assert heard(source, an_event(), "older-secret") is None


def test_a_secret_with_a_name_keeps_events_under_that_name(clinic: Clinic) -> None:
    source = webhook(clinic, "plain,north:secret-of-north,north:its-next-one,south_2:secret-of-south")
    said = [
        names(heard(source, an_event(), key)) for key in ("plain", "secret-of-north", "its-next-one", "secret-of-south")
    ]
    assert said == [["generic"], ["north"], ["north"], ["south_2"]]


@pytest.mark.parametrize("written", ["North:x", "drip:x", "staff:x", ":x", "north:", "a b:x", "x" * 41 + ":x", "a:b:c"])
def test_a_name_that_cannot_be_is_said_without_the_secret(written: str, clinic: Clinic) -> None:
    with pytest.raises(ValueError, match=VARIABLE) as error:
        connect(Connection(clinic=clinic, told={VARIABLE: f"fine, {written}"}))
    assert written not in str(error.value)


def test_no_secret_shows(clinic: Clinic) -> None:
    assert KEY not in repr(webhook(clinic, f"{KEY},north:{KEY}"))


def test_another_header_is_not_looked_at(clinic: Clinic) -> None:
    body = json.dumps(an_event()).encode()
    signature = signed(body, KEY, NOW)
    assert webhook(clinic).hear(Call(headers={"x-signature": signature}, body=body), NOW) is None
    twice = f"{signature}, {signature}"
    assert webhook(clinic).hear(Call(headers={"drip-signature": twice}, body=body), NOW) is None


def test_more_than_a_thousand_are_refused_from_there_on(clinic: Clinic) -> None:
    outcomes = heard(webhook(clinic), [an_event()] * (MOST_EVENTS + 5))
    assert outcomes is not None
    assert [type(one) for one in outcomes] == [Parsed] * MOST_EVENTS + [Rejected]
    assert outcomes[-1].index == MOST_EVENTS


@pytest.mark.parametrize(
    ("told", "says"),
    [(b"", "nothing"), (b" \n", "nothing"), (b"oops", "not valid JSON"), (b"{} {}", "after the end"),
     (b'{"a": 1}\n{"b": 2}', "as a list"), (b"[{}", "comma or end"), (b"event_id,kind\n", "not valid JSON")],
)  # fmt: skip
def test_only_one_event_or_a_list_is_read(told: bytes, says: str, clinic: Clinic) -> None:
    outcomes = heard(webhook(clinic), told)
    assert outcomes
    assert any(isinstance(one, Rejected) and says in one.message for one in outcomes)


def test_the_words_of_each_event_are_kept(clinic: Clinic) -> None:
    first, second = json.dumps(an_event()), json.dumps(an_event(event_id="e-2"), indent=1)
    outcomes = heard(webhook(clinic), f"[{first}, {second}]".encode())
    assert outcomes
    assert [one.raw for one in outcomes if isinstance(one, Parsed)] == [first.encode(), second.encode()]


@given(
    header=st.text(max_size=100) | st.from_regex(r"t=[0-9]{1,20},v1=[0-9a-f]{60,70}", fullmatch=True), body=st.binary()
)
def test_no_header_is_believed_that_nobody_signed(header: str, body: bytes, clinic: Clinic) -> None:
    assert webhook(clinic).hear(Call(headers={"drip-signature": header}, body=body), NOW) is None


@given(
    body=st.binary()
    | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(lambda one: json.dumps(one).encode())
)
def test_any_body_that_is_signed_is_read_or_refused(body: bytes, clinic: Clinic) -> None:
    outcomes = heard(webhook(clinic), body)
    assert outcomes is not None
    assert all(isinstance(one, Parsed | Rejected) for one in outcomes)
