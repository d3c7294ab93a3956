"""A patient as the gate and the words need one, read from what the booking systems told us."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drip.core.model import Channel, Facts, Purpose, Value

ADULT_CONTACT_AGE = 16
"""Below it a parent or carer is written to, never the child (UK practice: Gillick competence is not assumed)."""


PLAIN = "plain"
"""The `email_format` of whoever wants words alone."""


class Standing(StrEnum):
    """Whether we may still write to a patient at all."""

    CURRENT = "current"
    DECEASED = "deceased"
    MERGED = "merged"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who a message is for. Nothing personal shows in `repr`."""

    standing: Standing = Standing.CURRENT
    facts: Facts = field(default_factory=dict, repr=False)
    carer: Facts = field(default_factory=dict, repr=False)
    treatments: Facts = field(default_factory=dict, repr=False)
    """Code -> when it was last performed."""
    operations: tuple[str, ...] = field(default=(), repr=False)
    """When each operation is or was, by the diary and by what was told to have been done."""
    replies: Facts = field(default_factory=dict, repr=False)
    """Question -> the last answer to it."""

    @property
    def zone(self) -> ZoneInfo | None:
        """The patient's own time zone, if it is known and exists."""
        return zone_named(_text(self.facts, "timezone"))

    @property
    def language(self) -> str | None:
        """A language code such as `en` or `cy`."""
        return _text(self.facts, "language")

    @property
    def wants_plain_emails(self) -> bool:
        """Words alone, without a layout."""
        return self.facts.get("email_format") == PLAIN

    @property
    def wants_large_print(self) -> bool:
        """On the pages that a message's links lead to."""
        return self.facts.get("large_print") is True

    def age_on(self, day: date) -> int | None:
        """Whole years on a day; None when the date of birth is not known."""
        born = _text(self.facts, "date_of_birth")
        return whole_years(date.fromisoformat(born), day) if born else None

    def is_child_on(self, day: date) -> bool:
        """Whether messages go to a parent or carer."""
        age = self.age_on(day)
        return age is not None and age < ADULT_CONTACT_AGE

    def has_carer(self) -> bool:
        """Whether a parent or carer can be reached on any channel."""
        return bool(_text(self.carer, "email") or _text(self.carer, "phone"))

    def address(self, channel: Channel, day: date) -> str | None:
        """Where a message goes on this channel: the carer's for a child."""
        who = self.carer if self.is_child_on(day) else self.facts
        return _text(who, "email" if channel is Channel.EMAIL else "phone")

    def addresses(self, day: date) -> dict[Channel, str]:
        """Where messages go on each channel that this patient, or a child's carer, can be reached on."""
        found = {channel: self.address(channel, day) for channel in Channel}
        return {channel: address for channel, address in found.items() if address}

    def consents(self, purpose: Purpose, channel: Channel, by_default: frozenset[Purpose]) -> bool:
        """What the patient said about this purpose and channel, else the clinic's default (never marketing)."""
        said = self.facts.get("consent")
        of_purpose = said.get(purpose.value) if isinstance(said, Mapping) else None
        answer = of_purpose.get(channel.value) if isinstance(of_purpose, Mapping) else None
        if isinstance(answer, bool):
            return answer
        return purpose in by_default and purpose is not Purpose.MARKETING


def whole_years(born: date, day: date) -> int:
    """Age in whole years; someone born on 29 February turns a year older on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def zone_named(name: str | None) -> ZoneInfo | None:
    """The time zone of that name; None when there is no such zone."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def time_in(facts: Facts, name: str) -> datetime | None:
    """A time that was told as text with an offset."""
    told = _text(facts, name)
    return datetime.fromisoformat(told) if told else None


def _text(facts: Mapping[str, Value], name: str) -> str | None:
    told = facts.get(name)
    return told if isinstance(told, str) and told else None


# Ofcom's numbers for drama, and the 555-01xx numbers of the North American plan.
_TEST_NUMBER = re.compile(
    r"\+44(?:7700900|1632960|(?:11[3-7]|1[2-6]1)4960|1914980|2079460|2896496|2920180|8081570|9098790|3069990)\d{3}"
    r"|\+1[2-9]\d{2}55501\d{2}"
)


def is_test_number(e164: str) -> bool:
    """Whether this number is reserved for drama and examples, so that it can never be anybody's."""
    return _TEST_NUMBER.fullmatch(e164) is not None
