"""What each kind of task asks of the clinic: its name, what to do about it, and its line in the patient's story."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

RED_FLAG = "red_flag"

PAUSE_WITHOUT_END = "pause_without_end"

PAUSED_LONG = timedelta(days=14)
"""After so long staff are asked whether a pause of one patient that has no end is still meant, and again after as long.

Most journeys and stays in hospital are over by then, and most of a programme is still ahead: what waits is of use.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One kind of task, in the words that staff read."""

    title: str
    what_to_do: str
    story: str
    """What a patient's story says while it is open."""
    button: str = "This is done"
    done: str = ""
    """What the story says once somebody has done it, where doing it is part of the patient's care."""


WRITE, RING = "write", "ring"
"""A message that no channel could carry: by letter, or by telephone."""

NEEDS_NOTE = frozenset({RED_FLAG})
"""Never done without a note of what was done: it is part of the clinical record."""

BY_HAND = frozenset({WRITE, RING, "safety_not_reached"})
"""Tasks that come with the words to print or to say."""

ASKED: Mapping[str, Asked] = {
    RED_FLAG: Asked(
        title="Words that must not wait",
        what_to_do="Read this now and speak to the patient. Then write down what you did: until somebody does, "
        "loading exercises are held back.",
        story="Staff are asked to read a reply at once: it holds words that must not wait.",
        done="A reply that must not wait was dealt with",
    ),
    "safety_not_reached": Asked(
        title="Safety words that reached nobody",
        what_to_do="Ring the patient, or post the letter, today: what they need to know to stay safe has not reached "
        "them.",
        story="Staff are asked to reach the patient another way: safety information could not be sent.",
        button="They know it now",
        done="Safety information that could not be sent was passed on another way",
    ),
    WRITE: Asked(
        title="Words to post or hand over",
        what_to_do="This message reaches them neither by email nor by text. Print the letter and post it or hand it "
        "over. Then put right in the booking system what is missing or wrong there.",
        story="Staff are asked to post a letter: a message reaches this patient neither by email nor by text.",
        button="It was posted or handed over",
        done="The words of a message were handed over as a letter",
    ),
    RING: Asked(
        title="Words to say by telephone",
        what_to_do="This message reaches them neither by email nor by text. Ring them and say the words. Then put "
        "right in the booking system what is missing or wrong there.",
        story="Staff are asked to ring the patient: a message reaches them neither by email nor by text.",
        button="They were told by telephone",
        done="The words of a message were said by telephone",
    ),
    "held": Asked(
        title="A message that may or may not have gone",
        what_to_do="Look at what is known of it, ask the patient if you can, and decide: it went, or send it again.",
        story="Staff are asked whether a message went: the provider cannot tell.",
    ),
    "complaint": Asked(
        title="A complaint",
        what_to_do="Read it, and tell the patient within 30 days that you have it.",
        story="Staff are asked to read a complaint, and to say within 30 days that they have it.",
    ),
    "reply": Asked(
        title="A reply",
        what_to_do="Read it, and answer it by telephone or at the next visit: texts and emails from here are written "
        "ahead.",
        story="Staff are asked to read a reply.",
    ),
    "answer": Asked(
        title="An answer to look at",
        what_to_do="Read it and decide whether the patient should be rung: your own sequence asks a person to see such "
        "answers.",
        story="Staff are asked to read an answer: the clinic wants a person to see such answers.",
    ),
    "not_delivered": Asked(
        title="A message that did not arrive",
        what_to_do="Check the address or number with the patient and correct it in the booking system, or reach them "
        "another way.",
        story="Staff are asked to look at an address: a message was not delivered.",
    ),
    "address_refused": Asked(
        title="An address or number that was refused",
        what_to_do="Check it with the patient, and correct it in the booking system.",
        story="Staff are asked to look at an address: the provider refused it.",
    ),
    "contact_problem": Asked(
        title="An address or number that cannot be read",
        what_to_do="Correct it in the booking system.",
        story="Staff are asked to look at an address or number that could not be read.",
    ),
    "content_refused": Asked(
        title="Words that a provider refused",
        what_to_do="Mend the words of this step in the sequence, and publish them. Until then nobody gets it.",
        story="Staff are asked to mend the words of a step: the provider refused them.",
    ),
    PAUSE_WITHOUT_END: Asked(
        title="A pause without an end",
        what_to_do="Find out whether messages to this patient are still to wait: nothing goes to them, safety "
        "information included. On their page, resume them or say until which day they are paused. If they are to wait "
        f"on, say so here: you are asked again in {PAUSED_LONG.days} days.",
        story="Staff are asked whether messages are still to be paused: the pause has no end.",
        button="They are to wait on",
        done="Messages to this patient were to stay paused",
    ),
    "under_age": Asked(
        title="A child without a parent or carer",
        what_to_do="Record a parent's or carer's address or number in the booking system.",
        story="Staff are asked for a parent or carer: the patient is under 16.",
    ),
    "unknown_subtype": Asked(
        title="The tendon subtype is missing",
        what_to_do="Record the subtype in the booking system: without it no loading plan is safe to choose.",
        story="Staff are asked for the tendon subtype: without it no loading plan is safe to choose.",
    ),
    "programme_replaced": Asked(
        title="Two programmes for what may be one side",
        what_to_do="Record which side each programme is for: the newer one ended the older one.",
        story="Staff are asked which side each programme is for: the newer one ended the older one.",
    ),
    "attendance_unknown": Asked(
        title="Did the patient come?",
        what_to_do="Say it here, or record it in the booking system: nobody has said so, and what follows a visit "
        "waits for it.",
        story="Staff are asked whether the patient came to a visit: nobody has said so.",
    ),
    "same_person": Asked(
        title="One person in two booking systems",
        what_to_do="Check that both records are of the same person: each message goes once, from one of them.",
        story="Staff are told that this person is in another booking system too.",
    ),
    "shared_stop": Asked(
        title="A stop at a shared address",
        what_to_do="Ask the others at this address how they would like to hear from you: nothing goes there any more.",
        story="Staff are told that somebody said stop at an address which several patients share.",
    ),
    "sent_again": Asked(
        title="A safety message that may have gone twice",
        what_to_do="Nothing needs sending. If the patient asks, say that it was sent again to be safe.",
        story="Staff are told that a critical message was sent again without evidence.",
    ),
    "runaway": Asked(
        title="An address that was written to far too often",
        what_to_do="Tell whoever looks after drip here: this can only be a mistake of the program or its settings.",
        story="Staff are asked to look: an address was written to far too often.",
    ),
    "broken_record": Asked(
        title="A record that cannot be read",
        what_to_do="Tell whoever looks after drip here: `drip doctor` says more. This patient gets nothing meanwhile.",
        story="Staff are asked to look at this record: it could not be planned.",
    ),
    "booking_rejected": Asked(
        title="A booking that could not be taken in",
        what_to_do="Correct the booking in the booking system: it says here what is wrong with it.",
        story="Staff are asked to correct a booking that could not be taken in.",
    ),
    "review_due": Asked(
        title="Words past their review date",
        what_to_do="Review the sequence and publish it with a new date: its messages wait until then.",
        story="Staff are asked to review content that is past its date.",
    ),
    "safety_fell_back": Asked(
        title="Safety words past their review date",
        what_to_do="Review the sequence and publish it with a new date: its last approved words go out until then.",
        story="Staff are asked to review safety content: its last approved words go out until then.",
    ),
    "staff_not_reached": Asked(
        title="A colleague whom alerts do not reach",
        what_to_do="Correct the address or number under `alerts` in clinic.yaml.",
        story="Staff are told that this colleague no longer hears of what must not wait.",
    ),
}
"""In the order in which they are worth doing."""

_ORDER = {kind: number for number, kind in enumerate(ASKED)}


def asked(kind: str) -> Asked:
    """What a task of this kind asks; a kind that is not known here is shown all the same."""
    known = ASKED.get(kind)
    if known:
        return known
    words = kind.replace("_", " ").capitalize()
    return Asked(title=words, what_to_do="Look at this.", story=f"Staff are asked to look at this ({kind}).")


def urgency(kind: str) -> int:
    """The smaller, the sooner it should be done."""
    return _ORDER.get(kind, len(_ORDER))
