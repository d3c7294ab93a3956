"""A clinic's console on either database, and tasks to see to in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from drip.core.role import Role
from drip.store import accounts, audit, patients, records
from drip.store.records import NewTask
from tests.web.build import Site, on_loopback
from tests.web.test_console import NOW, Browser, signed_in
from tests.world import ADVICE, World, a_visit


@contextmanager
def at_the_desk(world: World, role: Role = Role.SENDER, *sites: str) -> Iterator[Browser]:
    """Somebody of this role, signed in, perhaps limited to sites."""
    with on_loopback(world.app, now=lambda: NOW) as site:
        yield colleague(world, site, role, *sites)


def colleague(world: World, site: Site, role: Role, *sites: str) -> Browser:
    """Somebody else at the same console. A site that clinic.yaml does not name is nobody's."""
    browser = signed_in(world, site, role)
    with world.store.write() as tx:
        account = accounts.named(tx, role.value)
        assert account
        accounts.change(tx, replace(account.person, sites=frozenset(sites)))
    return browser


def account_of(world: World, role: Role) -> str:
    """The id of whoever has this role."""
    with world.store.read() as tx:
        return next(one.person.id for one in accounts.everybody(tx) if one.person.name == role.value)


def amina(world: World) -> str:
    """Amina came to Quay Street at seven and is enrolled; her id."""
    world.publish(ADVICE)
    world.tell(a_visit("2026-06-11 07:00"))
    world.tick("2026-06-11 08:00")
    (patient,) = {one.patient_id for one in world.messages()}
    return patient


def ask(world: World, kind: str, patient: str | None = None, says: str = "", key: str = "") -> str:
    """A task, raised now; its id."""
    with world.store.write() as tx:
        data_key = patients.load(tx, [patient])[patient].data_key if patient else None
        told = NewTask(key=key or f"{kind}:1", kind=kind, patient_id=patient, data_key=data_key, detail=says)
        records.raise_tasks(tx, [told], NOW)
        return next(one.id for one in records.open_tasks(tx) if one.key == told.key)


def waiting(world: World) -> list[str]:
    """The kinds of what waits for a person."""
    with world.store.read() as tx:
        return [one.kind for one in records.open_tasks(tx)]


def deeds(world: World) -> list[str]:
    """What the audit trail says was done, in order."""
    with world.store.read() as tx:
        return [line.deed.deed for line in audit.lines(tx)]
