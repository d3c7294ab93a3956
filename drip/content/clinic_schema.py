"""The keys of clinic.yaml and what each may hold, field by field."""

import re
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

import email_validator
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from drip.content.sequence_schema import AnyOrWindow, WindowShape
from drip.content.shape import Shape
from drip.content.text_values import as_list, not_empty, number_between, read_number, read_text
from drip.content.value_types import Day, Flag, Id, PurposeWord, Text, Texts, Zone
from drip.core.desk import USUAL
from drip.core.duration import parse_duration
from drip.core.interlock import ORDINARY

_SMS_SENDER = re.compile(r"\+[1-9]\d{6,14}|(?=.*[A-Za-z])[A-Za-z0-9 ]{3,11}", re.ASCII)


def read_email(value: object) -> str:
    """An email address, without asking the network."""
    text = read_text(value)
    try:
        return email_validator.validate_email(text, check_deliverability=False).normalized
    except email_validator.EmailNotValidError:
        raise ValueError(f"{text!r} is not an email address: write one such as care@example.org") from None


def read_website(value: object) -> str:
    """The address of a web page."""
    text = read_text(value)
    if not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", text):
        raise ValueError(f"{text!r} is not a web address: write it with https:// in front")
    return text


def read_country(value: object) -> str:
    """A country's two letters."""
    text = read_text(value).upper()
    if not re.fullmatch("[A-Z]{2}", text):
        raise ValueError(f"{text!r} is not a country: write its two letters, such as GB")
    return text


def read_sms_sender(value: object) -> str:
    """A number in international form, or at most 11 letters and digits."""
    text = read_text(value)
    if not _SMS_SENDER.fullmatch(text):
        raise ValueError(f'{text!r} cannot send texts: write a number as "+44...", or 3 to 11 letters and digits')
    return text


def read_dialled(value: object) -> str:
    """The digits that people dial in an emergency."""
    text = read_text(value)
    if not re.fullmatch(r"[0-9]{2,12}", text, re.ASCII):
        raise ValueError(f'{text!r} cannot be dialled in an emergency: write its digits, such as "112"')
    return text


def read_relay_prefix(value: object) -> str:
    """The digits dialled before a number; empty where there is no such service."""
    return "" if value == "" else read_dialled(value)


def read_urgent_website(value: object) -> str:
    """A web page as people read it out, without https://; empty where there is none."""
    text = "" if value == "" else read_text(value).removeprefix("https://").rstrip("/")
    if text and not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[^\s]*)?", text):
        raise ValueError(f"{text!r} is not a web address: write one such as 111.nhs.uk")
    return text


Email: TypeAlias = Annotated[str, PlainValidator(read_email)]
Country: TypeAlias = Annotated[str, PlainValidator(read_country)]
Cap: TypeAlias = Annotated[int, PlainValidator(number_between(0, 50))]


class CapsShape(Shape):
    """How often one patient hears from us."""

    sms_per_day: Cap | None = None
    sms_per_week: Cap | None = None
    email_per_day: Cap | None = None
    email_per_week: Cap | None = None


class AboutShape(Shape):
    """The clinic itself."""

    name: Text
    phone: Text = ""
    email: Annotated[str, PlainValidator(read_email)] = ""
    website: Annotated[str, PlainValidator(read_website)] = ""
    timezone: Zone
    country: Country
    subdivision: Text | None = None


class EmailSenderShape(Shape):
    """Who emails say they are from."""

    name: Text = ""
    address: Email
    reply_to: Email | None = None


class SmsSenderShape(Shape):
    """Who texts say they are from."""

    from_: Annotated[str, PlainValidator(read_sms_sender)] = Field(alias="from")


class SendersShape(Shape):
    """Who messages say they are from."""

    email: EmailSenderShape | None = None
    sms: SmsSenderShape | None = None


class AlertsShape(Shape):
    """Who at the clinic hears of red flags and held messages."""

    email: Annotated[tuple[Email, ...], BeforeValidator(as_list)] = ()
    sms: Texts = ()


class EmergencyShape(Shape):
    """Where patients get urgent help. What is left out is what is usual in the country and its part."""

    number: Annotated[str, PlainValidator(read_dialled)] | None = None
    department: Text | None = None
    urgent_line: Text | None = None
    urgent_website: Annotated[str, PlainValidator(read_urgent_website)] | None = None
    relay_prefix: Annotated[str, PlainValidator(read_relay_prefix)] | None = None

    @property
    def said(self) -> dict[str, str]:
        """What is written, and nothing else."""
        return self.model_dump(exclude_none=True)


