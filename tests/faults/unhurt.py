"""A clinic in full whose worker is this process: for faults of the provider, which hurt nobody else."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from drip.app import App
from drip.core.model import Channel
from drip.flows.tick import tick
from drip.providers.provider import Provider
from tests.faults.deployment import FIRST_DUE, Deployment, Victims, deployed
from tests.faults.victim import an_app
from tests.world import a_booking

EITHER = """
sequence: either
title: By text, else by email
purpose: care
kind: education
enrol: {on: appointment.booked}
anchor: booked
window: any
steps:
  - {id: one, after: 1h, sms: one, email: one, send: sms_then_email, expires: 30d}
  - {id: next, after: 1d, sms: next, expires: 30d}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
"""For those who book: a text within the hour, by email where the text cannot reach them, and another text tomorrow."""


class Unhurt(Victims):
    """Orders are carried out here and now."""

    app: App

    def __init__(self) -> None:
        """Nobody is born."""
        self.others: list[App] = []

    def ask(self, do: str, **order: Any) -> dict[str, int]:
        """One beat for each start; every worker comes to a good end."""
        if do == "start":
            tick(self.app, datetime.fromisoformat(order["now"]))
        return {"pid": 0, "signal": 0, "code": 0}

    def close(self) -> None:
        """Nobody is left."""
        for app in self.others:
            app.close()


@contextmanager
def due(
    url: str,
    spool: Path,
    *,
    patients: int = 3,
    booked: Sequence[str] = (),
    receipts: Mapping[str, Any] = MappingProxyType({}),
    first: Mapping[str, Sequence[str]] = MappingProxyType({}),
    **more: Any,
) -> Iterator[Deployment]:
    """Everybody is enrolled, and what they are to hear first is due.

    `booked`: numbers of those who booked a visit. `first`: what becomes of the first calls to a provider.
    """
    worker, quick = Unhurt(), {"gap": 0.01, **receipts}
    with deployed(url, worker, spool, patients=patients, receipts=quick, **more) as deployment:
        worker.app = deployment.world.app
        if booked:
            deployment.world.publish(EITHER)
        for number, phone in enumerate(booked):
            patient = {"ref": f"b-{number}", "email": f"b{number}@example.org", "phone": phone}
            about: dict[str, Any] = {
                "patient": patient,
                "appointment": {"ref": f"b-{number}"},
                "event_id": f"booked-{number}",
            }
            deployment.world.tell(a_booking("2026-06-30 10:00", told_at="2026-06-11 10:00", **about))
        deployment.tick()
        deployment.until(FIRST_DUE)
        deployment.sandbox.script(**{provider: {"next": faults} for provider, faults in first.items()})
        try:
            yield deployment
        finally:
            worker.close()


def told_otherwise(deployment: Deployment, **told: str) -> None:
    """From now on the worker goes by these settings of the providers."""
    worker = _worker(deployment)
    worker.app = an_app({**deployment.order, "told": {**deployment.order["told"], **told}})
    worker.others.append(worker.app)


def failing_over(deployment: Deployment, second: Provider) -> None:
    """From now on texts have a second provider."""
    worker = _worker(deployment)
    roads = worker.app.providers
    worker.app = replace(worker.app, providers={**roads, Channel.SMS: (*roads[Channel.SMS], second)})


def _worker(deployment: Deployment) -> Unhurt:
    assert isinstance(deployment.victims, Unhurt)
    return deployment.victims


def standing(deployment: Deployment, channel: Channel) -> list[str]:
    """Where the messages of a channel are and why, by patient and step."""
    views = sorted(deployment.world.messages(), key=lambda one: (one.patient, one.position))
    return [f"{one.state} {one.reason}".strip() for one in views if one.channel == channel.value]
