"""What staff call a patient."""

from drip.store.patients import PatientRow


def name_of(row: PatientRow) -> str:
    """First and last name, as far as they are known."""
    facts = row.patient.facts
    return f"{facts.get('first_name') or ''} {facts.get('last_name') or ''}".strip()


def called(row: PatientRow) -> str:
    """In a list: the name with the number beside it, so that two of one name are told apart."""
    name = name_of(row)
    return f"{name} ({row.ref})" if name else row.ref
