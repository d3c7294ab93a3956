"""How long a text may get, and how much is to be taken out of one that is longer: for the checker and the preview."""

from collections.abc import Iterable
from dataclasses import dataclass

from drip.content.sms import Offender, SmsSize
from drip.core.clinic import Allowed

MOST_PARTS = 2
"""However a patient is called: letters of their own make a text dearer, and they get it all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """More than may go."""

    most: int
    """Parts that may go."""
    room: int
    """Units that fit in these."""
    take_out: int


def own_offenders(size: SmsSize, written: Iterable[str]) -> list[Offender]:
    """The dear characters that stand in the words themselves, and are not brought in by a name."""
    texts = list(written)
    return [one for one in size.offenders if any(one.character in text for text in texts)]


def too_long(size: SmsSize, written: Iterable[str], allow: Allowed, *, is_longest: bool) -> TooLong | None:
    """What is too much in a text of this size, if anything is. `is_longest`: it was filled in with the longest name.

    The clinic's limit counts for the longest name; for letters outside GSM-7, a name's or a language's own, two parts.
    """
    is_plain = is_longest and not own_offenders(size, written)
    most = allow.sms_parts if is_plain else max(MOST_PARTS, allow.sms_parts)
    if size.parts <= most:
        return None
    room = room_in(size, most)
    return TooLong(most=most, room=room, take_out=max(size.units - room, 1))


def room_in(size: SmsSize, parts: int) -> int:
    """Units that fit in so many parts."""
    return size.encoding.whole if parts <= 1 else size.encoding.joined * parts
