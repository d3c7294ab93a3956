"""The small closed vocabularies that everything else is written in."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | Sequence[Value] | Mapping[str, Value] | None"
"""What a booking system may tell us about something: anything JSON can say."""

Facts: TypeAlias = Mapping[str, Value]
"""One object of an event (`patient`, `appointment`, ...), as told. Absent means: nothing was said."""


def merged(known: Facts, told: Facts) -> Facts:
    """What is known after something was told: objects are merged key by key, everything else is replaced."""
    if not told:
        return known
    result: dict[str, Value] = dict(known)
    for name, value in told.items():
        before = result.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        result[name] = merged(before, value) if both else value  # type: ignore[arg-type]
    return result


class Channel(StrEnum):
    """The road a message takes."""

    EMAIL = "email"
    SMS = "sms"

    @property
    def other(self) -> "Channel":
        """The road to turn to when this one is closed."""
        return Channel.SMS if self is Channel.EMAIL else Channel.EMAIL


class Purpose(StrEnum):
    """Why a message is sent, most important first: consent, caps and order go by it."""

    SAFETY = "safety"
    SERVICE = "service"
    CARE = "care"
    FEEDBACK = "feedback"
    MARKETING = "marketing"

    @property
    def rank(self) -> int:
        """0 goes first."""
        return _RANKS[self]


_RANKS = {purpose: rank for rank, purpose in enumerate(Purpose)}


class Kind(StrEnum):
    """What a sequence is about; interlocks go by it."""

    EDUCATION = "education"
    LOADING = "loading"
    AFTERCARE = "aftercare"
    POSTOP = "postop"
    CHECKIN = "checkin"
    SAFETY = "safety"
    SERVICE = "service"


class Send(StrEnum):
    """How a step with two templates uses its two channels."""

    BOTH = "both"
    EMAIL_THEN_SMS = "email_then_sms"
    SMS_THEN_EMAIL = "sms_then_email"


class AnchorKind(StrEnum):
    """The moment that a sequence's offsets count from."""

    ENROLLED = "enrolled"
    BOOKED = "booked"
    APPOINTMENT = "appointment"
    APPOINTMENT_END = "appointment_end"
    TREATMENT = "treatment"
    PROGRAMME = "programme"

    @property
    def is_at_the_site(self) -> bool:
        """Visits and treatments happen at a site, so its clock decides."""
        return self in (AnchorKind.APPOINTMENT, AnchorKind.APPOINTMENT_END, AnchorKind.TREATMENT)


class EventKind(StrEnum):
    """What a booking system can tell us, and (from `enrolment.` on) what we tell ourselves."""

    BOOKED = "appointment.booked"
    RESCHEDULED = "appointment.rescheduled"
    CANCELLED = "appointment.cancelled"
    ATTENDED = "appointment.attended"
    NO_SHOW = "appointment.no_show"
    TREATMENT_PERFORMED = "treatment.performed"
    PROGRAMME_STARTED = "programme.started"
    PROGRAMME_ENDED = "programme.ended"
    PATIENT_UPDATED = "patient.updated"
    DISCHARGED = "patient.discharged"
    DECEASED = "patient.deceased"
    MERGED = "patient.merged"
    ERASED = "patient.erased"
    ENROLMENT_STARTED = "enrolment.started"
    ENROLMENT_ENDED = "enrolment.ended"
    REPLY_STOP = "reply.stop"
    REPLY_START = "reply.start"
    REPLY_HELP = "reply.help"
    REPLY_RED_FLAG = "reply.red_flag"
    REPLY_ANSWER = "reply.answer"
    REPLY_CHOICE = "reply.choice"
    STAFF_ALERT = "staff.alert"
    STAFF_ENDED = "staff.ended"
    STAFF_RESUMED = "staff.resumed"

    @property
    def is_about_an_appointment(self) -> bool:
        """Such events must carry the appointment they speak of."""
        return self.startswith("appointment.")

    @property
    def is_our_own(self) -> bool:
        """Never accepted from outside."""
        return self.startswith(("enrolment.", "reply.", "staff."))

    @property
    def is_for_sequences(self) -> bool:
        """Whether a sequence may be started or ended by it. What staff do to one sequence concerns no other."""
        return self not in (EventKind.STAFF_ENDED, EventKind.STAFF_RESUMED)

    @property
    def is_of_the_moment(self) -> bool:
        """Somebody waits for what it starts: it starts nothing once it has been heard."""
        return self.startswith(("reply.", "staff."))
