"""Who may be one person in two booking systems."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, select

from drip.core.model import Channel
from drip.core.patient import Patient, Standing
from drip.store import bulk
from drip.store.blind import blind_identity
from drip.store.database import Tx
from drip.store.patients import PatientRow, contact_id
from drip.store.schema import patients


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What shows, without saying who it is, whether two systems' patients are one person."""

    id: str
    source: str
    identity: str
    """The blind index of name and birth."""
    contacts: Mapping[Channel, str]
    standing: Standing

    def is_also(self, other: "Identity") -> bool:
        """Whether two systems speak of the same person: the same name, birth, and an address."""
        share = any(self.contacts[channel] == other.contacts.get(channel) for channel in self.contacts)
        return self.source != other.source and self.identity == other.identity and share


def identity_of(tx: Tx, row: PatientRow, patient: Patient, on: datetime) -> Identity | None:
    """Who a patient is, by what is known now; None while name, birth or address are missing."""
    identity = blind_identity(tx.vault, patient.facts)
    found = {channel: contact_id(tx, patient, channel, on) for channel in Channel}
    contacts = {channel: contact for channel, contact in found.items() if contact}
    if identity is None or not contacts:
        return None
    return Identity(id=row.id, source=row.source, identity=identity, contacts=contacts, standing=patient.standing)


def with_identity(tx: Tx, identities: Iterable[str]) -> list[Identity]:
    """Everybody with one of these blind indexes of name and birth."""
    wanted = set(identities)
    if not wanted:
        return []
    return [
        Identity(
            id=row.id,
            source=row.source,
            identity=row.identity,
            contacts={
                channel: contact
                for channel, contact in ((Channel.EMAIL, row.email_contact), (Channel.SMS, row.phone_contact))
                if contact
            },
            standing=Standing(row.standing),
        )
        for row in (
            tx.connection.execute(_of_identity(is_postgres=tx.is_postgres), bulk.given(tx, wanted)) if wanted else ()
        )
    ]


@cache
def _of_identity(*, is_postgres: bool) -> Select[Any]:
    columns = [patients.c[name] for name in ("id", "source", "identity", "email_contact", "phone_contact", "standing")]
    return select(*columns).where(bulk.among_given(patients.c.identity, is_postgres=is_postgres))
