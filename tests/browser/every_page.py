"""An address for every page of the console, at a clinic where each of them has something to show."""

import re
from collections.abc import Collection, Iterator

from drip.clock import now as real_now
from drip.core.draft import Draft
from drip.core.role import Person, Role
from drip.flows.deeds.pause import pause as hold
from drip.flows.draft import Handing, NewSequence, begin, begin_new, save, submit
from drip.flows.switches import pause
from drip.flows.tally import tally
from drip.store import patients
from drip.web.console.routes import console
from tests.browser.conftest import NOW
from tests.browser.test_desk import busy
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit

ANNA = Person(id="a" * 32, name="anna", full_name="Anna Berg", role=Role.AUTHOR)
FRAMED = (
    "/console/preview/{id}",
    "/console/drafts/{id}/review/email",
    "/console/sequences/{id}/versions/email",
)
"""Emails within other pages' frames, which those pages give the addresses of."""

FILES = ("/console/enrol/example.csv", "/console/reports/{name}.csv")
UNKNOWN = "/console/{rest:path}"
NOT_PAGES = (*FRAMED, *FILES, "/console/static/{digest}/{name}", "/console/sign-in", "/console/resume", UNKNOWN)
"""Sign-in is for those who are not signed in yet, and nothing is to be resumed where nothing is paused."""


def lived_in(world: World) -> dict[str, str]:
    """Two versions live, one in writing, a new one handed in, patients with all that happens. Where each page is."""
    letter = busy(world)
    world.tell(a_booking("2026-06-18 10:00", told_at="2026-06-10 09:00", appointment={"ref": "a-7"}))
    world.sources["advice/hello.email.md"] += "\nRing us with any question.\n"
    world.publish(ADVICE.replace("after: 7d", "after: 8d"), REMINDERS, now="2026-06-11 09:40")
    cleo = {"ref": "p-3", "first_name": "Cleo", "email": "cleo@example.org", "phone": None}
    world.tell(a_visit("2026-06-11 09:00", event_id="cleo", patient=cleo, appointment={"ref": "a-3"}))
    world.tick("2026-06-11 09:50")
    with world.store.read() as tx:
        (on_hold,) = patients.find(tx, "p-3")
    hold(world.app, on_hold.id, None, ANNA.id, NOW)
    tally(world.app, NOW)
    pause(world.app, "sequence:reminders", "The words are being looked at", NOW, who=ANNA.id)
    changed, handed = _changed(world), begin_new(world.app, NewSequence(id="knee", title="Knee"), ANNA, NOW)
    assert isinstance(submit(world.app, handed.id, Handing(saw=handed.edit, note="Please read"), ANNA, NOW), Draft)
    asking = f"/console/drafts/{_asking(world).id}/form"
    asks = {f"/console/drafts/{{id}}/form/{{name}}/{page}": f"{asking}/{of}/{page}" for page, of in ASKED.items()}
    return _examples(world, letter, changed) | asks | {"new": f"/console/drafts/{handed.id}"}


ASKED = {"ask": "first-message", "said": "first-message.take-care"}
"""Of whose question, or of which words that are said to an answer, a page is looked at."""


def _asking(world: World) -> Draft:
    """A draft with a question, and what is said to one of its answers."""
    draft = begin_new(world.app, NewSequence(id="back", title="Back"), ANNA, NOW)
    ask = "    ask: {id: pain, answer: number, min: 0, max: 10, then: [{if: answer >= 8, sms: take-care}]}\n"
    step = "    sms: first-message\n"
    files = {path: text.replace(step, step + ask) for path, text in draft.files.items()}
    kept = save(world.app, draft.id, files, draft.edit, ANNA, NOW)
    assert isinstance(kept, Draft)
    return kept


def _changed(world: World) -> Draft:
    draft = begin(world.app, "advice", ANNA, NOW)
    files = dict(draft.files)
    for was, now in (("after: 8d", "after: 9d"), ("Hello", "Good morning")):
        files = {path: text.replace(was, now) for path, text in files.items()}
    kept = save(world.app, draft.id, files, draft.edit, ANNA, NOW)
    assert isinstance(kept, Draft)
    return kept


def _examples(world: World, letter: str, draft: Draft) -> dict[str, str]:
    with world.store.read() as tx:

        def first(query: str) -> str:
            return str(tx.connection.exec_driver_sql(query).scalar_one())

        amina = first("SELECT patient_id FROM messages WHERE sequence = 'reminders' LIMIT 1")
        booked = first("SELECT id FROM enrolments WHERE sequence = 'reminders' LIMIT 1")
        planned = first("SELECT id FROM messages WHERE state = 'planned' AND sequence = 'advice' LIMIT 1")
        tried = first("SELECT message_id FROM attempts LIMIT 1")
    return {
        "/console/calls/{id}": f"/console/calls/{letter}",
        "/console/letters/{id}": f"/console/letters/{letter}",
        "/console/messages/{id}": f"/console/messages/{planned}",
        "/console/messages/{id}/words": f"/console/messages/{tried}/words",
        "/console/patients/{id}": f"/console/patients/{amina}",
        "/console/patients/{id}/date": f"/console/patients/{amina}/date?of={booked}",
        "/console/patients/{id}/replies": f"/console/patients/{amina}/replies",
        "/console/sequences/{id}/resume": "/console/sequences/reminders/resume",
        "/console/sequences/{id}/versions/compare": "/console/sequences/advice/versions/compare?was=1&now=2",
        "/console/sequences/{id}/versions/{number}": "/console/sequences/advice/versions/1",
        "/console/drafts/{id}": f"/console/drafts/{draft.id}",
        "/console/sequences/{id}": "/console/sequences/advice",
        "{name}": "nudge",
    }


MORE = (
    "/console/no-such-page",
    "/console/tasks?mine=1&kind=reply",
    "/console/replies?who=unknown",
    "/console/patients/nobody",
    "/console/outgoing?days=14",
    "/console/reports?from=2026-06-01&to=2026-06-30",
    "/console/reports?from=x",
)
"""Pages worth looking at in another way as well."""


def addresses(world: World, examples: dict[str, str]) -> Iterator[str]:
    """Every page that there is, derived from the console's door. AssertionError names one that nobody thought of."""
    for method, route in sorted(console(world.app, real_now).permissions):
        if method == "GET" and route not in NOT_PAGES:
            yield address_of(route, examples)
    yield from MORE
    yield from (examples["new"] + page for page in ("", "/calendar", "/review"))


def address_of(route: str, examples: dict[str, str]) -> str:
    """One address of this page."""
    found = route
    for known in sorted(examples, key=len, reverse=True):
        if known.startswith("/") and (route == known or (known.endswith("}") and route.startswith(f"{known}/"))):
            found = examples[known] + route.removeprefix(known)
            break
    found = found.replace("{name}", examples["{name}"])
    assert "{" not in found, f"{route} is not looked at: give tests/browser/every_page.py an example of it"
    return found


def not_seen(frames: Collection[str]) -> list[str]:
    """Pages within frames of which none of these addresses is one."""
    patterns = {route: re.sub(r"\{\w+\}", "[^/]+", route) + r"($|\?)" for route in FRAMED}
    return [route for route, pattern in patterns.items() if not any(re.match(pattern, one) for one in frames)]
