"""A step asks, a patient's reply answers: once, in time, and never by guessing."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import select

from drip.core.handover import NotTaken
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.flows.reply import apply_replies
from drip.flows.story import tell
from drip.store import enrolments, events, inbox_schema, patients, questions, records
from drip.store.database import Tx
from tests.world import World, a_visit, an_event, at

PHONE = "+447700900123"
EMAIL = "amina@example.org"
ASKED, ANSWERED = "2026-06-12 10:00", "2026-06-12 11:00"
NEXT = "2026-06-15 10:00"

CHECK_IN = """
sequence: check-in
title: How is it going?
purpose: feedback
kind: checkin
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: how-bad, after: 1d, at: "10:00", sms: how-bad, ask: ASK}
  - {id: well-done, after: 4d, at: "10:00", when: replies.pain <= 3, sms: well-done}
  - {id: go-easy, after: 4d, at: "10:00", when: replies.pain > 3, sms: go-easy}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
""".replace("ASK", "{id: pain, answer: number, min: 0, max: 10, open_for: 1d, task_if: answer >= 8}")

FOLLOW_UP = """
sequence: much-pain
title: When it hurts a lot
purpose: service
kind: checkin
enrol: {on: reply.answer, when: WHEN}
anchor: enrolled
window: any
steps:
  - {id: ease-back, after: 0m, when: reply.channel == 'sms', sms: ease-back}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""


def checking(**changes: str) -> str:
    """The check-in, with parts of its first step replaced."""
    text = CHECK_IN
    for before, after in changes.items():
        spelt = {"open_for": "open_for: 1d", "words": "sms: how-bad,", "when": 'after: 1d, at: "10:00"'}[before]
        assert spelt in text
        text = text.replace(spelt, after, 1)
    return text


@pytest.fixture
def clinic(a_clinic: Callable[..., World]) -> World:
    """Amina came on Thursday 11 June and was asked by text at ten the next day; more follows on Monday."""
    clinic = a_clinic()
    start(clinic, CHECK_IN)
    clinic.tick(ASKED)
    assert [words for _, words in clinic.heard()] == ["Amina, Harbour Clinic here: how-bad"]
    return clinic


def start(clinic: World, *sequences: str) -> None:
    clinic.publish(*sequences)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")


def bilal(clinic: World, came: str = "2026-06-11 10:00", **patient: str) -> None:
    """Another patient on Amina's phone, who came as well."""
    told = {"ref": "p-2", "first_name": "Bilal", "email": "bilal@example.org", **patient}
    clinic.tell(a_visit(came, event_id="bilal", patient=told, appointment={"ref": "a-2"}))


def hear(clinic: World, text: str, now: str = ANSWERED, **unusual: Any) -> None:
    """A reply comes in and is applied."""
    clinic.reply(text, now, **unusual)
    clinic.tick(now)


def tasks(clinic: World) -> list[str]:
    """The kinds of open tasks."""
    with clinic.store.read() as tx:
        return sorted(task.kind for task in records.open_tasks(tx))


def details(clinic: World) -> list[str]:
    """What open tasks say, unsealed with their patients' keys."""
    with clinic.store.read() as tx:
        found = records.open_tasks(tx)
        keys = enrolments.data_key_rows(tx, {task.patient_id for task in found if task.patient_id})
        return [records.detail_of(tx, task, keys.get(task.patient_id or "")) for task in found]


def told(clinic: World, ref: str = "p-1") -> list[Mapping[str, Any]]:
    """What patients of ours wrote, as it stands in one patient's history."""
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, ref)
        history = events.histories(tx, {row.id: row.data_key})[row.id]
        return [one.body["reply"] for one in history if "reply" in one.body]  # type: ignore[misc]


def answers(clinic: World, ref: str = "p-1") -> list[Any]:
    """The values a patient has answered with, in order."""
    return [one["value"] for one in told(clinic, ref) if one["word"] == "answer"]


def test_a_number_answers_the_open_question_and_nobody_has_to_read_it(clinic: World) -> None:
    hear(clinic, "3/10, thanks")
    assert told(clinic) == [{"channel": "sms", "word": "answer", "question": "pain", "value": 3}]
    assert tasks(clinic) == []


