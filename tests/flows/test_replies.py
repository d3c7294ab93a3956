"""What happens when a patient writes back, with the sequences that come with drip."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from drip.core.model import Channel
from drip.core.news import News, Reply
from drip.core.reason import Reason
from drip.flows.gate import pass_gate
from drip.flows.prepare import prepare
from drip.flows.receive import suppress, take_news
from drip.flows.reply import apply_replies
from drip.store import enrolments, events, inbox_schema, outgoing, records, schema
from drip.store.ids import new_id
from drip.store.outgoing import Lease
from tests.world import ADVICE, World, a_visit, an_event, at

HOME = Path(__file__).parent.parent.parent
ANSWERS = [(HOME / "sequences" / f"reply-{word}.yaml").read_text() for word in ("stop", "start", "help", "red-flag")]
WORDS = {
    path.relative_to(HOME / "templates").as_posix(): path.read_text()
    for folder in ("reply-stop", "reply-start", "reply-help", "reply-red-flag", "shared", "layouts")
    for path in (HOME / "templates" / folder).iterdir()
}

LOADING = """
sequence: loading
title: Exercises
purpose: care
kind: loading
enrol: {on: programme.started}
anchor: programme
steps:
  - {id: exercise, after: 0d, at: "10:00", every: 1d, times: 5, sms: exercise}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

PHONE = "+447700900123"
EMAIL = "amina@example.org"
DONE = "Harbour Clinic: done, no more texts from us."
AGAIN = "Harbour Clinic: you will get our texts again."
HELP = "Harbour Clinic: we send these texts."
GO = "Harbour Clinic: do not wait for us."


@pytest.fixture
def clinic(a_clinic: Callable[..., World]) -> World:
    """Amina came on 11 June; a text to her is due on the 12th at ten, an email on the 18th."""
    clinic = a_clinic()
    clinic.sources = dict(WORDS)
    clinic.publish(ADVICE, *ANSWERS)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    return clinic


def bilal(clinic: World, **patient: str) -> None:
    """Another patient; on Amina's phone unless something else is said."""
    told = {"ref": "p-2", "first_name": "Bilal", "email": "bilal@example.org", **patient}
    clinic.tell(a_visit("2026-06-11 10:00", event_id="bilal", patient=told))
    clinic.tick("2026-06-11 10:32")


def texts(clinic: World, to: str = PHONE) -> list[str]:
    """How each text to a number begins: its first sentence."""
    return [f"{words.split('.')[0]}." for address, words in clinic.heard() if address == to]


def tasks(clinic: World) -> list[tuple[str, bool]]:
    """Each open task: its kind, and whether it is about a patient we know."""
    with clinic.store.read() as tx:
        return sorted((task.kind, task.patient_id is not None) for task in records.open_tasks(tx))


def kinds(clinic: World) -> list[str]:
    """What we told ourselves, in order."""
    with clinic.store.read() as tx:
        query = (
            select(inbox_schema.events.c.kind)
            .where(inbox_schema.events.c.source == "drip")
            .order_by(inbox_schema.events.c.received)
        )
        return list(tx.connection.execute(query).scalars())


