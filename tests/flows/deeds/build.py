"""Amina, what is planned for her, and what staff do about it. Shared by the tests beside it."""

from datetime import timedelta
from typing import Any

import pytest

from drip.flows import enrol
from drip.flows.deeds.scene import Done
from drip.flows.prepare import Ready, prepare
from drip.store import audit, outgoing
from drip.store.ids import new_id
from drip.store.outgoing import Lease
from drip.store.views import MessageView
from tests.world import World, at

SAM = "a1"
"""The account of whoever does it."""


def the(clinic: World, step: str) -> MessageView:
    """The newest message of a step."""
    return [one for one in clinic.messages() if one.step == step][-1]


def amina(clinic: World) -> str:
    """Her id."""
    return clinic.messages()[0].patient_id


def enrolment(clinic: World, sequence: str = "advice") -> str:
    """Her enrolment in a sequence."""
    return next(one.enrolment for one in clinic.messages() if one.sequence == sequence)


def number(done: object) -> int:
    """Of a deed that was done: by this it is undone."""
    assert isinstance(done, Done), done
    return done.number


def deeds(clinic: World) -> list[str]:
    """What the audit says was done for her, in order; its chain is whole."""
    with clinic.store.read() as tx:
        assert audit.verify(tx) is None
        return [line.deed.deed for line in audit.lines(tx, f"patient:{amina(clinic)}")]


def in_hand(clinic: World, now: str) -> tuple[Lease, list[Ready]]:
    """What a worker has claimed and worded, before the gate."""
    lease = Lease(owner="w", token=new_id(), length=timedelta(minutes=2))
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, at(now), 10)
    ready, _ = prepare(clinic.app, claimed, at(now))
    return lease, ready


def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no record can be planned."""

    def resolve(*_: Any) -> None:
        raise KeyError("amina@example.org")

    monkeypatch.setattr(enrol, "resolve", resolve)
