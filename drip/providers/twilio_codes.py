"""Twilio's error codes in our words: what each says about a patient's number, our words, or our account.

The codes are listed at https://www.twilio.com/docs/api/errors; what follows from each is our own decision. Twilio may
change them, so a code that is not here is never guessed: the HTTP status or the message's own status decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from drip.core.handover import Fault
from drip.core.reason import Reason

TODAY_IS_FULL = timedelta(hours=1)
"""A daily limit is used up. It opens again at an hour that Twilio does not tell: we ask again every hour."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code comes to."""

    fault: Fault | None = None
    """None: nothing is wrong with the message, only with the moment. It may go later."""
    closes: Reason | None = None
    """Why this number must not be used again."""
    wait: timedelta | None = None
    """How long it is of no use to try again."""


_NO_SUCH_NUMBER = Meaning(Fault.ADDRESS, Reason.BOUNCED)
_NOT_REACHED = Meaning(Fault.ADDRESS)
_SAID_STOP = Meaning(Fault.OPTED_OUT, Reason.SUPPRESSED_BY_PATIENT)
_WORDS = Meaning(Fault.CONTENT)
_OURS = Meaning(Fault.ACCOUNT)
_LATER = Meaning()
_FULL_FOR_TODAY = Meaning(wait=TODAY_IS_FULL)

CODES: Mapping[int, Meaning] = {
    # Our account, sender or settings: every message would meet the same.
    10001: _OURS,  # the account is not active
    20001: _OURS,  # unknown parameters
    20003: _OURS,  # wrong credentials
    20005: _OURS,  # the account is not active
    20404: _OURS,  # no such account
    20422: _OURS,  # invalid parameter
    21212: _OURS,  # invalid sender
    21408: _OURS,  # this country is not switched on
    21603: _OURS,  # no sender
    21604: _OURS,  # no receiver
    21606: _OURS,  # the sender is not ours, or cannot text
    21608: _OURS,  # a trial account may text only verified numbers
    21609: _OURS,  # our callback address is not one that Twilio can call
    21701: _OURS,  # no such messaging service
    21703: _OURS,  # the messaging service has no sender for this
    21704: _OURS,  # the messaging service has no senders
    21705: _OURS,  # the messaging service is invalid
    23001: _OURS,  # redaction and Twilio's own STOP handling exclude each other
    23002: _OURS,
    23003: _OURS,  # ... and sticky sender
    23004: _OURS,  # ... and advanced opt-out
    23005: _OURS,  # ... and fallback to long code
    23006: _OURS,  # ... and webhooks by GET
    30002: _OURS,  # the account is suspended
    30010: _OURS,  # dearer than the limit that was set
    30018: _OURS,  # the sender name must be registered
    30024: _OURS,  # the sender is not provisioned at this carrier
    30029: _OURS,  # redaction of words is not enabled on the account
    30030: _OURS,  # redaction of numbers is not enabled on the account
    30032: _OURS,  # the toll-free number is not verified
    30034: _OURS,  # the US number is not registered
    # The patient's number.
    21211: _NO_SUCH_NUMBER,
    21214: _NO_SUCH_NUMBER,
    21217: _NO_SUCH_NUMBER,
    21614: _NO_SUCH_NUMBER,  # a landline
    21612: _NOT_REACHED,  # not from this sender; perhaps from another
    30003: _NOT_REACHED,  # switched off, or no coverage
    30004: _NO_SUCH_NUMBER,  # blocked, or a landline
    30005: _NO_SUCH_NUMBER,  # unknown to the network
    30006: _NO_SUCH_NUMBER,  # a landline, or a carrier that cannot be reached
    # The patient said stop, to this sender or to the network.
    21610: _SAID_STOP,
    30640: _SAID_STOP,
    # Our words.
    21602: _WORDS,  # none
    21617: _WORDS,  # more than 1,600 characters
    21623: _WORDS,  # too many pictures
    30007: _WORDS,  # filtered by a carrier
    30019: _WORDS,  # too long for this carrier
    # Only the moment.
    14107: _LATER,  # too many between these two numbers
    20429: _LATER,  # too many requests at once
    21611: _LATER,  # the sender's queue is full
    30001: _LATER,  # the queue overflowed
    30008: _LATER,  # unknown error
    30017: _LATER,  # the carrier is congested
    30022: _LATER,  # the US sender's rate
    30036: _LATER,  # it was no longer of use when its turn came
    30410: _LATER,  # the carrier did not answer in time
    30450: _LATER,  # blocked for up to half an hour, against fraud
    63018: _LATER,  # the channel's rate
    30023: _FULL_FOR_TODAY,  # the US sender's day
    30027: _FULL_FOR_TODAY,  # one carrier's day
    30610: _FULL_FOR_TODAY,  # quiet hours, as Twilio sees them
    63038: _FULL_FOR_TODAY,  # the account's day
}


def meaning_of(code: object) -> Meaning | None:
    """What a code from Twilio means; None if it is not in the table, or is an HTTP status in a code's place."""
    text = str(code)
    return CODES.get(int(text)) if is_code(text) else None


def is_code(text: str) -> bool:
    """Whether this is one of Twilio's own codes. Its SDK puts the HTTP status there when Twilio gave none."""
    return text.isascii() and text.isdecimal() and len(text) in (5, 6)
