"""A test goes to whoever asked, by the patients' way, and no plan and no patient knows of it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from drip.core.draft import Draft
from drip.core.handover import Fault, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.model import Channel
from drip.core.role import Person, Role
from drip.flows import own_address, staff
from drip.flows.own_address import Begun
from drip.flows.staff import NewAccount
from drip.flows.switches import pause
from drip.flows.to_staff import Handed, NotHanded
from drip.flows.trial import MOST, Trial, send_trial
from drip.store import audit, drafts, own_addresses, versions
from drip.store.links import read_token
from tests.databases import sqlite_url
from tests.world import ADVICE, World, a_visit, a_world, at, templates_for

NOW = at("2026-06-11 10:00")
OWN, NUMBER = "sam@example.org", "+447700900999"
HELLO = Trial(sequence="advice", step="hello", channel=Channel.EMAIL)
NUDGE = Trial(sequence="advice", step="nudge", channel=Channel.SMS)


@pytest.fixture
def world() -> Iterator[World]:
    """Amina is in the sequence. It has a public address."""
    made = a_world(sqlite_url(), public_url="https://drip.example.org")
    made.publish(ADVICE)
    made.tell(a_visit("2026-06-11 09:00"))
    made.tick("2026-06-11 09:30")
    yield made
    made.app.close()


@pytest.fixture
def sam(world: World) -> Person:
    """An author with an address and a number of their own."""
    person = staff.add(world.app, NewAccount(name="sam", full_name="Sam", role=Role.AUTHOR), NOW).person
    with world.store.write() as tx:
        own_addresses.save(tx, person.id, Channel.EMAIL, OWN)
        own_addresses.save(tx, person.id, Channel.SMS, NUMBER)
    return person


def amina(world: World) -> str:
    """Her id."""
    (patient,) = {one.patient_id for one in world.messages()}
    return patient


def why(outcome: Handed | NotHanded) -> str:
    """Why it did not go."""
    assert isinstance(outcome, NotHanded)
    return outcome.why


def test_a_test_goes_to_oneself_and_is_marked(world: World, sam: Person) -> None:
    assert send_trial(world.app, sam, HELLO, NOW) == Handed("sink")
    assert send_trial(world.app, sam, NUDGE, NOW) == Handed("sink")
    email, text = world.sink.letters
    assert (email.to, email.words.subject) == (OWN, "[Test] About hello")
    assert (text.to, text.words.text) == (NUMBER, "[Test] Jo, Harbour Clinic here: nudge")
    assert text.words.parts == 1


def test_with_a_patients_data_it_still_goes_to_oneself_and_both_trails_say_so(world: World, sam: Person) -> None:
    patient = amina(world)
    assert send_trial(world.app, sam, replace(HELLO, patient=patient), NOW) == Handed("sink")
    (letter,) = world.sink.letters
    assert letter.to == OWN
    assert "Hello Amina" in letter.words.text
    with world.store.read() as tx:
        assert [one.deed.deed for one in audit.lines(tx, f"patient:{patient}")] == ["used_in_test"]
        assert "test_asked" in [one.deed.deed for one in audit.lines(tx, f"account:{sam.id}")]


def test_no_plan_and_no_patient_knows_of_it(world: World, sam: Person) -> None:
    before = world.messages()
    send_trial(world.app, sam, replace(HELLO, patient=amina(world)), NOW)
    assert world.messages() == before
    with world.store.read() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM attempts").scalar() == 0


def test_its_links_stop_nobody(world: World, sam: Person) -> None:
    words = "---\nsubject: Hello\npreheader: x\n---\nHello.\n\n[Stop]({{ links.stop }})\n"
    world.sources["advice/hello.email.md"] = words
    world.publish(ADVICE.replace("After your first visit", "After your visit"))
    send_trial(world.app, sam, replace(HELLO, patient=amina(world)), NOW)
    (letter,) = world.sink.letters
    assert letter.stop_url is None
    assert "https://drip.example.org/p/" in letter.words.text
    token = letter.words.text.partition("/p/")[2].split()[0].strip(")>")
    link = read_token(world.store.vault, token)
    assert link is not None
    assert set(link.patient_id) == set(link.contact_id) == {"0"}


def test_who_sees_other_sites_only_can_use_nobody_of_this_one(world: World, sam: Person) -> None:
    elsewhere = replace(sam, sites=frozenset({"dock"}))
    told = why(send_trial(world.app, elsewhere, replace(HELLO, patient=amina(world)), NOW))
    assert "there is no such patient" in told
    assert told == why(send_trial(world.app, sam, replace(HELLO, patient="0" * 32), NOW)), "no one learns which it is"
    assert world.sink.letters == []


def test_a_draft_can_be_tried_before_anybody_approves_it(world: World, sam: Person) -> None:
    new = ADVICE.replace("sequence: advice", "sequence: fresh")
    files = {"sequence.yaml": new} | templates_for(new)
    draft = Draft(id="d-1", sequence="fresh", based_on=None, files=files, changed_at=NOW, changed_by=sam.id)
    with world.store.write() as tx:
        drafts.begin(tx, draft)
    trial = replace(HELLO, sequence="fresh", draft="d-1")
    assert send_trial(world.app, sam, trial, NOW) == Handed("sink")
    assert "no such draft" in why(send_trial(world.app, sam, replace(trial, draft="d-2"), NOW))
    with world.store.write() as tx:
        assert drafts.save(tx, replace(draft, files={"sequence.yaml": "sequence: ["}), saw=1)
    assert "mend them first" in why(send_trial(world.app, sam, trial, NOW))


@pytest.mark.parametrize(
    ("trial", "says"),
    [
        (replace(HELLO, sequence="nothing"), "not live"),
        (replace(HELLO, step="nothing"), "no words for that channel"),
        (replace(HELLO, channel=Channel.SMS), "no words for that channel"),
    ],
)
def test_what_cannot_be_sent_says_why(world: World, sam: Person, trial: Trial, says: str) -> None:
    assert says in why(send_trial(world.app, sam, trial, NOW))


def test_who_has_no_address_gets_nothing(world: World) -> None:
    person = staff.add(world.app, NewAccount(name="kim", full_name="Kim", role=Role.AUTHOR), NOW).person
    assert "no address of your own" in why(send_trial(world.app, person, HELLO, NOW))


def test_while_not_live_a_test_reaches_only_the_allow_list(world: World, sam: Person) -> None:
    world.sink.reaches_people = True
    assert "allow list" in why(send_trial(world.app, sam, HELLO, NOW))
    app = replace(world.app, allow_list=frozenset({OWN}))
    assert send_trial(app, sam, HELLO, NOW) == Handed("sink")
    assert "allow list" in why(send_trial(replace(app, live=True), sam, NUDGE, NOW)), "a number made for drama"


def test_while_sending_is_paused_nothing_goes(world: World, sam: Person) -> None:
    pause(world.app, versions.PROVIDER + "sink", "", NOW, who="a-1")
    assert "no provider" in why(send_trial(world.app, sam, HELLO, NOW))
    pause(world.app, versions.EVERYTHING, "", NOW, who="a-1")
    assert "paused" in why(send_trial(world.app, sam, HELLO, NOW))
    assert world.sink.letters == []


def fails(letter: Letter) -> Outcome:
    """An adapter's mistake, with the address in its words."""
    raise ValueError(letter.to)


