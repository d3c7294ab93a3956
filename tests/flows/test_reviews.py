"""Review dates: told of in good time; then care waits, and safety goes in its last approved words, with an alarm."""

from collections.abc import Callable

import pytest

from drip.store import records, versions
from tests.world import ADVICE, CLINIC, World, a_visit

NAMED = CLINIC + "alerts: {email: nurse@example.org}\n"
DUE = ADVICE.replace("2037-01-01", "2026-06-16")
RENEWED = ADVICE.replace("2037-01-01", "2027-06-16")
SAFETY = ADVICE.replace("purpose: care", "purpose: safety")
SAFETY_DUE = DUE.replace("purpose: care", "purpose: safety")


def with_words(clinic: World, words: str) -> None:
    """The next version says this in the message of the seventh day."""
    clinic.sources["advice/later.email.md"] = f"---\nsubject: {words}\npreheader: A note\n---\nHello.\n"


def in_flight(clinic: World, text: str = DUE) -> None:
    """Amina came on Thursday the 11th; the message of the 18th is after the review date, the 16th."""
    clinic.publish(text)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 13:00")
    clinic.tick("2026-06-12 10:00")


def asked(clinic: World) -> list[str]:
    with clinic.store.read() as tx:
        return [one.kind for one in records.open_tasks(tx)]


def subjects(clinic: World) -> list[str]:
    return [one.words.subject for one in clinic.sink.letters if one.words.subject and one.to == "amina@example.org"]


def later(clinic: World) -> str:
    return clinic.states()["later"]


def told(clinic: World) -> list[str]:
    """What each digest to the clinic's people says of reviews."""
    digests = [one.words.text for one in clinic.sink.letters if one.to == "nurse@example.org"]
    return [next((line.strip("- ") for line in one.splitlines() if "review " in line), "") for one in digests]


def test_staff_are_told_a_month_before_a_week_before_and_day_by_day_once_it_is_past(
    a_clinic: Callable[..., World],
) -> None:
    clinic = a_clinic(clinic=NAMED)
    clinic.publish(ADVICE.replace("2037-01-01", "2026-07-31"))
    for day in ("06-30 10:00", "07-01 08:00", "07-01 10:00", "07-05 10:00", "07-24 10:00", "07-26 10:00"):
        clinic.tick(f"2026-{day}")
    assert told(clinic) == ["advice: review due on 31 Jul 2026"] * 2, "once a month before, once a week before"
    for day in ("08-01 10:00", "08-01 15:00", "08-02 10:30", "08-03 11:00"):
        clinic.tick(f"2026-{day}")
    assert told(clinic)[2:] == ["advice: review was due on 31 Jul 2026; its messages wait"] * 3