def test_a_second_number_is_for_a_person(clinic: World) -> None:
    hear(clinic, "3")
    hear(clinic, "5", "2026-06-12 11:05")
    assert answers(clinic) == [3]
    assert tasks(clinic) == ["reply"]


def test_of_two_replies_read_at_once_the_first_is_the_answer(clinic: World) -> None:
    clinic.reply("2", "2026-06-12 11:00")
    hear(clinic, "7", "2026-06-12 11:01")
    assert answers(clinic) == [2]
    assert tasks(clinic) == ["reply"]


def test_the_same_reply_delivered_twice_is_one_answer(clinic: World) -> None:
    for minute in (0, 1):
        hear(clinic, "3", f"2026-06-12 11:0{minute}", key="the same")
    assert answers(clinic) == [3]
    assert tasks(clinic) == []


@pytest.mark.parametrize("text", ["3 or 4", "eleven", "11", "-1", "bad", "3?", "👍", "Liked “Reply 3”"])
def test_what_is_no_certain_answer_is_for_a_person_and_the_question_stays_open(text: str, clinic: World) -> None:
    hear(clinic, text)
    assert (answers(clinic), tasks(clinic)) == ([], ["reply"])
    hear(clinic, "four", "2026-06-12 11:10")
    assert answers(clinic) == [4]


@pytest.mark.parametrize(
    ("said", "states"),
    [
        ("2", {"well-done": "accepted", "go-easy": "skipped condition"}),
        ("6", {"well-done": "skipped condition", "go-easy": "accepted"}),
        ("ouch", {"well-done": "skipped condition", "go-easy": "skipped condition"}),
    ],
)
def test_the_answer_decides_what_comes_next(said: str, states: dict[str, str], clinic: World) -> None:
    hear(clinic, said)
    clinic.tick(NEXT)
    assert {step: clinic.states()[step] for step in states} == states


