"""The clinic's own facts: sites, hours, closures, caps, senders and what it allows."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from drip.core.desk import USUAL, Desk
from drip.core.emergency import NOWHERE, Emergency
from drip.core.interlock import ORDINARY, Interlocks
from drip.core.model import AnchorKind, Channel, Purpose
from drip.core.schedule import deciding_zone
from drip.core.sequence import Sequence
from drip.core.window import Always, Hours, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How often one patient hears from us: per local day, and in any seven local days."""

    sms_per_day: int = 1
    sms_per_week: int = 3
    email_per_day: int = 1
    email_per_week: int = 2

    def per_day(self, channel: Channel) -> int:
        """Messages on this channel in one local day."""
        return self.email_per_day if channel is Channel.EMAIL else self.sms_per_day

    def per_week(self, channel: Channel) -> int:
        """Messages on this channel in any seven local days."""
        return self.email_per_week if channel is Channel.EMAIL else self.sms_per_week


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """Who messages say they are from."""

    email_name: str = ""
    email_address: str = ""
    reply_to: str = ""
    """Where answers to emails go, if not to that address."""
    sms_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What this clinic has decided to allow in words that others may see."""

    condition_words_in_sms: bool = False
    condition_words_in_subject: bool = False
    sms_parts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One clinic location."""

    id: str
    name: str
    address: tuple[str, ...]
    phone: str
    zone: ZoneInfo
    country: str
    window: Window | Always
    opening: Window | None = None
    """When the doors are open: for the words in messages, not for sending."""
    closed: frozenset[date] = field(default=frozenset(), repr=False)
    """Closures and bank holidays."""
    caps: Caps = Caps()
    emergency: Emergency = NOWHERE
    """Urgent help there. Never empty for a site read from clinic.yaml."""
    reminds_itself: bool = False
    """The booking system here sends reminders of its own, so that ours are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingSystem:
    """What one booking system calls our sites, and how far back it is read when it is first connected."""

    sites: dict[str, str] = field(default_factory=dict)
    """Their id or name of a site -> ours."""
    look_back: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """Everything clinic.yaml says. The first site is the default one."""

    name: str
    phone: str
    email: str
    website: str
    zone: ZoneInfo
    country: str
    sites: tuple[Site, ...]
    senders: Senders = Senders()
    consent_by_default: frozenset[Purpose] = frozenset(
        {Purpose.SERVICE, Purpose.CARE, Purpose.SAFETY, Purpose.FEEDBACK}
    )
    alert_emails: tuple[str, ...] = ()
    alert_numbers: tuple[str, ...] = ()
    appointment_types: dict[str, str] = field(default_factory=dict)
    treatments: dict[str, str] = field(default_factory=dict)
    treatment_types: dict[str, str] = field(default_factory=dict)
    """Our appointment type -> the treatment that an attended one was."""
    interlocks: Interlocks = ORDINARY
    """How long a steroid injection holds loading back here, and what counts as an operation."""
    bookings: dict[str, BookingSystem] = field(default_factory=dict)
    """By the name of the booking source."""
    allow: Allowed = Allowed()
    desk: Desk = USUAL
    sms_price: float | None = None
    """What one part of a text costs here, in the money that the clinic reckons in."""

    def without_alerts(self) -> "Clinic":
        """As it is, with nobody to alert: for rehearsals."""
        return replace(self, alert_emails=(), alert_numbers=())

    def site(self, site_id: str | None) -> Site:
        """The site with this id; the first one when it is not known or not said."""
        return next((site for site in self.sites if site.id == site_id), self.sites[0])

    def booking_system(self, source: str) -> BookingSystem:
        """How this source is read; as by default where clinic.yaml says nothing of it."""
        return self.bookings.get(source) or BookingSystem()


def hours_for(sequence: Sequence, site: Site, patient_zone: ZoneInfo | None) -> Hours:
    """When a sequence's messages may go: its own window or the site's, on the deciding clock."""
    return hours_on(sequence.anchor, sequence.window, site, patient_zone)


def hours_on(anchor: AnchorKind, window: Window | Always | None, site: Site, patient_zone: ZoneInfo | None) -> Hours:
    """As `hours_for`, from its parts."""
    zone = deciding_zone(anchor, site=site.zone, patient=patient_zone)
    return Hours(window=window or site.window, zone=zone, closed=site.closed)
