"""Patients, as they are known."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, select

from drip.core.model import Channel, Facts
from drip.core.patient import Patient, Standing
from drip.store import addresses, bulk, names
from drip.store.blind import blind_address, blind_identity
from drip.store.database import Tx, from_bytes, to_bytes
from drip.store.ids import new_id
from drip.store.schema import patients
from drip.store.vault import CannotUnseal, DataKey

STAFF = "staff"
"""The source of people who are not patients: whoever `alerts` in clinic.yaml names. Written to by the same road."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRow:
    """A patient as stored, with the key to what is sealed for them."""

    id: str
    source: str
    revision: int
    patient: Patient = field(repr=False)
    data_key: DataKey = field(repr=False)
    ref: str = field(repr=False)
    contacts: Mapping[Channel, str] = field(default_factory=dict)
    """The blind id of each address."""
    identity: str | None = None
    """The blind index of name and birth, where both are known."""
    is_indexed: bool = False
    """Whether they are found by their name."""


def ensure(tx: Tx, refs: Iterable[tuple[str, str]], now: datetime) -> dict[tuple[str, str], tuple[str, DataKey]]:
    """The id and key of each (source, reference); patients nobody has heard of are made. Safe to repeat."""
    wanted = {(source, tx.vault.blind("patient", ref)): (source, ref) for source, ref in refs}
    known = _by_index(tx, wanted)
    rows = []
    for source, index in sorted(wanted.keys() - known.keys()):
        patient_id = new_id()
        wrapped = tx.vault.new_data_key(patient_id)
        key = tx.vault.data_key(patient_id, wrapped)
        ref = key.seal("patients.ref", patient_id, wanted[source, index][1].encode())
        rows.append(
            {"id": patient_id, "source": source, "ref_index": index, "data_key": wrapped, "ref": ref, "created_at": now}
        )
    bulk.insert_rows(tx, patients, rows, ignore_known=True)
    found = known | (_by_index(tx, wanted) if rows else {})
    return {wanted[key]: found[key] for key in wanted}


def _by_index(tx: Tx, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, DataKey]]:
    found = {}
    keys = list(wanted)
    columns = (patients.c.id, patients.c.source, patients.c.ref_index, patients.c.data_key)
    for chunk in bulk.chunks(keys):
        query = select(*columns).where(bulk.among(tx, patients.c.ref_index, (index for _, index in chunk)))
        for row in tx.connection.execute(query):
            found[row.source, row.ref_index] = (row.id, tx.vault.data_key(row.id, row.data_key))
    return found


def lock(tx: Tx, patient_ids: Iterable[str]) -> dict[str, int]:
    """Nobody else plans for, stops or writes to these patients until we are done. Always in the order of ids.

    Answers how often each has changed: a smaller number seen earlier means that what was read then is stale.
    """
    rows = tx.connection.execute(_locking(is_postgres=tx.is_postgres), bulk.given(tx, patient_ids))
    return {row.id: row.revision for row in rows}


@cache
def _locking(*, is_postgres: bool) -> Select[Any]:
    query = select(patients.c.id, patients.c.revision).where(bulk.among_given(patients.c.id, is_postgres=is_postgres))
    query = query.order_by(patients.c.id)
    return query.with_for_update() if is_postgres else query


def load(tx: Tx, patient_ids: Iterable[str]) -> dict[str, PatientRow]:
    """These patients, unsealed."""
    found: dict[str, PatientRow] = {}
    for chunk in bulk.chunks(sorted(set(patient_ids))):
        for row in tx.connection.execute(_loading(is_postgres=tx.is_postgres), bulk.given(tx, chunk)):
            found[row.id] = _unsealed(tx, row)
    return found


@cache
def _loading(*, is_postgres: bool) -> Select[Any]:
    return select(patients).where(bulk.among_given(patients.c.id, is_postgres=is_postgres))


def readable(tx: Tx, patient_ids: Collection[str]) -> dict[str, PatientRow]:
    """As `load`, without those whose record cannot be unsealed: that must not hold up anybody else."""
    try:
        return load(tx, patient_ids)
    except CannotUnseal:
        if len(patient_ids) == 1:
            return {}
    return {row.id: row for one in patient_ids for row in readable(tx, [one]).values()}


