"""The main job on sample data: publish, take in bookings, let twelve weeks pass, and look at what patients got."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from drip import clock
from drip.app import App, Limits, build_providers, read_clinic
from drip.bookings.generic import read_events
from drip.bookings.parsed import Parsed
from drip.content.folder import read_folder
from drip.core.clinic import Clinic
from drip.core.lifecycle import WENT
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.publish import InFlight, Publication, Result, publish
from drip.flows.rehearse import Rehearsal, rehearse
from drip.flows.tick import Counts
from drip.providers.folder import FolderProvider
from drip.providers.outbox_page import Chosen, LeftOut, Moment, Person
from drip.settings import make_key, read_key, read_settings
from drip.store import migrate, views
from drip.store.database import open_store

START = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
"""The Monday on which the sample bookings begin."""

SHOWN = ("achilles-loading-insertional", "achilles-loading-midportion", "prolotherapy-aftercare")
"""Of whoever has these, one patient each is shown beside the others."""

OURS = {"drip.db", "drip.db-wal", "drip.db-shm", "index.html", "index.jsonl"}
"""What a demo leaves in its folder besides one folder a day; only such a folder is ever emptied."""

CONSOLE = "console"
"""Below that folder: what `drip demo --console` wrote, which is its own to empty."""


class NotOurFolder(Exception):
    """The folder holds something that no demo put there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the twelve weeks came to."""

    published: list[Result]
    events: int
    rehearsal: Rehearsal
    messages: list[views.MessageView]
    names: dict[str, str]
    page: Path
    zone: ZoneInfo


def run_demo(
    home: Path, samples: Path, out: Path, *, days: int, at_tick: Callable[[datetime, Counts], None] | None = None
) -> Demo:
    """Run the real job on invented patients: SQLite and messages in `out`, time on a virtual clock."""
    make_empty(out)
    clinic = read_clinic(home).without_alerts()
    app = demo_app(clinic, out)
    try:
        folder = read_folder(home)
        how = Publication(by="demo", approved_by="", in_flight=InFlight.PIN)
        published = publish(app, folder, folder.sequences, how, START)
        events = [one for one in read_events(samples.read_bytes(), clinic, "demo") if isinstance(one, Parsed)]
        rehearsal = rehearse(app, events, start=START, end=START + timedelta(days=days), at_tick=at_tick)
        with app.store.read() as tx:
            messages = views.list_messages(tx)
        plans = {file.sequence.id: file.sequence.title for file in folder.sequences if file.sequence}
        page = _write_page(app, clinic, events, messages, plans)
    finally:
        app.close()
    names = {one.patient_ref: _name(one) for one in events}
    return Demo(
        published=published,
        events=len(events),
        rehearsal=rehearsal,
        messages=messages,
        names=names,
        page=page,
        zone=clinic.zone,
    )


def make_empty(out: Path) -> None:
    """Only what a demo wrote is removed, so that a mistyped folder loses nothing."""
    found = [path for path in out.iterdir() if path.name != CONSOLE] if out.exists() else []
    strange = [path.name for path in found if path.name not in OURS and not _is_day(path)]
    if strange:
        raise NotOurFolder(f"{out} holds {strange[0]}, which no demo wrote: choose another folder with --out")
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    out.mkdir(parents=True, exist_ok=True)


def _is_day(path: Path) -> bool:
    return path.is_dir() and path.name[:4].isdigit() and path.name[4:5] == "-"


def demo_app(clinic: Clinic, out: Path, spool: Path | None = None) -> App:
    """Its own database and its own key, which is kept nowhere; every message goes into the folder."""
    url = f"sqlite:///{out / 'drip.db'}"
    migrate.migrate(url)
    settings = read_settings(outbox=out, email_provider=("folder",), sms_provider=("folder",), live=False)
    return App(
        store=open_store(url, [read_key(make_key())], clock.now),
        clinic=clinic,
        providers=build_providers(settings, clinic),
        limits=Limits(),
        worker="demo",
        spool=spool,
    )


def _name(one: Parsed) -> str:
    told = one.event.patient
    return f"{told.get('first_name') or ''} {told.get('last_name') or ''}".strip()


def _write_page(
    app: App, clinic: Clinic, events: list[Parsed], messages: list[views.MessageView], plans: Mapping[str, str]
) -> Path:
    folder = app.providers[Channel.EMAIL][0]
    if not isinstance(folder, FolderProvider):
        raise TypeError("the demo writes into a folder")
    people = _people(events, clinic)
    by_ref = {person.ref: person for person in people.values()}
    left_out = [
        LeftOut(
            name=by_ref[one.patient].name, at=one.due_at, step=one.step, ref=one.patient,
            reason=Reason(one.reason).sentence,
        )
        for one in messages
        if one.reason and one.state not in WENT and one.state != "planned" and one.patient in by_ref
    ]  # fmt: skip
    title = f"{clinic.name}: what patients received"
    first = list(_chosen(messages, plans))
    return folder.finish(title=title, zone=clinic.zone, people=people, left_out=left_out, first=first)


def _chosen(messages: list[views.MessageView], plans: Mapping[str, str]) -> Iterator[Chosen]:
    """For each plan that is shown, whoever heard most of it; nobody twice."""
    taken: set[str] = set()
    for plan in SHOWN:
        heard = Counter(one.patient for one in messages if one.sequence == plan and one.accepted_at)
        ref = next((ref for ref, _ in heard.most_common() if ref not in taken), None)
        if ref is not None:
            taken.add(ref)
            since = min(one.planned_for for one in messages if one.sequence == plan and one.patient == ref)
            yield Chosen(ref=ref, plan=plans[plan], since=since)


def _people(events: list[Parsed], clinic: Clinic) -> dict[str, Person]:
    """By address: each patient once, with the visits that the messages are about."""
    people: dict[str, Person] = {}
    for one in sorted(events, key=lambda one: one.event.occurred_at):
        before = people.get(one.patient_ref)
        moments = (*(before.moments if before else ()), *_moments(one))
        people[one.patient_ref] = Person(ref=one.patient_ref, name=_name(one), moments=moments)
    addressed = {}
    for one in events:
        for field in ("email", "phone"):
            address = one.event.patient.get(field)
            if isinstance(address, str):
                addressed[address] = replace(people[one.patient_ref])
    return addressed


def _moments(one: Parsed) -> list[Moment]:
    words = {
        "appointment.attended": "Visit",
        "appointment.no_show": "Did not come",
        "appointment.cancelled": "Visit cancelled",
        "programme.started": "Exercise plan starts",
        "treatment.performed": "Treatment",
    }.get(one.event.kind.value)
    return [Moment(one.event.occurred_at, words)] if words else []
