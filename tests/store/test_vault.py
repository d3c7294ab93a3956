"""What is sealed can be read with the right key, in its own place, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from drip.clock import now
from drip.store import events, patients
from drip.store.database import open_store
from drip.store.staff_schema import metadata
from drip.store.vault import CannotUnseal, DataKey, Vault
from tests.world import ADVICE, World, a_visit

KEY = DataKey(bytes(32))


@given(st.binary(max_size=200), st.text(max_size=30))
def test_what_is_sealed_comes_back(value: bytes, row: str) -> None:
    assert KEY.unseal("patients.facts", row, KEY.seal("patients.facts", row, value)) == value


@pytest.mark.parametrize(
    ("place", "row"),
    [("patients.facts", "row-2"), ("events.body", "row-1"), ("patients.ref", "row-1")],
    ids=["another row", "another table", "another column"],
)
def test_a_sealed_value_cannot_be_moved(place: str, row: str) -> None:
    sealed = KEY.seal("patients.facts", "row-1", b"Amina")
    with pytest.raises(CannotUnseal) as refused:
        KEY.unseal(place, row, sealed)
    assert "Amina" not in str(refused.value)


@given(st.integers(0, 32), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, change: int) -> None:
    sealed = bytearray(KEY.seal("patients.facts", "row-1", b"Amina"))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(CannotUnseal):
        KEY.unseal("patients.facts", "row-1", bytes(sealed))


def test_the_same_value_never_looks_the_same_twice() -> None:
    assert KEY.seal("patients.facts", "row-1", b"Amina") != KEY.seal("patients.facts", "row-1", b"Amina")


def test_an_older_master_key_still_opens_what_it_sealed() -> None:
    old, new = ("old", bytes(32)), ("new", bytes(range(32)))
    sealed = Vault([old]).seal("keys.value", "index", b"secret")
    assert Vault([new, old]).unseal("keys.value", "index", sealed) == b"secret"
    with pytest.raises(CannotUnseal):
        Vault([new]).unseal("keys.value", "index", sealed)


def test_a_database_does_not_open_with_another_key(clinic: World, database_url: str) -> None:
    with pytest.raises(CannotUnseal):
        open_store(database_url, [("test", bytes(32))], now)


def test_nothing_personal_can_be_read_in_the_database(clinic: World) -> None:
    clinic.publish(ADVICE)
    # Long enough that none of them turns up in random bytes by chance.
    patient = {"ref": "reference-of-amina", "conditions": ["achilles"], "attributes": {"note": "canary-note"}}
    clinic.tell(a_visit("2026-06-11 10:00", patient=patient, appointment={"ref": "visit-of-amina"}))
    clinic.tick("2026-06-11 13:00")
    with clinic.store.read() as tx:
        rows = [
            str([bytes(value) if isinstance(value, memoryview) else value for value in row])
            for table in metadata.sorted_tables
            if table.name not in ("versions",)
            for row in tx.connection.execute(select(table))
        ]
    everything = "\n".join(rows)
    assert len(rows) > 8
    canaries = ("Amina", "amina@example.org", "447700900123", "1979-03-02", "achilles", "canary-note")
    for canary in (*canaries, "reference-of-amina", "visit-of-amina"):
        assert canary not in everything


def test_a_patients_sealed_facts_cannot_be_given_to_another(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"), a_visit("2026-06-11 10:00", event_id="2", patient={"ref": "p-2"}))
    clinic.tick("2026-06-11 10:31")
    with clinic.store.write() as tx:
        table = metadata.tables["patients"]
        first, second = tx.connection.execute(select(table.c.id, table.c.facts)).all()
        tx.connection.execute(update(table).where(table.c.id == first.id).values(facts=second.facts))
    with clinic.store.read() as tx, pytest.raises(CannotUnseal):
        patients.load(tx, [first.id])


def test_a_reference_is_found_without_being_readable(clinic: World) -> None:
    clinic.tell(a_visit("2026-06-11 10:00"))
    with clinic.store.read() as tx:
        assert [row.ref for row in patients.find(tx, "p-1")] == ["p-1"]
        assert [row.ref for row in patients.find(tx, "generic:p-1")] == ["p-1"]
        assert patients.find(tx, "p-9") == []
        assert patients.find(tx, "other:p-1") == []
        assert events.count_pending(tx)[0] == 1
