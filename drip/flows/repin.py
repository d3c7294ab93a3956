"""Who takes another version from now on, and what becomes of what is late by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Repin:
    """Which enrolments take another version from now on."""

    versions: Mapping[str, str] = field(default_factory=dict)
    """By enrolment."""
    sends_late: bool = False
    """What is late by the new version's times goes at the next opening."""


NOBODY = Repin()
