"""Who it is, for systems that know bookings and no patients: an address stands for the person."""

from hashlib import sha256
from typing import Any

from drip.bookings.contact import phone_of
from drip.bookings.record import said

LENGTH = 32
"""Characters of a reference: enough that no two people share one."""


def ref_of(email: str, phone: str = "", country: str = "") -> str:
    """The same for the same email address, else for the same telephone number; empty without either.

    Not the address itself: references are shown and typed where addresses should not be.
    """
    told = email.strip().lower() or phone_of(phone, country) or "".join(phone.split())
    return sha256(told.encode(errors="replace")).hexdigest()[:LENGTH] if told else ""


def names_of(first: str, last: str, whole: str) -> dict[str, Any]:
    """First and last name; out of the whole name, at its last space, where they do not stand apart."""
    if not (first or last):
        first, _, last = whole.strip().rpartition(" ")
        first, last = (first, last) if first else (last, "")
    return said({"first_name": first.strip(), "last_name": last.strip()})
