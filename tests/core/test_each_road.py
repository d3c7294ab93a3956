"""Why a message goes neither by email nor by text, said of each."""

import pytest

from drip.core.each_road import why_by_each
from drip.core.gate import Candidate, Person
from drip.core.model import Channel, Send
from drip.core.reason import Reason
from tests.core.build import AMINA, MONDAY_MORNING, a_candidate, a_person, a_step, a_text, local

TURNING = a_step(sms="words", send=Send.SMS_THEN_EMAIL)
NO_EMAIL = {**AMINA, "email": None}
NOBODYS = {"first_name": "Amina", "date_of_birth": "1979-03-02"}
CHILD = {**AMINA, "date_of_birth": "2015-01-01"}
BOUNCED = a_person({"phone": "+447700900123"}, closed={Channel.SMS: Reason.BOUNCED})

SAID = {
    "an email to who has a mobile only": (
        (a_candidate(a_step()), a_person(NO_EMAIL), Reason.NO_ADDRESS),
        "By email: no email address is known. By text: this message is not written as a text.",
    ),
    "a text to who has an email address only": (
        (a_candidate(a_text()), a_person({**AMINA, "phone": None}), Reason.NO_ADDRESS),
        "By email: this message is not written as an email. By text: no mobile number is known.",
    ),
    "what is written down is of no use": (
        (a_candidate(TURNING), a_person(NOBODYS | {"phone_problem": "x", "email_problem": "y"}), Reason.NO_ADDRESS),
        "By email: what is written down is no address that mail can be sent to. "
        "By text: what is written down is no number that can be dialled.",
    ),
    "a child whose carer has neither": (
        (a_candidate(TURNING), a_person(CHILD), Reason.NO_ADDRESS),
        "By email: no email address of a parent or carer is known. "
        "By text: no mobile number of a parent or carer is known.",
    ),
    "the other one bounced": (
        (a_candidate(TURNING, channel=Channel.EMAIL, turned=True), BOUNCED, Reason.NO_ADDRESS),
        "By email: no email address is known. By text: earlier messages to this address bounced, on 3 June 2026.",
    ),
    "no consent to the other one": (
        (a_candidate(TURNING), a_person({**NOBODYS, "email": "a@b.example", "consent": {"care": {"email": False}}}),
         Reason.NO_ADDRESS),
        "By email: the patient has not agreed to this kind of message on this channel. "
        "By text: no mobile number is known.",
    ),
    "the other one was tried": (
        (a_candidate(TURNING, channel=Channel.EMAIL, turned=True), a_person(NO_EMAIL), Reason.NO_ADDRESS),
        "By email: no email address is known. By text: it was tried that way before.",
    ),
    "the other one is a message of its own": (
        (a_candidate(a_step(sms="words")), a_person(NO_EMAIL), Reason.NO_ADDRESS),
        "By email: no email address is known. By text: that is a message of its own, in their story.",
    ),
    "nothing is known against the other one": (
        (a_candidate(TURNING), a_person(), Reason.NOT_ALLOW_LISTED),
        "By text: drip is not live and this recipient is not on the allow list.",
    ),
    "they said stop": (
        (a_candidate(a_text()), a_person(), Reason.SUPPRESSED_BY_PATIENT),
        "By email: this message is not written as an email. By text: the patient asked us to stop, on 3 June 2026.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("told", "said"), SAID.values(), ids=SAID.keys())
def test_of_each_channel_it_is_said_what_keeps_words_from_going_there(
    told: tuple[Candidate, Person, Reason], said: str
) -> None:
    since = {Channel.SMS: local("2026-06-03T09:00")} if told[2] is not Reason.NOT_ALLOW_LISTED else {}
    assert why_by_each(*told, since, MONDAY_MORNING) == said