def test_an_answer_that_comes_with_the_hour_still_decides(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    start(clinic, checking(open_for="open_for: 4d"))
    clinic.tick(ASKED)
    hear(clinic, "1", NEXT)
    assert clinic.states()["well-done"] == "accepted"


def test_a_question_asked_again_is_answered_again_and_the_last_answer_holds(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    start(clinic, checking(when='after: 1d, at: "10:00", every: 3d, times: 2'))
    for now, text in ((ASKED, "2"), (NEXT, "7")):
        clinic.tick(now)
        hear(clinic, text, now)
    assert answers(clinic) == [2, 7]
    with clinic.store.read() as tx:
        assert patients.find(tx, "p-1")[0].patient.replies == {"pain": 7}


def test_words_can_say_what_was_answered(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    clinic.sources["check-in/well-done.sms.txt"] = "You said {{ replies.pain | default('nothing') }}"
    start(clinic, CHECK_IN)
    clinic.tick(ASKED)
    hear(clinic, "dau. Diolch!")
    clinic.tick(NEXT)
    assert clinic.heard()[-1] == (PHONE, "You said 2")


@pytest.mark.parametrize(("now", "kept"), [("2026-06-13 10:00", [3]), ("2026-06-13 10:01", [])])
def test_an_answer_that_comes_too_late_is_for_a_person(now: str, kept: list[int], clinic: World) -> None:
    hear(clinic, "3", now)
    assert answers(clinic) == kept
    assert tasks(clinic) == ([] if kept else ["reply"])


def test_what_counts_is_when_the_patient_wrote_not_when_we_read_it(clinic: World) -> None:
    clinic.reply("3", "2026-06-13 09:00")
    clinic.tick("2026-06-15 08:00")
    assert answers(clinic) == [3]


def test_a_number_before_the_question_went_is_for_a_person(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    start(clinic, CHECK_IN)
    clinic.reply("3", "2026-06-12 09:59")
    clinic.tick(ASKED)
    assert answers(clinic) == []
    assert tasks(clinic) == ["reply"]


def test_a_question_that_was_not_delivered_is_not_open(clinic: World) -> None:
    (letter,) = clinic.sink.letters
    clinic.receipt(State.UNDELIVERED, "2026-06-12 10:05", attempt_id=letter.attempt_id)
    hear(clinic, "3")
    assert answers(clinic) == []
    assert "reply" in tasks(clinic)


@pytest.mark.parametrize("says", [State.SENT, State.DELIVERED])
def test_a_question_that_arrived_is_open(says: State, clinic: World) -> None:
    (letter,) = clinic.sink.letters
    clinic.receipt(says, "2026-06-12 10:05", attempt_id=letter.attempt_id)
    hear(clinic, "3")
    assert answers(clinic) == [3]


def test_a_stop_is_a_stop_whatever_was_asked(clinic: World) -> None:
    hear(clinic, "Stop")
    assert [one["word"] for one in told(clinic)] == ["stop"]
    assert clinic.is_closed(PHONE)
    assert tasks(clinic) == []


def test_an_answer_after_a_stop_is_still_kept(clinic: World) -> None:
    clinic.reply("STOP", ANSWERED)
    hear(clinic, "3", "2026-06-12 11:01")
    assert answers(clinic) == [3]
    assert clinic.is_closed(PHONE)


def test_help_is_no_answer(clinic: World) -> None:
    hear(clinic, "help")
    assert [one["word"] for one in told(clinic)] == ["help"]
    assert tasks(clinic) == []


def test_a_red_flag_comes_first_and_the_answer_is_kept_as_well(clinic: World) -> None:
    hear(clinic, "6, and I have chest pain")
    assert [one["word"] for one in told(clinic)] == ["red_flag", "answer"]
    assert answers(clinic) == [6]
    assert tasks(clinic) == ["red_flag"], "whoever reads that one reads everything"


def test_a_red_flag_without_a_certain_answer_is_a_red_flag_alone(clinic: World) -> None:
    hear(clinic, "my calf is swollen, 6 or 7")
    assert [one["word"] for one in told(clinic)] == ["red_flag"]
    assert tasks(clinic) == ["red_flag"]


def test_an_answer_with_a_remark_is_kept_and_a_person_reads_the_remark(clinic: World) -> None:
    hear(clinic, "5. Is it meant to ache in the morning?")
    assert answers(clinic) == [5]
    assert details(clinic) == ["5. Is it meant to ache in the morning?"]


@pytest.mark.parametrize(("said", "asked"), [("7", []), ("8", ["answer"]), ("9, worse in the evening", ["answer"])])
def test_the_clinics_own_rule_says_which_answers_a_person_must_see(said: str, asked: list[str], clinic: World) -> None:
    hear(clinic, said)
    assert tasks(clinic) == asked
    assert details(clinic) == [f"pain: {said[0]}. They wrote: {said}" for _ in asked]


def test_a_red_flag_with_an_answer_that_must_be_seen_is_two_tasks(clinic: World) -> None:
    hear(clinic, "10, and I have chest pain")
    assert tasks(clinic) == ["answer", "red_flag"]


def test_on_a_number_that_two_share_and_both_were_asked_nothing_is_guessed(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    start(clinic, CHECK_IN)
    bilal(clinic)
    clinic.tick(ASKED)
    assert len(clinic.sink.letters) == 2
    hear(clinic, "3")
    assert answers(clinic) == answers(clinic, "p-2") == []
    assert tasks(clinic) == ["reply", "reply"], "for each of them"


def test_on_a_number_that_two_share_the_one_who_was_asked_has_answered(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    start(clinic, CHECK_IN)
    bilal(clinic, came="2026-06-12 09:00")
    clinic.tick(ASKED)
    hear(clinic, "9. Sorry")
    assert (answers(clinic), answers(clinic, "p-2")) == ([9], [])
    with clinic.store.read() as tx:
        (amina,) = patients.find(tx, "p-1")
        (task,) = records.open_tasks(tx)
        reply = tx.connection.execute(select(inbox_schema.replies)).one()
        assert task.patient_id == reply.patient_id == amina.id
        assert amina.data_key.unseal("replies.words", reply.id, reply.words) == b"9. Sorry"


def test_when_the_other_one_is_asked_it_is_their_answer(a_clinic: Callable[..., World]) -> None:
    """Whoever of them comes first by id: each answers in turn."""
    clinic = a_clinic()
    start(clinic, CHECK_IN)
    clinic.tick(ASKED)
    hear(clinic, "2")
    bilal(clinic, came="2026-06-14 10:00")
    clinic.tick(NEXT)
    hear(clinic, "5", "2026-06-15 11:00")
    assert (answers(clinic), answers(clinic, "p-2")) == ([2], [5])


def test_from_a_number_that_was_not_asked_it_is_for_a_person(clinic: World) -> None:
    clinic.tell(an_event("patient.updated", "2026-06-12 10:30", patient={"phone": "+447700900456"}))
    clinic.tick("2026-06-12 10:30")
    for address in (PHONE, "+447700900456", "+447700900999"):
        hear(clinic, "3", address=address)
    assert answers(clinic) == []
    assert tasks(clinic) == ["reply"] * 3


def test_two_numbers_that_write_at_once_are_told_apart(clinic: World) -> None:
    """Amina has another number by now, and somebody else has hers."""
    theirs = {"ref": "p-2", "first_name": "Bilal", "email": "bilal@example.org"}
    clinic.tell(
        an_event("patient.updated", "2026-06-12 10:30", patient={"phone": "+447700900456"}),
        an_event("patient.updated", "2026-06-12 10:31", patient=theirs),
    )
    clinic.tick("2026-06-12 10:31")
    clinic.reply("3", ANSWERED)
    hear(clinic, "4", address="+447700900456")
    assert answers(clinic) == []
    assert tasks(clinic) == ["reply"] * 2


SECOND = """
sequence: second
title: Another question
purpose: service
kind: checkin
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: how-often, after: 1d, at: "10:30", sms: how-often, ask: {id: days, answer: days}}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
UNCAPPED = """
clinic: {name: Harbour Clinic, phone: "+441234380345", email: care@example.org, website: https://example.org,
         timezone: Europe/London, country: GB, subdivision: ENG}
caps: {sms_per_day: 9, sms_per_week: 9, email_per_day: 9, email_per_week: 9}
sites:
  - {id: quay, name: Quay Street, address: [1 Quay Street], phone: "+441234380345"}
"""


def test_the_newest_question_is_the_one_that_is_answered_and_closes_the_one_before(
    a_clinic: Callable[..., World],
) -> None:
    clinic = a_clinic(clinic=UNCAPPED)
    start(clinic, CHECK_IN, SECOND)
    clinic.tick(ASKED)
    clinic.tick("2026-06-12 10:30")
    hear(clinic, "5")
    hear(clinic, "3", "2026-06-12 11:05")
    assert [(one["question"], one["value"]) for one in told(clinic)] == [("days", 5)]
    assert tasks(clinic) == ["reply"]


def test_of_two_questions_that_went_at_the_same_moment_neither_is_answered_by_one_number(
    a_clinic: Callable[..., World],
) -> None:
    clinic = a_clinic(clinic=UNCAPPED)
    start(clinic, CHECK_IN, SECOND.replace("10:30", "10:00"))
    clinic.tick(ASKED)
    hear(clinic, "5")
    assert told(clinic) == []
    assert tasks(clinic) == ["reply"]


def test_an_ordinary_message_in_between_does_not_close_a_question(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(clinic=UNCAPPED)
    start(clinic, CHECK_IN, SECOND.replace(", ask: {id: days, answer: days}", ""))
    clinic.tick(ASKED)
    clinic.tick("2026-06-12 10:30")
    hear(clinic, "5")
    assert answers(clinic) == [5]


@pytest.fixture
def by_mail(a_clinic: Callable[..., World]) -> World:
    """As `clinic`, but asked by email."""
    clinic = a_clinic()
    start(clinic, checking(words="email: how-bad,"))
    clinic.tick(ASKED)
    return clinic


def test_a_mail_that_replies_to_the_question_answers_it(by_mail: World) -> None:
    (letter,) = by_mail.sink.letters
    hear(by_mail, "4\n\nKind regards, Amina", address=EMAIL, answers=letter.message_id)
    assert told(by_mail) == [{"channel": "email", "word": "answer", "question": "pain", "value": 4}]
    assert tasks(by_mail) == ["reply"], "the rest of it is read"


def test_a_mail_that_replies_to_nothing_of_ours_is_for_a_person(by_mail: World) -> None:
    """Anybody can write one in a patient's name."""
    hear(by_mail, "4", address=EMAIL)
    hear(by_mail, "4", "2026-06-12 11:01", address=EMAIL, answers="0123456789")
    assert answers(by_mail) == []
    assert tasks(by_mail) == ["reply", "reply"]


def test_a_mail_that_replies_to_nothing_is_no_answer_beside_one_that_does(by_mail: World) -> None:
    (letter,) = by_mail.sink.letters
    by_mail.reply("9", ANSWERED, address=EMAIL)
    hear(by_mail, "4", "2026-06-12 11:01", address=EMAIL, answers=letter.message_id)
    assert answers(by_mail) == [4]
    assert tasks(by_mail) == ["reply"]


def test_a_mail_answers_the_very_question_that_it_replies_to(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(clinic=UNCAPPED)
    start(clinic, checking(words="email: how-bad,"), SECOND.replace("sms: how-often", "email: how-often"))
    clinic.tick(ASKED)
    clinic.tick("2026-06-12 10:30")
    first, second = clinic.sink.letters
    clinic.reply("4", ANSWERED, address=EMAIL, answers=first.message_id)
    hear(clinic, "5", "2026-06-12 11:01", address=EMAIL, answers=second.message_id)
    assert [(one["question"], one["value"]) for one in told(clinic)] == [("pain", 4), ("days", 5)]


def test_an_unclear_mail_leaves_the_question_open(by_mail: World) -> None:
    (letter,) = by_mail.sink.letters
    for text in ("3 or 4", "4"):
        hear(by_mail, text, address=EMAIL, answers=letter.message_id)
    assert answers(by_mail) == [4]
    assert tasks(by_mail) == ["reply"]


def test_a_mail_to_another_patients_question_is_no_answer(by_mail: World) -> None:
    bilal(by_mail, came="2026-06-12 11:00")
    by_mail.tick("2026-06-12 12:00")
    (letter,) = by_mail.sink.letters
    hear(by_mail, "4", "2026-06-12 12:30", address="bilal@example.org", answers=letter.message_id)
    assert answers(by_mail) == answers(by_mail, "p-2") == []
    assert tasks(by_mail) == ["reply"]


def test_a_mail_from_the_patients_other_address_that_replies_to_the_question_answers_it(by_mail: World) -> None:
    (letter,) = by_mail.sink.letters
    hear(by_mail, "4", address="amina.work@example.org", answers=letter.message_id)
    assert answers(by_mail) == [4]


def test_a_question_that_goes_by_text_and_email_is_answered_once(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    start(clinic, checking(words="sms: how-bad, email: how-bad,"))
    clinic.tick(ASKED)
    letter = next(letter for letter in clinic.sink.letters if letter.to == EMAIL)
    hear(clinic, "4")
    hear(clinic, "6", "2026-06-12 11:30", address=EMAIL, answers=letter.message_id)
    assert answers(clinic) == [4]
    assert tasks(clinic) == ["reply"]


@pytest.mark.parametrize("when", ["reply.question == 'pain' and reply.value >= 8", "replies.pain >= 8"])
@pytest.mark.parametrize(("said", "follows"), [("9", True), ("7", False)])
def test_another_sequence_may_follow_up_on_an_answer(
    said: str, follows: bool, when: str, a_clinic: Callable[..., World]
) -> None:
    clinic = a_clinic()
    start(clinic, CHECK_IN, FOLLOW_UP.replace("WHEN", when))
    clinic.tick(ASKED)
    hear(clinic, said)
    assert (clinic.heard()[-1][1] == "Amina, Harbour Clinic here: ease-back") is follows


def test_a_choice_is_answered_by_its_number_or_its_word(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic()
    ask = "{id: barrier, answer: choice, choices: {1: time, 2: pain, 3: [forgot, anghofio]}, task_if: answer == 'pain'}"
    whole = CHECK_IN[CHECK_IN.index("{id: pain") : CHECK_IN.index("}}\n") + 1]
    start(clinic, CHECK_IN.replace(whole, ask))
    clinic.tick(ASKED)
    hear(clinic, "2")
    assert told(clinic) == [{"channel": "sms", "word": "answer", "question": "barrier", "value": "pain"}]
    assert tasks(clinic) == ["answer"]


def test_the_story_tells_of_the_answer_and_of_the_task(clinic: World) -> None:
    hear(clinic, "8")
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        sentences = [line.sentence for line in tell(clinic.app, tx, row).lines]
    assert "We were told that the patient answered “pain” with 8." in sentences
    assert any("read an answer" in sentence for sentence in sentences)


@pytest.mark.parametrize("kind", ["reply.answer"])
def test_a_booking_system_cannot_answer_for_a_patient(kind: str, clinic: World) -> None:
    with pytest.raises(AssertionError, match="Rejected"):
        clinic.tell(an_event(kind, ANSWERED, reply={"question": "pain", "value": 0}))


def test_applied_once_more_an_answer_is_the_same_answer(clinic: World) -> None:
    clinic.reply("9", ANSWERED)
    assert apply_replies(clinic.app, at(ANSWERED)) == 1
    before = (answers(clinic), tasks(clinic))
    with clinic.store.write() as tx:
        (row,) = tx.connection.execute(select(inbox_schema.replies)).all()
        unread = {"state": "pending", "words": tx.vault.seal("replies.words", row.id, b"9")}
        tx.connection.execute(inbox_schema.replies.update().values(**unread))
    assert apply_replies(clinic.app, at(ANSWERED)) == 1
    assert (answers(clinic), tasks(clinic)) == before == ([9], ["answer"])


def test_two_workers_that_read_two_replies_at_once_keep_one_answer(
    a_postgres_clinic: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_postgres_clinic()
    start(clinic, CHECK_IN)
    clinic.tick(ASKED)
    clinic.reply("3", ANSWERED)
    looked, may_go_on, given = threading.Event(), threading.Event(), questions.answered

    def slowly(tx: Tx, patient_ids: Any) -> Any:
        found = given(tx, patient_ids)
        if not looked.is_set():
            looked.set()
            may_go_on.wait(5)
        return found

    monkeypatch.setattr(questions, "answered", slowly)
    first = threading.Thread(target=apply_replies, args=(clinic.app, at(ANSWERED)))
    first.start()
    assert looked.wait(5)
    clinic.reply("5", "2026-06-12 11:01")
    second = threading.Thread(target=apply_replies, args=(clinic.app, at(ANSWERED)))
    second.start()
    second.join(0.5)  # it has to wait for the first, so that it sees its answer
    may_go_on.set()
    for one in (first, second):
        one.join()
    assert answers(clinic) == [3]
    assert tasks(clinic) == ["reply"]


# One question leads to the next

WEEKLY = """
sequence: weekly
title: How was the week?
purpose: feedback
kind: checkin
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - id: days
    after: 1d
    at: "10:00"
    EVERY
    sms: days
    ask:
      id: days_done
      answer: days
      open_for: 3d
      SILENCE
      then:
        - {if: answer >= 5, sms: praise}
        - sms: pain
          ask:
            id: pain
            answer: number
            min: 0
            max: 10
            task_if: answer > 5
            red_flag_if: answer >= 8
            then:
              - {if: answer > 5, sms: ease-back}
              - sms: barrier
                ask:
                  id: barrier
                  answer: choice
                  choices: {1: time, 2: pain, 3: forgot, 4: unsure}
                  then: [{if: answer == 'forgot', after: 1d, at: "10:00", sms: tip}, {sms: thanks}]
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
ONCE = WEEKLY.replace("    EVERY\n", "").replace("      SILENCE\n", "")
LESS = "after_silence: {times: 1, every: 6d}"
FOR_WEEKS = WEEKLY.replace("EVERY", "every: 3d\n    times: 6").replace("SILENCE", LESS)


def asking(a_clinic: Callable[..., World], sequence: str) -> World:
    clinic = a_clinic()
    start(clinic, sequence)
    clinic.tick(ASKED)
    return clinic


def texts(clinic: World) -> list[str]:
    """What the patient has heard, by the names of the words."""
    return [words.rpartition(": ")[2].rpartition(".")[2] for _, words in clinic.heard()]


@pytest.mark.parametrize(
    ("said", "hears"),
    [
        (["6"], ["days", "praise"]),
        (["2", "7"], ["days", "pain", "ease-back"]),
        (["2", "3", "forgot"], ["days", "pain", "barrier", "tip"]),
        (["none", "3/10", "2"], ["days", "pain", "barrier", "thanks"]),
        (["2", "it depends"], ["days", "pain"]),
    ],
    ids=lambda words: " ".join(words),
)
def test_an_answer_leads_to_the_next_question_at_once(
    said: list[str], hears: list[str], a_clinic: Callable[..., World]
) -> None:
    clinic = asking(a_clinic, ONCE)
    for minute, words in enumerate(said):
        hear(clinic, words, f"2026-06-12 20:{minute:02d}")
    clinic.tick(NEXT)
    assert texts(clinic) == hears


def test_what_follows_an_answer_is_part_of_the_enrolments_story(a_clinic: Callable[..., World]) -> None:
    clinic = asking(a_clinic, ONCE)
    for minute in (0, 1):
        hear(clinic, "2", f"2026-06-12 11:0{minute}", key="told twice")
    assert clinic.states() == {"days": "accepted", "days.pain": "accepted"}


def test_what_follows_an_answer_is_tried_again_where_it_was_not_taken(a_clinic: Callable[..., World]) -> None:
    clinic = asking(a_clinic, ONCE)
    clinic.sink.answer = lambda letter: NotTaken(Reason.RATE_LIMITED)
    hear(clinic, "6", "2026-06-12 20:00")
    assert clinic.states()["days.praise"] == "planned rate_limited"
    clinic.sink.answer = None
    clinic.tick("2026-06-12 20:10")
    assert clinic.states()["days.praise"] == "accepted"


@pytest.mark.parametrize(("pain", "kinds"), [("5", []), ("6", ["answer"]), ("9", ["red_flag"])])
def test_the_clinics_rule_alone_makes_an_answer_a_red_flag(
    pain: str, kinds: list[str], a_clinic: Callable[..., World]
) -> None:
    clinic = asking(a_clinic, ONCE)
    hear(clinic, "2", "2026-06-12 11:00")
    hear(clinic, pain, "2026-06-12 11:01")
    assert tasks(clinic) == kinds
    assert [one["word"] for one in told(clinic)] == ["answer", *(["red_flag"] if "red_flag" in kinds else []), "answer"]


@pytest.mark.parametrize("words", ["6", "Sorry, I was away"])
def test_who_does_not_answer_is_asked_less_and_whatever_they_write_brings_the_questions_back(
    words: str, a_clinic: Callable[..., World]
) -> None:
    clinic = asking(a_clinic, FOR_WEEKS)
    for day in (15, 18):
        clinic.tick(f"2026-06-{day} 10:00")
    hear(clinic, words, "2026-06-18 10:05")
    for day in (22, 24, 27):
        clinic.tick(f"2026-06-{day} 10:00")
    rows = {one.occurrence: f"{one.state} {one.reason}".strip() for one in clinic.messages() if one.step == "days"}
    assert rows == {
        1: "accepted",  # Friday, and no answer
        2: "skipped silence",
        3: "accepted",  # the patient wrote
        4: "accepted",  # as before, and no answer
        5: "skipped silence",
        6: "planned",
    }


def test_a_question_about_safety_that_nobody_answers_is_left_to_a_person_who_reads_why(
    a_clinic: Callable[..., World],
) -> None:
    clinic = asking(a_clinic, FOR_WEEKS.replace("purpose: feedback", "purpose: safety"))
    clinic.tick("2026-06-15 10:00")
    assert details(clinic) == [f"“Days” of “How was the week?”: {Reason.SILENCE.sentence}."]
