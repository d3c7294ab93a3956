"""What patients wrote, as a conversation: with what was sent, and what each reply came to."""

import re

from drip.core.model import Channel
from drip.core.role import Role
from drip.flows.converse import conversation
from drip.store import patients, waits
from tests.web.at_the_desk import amina, at_the_desk, deeds
from tests.web.test_console import NOW
from tests.world import ADVICE, World, a_visit, at


def wrote(world: World, *said: str, **how: str) -> str:
    """Amina hears at ten, and writes back a minute after each time; her id."""
    patient = amina(world)
    world.tick("2026-06-11 10:00")
    for number, words in enumerate(said, start=1):
        world.reply(words, f"2026-06-11 10:0{number}", **how)
    world.tick("2026-06-11 10:09")
    return patient


def page_of(world: World, path: str, role: Role = Role.VIEWER, *sites: str) -> str:
    with at_the_desk(world, role, *sites) as browser:
        return browser.get(path).text


def test_what_waits_for_an_answer_stands_before_what_is_newer(clinic: World) -> None:
    wrote(clinic, "Can I run on Sunday?", "START")
    page = page_of(clinic, "/console/replies")
    assert "1 waits for a person" in page
    assert page.index("Can I run on Sunday?") < page.index("START")


def test_each_reply_says_what_it_came_to(clinic: World) -> None:
    wrote(clinic, "My calf is hot and swollen", "STOP")
    page = page_of(clinic, "/console/replies")
    assert "Words that must not wait: waits for a person." in page
    assert "must not wait</span>" in page
    assert "Read as a stop: nothing more goes to this address." in page


def test_a_conversation_has_both_sides_newest_first(clinic: World) -> None:
    patient = wrote(clinic, "<b>Thank you</b>", "A later thought")
    page = page_of(clinic, f"/console/patients/{patient}/replies")
    assert page.index("A later thought") < page.index("&lt;b&gt;Thank you") < page.index("Hello Amina.")
    assert "We sent an email, “Hello” of “After your first visit”" in page
    assert "It stands as accepted." in page
    assert deeds(clinic)[-1] == "patient_read"


def test_people_whom_nobody_knows_stand_apart(clinic: World) -> None:
    wrote(clinic, "Who is this?", address="+447700900999")
    assert "Who is this?" not in page_of(clinic, "/console/replies")
    page = page_of(clinic, "/console/replies?who=unknown", Role.SENDER)
    assert "Somebody we do not know" in page
    assert "Who is this?" in page


def test_older_ones_stand_on_the_next_page(clinic: World) -> None:
    patient = wrote(clinic, "the first")
    for number in range(31):
        clinic.reply(f"number {number}", f"2026-06-11 10:10:{number:02d}")
    clinic.tick("2026-06-11 10:11")
    page = page_of(clinic, f"/console/patients/{patient}/replies")
    assert "the first" not in page
    older = page.split("/replies?before=")[1].split('"')[0]
    assert "the first" in page_of(clinic, f"/console/patients/{patient}/replies?before={older}", Role.SENDER)


def test_what_was_said_in_one_moment_stands_on_one_page_or_the_next(clinic: World) -> None:
    clinic.publish(ADVICE.replace("email: hello}", "email: hello, sms: hello}"))
    clinic.tell(a_visit("2026-06-11 07:00"))
    for time in ("08:00", "10:00"):
        clinic.tick(f"2026-06-11 {time}")
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        (first,) = conversation(clinic.app, tx, row, limit=1)
        (second,) = conversation(clinic.app, tx, row, limit=1, before=first.place)
        assert conversation(clinic.app, tx, row, limit=1, before=second.place) == []
    assert first.at == second.at
    assert {first.channel, second.channel} == set(Channel)


def test_a_broken_page_number_is_the_first_page(clinic: World) -> None:
    wrote(clinic, "Hello there")
    for number, before in enumerate(("x", "nan", "1e99", "-1e99")):
        assert "What patients wrote" in page_of(clinic, f"/console/replies?before={before}", list(Role)[number])


def test_replies_of_another_site_are_nobodys_to_read(clinic: World) -> None:
    patient = wrote(clinic, "my calf hurts")
    clinic.reply("a stranger", "2026-06-11 10:10", address="+447700900999")
    clinic.tick("2026-06-11 10:11")
    with at_the_desk(clinic, Role.SENDER, "dock") as browser:
        assert browser.get(f"/console/patients/{patient}/replies").status == 404
        for path in ("/console/replies", "/console/replies?who=unknown"):
            page = browser.get(path).text
            assert "my calf" not in page
            assert "a stranger" not in page
            assert "waits" not in page
    assert "my calf hurts" in page_of(clinic, "/console/replies", Role.AUTHOR, "quay")


def test_beside_each_page_stands_how_much_waits_there_for_this_person(clinic: World) -> None:
    wrote(clinic, "My calf is hot and swollen", "And my foot?")
    with clinic.store.read() as tx:
        told = waits.count(tx, [], at("2026-05-12 10:00"))
        there, elsewhere = waits.count(tx, ["quay"], NOW), waits.count(tx, ["dock"], NOW)
    assert (told.tasks, told.red_flags, told.replies, told.failed, told.held) == (2, 1, 2, 0, 0)
    assert there == told
    assert (elsewhere.tasks, elsewhere.replies) == (0, 0)
    page = page_of(clinic, "/console")
    assert "1 of them at once" in page


def test_a_red_flags_clock_runs_from_when_the_patient_wrote(clinic: World) -> None:
    amina(clinic)
    clinic.tick("2026-06-11 08:10")
    clinic.reply("My calf is hot and swollen", "2026-06-11 09:20")
    clinic.tick("2026-06-11 09:58")
    assert "waiting 40 minutes, since <time>Thu 11 Jun 09:20" in page_of(clinic, "/console/tasks")


def test_an_email_that_we_sent_is_folded_to_its_subject_and_first_line_and_texts_are_whole(clinic: World) -> None:
    patient = wrote(clinic, "Can I run?")
    clinic.tick("2026-06-12 11:00")
    page = page_of(clinic, f"/console/patients/{patient}/replies")
    (folded,) = re.findall(r"<details><summary>(.*?)</summary>", page)
    assert "<strong>About hello</strong>" in folded
    assert "Hello Amina" in folded
    assert page.count("<details>") == 1, "neither the text that went nor what she wrote"
    assert '<p class="quote">Can I run?</p>' in page
