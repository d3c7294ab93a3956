"""A step that goes by both channels, neither of which arrives: its words are passed on by hand once, not twice."""

import pytest

from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.pass_on import handed_over, words_by_hand
from drip.flows.receive import suppress
from drip.flows.recover import ask_by_hand, deal, send_again
from drip.flows.see_to import Seen, finish, reopen
from drip.store import records
from drip.store.records import TaskRow
from tests.flows.test_lost_again import SAM, asked, failed, told
from tests.world import ADVICE, World, an_event, at

BOTH = ADVICE.replace("email: hello}", "email: hello, sms: hello, send: both}")
SAFETY = BOTH.replace("purpose: care", "purpose: safety")
NOW = at("2026-06-11 09:15")


def unreached(clinic: World, sequence: str = BOTH) -> World:
    """Neither Amina's address nor her number works: nothing went at nine."""
    told(clinic, sequence)
    for address in ("amina@example.org", "+447700900123"):
        suppress(clinic.app, address, Reason.BOUNCED, at("2026-06-11 06:50"))
    clinic.tick("2026-06-11 09:00")
    assert len(failed(clinic)) == 2
    return clinic


def task(clinic: World) -> TaskRow:
    """The first thing that waits for a person."""
    with clinic.store.read() as tx:
        return records.open_tasks(tx)[0]


@pytest.mark.parametrize("number", [0, 1])
def test_when_one_of_two_is_sent_again_nobody_posts_the_letter_as_well(clinic: World, number: int) -> None:
    unreached(clinic)
    one = sorted(failed(clinic), key=lambda one: one.id)[number]
    mended = {"email": "amina.shah@example.org", "phone": "+447700900124"}
    clinic.tell(an_event("patient.updated", "2026-06-11 09:10", patient=mended))
    clinic.tick("2026-06-11 09:11")
    assert send_again(clinic.app, one.id, Channel(one.channel), SAM, NOW)
    clinic.tick("2026-06-11 09:16")
    assert (asked(clinic), failed(clinic)) == ([], [])


@pytest.mark.parametrize("sequence", [BOTH, SAFETY], ids=["care", "safety"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_letter_that_was_handed_over_settles_both(clinic: World, sequence: str, number: int) -> None:
    unreached(clinic, sequence)
    first, second = sorted((one.id for one in failed(clinic)), reverse=bool(number))
    assert handed_over(clinic.app, first, "write", SAM, NOW)
    assert (asked(clinic), failed(clinic)) == ([], [])
    assert not handed_over(clinic.app, second, "write", SAM, NOW)


def test_a_letter_that_is_asked_for_is_one_task_for_both(clinic: World) -> None:
    unreached(clinic)
    first, second = failed(clinic)
    assert ask_by_hand(clinic.app, first.id, "write", SAM, NOW)
    assert not ask_by_hand(clinic.app, second.id, "write", SAM, NOW)
    assert (asked(clinic), failed(clinic)) == (["write"], [])


@pytest.mark.parametrize("sequence", [BOTH, SAFETY], ids=["care", "safety"])
def test_what_was_dealt_with_is_dealt_with_by_both_channels(clinic: World, sequence: str) -> None:
    unreached(clinic, sequence)
    assert deal(clinic.app, failed(clinic)[0].id, SAM, NOW)
    assert (asked(clinic), failed(clinic)) == ([], [])


@pytest.mark.parametrize("sequence", [BOTH, SAFETY], ids=["care", "safety"])
def test_a_task_that_is_done_settles_both_and_taken_back_it_does_not(clinic: World, sequence: str) -> None:
    unreached(clinic, sequence)
    seen = Seen(task_id=task(clinic).id, by=SAM)
    finish(clinic.app, seen, NOW)
    assert (asked(clinic), failed(clinic)) == ([], [])
    assert reopen(clinic.app, seen, NOW)
    assert (len(asked(clinic)), len(failed(clinic))) == (1, 2)


def test_the_words_are_there_though_the_other_one_was_left_out_for_a_reason_of_its_own(clinic: World) -> None:
    unreached(clinic)
    first, _ = sorted(one.id for one in failed(clinic))
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql(f"UPDATE messages SET state = 'expired' WHERE id = '{first}'")  # noqa: S608
    page = words_by_hand(clinic.app, task(clinic).key.split(":")[1], "ring", SAM, NOW)
    assert page
    assert page.words