def test_a_stop_is_confirmed_once_and_nothing_follows(clinic: World) -> None:
    clinic.reply("Stop please", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    assert texts(clinic) == [DONE]
    clinic.tick("2026-06-12 10:00")
    clinic.tick("2026-06-18 09:30")
    assert texts(clinic) == [DONE]
    assert clinic.states()["nudge"] == "suppressed suppressed_by_patient"
    assert clinic.heard()[-1] == (EMAIL, "About later"), "emails go by their own consent"


def test_the_confirmation_comes_although_todays_text_has_gone_and_the_patient_wants_no_service_texts(
    clinic: World,
) -> None:
    told = an_event("patient.updated", "2026-06-12 09:00", patient={"consent": {"service": {"sms": False}}})
    clinic.tell(told)
    clinic.tick("2026-06-12 10:00")
    clinic.reply("STOP", "2026-06-12 10:01")
    clinic.tick("2026-06-12 10:01")
    assert texts(clinic)[-1] == DONE
    assert len(texts(clinic)) == 2


def test_a_second_stop_is_not_confirmed_again(clinic: World) -> None:
    for minute in (0, 5):
        clinic.reply("STOP", f"2026-06-12 09:0{minute}")
        clinic.tick(f"2026-06-12 09:0{minute}")
    assert texts(clinic) == [DONE]


def test_a_provider_that_confirmed_the_stop_itself_leaves_nothing_to_say(clinic: World) -> None:
    assert clinic.reply("STOP", "2026-06-12 09:00", was_answered=True)
    clinic.reply("HELP", "2026-06-12 09:01", was_answered=True)
    clinic.tick("2026-06-12 09:01")
    assert texts(clinic) == []
    assert tasks(clinic) == []


def test_a_stop_from_a_phone_shared_by_two_is_confirmed_once_and_staff_are_told(clinic: World) -> None:
    bilal(clinic)
    clinic.reply("STOP", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    clinic.tick("2026-06-12 10:00")
    assert texts(clinic) == [DONE]
    assert tasks(clinic) == [("shared_stop", True)]
    nudges = [(one.state, one.reason) for one in clinic.messages() if one.step == "nudge"]
    assert nudges == [("suppressed", "suppressed_by_patient")] * 2


def test_an_old_start_played_again_after_a_stop_changes_nothing(clinic: World) -> None:
    clinic.reply("STOP", "2026-06-12 09:00")
    clinic.reply("START", "2026-06-12 09:10", key="start-1")
    clinic.reply("STOP", "2026-06-12 09:20")
    clinic.tick("2026-06-12 09:20")
    said = texts(clinic)
    assert not clinic.reply("START", "2026-06-12 09:30", key="start-1")
    clinic.tick("2026-06-12 09:30")
    assert clinic.is_closed(PHONE)
    assert texts(clinic) == said == [DONE]


def test_who_stops_and_starts_at_once_hears_only_what_holds(clinic: World) -> None:
    clinic.reply("STOP", "2026-06-12 09:00")
    clinic.reply("START", "2026-06-12 09:01")
    clinic.tick("2026-06-12 09:01")
    assert texts(clinic) == [AGAIN]
    clinic.tick("2026-06-12 10:00")
    assert clinic.states()["nudge"] == "accepted", "and texts go again: an answer uses up none of the day's one"


def test_a_start_does_not_lift_what_a_bounce_closed_and_a_person_hears_of_it(clinic: World) -> None:
    suppress(clinic.app, PHONE, Reason.BOUNCED, at("2026-06-12 08:00"))
    assert not clinic.reply("START", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    assert texts(clinic) == []
    assert tasks(clinic) == [("reply", True)]


def test_a_bare_cancel_stops_texts_and_a_person_asks_about_the_visit(clinic: World) -> None:
    assert clinic.reply("Cancel", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    assert texts(clinic) == [DONE]
    assert tasks(clinic) == [("reply", True)]


def test_help_is_answered_once_however_often_it_is_delivered(clinic: World) -> None:
    for minute in (0, 1, 2):
        clinic.reply("Help!", f"2026-06-12 09:0{minute}", key="the same")
        clinic.tick(f"2026-06-12 09:0{minute}")
    assert texts(clinic) == [HELP]
    assert tasks(clinic) == []


def test_an_email_is_answered_by_email(clinic: World) -> None:
    clinic.reply("STOP", "2026-06-12 09:00", address=EMAIL)
    clinic.tick("2026-06-12 09:00")
    assert clinic.heard() == [(EMAIL, "You will get no more emails from us")]


def test_a_stop_by_mail_from_another_address_closes_the_one_that_was_written_to(clinic: World) -> None:
    clinic.tick("2026-06-11 13:00")
    (letter,) = clinic.sink.letters
    clinic.reply("unsubscribe", "2026-06-12 09:00", address="amina.work@example.org", answers=letter.message_id)
    clinic.tick("2026-06-12 09:00")
    assert clinic.is_closed(EMAIL)
    assert clinic.is_closed("amina.work@example.org")
    assert clinic.heard()[-1] == (EMAIL, "You will get no more emails from us")


def test_a_red_flag_holds_exercises_at_the_very_next_gate_and_sends_the_fixed_text(clinic: World) -> None:
    clinic.publish(LOADING)
    programme = {"code": "loading", "starts_on": "2026-06-15"}
    known = {"attributes": {"subtype": "midportion"}}
    clinic.tell(an_event("programme.started", "2026-06-12 11:00", programme=programme, patient=known))
    clinic.tick("2026-06-12 11:00")
    clinic.reply("Felt a pop at the back of my ankle yesterday", "2026-06-15 10:00")
    clinic.tick("2026-06-15 10:00")
    assert texts(clinic)[-1] == GO
    assert tasks(clinic) == [("red_flag", True)]
    exercise = next(one for one in clinic.messages() if one.step == "exercise")
    assert (exercise.state, exercise.reason) == ("planned", "interlock")


def test_a_red_flag_waits_for_no_window_and_is_answered_once_an_hour(clinic: World) -> None:
    for minute, text in enumerate(("chest pain", "and I can't breathe", "help")):
        clinic.reply(text, f"2026-06-14 03:0{minute}")
        clinic.tick(f"2026-06-14 03:0{minute}")
    assert [text for text in texts(clinic) if text == GO] == [GO]
    clinic.reply("still chest pain", "2026-06-14 04:30")
    clinic.tick("2026-06-14 04:30")
    assert texts(clinic).count(GO) == 2
    assert tasks(clinic) == [("red_flag", True)] * 3


def test_a_red_flag_from_a_shared_phone_holds_both_and_is_answered_once(clinic: World) -> None:
    bilal(clinic)
    clinic.reply("my calf is swollen", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    assert tasks(clinic) == [("red_flag", True)] * 2
    assert texts(clinic) == [GO]


def test_a_red_flag_of_someone_who_stopped_texts_is_answered_by_email(clinic: World) -> None:
    clinic.reply("STOP", "2026-06-12 09:00")
    clinic.reply("I have chest pain", "2026-06-12 09:01")
    clinic.tick("2026-06-12 09:01")
    assert texts(clinic) == [DONE]
    assert clinic.heard()[-1] == (EMAIL, "Please do not wait for a reply from us")


def test_anything_else_is_read_by_a_person_for_everyone_it_may_be_from(clinic: World) -> None:
    bilal(clinic)
    clinic.reply("Is it meant to ache?", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    assert texts(clinic) == []
    assert tasks(clinic) == [("reply", True)] * 2


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Who is this?", [("reply", False)]),
        ("HELP", [("reply", False)]),
        ("START", [("reply", False)]),
        ("chest pain", [("red_flag", False)]),
        ("CANCEL", [("reply", False)]),
        ("STOP", []),
        ("", [("reply", False)]),
    ],
)
def test_a_reply_from_nobody_we_know_is_read_as_well(text: str, asked: list[tuple[str, bool]], clinic: World) -> None:
    clinic.reply(text, "2026-06-12 09:00", address="+447700900999")
    clinic.tick("2026-06-12 09:00")
    assert tasks(clinic) == asked
    assert texts(clinic, "+447700900999") == []
    assert clinic.is_closed("+447700900999") is (text in ("STOP", "CANCEL"))


def test_a_tap_on_our_own_words_about_chest_pain_is_no_red_flag(clinic: World) -> None:
    clinic.reply("Liked “Harbour Clinic: chest pain? Call 999”", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    assert tasks(clinic) == [("reply", True)]


def test_a_crash_before_the_commit_and_a_second_worker_change_nothing(clinic: World) -> None:
    bilal(clinic)
    clinic.reply("Cancel", "2026-06-12 09:00")
    clinic.reply("my calf is swollen", "2026-06-12 09:01")
    now = at("2026-06-12 09:01")

    def again() -> None:
        """As if what was applied had been forgotten: the reply waits once more."""
        with clinic.store.write() as tx:
            unread = {"state": "pending", "patient_id": None}
            rows = tx.connection.execute(select(inbox_schema.replies.c.id, inbox_schema.replies.c.key)).all()
            for row, text in zip(sorted(rows, key=lambda row: row.key), ("Cancel", "my calf is swollen"), strict=True):
                words = tx.vault.seal("replies.words", row.id, text.encode())
                changed = inbox_schema.replies.update().where(inbox_schema.replies.c.id == row.id)
                tx.connection.execute(changed.values(**unread, words=words))

    assert apply_replies(clinic.app, now) == 2
    asked, told = tasks(clinic), kinds(clinic)
    again()
    assert apply_replies(clinic.app, now) == 2
    assert (tasks(clinic), kinds(clinic)) == (asked, told)
    assert apply_replies(clinic.app, now) == 0
    assert told == ["reply.stop", "reply.red_flag"]


def test_nothing_goes_to_a_patient_while_a_reply_of_theirs_is_unread(clinic: World) -> None:
    now, lease = at("2026-06-12 10:00"), Lease(owner="w", token=new_id(), length=timedelta(seconds=120))
    clinic.tick("2026-06-11 13:00")
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    clinic.reply("I have a fever", "2026-06-12 10:00")
    assert pass_gate(clinic.app, lease, ready, now).passed == []
    assert clinic.states()["nudge"] == "planned"


def test_the_words_are_sealed_under_the_patients_own_key_once_we_know_whose_they_are(clinic: World) -> None:
    clinic.reply("My heel, canary-7731", "2026-06-12 09:00")
    clinic.reply("canary-7732", "2026-06-12 09:00", address="+447700900999")
    apply_replies(clinic.app, at("2026-06-12 09:00"))
    with clinic.store.read() as tx:
        known, stranger = sorted(
            tx.connection.execute(select(inbox_schema.replies)), key=lambda row: row.patient_id is None
        )
        key = enrolments.data_key_rows(tx, [known.patient_id])[known.patient_id]
        assert key.unseal("replies.words", known.id, known.words) == b"My heel, canary-7731"
        assert tx.vault.unseal("replies.words", stranger.id, stranger.words) == b"canary-7732"
    assert b"canary" not in known.words + stranger.words


def test_a_reply_with_half_a_character_or_a_key_beyond_measure_is_still_kept(clinic: World) -> None:
    clinic.reply("my \ud83d heel \0 hurts" + "!" * 20_000, "2026-06-12 09:00", key="k" * 900, answers="x" * 900)
    clinic.reply("again", "2026-06-12 09:00", key="k" * 900)
    clinic.tick("2026-06-12 09:00")
    assert tasks(clinic) == [("reply", True)]


@pytest.mark.parametrize("kind", ["reply.stop", "reply.red_flag", "staff.alert"])
def test_a_booking_system_cannot_say_what_a_patient_wrote(kind: str, clinic: World) -> None:
    """Nor can it slip the facts of a reply into an event of its own."""
    for told in (an_event(kind, "2026-06-12 09:00"), an_event("patient.updated", "2026-06-12 09:00", reply={})):
        with pytest.raises(AssertionError, match="Rejected"):
            clinic.tell(told)


def test_the_first_to_hear_is_somebody_who_may_still_be_written_to(clinic: World) -> None:
    bilal(clinic)
    with clinic.store.read() as tx:
        first, second = sorted(tx.connection.execute(select(schema.patients.c.id, schema.patients.c.ref_index)))
        amina_is_first = tx.vault.blind("patient", "p-1") == first.ref_index
    gone = {"ref": "p-1"} if amina_is_first else {"ref": "p-2", "first_name": "Bilal", "email": "bilal@example.org"}
    clinic.tell(an_event("patient.deceased", "2026-06-11 12:00", patient=gone))
    clinic.tick("2026-06-11 12:00")
    clinic.reply("STOP", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    assert texts(clinic) == [DONE]
    assert second


def test_an_old_stop_is_not_confirmed_weeks_later_when_the_answer_is_published(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    clinic.sources = dict(WORDS)
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    clinic.reply("STOP", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    assert kinds(clinic) == ["reply.stop"]
    clinic.publish(*ANSWERS)
    clinic.tell(an_event("patient.updated", "2026-06-11 18:00", event_id="late"))
    clinic.tick("2026-06-13 09:00")
    assert texts(clinic) == []


LATER = """
sequence: later-on
title: More after a stop
purpose: service
kind: service
enrol: {on: [reply.stop, enrolment.started]}
anchor: enrolled
window: any
steps:
  - {id: first, after: 0m, sms: first}
  - {id: next-day, after: 1d, sms: next-day}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


def test_what_a_stop_sets_in_motion_besides_does_not_reach_the_closed_address(clinic: World) -> None:
    clinic.publish(LATER.replace("[reply.stop, enrolment.started]", "enrolment.started"))
    clinic.reply("STOP", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    assert texts(clinic) == [DONE]
    assert clinic.states()["first"] == "suppressed suppressed_by_patient"


def test_a_later_step_after_a_stop_does_not_reach_the_closed_address(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    clinic.publish(LATER.replace("[reply.stop, enrolment.started]", "reply.stop"))
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    clinic.reply("STOP", "2026-06-12 09:00")
    clinic.tick("2026-06-12 09:00")
    clinic.tick("2026-06-13 09:00")
    assert len(texts(clinic)) == 1
    assert clinic.states()["next-day"] == "suppressed suppressed_by_patient"


def test_the_same_reply_in_two_requests_at_once_is_stored_once(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = a_postgres_clinic()
    told = Reply(provider="sink", key="r-1", channel=Channel.SMS, address=PHONE, text="STOP")
    both = [
        threading.Thread(target=take_news, args=(clinic.app, News(replies=(told, told)), at("2026-06-12 09:00")))
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with clinic.store.read() as tx:
        rows = tx.connection.execute(select(inbox_schema.replies)).all()
        assert [row.was_news for row in rows] == [True]
        assert events.count_pending(tx)[0] == 0
