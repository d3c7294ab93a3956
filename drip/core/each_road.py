"""Why a message reaches its patient neither by email nor by text, said of each: for whoever reaches them otherwise."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from drip.core.gate import Candidate, Person, objection
from drip.core.model import Channel, Send
from drip.core.reason import Reason
from drip.core.walltime import local_date

CLOSED_ROADS = frozenset(
    {
        Reason.NO_ADDRESS,
        Reason.NO_CONSENT,
        Reason.SUPPRESSED_BY_PATIENT,
        Reason.COMPLAINED,
        Reason.BOUNCED,
        Reason.ADDRESS_REFUSED,
        Reason.NOT_ALLOW_LISTED,
    }
)
"""What is wrong with a channel, and not with the message."""

_WAYS = {Channel.EMAIL: "email", Channel.SMS: "text"}
_UNKNOWN = {Channel.EMAIL: "no email address", Channel.SMS: "no mobile number"}
_UNUSABLE = {
    Channel.EMAIL: ("email_problem", "what is written down is no address that mail can be sent to"),
    Channel.SMS: ("phone_problem", "what is written down is no number that can be dialled"),
}


def why_by_each(
    candidate: Candidate, person: Person, why: Reason, since: Mapping[Channel, datetime], now: datetime
) -> str:
    """`By email: no email address is known. By text: this message is not written as a text.`

    `why`: what kept it from its own channel. `since`: when each address that is closed was closed.
    """
    return " ".join(f"By {_WAYS[one]}: {said}." for one, said in _each(candidate, person, why, since, now))


def _each(
    candidate: Candidate, person: Person, why: Reason, since: Mapping[Channel, datetime], now: datetime
) -> Iterator[tuple[Channel, str]]:
    for channel in (Channel.EMAIL, Channel.SMS):
        is_own = channel is candidate.channel
        reason = why if is_own else objection(candidate, channel, person, now)
        if candidate.step.template(channel) is None:
            yield channel, f"this message is not written as {'an email' if channel is Channel.EMAIL else 'a text'}"
        elif reason is Reason.NO_ADDRESS:
            yield channel, _missing(candidate, person, channel, now)
        elif reason:
            yield channel, f"{reason.sentence}{_on(candidate, channel, since)}"
        elif candidate.step.send is Send.BOTH:
            yield channel, "that is a message of its own, in their story"
        elif candidate.turned:
            yield channel, "it was tried that way before"


def _missing(candidate: Candidate, person: Person, channel: Channel, now: datetime) -> str:
    is_child = person.patient.is_child_on(local_date(now, candidate.hours.zone))
    name, unusable = _UNUSABLE[channel]
    if (person.patient.carer if is_child else person.patient.facts).get(name):
        return unusable
    return f"{_UNKNOWN[channel]}{' of a parent or carer' if is_child else ''} is known"


def _on(candidate: Candidate, channel: Channel, since: Mapping[Channel, datetime]) -> str:
    """`, on 3 June 2026`, where it is known when."""
    if channel not in since:
        return ""
    day = local_date(since[channel], candidate.hours.zone)
    return f", on {day.day} {day:%B %Y}"