def test_what_the_provider_says_is_told(world: World, sam: Person) -> None:
    world.sink.answer = lambda _: Refused(Fault.CONTENT)
    assert "sink refused it (content)" in why(send_trial(world.app, sam, HELLO, NOW))
    world.sink.answer = lambda _: Unknown()
    assert "may arrive all the same" in why(send_trial(world.app, sam, HELLO, NOW))
    world.sink.answer = fails
    told = why(send_trial(world.app, sam, HELLO, NOW))
    assert "ValueError" in told
    assert OWN not in told


def test_nobody_sends_themselves_hundreds(world: World, sam: Person) -> None:
    for _ in range(MOST):
        assert send_trial(world.app, sam, HELLO, NOW) == Handed("sink")
    assert "enough" in why(send_trial(world.app, sam, HELLO, NOW))
    assert send_trial(world.app, sam, HELLO, NOW + timedelta(hours=1, minutes=1)) == Handed("sink")


def at_once(number: int, do: Callable[[], Any]) -> list[Any]:
    """What each of so many comes to, begun together."""
    start, said = threading.Barrier(number), list[Any]()

    def one() -> None:
        start.wait()
        said.append(do())

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return said


def test_of_many_tests_at_once_no_more_go_than_one_after_another(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_postgres_clinic()
    clinic.publish(ADVICE)
    kim = staff.add(clinic.app, NewAccount(name="kim", full_name="Kim", role=Role.AUTHOR), NOW).person
    with clinic.store.write() as tx:
        own_addresses.save(tx, kim.id, Channel.SMS, NUMBER)
    monkeypatch.setattr("drip.flows.trial.MOST", 2)
    said = at_once(8, lambda: send_trial(clinic.app, kim, NUDGE, NOW))
    assert said.count(Handed("sink")) == len(clinic.sink.letters) == 2


def test_of_many_codes_at_once_no_more_go_than_one_after_another(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    kim = staff.add(clinic.app, NewAccount(name="kim", full_name="Kim", role=Role.AUTHOR), NOW).person
    said = at_once(12, lambda: own_address.begin(clinic.app, kim, Channel.SMS, NUMBER, NOW))
    assert sum(isinstance(one, Begun) for one in said) == len(clinic.sink.letters) == own_address.MOST


def begun(world: World, person: Person, channel: Channel, typed: str) -> tuple[str, str]:
    """What comes back with the code, and the code that went out."""
    outcome = own_address.begin(world.app, person, channel, typed, NOW)
    assert isinstance(outcome, Begun)
    return outcome.sealed, world.sink.letters[-1].words.text[:8]


@pytest.mark.parametrize(
    ("channel", "typed", "kept"),
    [(Channel.EMAIL, " kim@Example.org ", "kim@example.org"), (Channel.SMS, "07700 900998", "+447700900998")],
)
def test_an_address_is_ones_own_once_the_code_that_went_there_came_back(
    world: World, channel: Channel, typed: str, kept: str
) -> None:
    person = staff.add(world.app, NewAccount(name="kim", full_name="Kim", role=Role.AUTHOR), NOW).person
    sealed, code = begun(world, person, channel, typed)
    assert world.sink.letters[-1].to == kept
    assert not own_address.confirm(world.app, person, sealed, "AAAAAAAA", NOW)
    assert own_address.confirm(world.app, person, sealed, f" {code.lower()} ", NOW)
    with world.store.read() as tx:
        assert own_addresses.of_account(tx, person.id) == {channel: kept}


def test_a_code_is_for_one_person_and_a_quarter_of_an_hour(world: World, sam: Person) -> None:
    other = staff.add(world.app, NewAccount(name="kim", full_name="Kim", role=Role.AUTHOR), NOW).person
    sealed, code = begun(world, sam, Channel.EMAIL, "new@example.org")
    assert not own_address.confirm(world.app, other, sealed, code, NOW)
    assert not own_address.confirm(world.app, sam, sealed, code, NOW + timedelta(minutes=16))
    assert not own_address.confirm(world.app, sam, "ff" * 40, code, NOW)
    assert not own_address.confirm(world.app, sam, "not hex", code, NOW)


def test_nobody_is_pestered_with_codes(world: World, sam: Person) -> None:
    for _ in range(own_address.MOST):
        begun(world, sam, Channel.EMAIL, "somebody@example.org")
    assert isinstance(own_address.begin(world.app, sam, Channel.EMAIL, "somebody@example.org", NOW), NotHanded)


def test_an_address_can_be_taken_away(world: World, sam: Person) -> None:
    own_address.forget(world.app, sam, Channel.EMAIL, NOW)
    with world.store.read() as tx:
        assert own_addresses.of_account(tx, sam.id) == {Channel.SMS: NUMBER}


def test_an_address_is_stored_sealed(world: World, sam: Person) -> None:
    with world.store.read() as tx:
        kept = tx.connection.exec_driver_sql("SELECT email, phone FROM accounts").one()
    assert OWN.encode() not in kept[0]
    assert NUMBER.encode() not in kept[1]