class SpanShape(Shape):
    """Days in a row, both included."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")


def read_closure(value: object) -> object:
    """One date is a span of one day."""
    return {"from": value, "to": value} if isinstance(value, str) else value


class SiteShape(Shape):
    """One clinic location."""

    id: Id
    name: Text | None = None
    address: Texts = ()
    phone: Text | None = None
    opening: WindowShape | None = None
    closures: tuple[Annotated[SpanShape, BeforeValidator(read_closure)], ...] = ()
    country: Country | None = None
    subdivision: Text | None = None
    timezone: Zone | None = None
    bank_holidays: Flag | None = None
    window: AnyOrWindow = None
    caps: CapsShape = CapsShape()
    emergency: EmergencyShape = EmergencyShape()
    reminds_itself: Flag = False


LONGEST_LOOK_BACK = 730
"""Days."""


def number_of_days(value: object) -> int:
    """What is written like `30d`; -1 where it is not."""
    text = read_text(value)
    return int(text[:-1]) if re.fullmatch(r"[0-9]{1,4}d", text, re.ASCII) else -1


def read_look_back(value: object) -> int:
    """Days, written like `30d`."""
    days = number_of_days(value)
    if not 0 <= days <= LONGEST_LOOK_BACK:
        raise ValueError(f"{value!r} is not a number of days: write 0d to {LONGEST_LOOK_BACK}d, such as 30d")
    return days


class BookingSystemShape(Shape):
    """What a booking system calls our sites, and how far back it is read when first connected."""

    sites: dict[str, Id] = Field(default_factory=dict)
    look_back: Annotated[int, PlainValidator(read_look_back)] = 30


class AllowShape(Shape):
    """What this clinic has decided to allow."""

    condition_words_in_sms: Flag = False
    condition_words_in_subject: Flag = False
    sms_parts: Annotated[int, PlainValidator(number_between(1, 10))] = 1


def read_default_consent(value: object) -> object:
    """Purposes sent without being asked for; never marketing."""
    if isinstance(value, list) and "marketing" in value:
        raise ValueError("marketing is never sent by default: remove it, and record each patient's own consent")
    return as_list(value)


LONGEST_HOLD = 365
"""Days."""


def read_hold(value: object) -> timedelta:
    """Days, written like `14d`. None at all is no choice: that would be for the code to say, not for a clinic."""
    days = number_of_days(value)
    if not 1 <= days <= LONGEST_HOLD:
        raise ValueError(f"{value!r} is not a number of days: write 1d to {LONGEST_HOLD}d, such as 14d")
    return timedelta(days=days)


def read_price(value: object) -> float:
    """What something costs: a number that is not below nothing."""
    price = read_number(value)
    if price < 0:
        raise ValueError(f"{value!r} is no price: write what one part of a text costs, such as 0.04")
    return price


class InterlocksShape(Shape):
    """What holds loading exercises back at this clinic, beside what always does."""

    after_steroid: Annotated[timedelta, PlainValidator(read_hold)] = ORDINARY.after_steroid
    operations: Texts = ()


def read_wait(value: object) -> timedelta:
    """How long something may wait, written like `30m`, `4h` or `2d`."""
    try:
        told = parse_duration(read_text(value))
    except ValueError:
        raise ValueError(f"{value!r} is not a length of time: write one such as 30m, 4h or 2d") from None
    wait = timedelta(days=told.days) + told.elapsed
    if not timedelta(minutes=5) <= wait <= timedelta(days=30):
        raise ValueError(f"{value!r} is no time to see to something in: write 5m to 30d")
    return wait


Wait: TypeAlias = Annotated[timedelta, PlainValidator(read_wait)]


class DeskShape(Shape):
    """How soon the clinic sees to what waits for a person, and what it does when no channel reaches a patient."""

    red_flags_within: Wait = USUAL.red_flags_within
    tasks_within: Wait = USUAL.tasks_within
    unreached: Literal["write", "ring"] = "write"


class ClinicShape(Shape):
    """A whole clinic.yaml."""

    clinic: AboutShape
    window: AnyOrWindow = None
    caps: CapsShape = CapsShape()
    senders: SendersShape = SendersShape()
    consent_by_default: Annotated[tuple[PurposeWord, ...], BeforeValidator(read_default_consent)] | None = None
    alerts: AlertsShape = AlertsShape()
    emergency: EmergencyShape = EmergencyShape()
    sites: Annotated[tuple[SiteShape, ...], AfterValidator(not_empty)]
    bank_holidays: Flag = True
    appointment_types: dict[str, Text] = Field(default_factory=dict)
    treatments: dict[str, Text] = Field(default_factory=dict)
    treatment_types: dict[str, Text] = Field(default_factory=dict)
    interlocks: InterlocksShape = InterlocksShape()
    bookings: dict[str, BookingSystemShape] = Field(default_factory=dict)
    allow: AllowShape = AllowShape()
    desk: DeskShape = DeskShape()
    sms_price: Annotated[float, PlainValidator(read_price)] | None = None
