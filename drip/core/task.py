"""What a person at the clinic is asked to look at."""

from dataclasses import dataclass
from enum import StrEnum


class Ask(StrEnum):
    """What a person at the clinic is asked to look at."""

    UNKNOWN_SUBTYPE = "unknown_subtype"
    UNDER_AGE = "under_age"
    CONTACT_PROBLEM = "contact_problem"
    SAME_PERSON = "same_person"
    PROGRAMME_REPLACED = "programme_replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something a person must do; its key makes asking twice harmless."""

    kind: Ask
    key: str
    detail: str = ""
