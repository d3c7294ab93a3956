"""What a booking system's own names mean at this clinic: its sites, its types of appointment."""

from collections.abc import Mapping, Sequence

from drip.core.clinic import Clinic


def site_of(clinic: Clinic, source: str, theirs: Sequence[str]) -> str:
    """Our site, by the first of their ids or names that clinic.yaml maps; empty when it maps none of them."""
    site = _either_case(clinic.booking_system(source).sites, theirs)
    return site if any(site == one.id for one in clinic.sites) else ""


def type_of(clinic: Clinic, theirs: Sequence[str]) -> str:
    """Our type, by the first of their ids or names that clinic.yaml maps; else the last, which is the name."""
    return _either_case(clinic.appointment_types, theirs) or next((one for one in reversed(theirs) if one), "")


def _either_case(names: Mapping[str, str], theirs: Sequence[str]) -> str:
    folded = {name.casefold(): ours for name, ours in names.items()}
    return next((ours for one in theirs if one and (ours := names.get(one) or folded.get(one.casefold()))), "")
