"""Which patients somebody sees whose account is limited to sites: those with an enrolment at one of them."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, literal, select, true

from drip.store.schema import enrolments


def at_sites(patient_id: ColumnElement[str], sites: Collection[str]) -> ColumnElement[bool]:
    """Whether a column's patient belongs to one of these sites; anybody does where none is named.

    Asked row by row, of the few that wait. As `EXISTS` PostgreSQL would rather read a site's enrolments, all of them.
    """
    if not sites:
        return true()
    theirs = (enrolments.c.patient_id == patient_id, enrolments.c.site.in_(sorted(sites)))
    return select(literal(value=True)).where(*theirs).limit(1).scalar_subquery()
