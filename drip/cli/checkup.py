"""What `drip doctor` looks at."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from drip import clock
from drip.app import App, NoClinic, build, read_clinic
from drip.cli.finding import Finding
from drip.cli.source_check import look_at_sources
from drip.core.patient import is_test_number
from drip.core.review import MONTH, Notice, Stage
from drip.core.walltime import local_date
from drip.flows.reviews import notices
from drip.flows.trouble import still_parts, watched_beats
from drip.providers.provider import Provider
from drip.settings import Settings, WrongSettings, read_settings
from drip.store import events, lanes, migrate, records, versions, views
from drip.store.database import UNREACHABLE, Tx
from drip.store.vault import CannotUnseal

STALE = timedelta(minutes=5)
"""A worker that has not finished a tick for so long is in trouble."""

SKEW = timedelta(seconds=30)

EXAMPLES = ("@example.com", "@example.net", "@example.org", ".example")
"""How addresses end that are nobody's (RFC 2606)."""


def check_up() -> list[Finding]:
    """Everything, in the order in which it has to be mended."""
    try:
        settings = read_settings()
    except WrongSettings as problem:
        return [Finding("settings", False, str(problem), 2)]
    found = [Finding("settings", True, f"home {settings.home.resolve()}, {'live' if settings.live else 'not live'}")]
    for look in (_clinic, _schema, _wired):
        more = list(look(settings))
        found += more
        if not all(one.ok for one in more):
            break
    return found


def _clinic(settings: Settings) -> Iterator[Finding]:
    try:
        clinic = read_clinic(settings.home)
        yield Finding("clinic.yaml", True, f"{clinic.name}, {len(clinic.sites)} sites")
    except NoClinic as problem:
        yield Finding("clinic.yaml", False, str(problem), 2)


def _schema(settings: Settings) -> Iterator[Finding]:
    try:
        at = migrate.current(settings.sqlalchemy_url)
    except UNREACHABLE as problem:
        yield Finding("database", False, f"cannot be reached ({type(problem).__name__}): check DRIP_DATABASE_URL", 3)
        return
    yield Finding("database", True, "SQLite" if settings.is_sqlite else "PostgreSQL")
    newest = migrate.newest()
    says = "up to date" if at == newest else f"{at or 'empty'}, needs {newest}: run `drip migrate`"
    yield Finding("schema", at == newest, says, 2)


def _wired(settings: Settings) -> Iterator[Finding]:
    try:
        app = build(settings, worker=f"doctor@{socket.gethostname()}")
    except (WrongSettings, CannotUnseal) as problem:
        yield Finding("keys and providers", False, str(problem), 2)
        return
    try:
        names = {channel.value: ", ".join(_in_words(one) for one in road) for channel, road in app.providers.items()}
        yield Finding("keys", True, "patient data can be sealed and read")
        yield _providers(app, "; ".join(f"{channel}: {name}" for channel, name in names.items()))
        yield _alerts(app)
        yield from _working(app, clock.now())
    finally:
        app.close()


def _providers(app: App, told: str) -> Finding:
    """Live with a provider that reaches nobody, everything counts as sent and nobody hears of it."""
    idle = [
        channel.value for channel, road in app.providers.items() if not any(one.ability.reaches_people for one in road)
    ]
    if not app.live or not idle:
        return Finding("providers", True, told)
    return Finding("providers", False, f"{told}: DRIP_LIVE is on, but {' and '.join(idle)} would reach nobody")


def _alerts(app: App) -> Finding:
    """Red flags must reach somebody also when nobody looks at a screen."""
    known = [*app.clinic.alert_emails, *app.clinic.alert_numbers]
    real = [one for one in known if not (one.endswith(EXAMPLES) or is_test_number(one))]
    if real:
        return Finding("alerts", True, f"{len(real)} of the clinic's people hear of red flags at once")
    told = "only invented addresses" if known else "nobody"
    return Finding(
        "alerts", not app.live, f"{told} would hear of a red flag: name somebody under `alerts:` in clinic.yaml"
    )