def staff_among(tx: Tx, patient_ids: Iterable[str]) -> set[str]:
    """Which of these are the clinic's own people."""
    query = select(patients.c.id).where(bulk.among(tx, patients.c.id, patient_ids), patients.c.source == STAFF)
    return set(tx.connection.execute(query).scalars())


def find(tx: Tx, ref: str) -> list[PatientRow]:
    """The patients whose reference this is: `source:ref`, or a bare ref, which several sources may have."""
    source, colon, rest = ref.partition(":")
    conditions = [patients.c.ref_index == tx.vault.blind("patient", ref)]
    rows = tx.connection.execute(select(patients).where(*conditions)).all()
    if not rows and colon:
        index = tx.vault.blind("patient", rest)
        query = select(patients).where(patients.c.source == source, patients.c.ref_index == index)
        rows = tx.connection.execute(query).all()
    return [_unsealed(tx, row) for row in rows]


def refs(tx: Tx, patient_ids: Iterable[str]) -> dict[str, str]:
    """The booking system's own reference of each patient, as it was given."""
    return {patient_id: row.ref for patient_id, row in load(tx, patient_ids).items()}


def _unsealed(tx: Tx, row: Row[Any]) -> PatientRow:
    key = tx.vault.data_key(row.id, row.data_key)
    told = from_bytes(key.unseal("patients.facts", row.id, row.facts)) if row.facts else {}
    blind = {Channel.EMAIL: row.email_contact, Channel.SMS: row.phone_contact}
    return PatientRow(
        id=row.id,
        source=row.source,
        revision=row.revision,
        patient=Patient(
            standing=Standing(row.standing),
            facts=told.get("patient", {}),
            carer=told.get("carer", {}),
            treatments=told.get("treatments", {}),
            replies=told.get("replies", {}),
            operations=tuple(told.get("operations", ())),
        ),
        data_key=key,
        ref=key.unseal("patients.ref", row.id, row.ref).decode(),
        contacts={channel: contact for channel, contact in blind.items() if contact},
        identity=row.identity,
        is_indexed=row.is_indexed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFacts:
    """What is now known of a patient."""

    row: PatientRow
    patient: Patient = field(repr=False)
    on: datetime


def save_facts(tx: Tx, news: Sequence[NewFacts]) -> None:
    """Keep what is known, make a row for every address, and count the change."""
    rows, told = [], {}
    for new in news:
        blind = {channel: contact_id(tx, new.patient, channel, new.on) for channel in Channel}
        told.update({contact: channel for channel, contact in blind.items() if contact})
        rows.append(
            {
                "id": new.row.id,
                "facts": new.row.data_key.seal("patients.facts", new.row.id, to_bytes(_facts(new.patient))),
                "standing": new.patient.standing.value,
                "email_contact": blind[Channel.EMAIL],
                "phone_contact": blind[Channel.SMS],
                "identity": blind_identity(tx.vault, new.patient.facts),
                "is_indexed": True,
                "revision": new.row.revision + 1,
            }
        )
    addresses.ensure(tx, told)
    bulk.save_rows(tx, patients, rows)
    _save_names(tx, [new for new in news if not new.row.is_indexed or name_of(new.patient) != name_of(new.row.patient)])


def _facts(known: Patient) -> Facts:
    told: Facts = {"patient": known.facts, "carer": known.carer}
    facts: Facts = {**told, "treatments": known.treatments, "replies": known.replies}
    return {**facts, "operations": known.operations} if known.operations else facts


def _save_names(tx: Tx, news: Sequence[NewFacts]) -> None:
    """Of those whose name is not what they are found by."""
    names.save(
        tx,
        {new.row.id: name_of(new.patient) for new in news if new.row.source != STAFF},
        known=[new.row.id for new in news if new.row.is_indexed],
    )


def name_of(patient: Patient) -> Facts:
    """What a patient is found by; nothing of a record that was merged into another one, or erased."""
    told = () if patient.standing in (Standing.MERGED, Standing.ERASED) else ("first_name", "last_name")
    return {name: patient.facts.get(name) for name in told}


def contact_id(tx: Tx, patient: Patient, channel: Channel, on: datetime) -> str | None:
    """The blind id of the address this patient would be reached at."""
    address = patient.address(channel, on.date())
    return blind_address(tx.vault, channel, address) if address else None