def test_a_renewed_review_is_no_longer_told_of(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(clinic=NAMED)
    clinic.publish(DUE)
    clinic.publish(RENEWED, now="2026-06-10 09:00")
    clinic.tick("2026-06-17 10:00")
    assert told(clinic) == []


def test_people_who_are_still_in_an_old_version_are_not_forgotten(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(clinic=NAMED)
    in_flight(clinic)
    with_words(clinic, "New words")
    clinic.publish(RENEWED, now="2026-06-12 12:00")
    clinic.tick("2026-06-17 10:00")
    clinic.tick("2026-06-17 10:01")
    assert told(clinic)[-1] == "advice, version 1: review was due on 16 Jun 2026; its messages wait"


def test_what_was_held_back_goes_once_the_same_words_are_approved_again(clinic: World) -> None:
    in_flight(clinic)
    clinic.tick("2026-06-18 09:30")
    assert (later(clinic), asked(clinic)) == ("planned review_due", ["review_due"])
    (result,) = clinic.publish(RENEWED, now="2026-06-18 09:40")
    assert (result.followed, result.renewed) == (0, 1), "nothing changes for anybody, so everybody takes it"
    assert asked(clinic) == [], "nothing is left to review"
    clinic.tick("2026-06-18 09:41")
    assert later(clinic) == "accepted"


def test_what_waited_too_long_for_its_review_expires(clinic: World) -> None:
    in_flight(clinic)
    clinic.tick("2026-06-18 09:30")
    clinic.publish(RENEWED, now="2026-06-25 09:40")
    clinic.tick("2026-06-25 09:41")
    assert later(clinic) == "expired expired"


def test_other_words_do_not_release_those_who_keep_the_old_ones(clinic: World) -> None:
    in_flight(clinic)
    clinic.tick("2026-06-18 09:30")
    with_words(clinic, "New words")
    (result,) = clinic.publish(RENEWED, now="2026-06-18 09:40")
    assert result.renewed == 0
    clinic.tick("2026-06-18 09:41")
    assert later(clinic) == "planned review_due"


def test_nobody_is_taken_along_to_words_that_nobody_approved(clinic: World) -> None:
    in_flight(clinic)
    (result,) = clinic.publish(DUE.replace("B. Reader", "awaiting"), now="2026-06-12 12:00")
    assert (result.is_new, result.renewed) == (True, 0)


def test_safety_past_its_review_goes_in_the_newest_approved_words(clinic: World) -> None:
    in_flight(clinic, SAFETY_DUE)
    with_words(clinic, "Newer words")
    clinic.publish(SAFETY, now="2026-06-12 12:00")
    clinic.tick("2026-06-18 09:30")
    assert subjects(clinic)[-1] == "Newer words"
    assert asked(clinic) == ["safety_fell_back"]


def test_safety_whose_only_approved_words_are_past_their_review_still_says_them(clinic: World) -> None:
    in_flight(clinic, SAFETY_DUE)
    clinic.tick("2026-06-18 09:30")
    assert (subjects(clinic)[-1], asked(clinic)) == ("About later", ["safety_fell_back"])


def test_a_version_that_was_taken_back_is_nobodys_last_approved_words(clinic: World) -> None:
    in_flight(clinic, SAFETY_DUE)
    with_words(clinic, "A mistake")
    clinic.publish(SAFETY, now="2026-06-12 12:00")
    del clinic.sources["advice/later.email.md"]
    clinic.publish(SAFETY_DUE, now="2026-06-12 12:10")
    clinic.tick("2026-06-18 09:30")
    assert subjects(clinic)[-1] == "About later"


def test_live_safety_that_awaits_approval_goes_in_the_words_approved_before(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(live=True)
    clinic.publish(SAFETY)
    with_words(clinic, "Nobody approved this")
    in_flight(clinic, SAFETY.replace("B. Reader", "awaiting"))
    clinic.tick("2026-06-18 09:30")
    assert subjects(clinic) == ["About hello", "About later"]
    assert asked(clinic) == ["safety_fell_back"]


def test_live_safety_that_nobody_ever_approved_waits(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(live=True)
    in_flight(clinic, SAFETY.replace("B. Reader", "awaiting"))
    assert clinic.states()["hello"] == "planned awaiting_approval"
    assert clinic.sink.letters == []


@pytest.mark.parametrize("finishes_it", [True, False], ids=["closed", "still open"])
def test_the_alarm_comes_once_a_day_while_nobody_has_reviewed_the_words(clinic: World, *, finishes_it: bool) -> None:
    in_flight(clinic, SAFETY_DUE.replace("2026-06-16", "2026-06-10"))  # hello on the 11th, nudge on the 12th
    assert asked(clinic) == ["safety_fell_back"]
    with clinic.store.write() as tx:
        if finishes_it:
            records.finish_tasks(tx, records.open_keys(tx, ["safety_fell_back"]), clinic.messages()[0].due_at)
    clinic.tick("2026-06-18 09:30")
    assert asked(clinic) == ["safety_fell_back"]


def test_the_words_that_went_are_kept_with_the_version_they_are_from(clinic: World) -> None:
    in_flight(clinic, SAFETY_DUE)
    with_words(clinic, "Newer words")
    (newer,) = clinic.publish(SAFETY, now="2026-06-12 12:00")
    clinic.tick("2026-06-18 09:30")
    with clinic.store.read() as tx:
        assert versions.approved_of(tx, {"advice"})["advice"][0] == newer.version
        kept = tx.connection.exec_driver_sql("SELECT version FROM attempts ORDER BY started_at").scalars().all()
    assert kept[-1] == newer.version
