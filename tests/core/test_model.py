"""The vocabularies, and the sequences and clinics written in them."""

from zoneinfo import ZoneInfo

import pytest

from drip.core.clinic import Caps, Clinic, Site, hours_for
from drip.core.letter import Letter, Words
from drip.core.model import AnchorKind, Channel, EventKind, Purpose, Send
from drip.core.reason import Reason
from drip.core.sequence import Review, Step
from drip.core.window import ANY
from tests.core.build import LONDON, MONDAY_MORNING, a_sequence, a_step, a_text, a_window

NEW_YORK = ZoneInfo("America/New_York")


def a_site(site_id: str = "bedford") -> Site:
    return Site(
        id=site_id,
        name="The Village Medical Centre",
        address=("Kingswood Way",),
        phone="+441234380345",
        zone=LONDON,
        country="GB",
        window=a_window(),
    )


def test_safety_goes_first_and_marketing_last() -> None:
    in_order = sorted(Purpose, key=lambda purpose: purpose.rank)

    assert in_order == ["safety", "service", "care", "feedback", "marketing"]


def test_every_reason_is_in_snake_case_and_has_its_own_sentence_for_people() -> None:
    sentences = [reason.sentence for reason in Reason if reason]

    assert all(sentences)
    assert len(set(sentences)) == len(sentences)
    assert all(reason == reason.lower() and reason.replace("_", "a").isalpha() for reason in Reason if reason)
    assert Reason.NONE.sentence == ""


def test_a_channel_knows_the_other() -> None:
    assert Channel.EMAIL.other is Channel.SMS
    assert Channel.SMS.other is Channel.EMAIL


def test_only_visits_and_treatments_happen_at_the_site() -> None:
    assert {anchor for anchor in AnchorKind if anchor.is_at_the_site} == {"appointment", "appointment_end", "treatment"}


def test_events_are_about_appointments_or_about_us_by_name() -> None:
    about_us = {kind for kind in EventKind if kind.is_our_own}

    assert about_us == {
        "enrolment.started", "enrolment.ended",
        "reply.stop", "reply.start", "reply.help", "reply.red_flag", "reply.answer",
        "reply.choice", "staff.alert", "staff.ended", "staff.resumed",
    }  # fmt: skip
    assert {kind for kind in about_us if not kind.is_of_the_moment} == {"enrolment.started", "enrolment.ended"}
    assert sum(kind.is_about_an_appointment for kind in EventKind) == 5


@pytest.mark.parametrize(
    ("step", "channels", "slots", "may_turn"),
    [
        pytest.param(a_step(), ["email"], ["email"], False, id="an email"),
        pytest.param(a_text(), ["sms"], ["sms"], False, id="a text"),
        pytest.param(a_step(sms="words"), ["email", "sms"], ["email", "sms"], False, id="both: two rows"),
        pytest.param(
            a_step(sms="words", send=Send.EMAIL_THEN_SMS), ["email", "sms"], ["email"], True, id="email, then text"
        ),
        pytest.param(
            a_step(sms="words", send=Send.SMS_THEN_EMAIL), ["sms", "email"], ["sms"], True, id="text, then email"
        ),
        pytest.param(a_text(send=Send.EMAIL_THEN_SMS), ["sms"], ["sms"], False, id="nothing to turn to"),
    ],
)
def test_a_step_goes_by_the_channels_it_has_words_for(
    step: Step, channels: list[str], slots: list[str], may_turn: bool
) -> None:
    assert list(step.channels) == channels
    assert list(step.slots) == slots
    assert step.may_turn is may_turn


def test_a_step_has_a_template_per_channel() -> None:
    step = a_step(email="long", sms="short")

    assert step.template(Channel.EMAIL) == "long"
    assert step.template(Channel.SMS) == "short"


def test_a_sequence_finds_a_step_by_its_id_and_knows_its_place() -> None:
    sequence = a_sequence("advice", a_step("first"), a_step("second"))

    assert sequence.step("second") is sequence.steps[1]
    assert sequence.step("third") is None
    assert [sequence.position(step) for step in ("first", "second", "third")] == [0, 1, 2]


def test_content_awaits_approval_until_a_clinician_is_named() -> None:
    assert Review(author="A. Writer", approved_by="awaiting").is_awaited
    assert not Review(author="A. Writer", approved_by="B. Reviewer").is_awaited


def test_caps_are_kept_per_channel() -> None:
    caps = Caps()

    assert [caps.per_day(channel) for channel in (Channel.SMS, Channel.EMAIL)] == [1, 1]
    assert [caps.per_week(channel) for channel in (Channel.SMS, Channel.EMAIL)] == [3, 2]


def test_a_site_that_is_not_known_or_not_said_is_the_first_one() -> None:
    clinic = Clinic(
        name="ProHealth",
        phone="",
        email="",
        website="",
        zone=LONDON,
        country="GB",
        sites=(a_site("bedford"), a_site("london")),
    )

    assert clinic.site("london").id == "london"
    assert clinic.site("paris").id == "bedford"
    assert clinic.site(None).id == "bedford"


def test_marketing_is_never_consented_to_by_default() -> None:
    clinic = Clinic(name="", phone="", email="", website="", zone=LONDON, country="GB", sites=(a_site(),))

    assert clinic.consent_by_default == set(Purpose) - {Purpose.MARKETING}


def test_a_sequence_goes_by_its_own_window_else_by_the_sites() -> None:
    site = a_site()

    assert hours_for(a_sequence(), site, None).window == a_window()
    assert hours_for(a_sequence(window=ANY), site, None).window is ANY
    assert hours_for(a_sequence(window=a_window("20:00", "06:00")), site, None).window == a_window("20:00", "06:00")


def test_a_visits_messages_go_by_the_sites_clock_and_others_by_the_patients() -> None:
    assert hours_for(a_sequence(anchor=AnchorKind.APPOINTMENT), a_site(), NEW_YORK).zone == LONDON
    assert hours_for(a_sequence(anchor=AnchorKind.ENROLLED), a_site(), NEW_YORK).zone == NEW_YORK


def test_nothing_personal_shows_in_a_printed_letter() -> None:
    letter = Letter(
        message_id="m-1",
        attempt_id="t-1",
        channel=Channel.SMS,
        to="+447700900123",
        words=Words(text="Hello Amina"),
        sender_name="ProHealth",
        sender="+447700900000",
        handed_at=MONDAY_MORNING,
    )

    assert "077009" not in repr(letter)
    assert "Amina" not in repr(letter)
    assert "t-1" in repr(letter)
