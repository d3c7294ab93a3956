"""What a version would do to people before it is live; and what is late by its times, left out or sent after all."""

from typing import Any

import pytest

from drip.core.effect import Fate
from drip.flows.foresight import Foresight, foresee
from drip.flows.publish import InFlight
from drip.store import audit, enrolments
from tests.world import ADVICE, World, a_visit, at

SOONER = ADVICE.replace('after: 7d, at: "09:30"', 'after: 2d, at: "09:30"')
"""Day 2 is a Saturday, so Monday at eight: over by Monday noon."""

ANEW = SOONER.replace("steps:\n", "steps:\n  - {id: first, after: 1h, email: first}\n")


@pytest.fixture
def amina(clinic: World) -> World:
    """She came on the eleventh and has had two messages; the third is planned for the eighteenth."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    for time in ("2026-06-11 13:00", "2026-06-12 10:00"):
        clinic.tick(time)
    assert clinic.states()["later"] == "planned"
    return clinic


def foreseen(clinic: World, text: str, now: str = "2026-06-15 12:00", *sites: str) -> Foresight:
    """What following would come to, looked at and taken back."""
    with clinic.store.rehearse() as store:
        apart = clinic.apart(store)
        (result,) = apart.publish(text, now=now)
        with store.read() as tx:
            to = apart.app.versions.get(tx, [result.version])[result.version]
    with clinic.store.read() as tx:
        return foresee(clinic.app, tx, to, sites, at(now))


def due(clinic: World) -> str:
    (later,) = [one for one in clinic.messages() if one.step == "later"]
    return f"{later.due_at:%d %H:%M} {later.state} {later.reason}".strip()


def test_what_is_foreseen_is_what_publishing_then_does(amina: World) -> None:
    seen = foreseen(amina, SOONER)
    (result,) = amina.publish(SOONER, now="2026-06-15 12:00", in_flight=InFlight.FOLLOW)
    assert list(seen.skipped) == list(result.people)
    assert [one.fate for person in seen.skipped for one in person.effects] == [Fate.MISSED]
    assert (seen.in_it, seen.looked_at, seen.late, seen.rescued) == (1, 1, 1, 1)


def test_looking_ahead_changes_nothing_and_makes_nobody_wait(amina: World) -> None:
    before = amina.messages()
    with amina.store.write() as tx:  # on SQLite nobody else can write now
        version = amina.app.versions.live(tx)["advice"]
        with amina.store.read() as other:
            foresee(amina.app, other, version, (), at("2026-06-15 12:00"))
    foreseen(amina, SOONER)
    assert amina.messages() == before


def test_a_site_sees_only_its_own(amina: World) -> None:
    assert foreseen(amina, SOONER, "2026-06-15 12:00", "quay").in_it == 1
    elsewhere = foreseen(amina, SOONER, "2026-06-15 12:00", "hill")
    assert (elsewhere.in_it, elsewhere.looked_at, list(elsewhere.skipped)) == (0, 0, [])


def test_what_is_late_by_the_new_times_is_left_out(amina: World) -> None:
    amina.publish(SOONER, now="2026-06-15 12:00", in_flight=InFlight.FOLLOW)
    assert due(amina) == "15 07:00 skipped late"


def test_or_goes_at_the_next_opening_once(amina: World) -> None:
    amina.publish(SOONER, now="2026-06-15 21:00", in_flight=InFlight.FOLLOW, sends_late=True)
    assert due(amina) == "16 07:00 planned", "the next morning, not at nine in the evening"
    amina.tick("2026-06-16 08:01")
    assert amina.states()["later"] == "accepted"
    amina.publish(SOONER + "\n# again\n", now="2026-06-17 12:00", in_flight=InFlight.FOLLOW, sends_late=True)
    amina.tick("2026-06-18 10:00")
    assert len(amina.sink.letters) == 3


def test_news_of_the_patient_does_not_take_back_what_was_let_in_late(amina: World) -> None:
    amina.publish(SOONER, now="2026-06-15 21:00", in_flight=InFlight.FOLLOW, sends_late=True)
    amina.tell(a_visit("2026-06-11 10:00", told_at=at("2026-06-15 21:30").isoformat(), event_id="again"))
    amina.tick("2026-06-15 21:31")
    assert due(amina) == "16 07:00 planned"


def test_what_somebody_had_or_missed_before_does_not_come_back(amina: World) -> None:
    moved = ANEW.replace('after: 1d, at: "10:00"', 'after: 1d, at: "11:00"')
    amina.publish(moved, now="2026-06-15 12:00", in_flight=InFlight.FOLLOW, sends_late=True)
    assert amina.states()["first"] == "skipped late", "new, and its day was before they could have it"
    amina.tick("2026-06-16 12:00")
    assert [one.words.text.endswith("nudge") for one in amina.sink.letters].count(True) == 1


def test_who_joined_too_late_for_a_message_does_not_get_it_after_all(clinic: World) -> None:
    longer = ADVICE.replace("steps:\n", "steps:\n  - {id: last, after: 20d, email: last}\n")
    clinic.publish(longer)
    clinic.tell(a_visit("2026-06-01 10:00", told_at=at("2026-06-11 12:00").isoformat()))
    clinic.tick("2026-06-11 12:00")
    assert clinic.states()["later"] == "skipped late"
    moved = longer.replace('after: 7d, at: "09:30"', 'after: 8d, at: "09:30"')
    (result,) = clinic.publish(moved, now="2026-06-11 13:00", in_flight=InFlight.FOLLOW, sends_late=True)
    assert result.followed == 1
    assert clinic.states()["later"] == "skipped late"


def test_a_publication_stands_in_the_audit_trail_and_one_that_changes_nothing_does_not(clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.publish(ADVICE)
    clinic.publish(SOONER, in_flight=InFlight.FOLLOW, sends_late=True, who="an-account")
    told: list[Any] = []
    with clinic.store.read() as tx:
        for line in audit.lines(tx, "sequence:advice"):
            told.append((line.deed.who, line.deed.deed, line.deed.detail["number"], line.deed.detail["in_flight"]))
    assert told == [("command", "published", 1, "pin"), ("an-account", "published", 2, "follow")]


def test_people_of_a_sequence_are_counted_by_version(amina: World) -> None:
    with amina.store.read() as tx:
        assert list(enrolments.count_by_version(tx, "advice").values()) == [1]
        assert enrolments.count_by_version(tx, "reminders") == {}
        assert enrolments.count_by_version(tx, "advice", ["hill"]) == {}
