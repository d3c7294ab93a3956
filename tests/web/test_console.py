"""The console's door: nobody comes in without an account, no form counts that is not of this session."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any
from urllib.parse import urlencode

import pytest

from drip.core.role import Permission, Role
from drip.flows import staff
from drip.flows.sign_in import SignedIn, sign_in, who_is
from drip.flows.staff import NewAccount
from drip.store import accounts, audit, patients, records, versions
from drip.store.passwords import new_secret
from drip.store.records import NewTask
from drip.web.console.routes import console
from tests.databases import sqlite_url
from tests.web.build import Answer, Site, on_loopback, site_at
from tests.world import ADVICE, CLINIC, World, a_visit, a_world, at

NOW = at("2026-06-11 10:00")
FORM = "application/x-www-form-urlencoded"

DOOR = console(a_world(sqlite_url()).app, lambda: NOW)
OPEN_TO_ALL = {("GET", "/console/sign-in"), ("POST", "/console/sign-in"), ("GET", "/console/static/{digest}/{name}")}


@pytest.fixture
def world() -> Iterator[World]:
    """A small clinic."""
    made = a_world(sqlite_url())
    yield made
    made.app.close()


site = site_at(NOW)


def send(site: Site, path: str, form: dict[str, str], origin: str | None = "", cookie: str = "") -> Answer:
    """A form, as a browser sends it; by itself from a page of ours."""
    headers = {"content-type": FORM, "cookie": cookie}
    if origin is not None:
        headers["origin"] = origin or f"http://127.0.0.1:{site.port}"
    return site.ask("POST", path, urlencode(form).encode(), headers)


@dataclass
class Browser:
    """Somebody's browser, signed in."""

    site: Site
    token: str
    key: str

    def get(self, path: str) -> Answer:
        """Look at a page."""
        return self.site.ask("GET", path, headers={"cookie": f"drip={self.token}"})

    def post(self, path: str, *, origin: str | None = "", key: str | None = None, **form: str) -> Answer:
        """Send a form."""
        told = {"key": self.key if key is None else key, **form}
        return send(self.site, path, told, origin, f"drip={self.token}")

    def find(self, wanted: str) -> Answer:
        """The patients that a search finds."""
        return self.get(self.post("/console/patients", q=wanted).headers["location"])


def signed_in(world: World, site: Site, role: Role, *sites: str, now: datetime = NOW) -> Browser:
    """A new account of this role, its password changed and its app set up."""
    given = staff.add(world.app, NewAccount(name=role.value, full_name="Sam Okoro", role=role, sites=sites), now)
    outcome = sign_in(world.app, role.value, given.password, "", now)
    assert isinstance(outcome, SignedIn)
    with world.store.write() as tx:
        account = accounts.named(tx, role.value)
        assert account
        accounts.set_password(tx, account.person.id, account.password, is_given=False)
        accounts.set_secret(tx, account.person.id, new_secret())
    session = who_is(world.app, outcome.token, now)
    assert session
    return Browser(site, outcome.token, session.form_key)


def filled(path: str) -> str:
    """An address with something in each of its gaps."""
    gaps = {"{id}": "0" * 32, "{name}": "nobody", "{digest}": "0", "{rest:path}": "x/y"}
    return reduce(lambda told, gap: told.replace(gap, gaps[gap]), gaps, path)


def test_every_route_names_what_it_needs_and_only_signing_in_needs_nothing() -> None:
    routes = {(method, route.path) for route in DOOR.routes.routes for method in route.methods}  # type: ignore[attr-defined]
    assert routes == set(DOOR.permissions)
    assert {one for one, needs in DOOR.permissions.items() if needs is None} == OPEN_TO_ALL


@pytest.mark.parametrize(("method", "path"), sorted(set(DOOR.permissions) - OPEN_TO_ALL))
def test_without_an_account_every_page_leads_to_the_door(site: Site, method: str, path: str) -> None:
    if method == "GET":
        answer = site.ask("GET", filled(path))
        assert (answer.status, answer.headers["location"].split("?")[0]) == (303, "/console/sign-in")
    else:
        answer = send(site, filled(path), {})
        assert (answer.status, "<h1>Sign in</h1>" in answer.text) == (401, True)


