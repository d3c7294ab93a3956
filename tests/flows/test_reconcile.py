"""Answers that never came: what the provider's list, its receipts or a person say became of the message."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from drip.core.ability import Ability
from drip.core.evidence import Lost, Trace
from drip.core.handover import Accepted, Outcome, Unknown
from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.flows import reconcile
from drip.flows.decide import By, Decision, decide, held_messages
from drip.flows.reconcile import Reconciled
from drip.store import receipts, records
from tests.world import ADVICE, Sink, World, a_visit, at

CRITICAL = ADVICE.replace(
    "{id: hello, after: 3h, email: hello}", "{id: hello, after: 3h, email: hello, critical: true}"
)
GONE = Trace(ref="ref-on-the-list", at=at("2026-06-11 13:00"))
"""Something that the provider says it took at one o'clock."""


@dataclass
class Keeper(Sink):
    """A provider whose answers get lost, so many times, and whose list shows what a test puts on it."""

    losing: int = 1000
    keeps_a_list: bool = True
    drops_repeats: bool = False
    listed: Sequence[Trace] | None = ()
    """None: it cannot be asked now."""
    asked: list[Lost] = field(default_factory=list)

    @property
    def ability(self) -> Ability:
        return replace(super().ability, keeps_a_list=self.keeps_a_list, drops_repeats=self.drops_repeats)

    def hand_over(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return Unknown("reset") if len(self.letters) <= self.losing else Accepted(f"ref-{letter.attempt_id}")

    def find(self, lost: Lost) -> Sequence[Trace] | None:
        self.asked.append(lost)
        return self.listed


Lose = Callable[..., tuple[World, Keeper]]


@pytest.fixture
def lose(a_clinic: Callable[..., World]) -> Lose:
    """`lose(...)`: Amina's first email was handed over at one, and no answer came. Say how its provider is unusual."""

    def make(*, sequence: str = ADVICE, patients: Sequence[dict[str, Any]] = ({},), **unusual: Any) -> Any:
        keeper = Keeper(**unusual)
        clinic = a_clinic(sink=keeper)
        clinic.publish(sequence)
        for number, patient in enumerate(patients):
            clinic.tell(a_visit("2026-06-11 10:00", event_id=f"visit-{number}", patient=patient))
        clinic.tick("2026-06-11 13:00")
        return clinic, keeper

    return make


def words(keeper: Keeper, number: int = 0) -> str:
    """What was handed over."""
    return keeper.letters[number].words.text


def tasks(clinic: World) -> list[str]:
    """What waits for a person."""
    with clinic.store.read() as tx:
        return [task.kind for task in records.open_tasks(tx)]


def after(clinic: World, *times: str) -> str:
    """Where the message is after ticks at these times of the day."""
    for time in times:
        clinic.tick(f"2026-06-11 {time}" if len(time) < 9 else time)
    return clinic.states()["hello"]


def test_nothing_is_asked_before_it_could_settle(lose: Lose) -> None:
    clinic, keeper = lose()
    assert after(clinic, "13:09:59") == "unknown unresolved"
    assert keeper.asked == []
    after(clinic, "13:10")
    assert [(lost.to, lost.text) for lost in keeper.asked] == [("amina@example.org", words(keeper))]


def test_the_same_words_on_the_list_are_the_message(lose: Lose) -> None:
    clinic, keeper = lose()
    keeper.listed = [replace(GONE, text=words(keeper) + "\n")]
    assert after(clinic, "13:10") == "accepted"
    assert [one.provider_ref for one in clinic.messages(state="accepted")] == ["ref-on-the-list"]
    assert len(keeper.letters) == 1


@pytest.mark.parametrize("text", ["Something else", None], ids=["other words", "words that are gone"])
def test_a_message_that_may_or_may_not_be_it_is_for_a_person(lose: Lose, text: str | None) -> None:
    clinic, keeper = lose()
    keeper.listed = [replace(GONE, text=text)]
    assert after(clinic, "13:10", "13:20", "15:00") == "held unresolved"
    assert tasks(clinic) == ["held"]
    assert len(keeper.letters) == 1


def test_what_was_on_the_list_long_before_the_attempt_is_not_it(lose: Lose) -> None:
    clinic, keeper = lose(losing=1)
    keeper.listed = [replace(GONE, at=at("2026-06-11 12:57"), text=words(keeper))]
    assert after(clinic, "13:10", "13:20") == "accepted"
    assert len(keeper.letters) == 2


def test_one_message_on_the_list_answers_for_one_of_two_alike(lose: Lose) -> None:
    twins = [{"ref": "p-1"}, {"ref": "p-2"}]  # the same first name and the same address
    clinic, keeper = lose(patients=twins, losing=2)
    assert words(keeper, 0) == words(keeper, 1)
    keeper.listed = [replace(GONE, text=words(keeper))]
    after(clinic, "13:10")
    states = sorted(one.state for one in clinic.messages() if one.step == "hello")
    assert states == ["accepted", "unknown"]
    after(clinic, "13:20")
    assert len(keeper.letters) == 3, "the other did not go, and goes now"


def test_a_reference_that_a_receipt_has_told_is_nobody_elses(lose: Lose) -> None:
    twins = [{"ref": "p-1"}, {"ref": "p-2"}]
    clinic, keeper = lose(patients=twins, losing=2)
    first = keeper.letters[0]
    clinic.receipt(State.SENT, "2026-06-11 13:01", attempt_id=first.attempt_id, provider_ref=GONE.ref)
    keeper.listed = [replace(GONE, text=words(keeper))]
    after(clinic, "13:10", "13:20")
    assert [letter.message_id for letter in keeper.letters].count(first.message_id) == 1
    assert len(keeper.letters) == 3


def test_a_reference_that_came_before_the_lost_answer_stays(a_clinic: Callable[..., World]) -> None:
    clinic, heard = a_clinic(sink=Sink()), []

    def answer(letter: Letter) -> Outcome:
        heard.append(letter)
        if len(heard) == 1:  # another worker hears of it while we wait
            clinic.receipt(State.SENT, "2026-06-11 13:00", attempt_id=letter.attempt_id, provider_ref=GONE.ref)
            clinic.tick("2026-06-11 13:00")
        return Unknown("reset")

    clinic.sink.answer = answer
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 13:00")
    assert clinic.states()["hello"] == "sent"
    with clinic.store.read() as tx:
        assert receipts.taken_refs(tx, ["sink"], [GONE.ref])


def test_only_a_list_that_shows_nothing_twice_means_that_it_did_not_go(lose: Lose) -> None:
    clinic, keeper = lose(losing=1)
    assert after(clinic, "13:10", "13:15", "13:19") == "unknown unresolved"
    assert after(clinic, "13:20") == "accepted"
    assert len(keeper.letters) == 2


def test_after_an_outage_of_ours_the_second_question_still_comes_well_after_the_first(lose: Lose) -> None:
    clinic, keeper = lose(losing=1)
    assert after(clinic, "15:00", "15:00", "15:09") == "unknown unresolved"
    assert len(keeper.asked) == 1
    assert after(clinic, "15:10") == "accepted"


def test_while_the_list_cannot_be_asked_nothing_is_decided_for_an_hour(lose: Lose) -> None:
    clinic, keeper = lose(listed=None)
    assert after(clinic, "13:10", "13:20", "13:40", "13:59") == "unknown unresolved"
    assert after(clinic, "14:00") == "held unresolved"
    assert tasks(clinic) == ["held"]
    assert len(keeper.letters) == 1


def test_however_many_wait_for_a_list_that_is_away_all_of_them_go_to_a_person_in_an_hour(lose: Lose) -> None:
    many = [{"ref": f"p-{n}", "email": f"p{n}@example.org"} for n in range(12)]
    clinic, keeper = lose(listed=None, patients=many)
    after(clinic, "13:10")
    assert len(keeper.asked) == 2, "of one that is away nobody else is asked about"
    after(clinic, "14:00")
    assert Counter(one.state for one in clinic.messages() if one.step == "hello") == {"held": 12}


def test_a_list_that_is_away_counts_as_not_having_been_asked(lose: Lose) -> None:
    clinic, keeper = lose(listed=None, losing=1)
    after(clinic, "13:10", "13:20", "13:30")
    keeper.listed = []
    assert after(clinic, "13:31") == "unknown unresolved"
    assert after(clinic, "13:41") == "accepted"
    assert len(keeper.letters) == 2


def test_when_the_list_is_back_a_held_message_that_went_is_settled_and_its_task_with_it(lose: Lose) -> None:
    clinic, keeper = lose(listed=None)
    after(clinic, "14:00", "14:05")
    keeper.listed = [replace(GONE, text=words(keeper))]
    assert after(clinic, "15:04") == "held unresolved", "asked once an hour"
    assert after(clinic, "15:05") == "accepted"
    assert tasks(clinic) == []


def test_a_held_message_is_never_sent_again_because_a_list_shows_nothing(lose: Lose) -> None:
    clinic, keeper = lose(listed=None)
    after(clinic, "14:00")
    keeper.listed = []
    assert after(clinic, "15:00", "16:00", "2026-06-12 17:00") == "held unresolved"
    assert tasks(clinic) == ["held"]
    assert [letter.message_id for letter in keeper.letters].count(keeper.letters[0].message_id) == 1


def test_held_messages_that_nobody_can_be_asked_about_do_not_stand_in_the_way(
    lose: Lose, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic, keeper = lose(keeps_a_list=False)
    after(clinic, "13:10")
    monkeypatch.setattr(reconcile, "AT_ONCE", 1)
    lister = Keeper(name="lister", listed=None)
    clinic.app = replace(clinic.app, providers={channel: (lister, keeper) for channel in clinic.app.providers})
    clinic.tell(a_visit("2026-06-11 11:00", event_id="second", patient={"ref": "p-2", "email": "two@example.org"}))
    after(clinic, "13:20", "14:00", "14:10", "15:00")
    assert [one.state for one in clinic.messages() if one.step == "hello"] == ["held", "held"]
    lister.listed = [Trace(ref="found", at=at("2026-06-11 14:00"), text=lister.letters[0].words.text)]
    after(clinic, "16:10")
    assert sorted(one.state for one in clinic.messages() if one.step == "hello") == ["accepted", "held"]


def test_without_a_list_silence_about_one_is_no_proof_and_a_person_decides(lose: Lose) -> None:
    clinic, keeper = lose(keeps_a_list=False, gives_receipts=True, losing=1)
    assert after(clinic, "13:10", "13:30", "15:00") == "unknown unresolved", "nobody was heard of, so nothing is known"
    clinic.tell(a_visit("2026-06-11 12:30", event_id="second", patient={"ref": "p-2", "email": "two@example.org"}))
    after(clinic, "15:30")
    clinic.receipt(State.DELIVERED, "2026-06-11 15:31", attempt_id=keeper.letters[1].attempt_id)
    after(clinic, "15:31", "15:41", "16:00")
    assert [letter.to for letter in keeper.letters] == ["amina@example.org", "two@example.org"]
    assert tasks(clinic) == ["held"]
    clinic.receipt(State.DELIVERED, "2026-06-11 17:00", attempt_id=keeper.letters[0].attempt_id)
    after(clinic, "17:00")
    assert tasks(clinic) == [], "late evidence still counts"


def test_without_a_list_its_own_receipt_tells_that_it_went(lose: Lose) -> None:
    clinic, keeper = lose(keeps_a_list=False, gives_receipts=True)
    after(clinic, "13:10")
    clinic.receipt(State.DELIVERED, "2026-06-11 18:00", attempt_id=keeper.letters[0].attempt_id)
    assert after(clinic, "18:00") == "delivered"
    assert len(keeper.letters) == 1


def test_a_receipt_that_was_not_read_yet_is_not_overlooked(lose: Lose) -> None:
    clinic, keeper = lose()
    reconcile.reconcile(clinic.app, at("2026-06-11 13:10"))
    clinic.receipt(State.DELIVERED, "2026-06-11 13:20", attempt_id=keeper.letters[0].attempt_id)
    assert reconcile.reconcile(clinic.app, at("2026-06-11 13:20")) == Reconciled()
    assert after(clinic, "13:20") == "delivered"
    assert len(keeper.letters) == 1


def test_without_any_word_for_a_day_a_person_decides(lose: Lose) -> None:
    clinic, _ = lose(keeps_a_list=False, gives_receipts=True)
    assert after(clinic, "2026-06-12 12:59") == "unknown unresolved"
    assert after(clinic, "2026-06-12 13:00") == "held unresolved"
    assert tasks(clinic) == ["held"]


def test_where_repeats_are_dropped_it_is_sent_again_once_settled(lose: Lose) -> None:
    clinic, keeper = lose(keeps_a_list=False, drops_repeats=True, losing=1)
    assert after(clinic, "13:10") == "unknown unresolved"
    assert after(clinic, "13:20") == "accepted"
    assert len({letter.message_id for letter in keeper.letters}) == 1
    assert len(keeper.letters) == 2


def test_where_nothing_can_be_found_out_a_person_decides_once_settled(lose: Lose) -> None:
    clinic, _ = lose(keeps_a_list=False)
    assert after(clinic, "13:10") == "held unresolved"
    assert tasks(clinic) == ["held"]


def test_after_three_hand_overs_without_a_trace_a_person_decides(lose: Lose) -> None:
    clinic, keeper = lose()
    times = [f"{13 + minutes // 60}:{minutes % 60:02d}" for minutes in range(10, 110, 10)]
    assert after(clinic, *times) == "held unresolved"
    assert len(keeper.letters) == 3
    assert tasks(clinic) == ["held"]


def test_critical_words_that_nobody_can_tell_of_are_sent_again_once_and_staff_hear_of_it(lose: Lose) -> None:
    clinic, keeper = lose(sequence=CRITICAL, keeps_a_list=False)
    after(clinic, "13:10")
    assert len(keeper.letters) == 2
    assert tasks(clinic) == ["sent_again"]
    assert after(clinic, "13:20", "13:30", "15:00") == "held unresolved"
    assert len(keeper.letters) == 2
    assert sorted(tasks(clinic)) == ["held", "sent_again"]


def test_a_late_receipt_settles_a_held_message_and_its_task(lose: Lose) -> None:
    clinic, keeper = lose(keeps_a_list=False)
    after(clinic, "13:10")
    clinic.receipt(State.DELIVERED, "2026-06-11 14:00", attempt_id=keeper.letters[0].attempt_id)
    assert after(clinic, "14:00") == "delivered"
    assert tasks(clinic) == []


def test_a_late_receipt_for_a_message_that_waits_to_go_again_keeps_it_from_going(lose: Lose) -> None:
    clinic, keeper = lose(losing=1)
    after(clinic, "13:10")
    keeper.losing = 0
    reconcile.reconcile(clinic.app, at("2026-06-11 13:20"))
    assert clinic.states()["hello"].startswith("planned")
    clinic.receipt(State.SENT, "2026-06-11 13:20", attempt_id=keeper.letters[0].attempt_id)
    assert after(clinic, "13:20") == "sent"
    assert len(keeper.letters) == 1


def waiting(clinic: World) -> str:
    """The one message that waits for a decision."""
    with clinic.store.read() as tx:
        (held,) = held_messages(tx)
    assert held.patient == "p-1"
    return held.message_id


def test_a_person_may_say_that_it_went(lose: Lose) -> None:
    clinic, keeper = lose(keeps_a_list=False)
    after(clinic, "13:10")
    assert decide(clinic.app, waiting(clinic), Decision.WENT, By(name="Sam"), at("2026-06-11 14:00"))
    assert after(clinic, "14:00", "15:00") == "accepted"
    assert (len(keeper.letters), tasks(clinic)) == (1, [])


def test_a_person_may_have_it_sent_again(lose: Lose) -> None:
    clinic, keeper = lose(keeps_a_list=False, losing=1)
    after(clinic, "13:10")
    assert decide(clinic.app, waiting(clinic), Decision.AGAIN, By(name="Sam"), at("2026-06-11 14:00"))
    assert clinic.states()["hello"] == "planned resent_by_staff"
    assert after(clinic, "14:00") == "accepted"
    assert (len(keeper.letters), tasks(clinic)) == (2, [])


def test_what_is_sent_again_passes_the_gate_like_any_other(lose: Lose) -> None:
    clinic, keeper = lose(keeps_a_list=False, losing=1)
    after(clinic, "13:10")
    clinic.reply("STOP", "2026-06-11 13:30", address="amina@example.org")
    decide(clinic.app, waiting(clinic), Decision.AGAIN, By(name="Sam"), at("2026-06-11 14:00"))
    assert after(clinic, "14:00", "14:10") == "suppressed suppressed_by_patient"
    assert len(keeper.letters) == 1


def test_a_decision_comes_too_late_where_evidence_came_first(lose: Lose) -> None:
    clinic, keeper = lose(keeps_a_list=False)
    after(clinic, "13:10")
    message = waiting(clinic)
    clinic.receipt(State.DELIVERED, "2026-06-11 13:30", attempt_id=keeper.letters[0].attempt_id)
    after(clinic, "13:30")
    assert not decide(clinic.app, message, Decision.AGAIN, By(name="Sam"), at("2026-06-11 14:00"))
    assert after(clinic, "14:00") == "delivered"


def test_a_decision_days_later_is_not_taken_back_by_the_wait_for_a_receipt(lose: Lose) -> None:
    clinic, _ = lose(keeps_a_list=False, gives_receipts=True)
    after(clinic, "2026-06-12 13:00")
    decided_at = at("2026-06-15 09:00")
    decide(clinic.app, waiting(clinic), Decision.WENT, By(name="Sam"), decided_at)
    clinic.tick((decided_at + timedelta(minutes=1)).isoformat())
    assert clinic.states()["hello"] == "accepted"
