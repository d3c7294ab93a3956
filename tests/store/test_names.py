"""Patients are found by name, though no name can be read in the database."""

import pytest
from sqlalchemy import func, select

from drip.flows.name_index import index_names
from drip.flows.tick import tick
from drip.store import names, patients
from drip.store.schema import name_words
from tests.world import ADVICE, World, a_visit, an_event, at

NOW = at("2026-06-11 12:00")


def known(clinic: World, *people: tuple[str, str], **unusual: object) -> None:
    """Patients of these first and last names, p-1, p-2 and so on, each of whom came today."""
    for number, (first, last) in enumerate(people, 1):
        patient = {"ref": f"p-{number}", "first_name": first, "last_name": last, **unusual}
        clinic.tell(a_visit("2026-06-11 10:00", event_id=f"e-{number}", patient=patient))
    tick(clinic.app, NOW)


def found(clinic: World, wanted: str, *, sites: tuple[str, ...] = ()) -> list[str]:
    """The references of those whom a search finds, in order."""
    words = names.words_in(wanted)
    with clinic.store.read() as tx:
        ids = names.with_words(tx, words, sites, 100)
        rows = patients.load(tx, ids).values()
        return sorted(row.ref for row in rows if names.matches(row.patient.facts, words))


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        ("Amina", "Shah", "amina"),
        ("Amina", "Shah", "SHAH amina"),
        ("Amina", "Shah", "ami"),
        ("Amina", "Shah", "amina sh"),
        ("Amina", "Shah", "s amina"),
        ("Zoë", "O'Neil-Smith", "zoe oneil"),
        ("Zoë", "O\u2019Neil-Smith", "smith"),
        ("Zoe", "Smith", "zoë"),
        ("Li", "Wu", "li wu"),
        ("Søren", "Łukasiewicz", "soren lukasiewicz"),
        ("Christopher", "Featherstonehaugh", "christopher feathersto"),
    ],
)
def test_a_patient_is_found_by_words_of_their_name_and_by_how_they_begin(
    clinic: World, first: str, last: str, wanted: str
) -> None:
    known(clinic, (first, last), ("Bertram", "Jones"))
    assert found(clinic, wanted) == ["p-1"]


@pytest.mark.parametrize("wanted", ["amina jones", "mina", "am", "aminata", "hah", "sh"])
def test_nobody_else_is(clinic: World, wanted: str) -> None:
    known(clinic, ("Amina", "Shah"), ("Bertram", "Jones"))
    assert found(clinic, wanted) == []


def test_a_new_name_is_found_and_the_old_one_no_more(clinic: World) -> None:
    known(clinic, ("Amina", "Shah"))
    clinic.tell(an_event("patient.updated", "2026-06-12 09:00", patient={"last_name": "Malik"}))
    tick(clinic.app, at("2026-06-12 09:01"))
    assert (found(clinic, "malik"), found(clinic, "shah")) == (["p-1"], [])


@pytest.mark.parametrize("kind", ["patient.merged", "patient.erased"])
def test_a_record_that_was_merged_or_erased_is_found_by_no_name(clinic: World, kind: str) -> None:
    known(clinic, ("Amina", "Shah"))
    clinic.tell(an_event(kind, "2026-06-12 09:00"))
    tick(clinic.app, at("2026-06-12 09:01"))
    with clinic.store.read() as tx:
        assert tx.connection.execute(select(func.count()).select_from(name_words)).scalar_one() == 0


def test_no_name_stands_in_the_index(clinic: World) -> None:
    known(clinic, ("Amina", "Shah"))
    with clinic.store.read() as tx:
        words = set(tx.connection.execute(select(name_words.c.word)).scalars())
    assert len(words) == 5, "ami, amin, amina, sha, shah"
    assert not any("ami" in word or "sha" in word for word in words if not set(word) <= set("0123456789abcdef"))


def test_who_was_there_before_is_found_once_the_worker_has_seen_to_it(clinic: World) -> None:
    known(clinic, ("Amina", "Shah"), ("Amina", "Jones"))
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM name_words")
        tx.connection.exec_driver_sql("UPDATE patients SET is_indexed = false")
        tx.connection.exec_driver_sql("DELETE FROM heartbeats")
    assert found(clinic, "amina") == []
    assert index_names(clinic.app, NOW) == 2
    assert found(clinic, "amina") == ["p-1", "p-2"]
    assert index_names(clinic.app, NOW) == 0


def test_a_record_that_cannot_be_unsealed_keeps_nobody_else_from_being_found(clinic: World) -> None:
    known(clinic, ("Amina", "Shah"), ("Bertram", "Jones"))
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM name_words")
        tx.connection.exec_driver_sql("DELETE FROM heartbeats")
        (first,) = [row.id for row in patients.find(tx, "p-1")]
        seal = "'\\x00'" if tx.is_postgres else "x'00'"
        tx.connection.exec_driver_sql("UPDATE patients SET is_indexed = false")
        tx.connection.exec_driver_sql(f"UPDATE patients SET facts = {seal} WHERE id = '{first}'")  # noqa: S608 - ours
    index_names(clinic.app, NOW)
    assert found(clinic, "jones") == ["p-2"]


def test_only_patients_of_the_sites_that_are_named_are_found(clinic: World) -> None:
    clinic.publish(ADVICE)
    known(clinic, ("Amina", "Shah"))
    assert found(clinic, "amina", sites=("quay",)) == ["p-1"]
    assert found(clinic, "amina", sites=("dock",)) == []
