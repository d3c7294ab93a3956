"""Facts about a patient that hold some messages back: an operation, a rupture, a recent steroid injection."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from drip.core.model import Facts
from drip.core.patient import time_in

CONDITIONS = frozenset({"surgery", "rupture", "steroid_injection", "fracture"})
"""As they stand among a patient's conditions: they hold for as long as the booking system says so."""

AFTER_STEROID = timedelta(days=14)
"""A tendon near a steroid injection tears more easily; loading waits this long unless a clinician says otherwise."""

_BY_TREATMENT: Mapping[str, tuple[str, timedelta | None]] = {
    "steroid_injection": ("steroid_injection", AFTER_STEROID),
    "corticosteroid_injection": ("steroid_injection", AFTER_STEROID),
    "surgery": ("surgery", None),
}
"""What a treatment means, and for how long; None until a person clears it."""


def interlocks(facts: Facts, treatments: Facts, now: datetime) -> frozenset[str]:
    """What holds this patient's messages back at `now`. `treatments` is code -> when it was last performed."""
    told = facts.get("conditions")
    known = {one for one in told if isinstance(one, str)} if isinstance(told, list | tuple) else set()
    recent = {
        name
        for code, (name, length) in _BY_TREATMENT.items()
        if (at := time_in(treatments, code)) is not None and (length is None or now < at + length)
    }
    return frozenset(CONDITIONS & known) | frozenset(recent)
