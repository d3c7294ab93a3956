"""clinic.yaml read as a Clinic, or everything that is wrong with it."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from drip.content.clinic_rules import clinic_mistakes, e164, region
from drip.content.clinic_schema import (
    BookingSystemShape,
    CapsShape,
    ClinicShape,
    DeskShape,
    InterlocksShape,
    SendersShape,
    SiteShape,
)
from drip.content.emergency import emergency_for
from drip.content.finding import Finding
from drip.content.holidays_of import bank_holidays
from drip.content.sequence_file import any_or_window
from drip.content.sequence_schema import WindowShape
from drip.content.shape import read_shape
from drip.core.clinic import Allowed, BookingSystem, Caps, Clinic, Senders, Site
from drip.core.desk import Desk
from drip.core.emergency import Emergency
from drip.core.interlock import OPERATIONS, Interlocks
from drip.core.model import Purpose
from drip.core.window import Always, Window

OFFICE_HOURS = Window(days=frozenset(range(5)), opens=time(8), closes=time(18))
"""When messages may go, unless the clinic says otherwise."""

BY_DEFAULT = frozenset({Purpose.SERVICE, Purpose.CARE, Purpose.SAFETY, Purpose.FEEDBACK})


def load_clinic(path: str, source: bytes) -> tuple[Clinic | None, list[Finding]]:
    """The clinic, unless something is wrong; and every finding, in one go."""
    shape, _, findings = read_shape(path, source, ClinicShape, clinic_mistakes)
    return (_clinic(shape) if shape else None), findings


def _clinic(shape: ClinicShape) -> Clinic:
    about, consent = shape.clinic, shape.consent_by_default
    return Clinic(
        name=about.name,
        phone=_phone(about.phone, about.country),
        email=about.email,
        website=about.website,
        zone=ZoneInfo(about.timezone),
        country=about.country,
        sites=tuple(_site(site, shape) for site in shape.sites),
        senders=_senders(shape.senders, about.name),
        consent_by_default=BY_DEFAULT if consent is None else frozenset(consent),
        alert_emails=shape.alerts.email,
        alert_numbers=tuple(_phone(number, about.country) for number in shape.alerts.sms),
        appointment_types=shape.appointment_types,
        treatments=shape.treatments,
        treatment_types=shape.treatment_types,
        interlocks=_interlocks(shape.interlocks),
        bookings={name: _booking_system(one) for name, one in shape.bookings.items()},
        allow=Allowed(**shape.allow.model_dump()),
        desk=_desk(shape.desk),
        sms_price=shape.sms_price,
    )


def _interlocks(shape: InterlocksShape) -> Interlocks:
    """What the clinic calls an operation adds to what always is one."""
    added = {word.replace("-", "_") for word in shape.operations}
    return Interlocks(after_steroid=shape.after_steroid, operations=OPERATIONS | added)


def _desk(shape: DeskShape) -> Desk:
    return Desk(red_flags_within=shape.red_flags_within, tasks_within=shape.tasks_within, unreached=shape.unreached)


def _site(site: SiteShape, clinic: ClinicShape) -> Site:
    country = site.country or clinic.clinic.country
    window = _window(clinic, OFFICE_HOURS)
    own_window = _window(site, window)
    return Site(
        id=site.id,
        name=site.name or clinic.clinic.name,
        address=site.address,
        phone=_phone(site.phone or clinic.clinic.phone, country),
        zone=ZoneInfo(site.timezone or clinic.clinic.timezone),
        country=country,
        window=own_window,
        opening=_opening(site.opening, own_window),
        closed=frozenset(_closed(site, clinic)),
        caps=_caps(_caps(Caps(), clinic.caps), site.caps),
        emergency=_emergency(site, clinic),
        reminds_itself=site.reminds_itself,
    )


def _emergency(site: SiteShape, clinic: ClinicShape) -> Emergency:
    """The clinic's own words hold for its own country and part; a site elsewhere goes by its place, or says its own."""
    about = {"country": clinic.clinic.country, "subdivision": clinic.clinic.subdivision or ""}
    place, home = region(site.country, site.subdivision, about), region(None, None, about)
    said = [clinic.emergency.said] if place == home else []
    return emergency_for(place, *said, site.emergency.said)


def _booking_system(shape: BookingSystemShape) -> BookingSystem:
    return BookingSystem(sites=shape.sites, look_back=timedelta(days=shape.look_back))


def _window(shape: ClinicShape | SiteShape, otherwise: Window | Always) -> Window | Always:
    return any_or_window(shape.window) if "window" in shape.model_fields_set else otherwise


def _opening(said: WindowShape | None, window: Window | Always) -> Window | None:
    """When the doors are open: as said, else when messages may go."""
    opening = any_or_window(said) if said else window
    return None if isinstance(opening, Always) else opening


def _closed(site: SiteShape, clinic: ClinicShape) -> Iterator[date]:
    for span in site.closures:
        for n in range(min((span.last - span.first).days + 1, 3660)):
            yield span.first + timedelta(days=n)
    wanted = clinic.bank_holidays if site.bank_holidays is None else site.bank_holidays
    if wanted:
        about = {"country": clinic.clinic.country, "subdivision": clinic.clinic.subdivision or ""}
        yield from bank_holidays(*region(site.country, site.subdivision, about))


def _caps(caps: Caps, said: CapsShape) -> Caps:
    """The limits, with what was said in place of what was there."""
    told = said.model_dump(exclude_none=True)
    return Caps(
        sms_per_day=told.get("sms_per_day", caps.sms_per_day),
        sms_per_week=told.get("sms_per_week", caps.sms_per_week),
        email_per_day=told.get("email_per_day", caps.email_per_day),
        email_per_week=told.get("email_per_week", caps.email_per_week),
    )


def _senders(shape: SendersShape, clinic_name: str) -> Senders:
    email, sms = shape.email, shape.sms
    return Senders(
        email_name=(email.name if email else "") or clinic_name,
        email_address=email.address if email else "",
        reply_to=(email.reply_to if email else None) or "",
        sms_from=sms.from_ if sms else "",
    )


def _phone(number: str, country: str) -> str:
    return (e164(number, country) or number) if number else ""
