"""Who a patient is, in the words of a page: what they are called, where they are reached, what they agreed to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from drip.core.clinic import Clinic
from drip.core.model import Channel, Purpose
from drip.core.patient import Patient, Standing
from drip.core.reason import Reason
from drip.store.enrolments import EnrolmentRow
from drip.store.patients import PatientRow
from drip.web.console import when

STANDINGS = {
    Standing.DECEASED: "This patient has died. Nothing goes to them any more.",
    Standing.MERGED: "This record was merged into another patient's. Nothing goes out from it any more.",
    Standing.ERASED: "This record was erased. Nothing goes out from it any more.",
}

_LANGUAGES = {"en": "English", "cy": "Welsh", "pl": "Polish"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of who somebody is."""

    name: str
    value: str = field(repr=False)
    is_bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What somebody agreed to, of one purpose: by each channel."""

    purpose: str
    answers: Sequence[str]


def facts(
    row: PatientRow, rows: Sequence[EnrolmentRow], closed: Mapping[Channel, Reason], where: tuple[Clinic, datetime]
) -> Iterator[Fact]:
    """In the order in which somebody who has the patient on the phone checks them. `rows`: what they may hear of."""
    clinic, now = where
    patient, today = row.patient, now.astimezone(clinic.zone).date()
    yield Fact(name="Date of birth", value=_born(patient, today))
    yield Fact(name="Number", value=f"{row.ref} ({row.source})")
    yield from _addresses(patient, closed, today)
    language = patient.language or "en"
    yield Fact(name="Language", value=_LANGUAGES.get(language.partition("-")[0], language))
    sites = sorted({clinic.site(one.site).name for one in rows})
    yield Fact(name="Site" if len(sites) < 2 else "Sites", value=", ".join(sites) or "not known")
    if patient.wants_plain_emails:
        yield Fact(name="Emails", value="as plain words")


def _addresses(patient: Patient, closed: Mapping[Channel, Reason], today: date) -> Iterator[Fact]:
    whose = " of a parent or carer" if patient.is_child_on(today) else ""
    for channel, what in ((Channel.EMAIL, "Email"), (Channel.SMS, "Mobile")):
        address = patient.address(channel, today)
        is_closed = bool(address) and channel in closed
        why = f": nothing goes there, {closed[channel].sentence}" if is_closed else ""
        yield Fact(name=f"{what}{whose}", value=f"{address or 'not known'}{why}", is_bad=is_closed)


def _born(patient: Patient, today: date) -> str:
    told, age = patient.facts.get("date_of_birth"), patient.age_on(today)
    return f"{when.day(date.fromisoformat(told))}, {age} years old" if isinstance(told, str) and told else "not known"


def consents(patient: Patient, clinic: Clinic) -> Sequence[Consent]:
    """Of every purpose, by email and by text: said by the patient, or by the clinic's rule."""
    return [
        Consent(purpose=one.value, answers=[_answer(patient, clinic, one, channel) for channel in CHANNELS])
        for one in Purpose
    ]


CHANNELS = (Channel.EMAIL, Channel.SMS)


def _answer(patient: Patient, clinic: Clinic, purpose: Purpose, channel: Channel) -> str:
    answer = patient.consents(purpose, channel, clinic.consent_by_default)
    said = "said so" if _is_said(patient, purpose, channel) else "by the clinic's rule"
    return f"{'yes' if answer else 'no'}, {said}"


def _is_said(patient: Patient, purpose: Purpose, channel: Channel) -> bool:
    told = patient.facts.get("consent")
    of_purpose = told.get(purpose.value) if isinstance(told, Mapping) else None
    return isinstance(of_purpose, Mapping) and isinstance(of_purpose.get(channel.value), bool)