@pytest.mark.parametrize("role", Role)
def test_each_role_comes_to_what_it_may_and_to_nothing_else(world: World, site: Site, role: Role) -> None:
    browser = signed_in(world, site, role)
    person = {one: DOOR.permissions[one] for one in DOOR.permissions if DOOR.permissions[one]}
    for (method, path), needs in sorted(person.items()):
        if path == "/console/sign-out":
            continue
        answer = browser.get(filled(path)) if method == "GET" else browser.post(filled(path))
        may = needs in {Permission(word) for word in MAY[role].split()}
        assert (answer.status != 403) == may, (method, path)


MAY = {
    Role.VIEWER: "see",
    Role.SENDER: "see act",
    Role.AUTHOR: "see act write",
    Role.APPROVER: "see act write approve",
    Role.ADMIN: "see act write approve run",
}


@pytest.mark.parametrize(
    "how",
    [{"origin": "https://evil.example"}, {"origin": None}, {"origin": "null"}, {"key": "0" * 32}, {"key": ""}],
    ids=["another site", "none says where", "a hidden one", "another session's", "none"],
)
def test_a_form_that_is_not_of_this_session_changes_nothing(world: World, site: Site, how: dict[str, Any]) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    assert browser.post("/console/pause", why="x", **how).status == 403
    with world.store.read() as tx:
        assert "paused" not in {line.deed.deed for line in audit.lines(tx)}


