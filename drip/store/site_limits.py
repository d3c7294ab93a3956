"""Which patients somebody sees whose account is limited to sites: those with an enrolment at one of them."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, exists, true

from drip.store.schema import enrolments


def at_sites(patient_id: ColumnElement[str], sites: Collection[str]) -> ColumnElement[bool]:
    """Whether a column's patient belongs to one of these sites; anybody does where none is named."""
    if not sites:
        return true()
    return exists().where(enrolments.c.patient_id == patient_id, enrolments.c.site.in_(sorted(sites)))