def _in_words(provider: Provider) -> str:
    """`twilio (confirms, hears replies)`."""
    ability = provider.ability
    can = {"reaches nobody": not ability.reaches_people, "confirms": ability.gives_receipts}
    can |= {"can be asked": ability.keeps_a_list, "hears replies": ability.is_two_way}
    told = ", ".join(word for word, is_so in can.items() if is_so)
    return f"{provider.name} ({told})" if told else provider.name


def _working(app: App, now: datetime) -> Iterator[Finding]:
    with app.store.read() as tx:
        skew = abs(tx.database_time() - now)
        yield Finding("clock", skew < SKEW, f"the database and this machine are {skew.total_seconds():.1f} s apart")
        live = app.versions.live(tx)
        yield Finding("sequences", bool(live), ", ".join(sorted(live)) or "none is published: run `drip publish`")
        yield _reviews(notices(app, tx, local_date(now, app.clinic.zone)))
        beats = watched_beats(app, tx)
        yield _worker(beats.get("tick"), now)
        yield from _parts(beats, now)
        yield from _lanes(tx, now)
        waiting, since = events.count_pending(tx)
        late = since is not None and now - since > STALE
        yield Finding(
            "event inbox", not late, f"{waiting} waiting" + (f" since {since:%Y-%m-%d %H:%M} UTC" if since else "")
        )
        counts = views.count_by_state(tx)
        yield _open(counts.get("held", 0), counts.get("unknown", 0))
        yield _due(views.oldest_due(tx, now), now)
        tasks = len(records.open_tasks(tx))
        yield Finding(
            "tasks", tasks == 0, f"{tasks} waiting for a person" + (": `drip tasks` lists them" if tasks else "")
        )
        paused = versions.paused(tx)
        told = "; ".join(f"{scope}{f' ({why})' if why else ''}" for scope, why in sorted(paused.items()))
        yield Finding("sending", not paused, f"paused: {told}: `drip resume` goes on" if paused else "not paused")
    yield from look_at_sources(app, now)


def _reviews(found: Sequence[Notice]) -> Finding:
    """Review dates that are near or past: a past one means that words are held back."""
    is_past = any(one.stage is Stage.PAST for one in found)
    told = "; ".join(one.sentence for one in found) or f"none is due within {MONTH} days"
    return Finding("reviews", not is_past, told + (": renew and `drip publish`" if is_past else ""))


def _worker(beat: datetime | None, now: datetime) -> Finding:
    if beat is None:
        return Finding("worker", False, "has never run: start `drip worker`")
    ok = now - beat < STALE
    return Finding(
        "worker", ok, f"last finished a tick at {beat:%Y-%m-%d %H:%M:%S} UTC" + ("" if ok else ": is it running?")
    )


def _parts(beats: Mapping[str, datetime], now: datetime) -> Iterator[Finding]:
    """When each part of the worker last finished, and which stand still while others go on."""
    still = dict(still_parts(beats))
    for part in (part for part in beats if part != "tick"):
        seconds = max(int((now - beats[part]).total_seconds()), 0)
        told = f"finished {seconds} s ago" if seconds < 600 else f"last finished at {beats[part]:%Y-%m-%d %H:%M} UTC"
        yield Finding(f"worker: {part}", part not in still, told + (": see the log" if part in still else ""))


def _lanes(tx: Tx, now: datetime) -> Iterator[Finding]:
    """Providers that are not called at the moment, and why."""
    for lane in lanes.look(tx):
        if not lane.is_open(now) or lane.is_broken:
            until = f" until {lane.closed_until:%H:%M:%S} UTC" if lane.closed_until else ""
            yield Finding(f"provider {lane.provider}", False, f"not called{until}: {lane.why.sentence}")


def _open(held: int, unknown: int) -> Finding:
    return Finding(
        "hand-overs",
        held == 0,
        f"{unknown} being found out about, {held} held for a person" + (": `drip held`" if held else ""),
    )


def _due(oldest: datetime | None, now: datetime) -> Finding:
    if oldest is None:
        return Finding("due messages", True, "none waits")
    ok = now - oldest < STALE
    return Finding("due messages", ok, f"the oldest has waited {str(now - oldest).split('.')[0]}")