def test_a_form_of_this_session_does(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    assert browser.post("/console/pause", why="The phones are down").status == 303
    assert "The phones are down (Sam Okoro)" in browser.get("/console").text


def test_resuming_wakes_what_waited_and_tries_again_what_was_left_alone(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    world.publish(ADVICE)
    world.tell(a_visit("2026-06-11 07:00"))
    world.tick("2026-06-11 08:00")
    with world.store.write() as tx:
        versions.pause(tx, "provider:sink", "the account was refused", NOW)
    browser.post("/console/pause", why="The phones are down")
    world.tick("2026-06-11 10:30")
    assert world.states()["hello"] == "planned paused"
    browser.post("/console/resume")
    with world.store.read() as tx:
        assert versions.paused(tx) == {}
    world.tick("2026-06-11 10:31")
    assert world.states()["hello"] == "accepted"


def test_who_has_sites_of_their_own_comes_to_no_other_patient(world: World, site: Site) -> None:
    world.publish(ADVICE)
    world.tell(a_visit("2026-06-11 07:00"))
    world.tick("2026-06-11 08:00")
    (patient,) = {one.patient_id for one in world.messages()}
    with world.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE enrolments SET site = 'quay'")
        key = patients.load(tx, [patient])[patient].data_key
        records.raise_tasks(
            tx, [NewTask(key="k", kind="reply", patient_id=patient, data_key=key, detail="my calf")], NOW
        )
        (task,) = records.open_tasks(tx, patient)
    for role, sites, may in ((Role.SENDER, ["quay"], True), (Role.AUTHOR, ["dock"], False)):
        browser = signed_in(world, site, role)
        with world.store.write() as tx:
            account = accounts.named(tx, role.value)
            assert account
            accounts.change(tx, replace(account.person, sites=frozenset(sites)))
        assert browser.get(f"/console/patients/{patient}").status == (200 if may else 404)
        assert ("Amina" in browser.find("p-1").text) == may
        assert ("my calf" in browser.get("/console/tasks").text) == may
        if not may:
            browser.post(f"/console/tasks/{task.id}/done")
            with world.store.read() as tx:
                assert records.open_tasks(tx, patient), "it is not theirs to finish"


def test_who_has_to_choose_a_password_comes_to_nothing_else_before(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    with world.store.write() as tx:
        account = accounts.named(tx, "admin")
        assert account
        accounts.set_password(tx, account.person.id, account.password, is_given=True)
    for path in ("/console", "/console/tasks", "/console/people"):
        assert browser.get(path).headers["location"] == "/console/me/password"


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/console//evil.example", "/console/\\evil", ""]
)
def test_signing_in_leads_nowhere_else(world: World, site: Site, to: str) -> None:
    given = staff.add(world.app, NewAccount(name="sam", full_name="Sam", role=Role.VIEWER), NOW)
    answer = send(site, "/console/sign-in", {"name": "sam", "password": given.password, "to": to})
    assert (answer.status, answer.headers["location"]) == (303, "/console")


def test_the_cookie_is_for_us_alone(world: World) -> None:
    given = staff.add(world.app, NewAccount(name="sam", full_name="Sam", role=Role.VIEWER), NOW)
    with on_loopback(replace(world.app, public_url="https://drip.example.org/x"), now=lambda: NOW) as site:
        form = {"name": "sam", "password": given.password}
        kept = send(site, "/console/sign-in", form, "https://drip.example.org").headers["set-cookie"]
    assert kept.startswith("__Host-drip=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in kept.split(";")}


def test_an_address_that_is_no_page_says_so_and_leads_back(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.VIEWER)
    for path in ("/console/nothing", "/console/tasks/x/done"):
        page = browser.get(path)
        assert (page.status, "There is no such page" in page.text) == (404, True)


def test_while_nobody_said_our_address_forms_come_from_this_machine_only(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    told = {"key": browser.key, "why": "x"}
    headers = {"host": "evil.example", "cookie": f"drip={browser.token}"}
    headers |= {"origin": "http://evil.example", "content-type": "application/x-www-form-urlencoded"}
    assert site.ask("POST", "/console/pause", urlencode(told).encode(), headers).status == 403
    with world.store.read() as tx:
        assert not versions.paused(tx)


def test_names_and_reasons_are_kept_without_what_turns_words_around(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    new = {"name": "lona", "full_name": "Lona \u202egnp", "role": "viewer", "all": "yes"}
    assert "Lona gnp" in browser.post("/console/people", **new).text
    browser.post("/console/pause", why="\u200b")
    with world.store.read() as tx:
        assert not versions.paused(tx), "it says nothing"
    browser.post("/console/pause", why="the \u202ephones")
    assert "the phones" in browser.get("/console").text


@pytest.mark.parametrize("ticked", [{}, {"all": "yes", "at:quay": "yes"}])
def test_whose_patients_somebody_sees_is_said_one_way_or_the_other(
    world: World, site: Site, ticked: dict[str, str]
) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    answer = browser.post("/console/people", name="lona", full_name="Lona Berg", role="viewer", **ticked)
    assert (answer.status, "Say which patients they see" in answer.text) == (422, True)
    answer = browser.post("/console/people/admin/role", role="admin", **ticked)
    assert (answer.status, sites_of(world, "admin")) == (422, set())


def test_a_change_of_role_keeps_every_site_that_stays_ticked() -> None:
    second = '  - {id: dock, name: The Dock, address: [1 Dock Road], phone: "+441234380346"}\n'
    world = a_world(sqlite_url(), clinic=CLINIC + second)
    with on_loopback(world.app, now=lambda: NOW) as site:
        keep_the_sites(world, signed_in(world, site, Role.ADMIN))
    world.app.close()


def keep_the_sites(world: World, browser: Browser) -> None:
    """Somebody of both sites becomes a sender."""
    ids = ["quay", "dock"]
    staff.add(world.app, NewAccount(name="lona", full_name="Lona Berg", role=Role.VIEWER, sites=ids), NOW)
    page = browser.get("/console/people").text
    ticked = {name: "yes" for name in re.findall(r'name="(at:[^"]+)" value="yes" checked', page)}
    assert set(ticked) == {f"at:{one}" for one in ids}
    browser.post("/console/people/lona/role", role="sender", **ticked)
    assert sites_of(world, "lona") == set(ids)


def sites_of(world: World, name: str) -> set[str]:
    """The sites that somebody is limited to."""
    with world.store.read() as tx:
        account = accounts.named(tx, name)
    assert account
    return set(account.person.sites)
