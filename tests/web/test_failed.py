"""Messages that did not arrive: what to do about each, and that nothing goes twice but by somebody's word."""

from collections.abc import Callable

import pytest

from drip.core.handover import Accepted, Fault, Refused
from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.core.role import Role
from drip.flows.receive import suppress
from drip.store import stranded
from tests.web.at_the_desk import at_the_desk, deeds, waiting
from tests.world import ADVICE, Sink, World, a_visit, at

EITHER = ADVICE.replace("email: hello}", "email: hello, sms: hello, send: email_then_sms}")


class Refusing(Sink):
    """Its emails and texts are refused until somebody mends the numbers."""

    is_mended = False

    def hand_over(self, letter: Letter) -> Accepted | Refused:
        self.letters.append(letter)
        return Accepted(f"ref-{letter.attempt_id}") if self.is_mended else Refused(Fault.ADDRESS)


@pytest.fixture
def refused(a_clinic: Callable[..., World]) -> World:
    """Amina's email was refused at nine, and then the text that it turned to."""
    clinic = a_clinic(sink=Refusing())
    clinic.publish(EITHER)
    clinic.tell(a_visit("2026-06-11 06:00"))
    clinic.tick("2026-06-11 09:00")
    clinic.tick("2026-06-11 09:05")
    assert clinic.states()["hello"] == "failed address_refused"
    return clinic


def failed(world: World) -> str:
    return next(one.id for one in world.messages() if one.step == "hello")


def page_of(world: World, role: Role = Role.SENDER, *sites: str) -> str:
    with at_the_desk(world, role, *sites) as browser:
        return browser.get("/console/failed").text


def test_what_did_not_arrive_stands_under_what_to_do(refused: World) -> None:
    page = page_of(refused)
    assert "Correct the address or number" in page
    assert "The text “Hello” of “After your first visit”" in page
    assert "Send it again" in page
    assert "Send it as an email" in page


def test_who_may_only_look_has_no_buttons(refused: World) -> None:
    assert '<form method="post" action="/console/failed' not in page_of(refused, Role.VIEWER)


@pytest.mark.parametrize(("channel", "to"), [("email", "amina@example.org"), ("sms", "+447700900123")])
def test_it_is_sent_again_by_the_channel_that_was_chosen_and_who_chose_is_written_down(
    refused: World, channel: str, to: str
) -> None:
    assert isinstance(refused.sink, Refusing)
    refused.sink.is_mended = True
    with at_the_desk(refused) as browser:
        browser.post(f"/console/failed/{failed(refused)}/send", channel=channel)
        assert refused.states()["hello"] == "planned resent_by_staff"
        browser.post(f"/console/failed/{failed(refused)}/send", channel=channel)
    refused.tick("2026-06-11 10:01")
    assert refused.states()["hello"] == "accepted"
    assert [letter.to for letter in refused.sink.letters][2:] == [to]
    assert deeds(refused).count("message_resent") == 1


def test_what_is_sent_again_passes_the_gate(refused: World) -> None:
    with at_the_desk(refused) as browser:
        browser.post(f"/console/failed/{failed(refused)}/send", channel="sms")
    refused.reply("STOP", "2026-06-11 10:00")
    refused.tick("2026-06-11 10:01")
    assert refused.states()["hello"].startswith("suppressed")
    assert len(refused.sink.letters) == 2


def test_a_late_receipt_takes_the_second_sending_back(refused: World) -> None:
    attempt = refused.sink.letters[-1].attempt_id
    with at_the_desk(refused) as browser:
        browser.post(f"/console/failed/{failed(refused)}/send", channel="sms")
    refused.receipt(State.DELIVERED, "2026-06-11 10:00", attempt_id=attempt)
    refused.tick("2026-06-11 10:01")
    assert refused.states()["hello"] == "delivered"
    assert len(refused.sink.letters) == 2


def test_a_closed_address_is_no_way_to_send_it(refused: World) -> None:
    suppress(refused.app, "amina@example.org", Reason.BOUNCED, at("2026-06-11 09:30"))
    assert "Send it as an email" not in page_of(refused)
    with at_the_desk(refused, Role.AUTHOR) as browser:
        browser.post(f"/console/failed/{failed(refused)}/send", channel="email")
    assert refused.states()["hello"] == "failed address_refused"


def test_what_is_no_longer_useful_is_not_sent_again(refused: World) -> None:
    with refused.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET expires_at = planned_for")
    assert "Send it" not in page_of(refused)


def test_what_a_later_receipt_delivered_is_not_among_the_failed(refused: World) -> None:
    with refused.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET state = 'delivered' WHERE state = 'failed'")
    assert "Everything has arrived" in page_of(refused)


def test_what_the_other_channel_delivered_is_not_among_the_failed(a_clinic: Callable[..., World]) -> None:
    clinic = a_clinic(
        sink=Sink(answer=lambda one: Refused(Fault.ADDRESS) if "@" in one.to else Accepted(one.attempt_id))
    )
    clinic.publish(ADVICE.replace("email: hello}", "email: hello, sms: hello, send: both}"))
    clinic.tell(a_visit("2026-06-11 06:00"))
    clinic.tick("2026-06-11 09:00")
    assert {one.state for one in clinic.messages() if one.step == "hello"} == {"failed", "accepted"}
    assert "Everything has arrived" in page_of(clinic)


@pytest.mark.parametrize("way", ["write", "ring"])
def test_it_becomes_somebodys_task(refused: World, way: str) -> None:
    with at_the_desk(refused) as browser:
        browser.post(f"/console/failed/{failed(refused)}/ask", way=way)
        assert "Everything has arrived" in browser.get("/console/failed").text
    assert way in waiting(refused)
    assert deeds(refused)[-1] == "task_raised"


def test_what_was_dealt_with_is_gone_and_who_did_is_written_down(refused: World) -> None:
    with at_the_desk(refused) as browser:
        browser.post(f"/console/failed/{failed(refused)}/done")
        assert "Everything has arrived" in browser.get("/console/failed").text
    assert deeds(refused)[-1] == "message_dealt_with"


@pytest.mark.parametrize("form", [("send", {"channel": "sms"}), ("ask", {"way": "ring"}), ("done", {})])
def test_a_message_of_another_site_is_neither_seen_nor_touched(
    refused: World, form: tuple[str, dict[str, str]]
) -> None:
    before = waiting(refused)
    with at_the_desk(refused, Role.SENDER, "dock") as browser:
        assert "Everything has arrived" in browser.get("/console/failed").text
        browser.post(f"/console/failed/{failed(refused)}/{form[0]}", **form[1])
    assert (refused.states()["hello"], waiting(refused)) == ("failed address_refused", before)
    assert deeds(refused) == [one for one in deeds(refused) if not one.startswith(("message", "task"))]


def test_the_patients_own_stop_is_no_failure(clinic: World) -> None:
    suppress(clinic.app, "amina@example.org", Reason.SUPPRESSED_BY_PATIENT, at("2026-06-01 09:00"))
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 06:00"))
    clinic.tick("2026-06-11 09:00")
    with clinic.store.read() as tx:
        assert stranded.waiting(tx, at("2026-06-01 00:00"), limit=9) == []
