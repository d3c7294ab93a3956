"""A patient stops through the link in a message, and may take it back."""

from drip.core.model import Channel
from drip.flows.stop import is_stopped, stop, undo
from drip.store import blind, patients
from drip.store.links import Link
from tests.world import ADVICE, World, a_visit, at


def the_link(clinic: World, channel: Channel = Channel.EMAIL) -> Link:
    """The one in Amina's messages."""
    with clinic.store.read() as tx:
        (person,) = patients.find(tx, "p-1")
    return Link(patient_id=person.id, contact_id=person.contacts[channel], channel=channel)


def a_patient_who_came(clinic: World) -> None:
    """Amina's first visit; her advice is planned."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")


def test_nothing_more_goes_to_an_address_that_was_stopped(clinic: World) -> None:
    a_patient_who_came(clinic)
    stop(clinic.app, the_link(clinic), at("2026-06-11 12:00"))
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == "suppressed suppressed_by_patient"


def test_the_other_channel_goes_on(clinic: World) -> None:
    a_patient_who_came(clinic)
    stop(clinic.app, the_link(clinic), at("2026-06-11 12:00"))
    assert not is_stopped(clinic.app, the_link(clinic, Channel.SMS))


def test_stopping_twice_and_undoing_once_is_not_stopped(clinic: World) -> None:
    a_patient_who_came(clinic)
    link = the_link(clinic)
    stop(clinic.app, link, at("2026-06-11 12:00"))
    stop(clinic.app, link, at("2026-06-11 12:01"))
    assert is_stopped(clinic.app, link)
    undo(clinic.app, link, at("2026-06-11 12:02"))
    assert not is_stopped(clinic.app, link)


def test_messages_go_again_after_undoing(clinic: World) -> None:
    a_patient_who_came(clinic)
    stop(clinic.app, the_link(clinic), at("2026-06-11 12:00"))
    undo(clinic.app, the_link(clinic), at("2026-06-11 12:01"))
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == "accepted"


def test_a_link_to_an_address_that_is_not_kept_yet_stops_it_before_it_is_used(clinic: World) -> None:
    contact = blind.blind_address(clinic.store.vault, Channel.EMAIL, "amina@example.org")
    stop(clinic.app, Link(patient_id="0" * 32, contact_id=contact, channel=Channel.EMAIL), at("2026-06-11 09:00"))
    a_patient_who_came(clinic)
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == "suppressed suppressed_by_patient"
