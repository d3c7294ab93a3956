"""Somebody's own page: who they are, and where they get tests."""

from drip.core.model import Channel
from drip.core.role import Permission
from drip.flows.own_address import Begun, begin, confirm, forget
from drip.store import own_addresses
from drip.web.console.door import Door
from drip.web.console.visit import Answer, Onward, Page, Visit

PAGE = "/console/me"
NAMES = {Channel.EMAIL: "Your email address", Channel.SMS: "Your mobile number"}


def add_to(door: Door) -> None:
    """These pages."""
    door.page(PAGE, Permission.SEE, own_page)
    door.deed(f"{PAGE}/address", Permission.SEE, _ask)
    door.deed(f"{PAGE}/address/code", Permission.SEE, _confirm)


def own_page(visit: Visit, *, sealed: str = "", wrong: str = "") -> Page:
    """What is known of them. `sealed`: what comes back with the code that was sent."""
    with visit.app.store.read() as tx:
        known = own_addresses.of_account(tx, visit.person.id)
    own = [(channel.value, name, known.get(channel, "")) for channel, name in NAMES.items()]
    return Page(name="me", values={"own": own, "sealed": sealed, "wrong": wrong}, status=422 if wrong else 200)


def _ask(visit: Visit) -> Answer:
    channel = Channel.SMS if visit.form.get("channel") == Channel.SMS.value else Channel.EMAIL
    typed = visit.form.get("to", "").strip()[:200]
    if not typed:
        forget(visit.app, visit.person, channel, visit.now)
        return Onward(to=PAGE, said="Nothing goes there any more.")
    outcome = begin(visit.app, visit.person, channel, typed, visit.now)
    if isinstance(outcome, Begun):
        return own_page(visit, sealed=outcome.sealed)
    return own_page(visit, wrong=f"No code was sent: {outcome.why}.")


def _confirm(visit: Visit) -> Answer:
    sealed, code = visit.form.get("sealed", "")[:4000], visit.form.get("code", "")[:20]
    if confirm(visit.app, visit.person, sealed, code, visit.now):
        return Onward(to=PAGE, said="This is your address now: tests go there.")
    return own_page(visit, sealed=sealed, wrong="That is not the code, or it is too old. Try again, or begin anew.")
