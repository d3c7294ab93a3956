"""App: the collaborators, wired once and handed to every flow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from drip import clock
from drip.bookings.registry import connected
from drip.bookings.source import Connection, Source
from drip.content.clinic_file import load_clinic
from drip.content.render import TemplateSet
from drip.content.sequence_file import load_sequence
from drip.core.clinic import Clinic
from drip.core.misfit import Carried, misfits
from drip.core.model import Channel
from drip.core.sequence import Sequence
from drip.providers.mailbox import Mailbox
from drip.providers.provider import Provider
from drip.providers.registry import Wiring
from drip.providers.registry import build as build_provider
from drip.settings import Settings, WrongSettings, master_keys
from drip.store import versions as stored_versions
from drip.store.database import Store, Tx, open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that can be sent: its sequence and its words, compiled."""

    id: str
    sequence: Sequence
    templates: TemplateSet = field(repr=False)
    is_approved: bool = False
    """By someone other than its author, who was named when it was published."""

    @property
    def may_be_approved(self) -> bool:
        """Not yet, and not while its own file says that nobody has: whoever is named then approved other words."""
        return not (self.is_approved or self.sequence.review.is_awaited)


class BrokenVersion(Exception):
    """A published version cannot be read any more: a mistake of ours, since it could when it was published."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Published versions by id, each read once: they never change."""

    _kept: dict[str, Published] = field(default_factory=dict)

    def get(self, tx: Tx, ids: Iterable[str]) -> Mapping[str, Published]:
        """These versions, ready to use."""
        wanted = set(ids)
        missing = wanted - self._kept.keys()
        for row in stored_versions.load(tx, missing) if missing else ():
            self._kept[row.id] = compile_version(row.id, row.sequence, row.files)
        # Approval is the one thing that may still come, and perhaps through another process.
        open_ones = {version for version in wanted if self._kept[version].may_be_approved}
        for version in stored_versions.approved(tx, open_ones) if open_ones else ():
            kept = self._kept[version]
            self._kept[version] = replace(kept, is_approved=True)
        return {version: self._kept[version] for version in wanted}

    def apart(self) -> "Versions":
        """The same so far. What is read through it in a transaction that is undone after all is not remembered here."""
        return Versions(dict(self._kept))

    def live(self, tx: Tx) -> Mapping[str, Published]:
        """The live version of each sequence, by sequence."""
        live = stored_versions.live(tx)
        kept = self.get(tx, live.values())
        return {sequence: kept[version] for sequence, version in live.items()}


def compile_version(version: str, name: str, files: Mapping[str, str]) -> Published:
    """A version from its files: `sequence.yaml` and the templates it uses."""
    sequence, findings = load_sequence(f"{name}.yaml", files["sequence.yaml"].encode())
    if sequence is None:
        raise BrokenVersion(f"version {version[:12]} of {name} cannot be read: {findings[0]}")
    templates = {path: text for path, text in files.items() if path != "sequence.yaml"}
    return Published(id=version, sequence=sequence, templates=TemplateSet(templates))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long things may take, and how many at once."""

    lease: timedelta = timedelta(seconds=120)
    deadline: timedelta = timedelta(seconds=30)
    settle: timedelta = timedelta(seconds=600)
    batch: int = 500
    """Messages in one batch, where no network is waited for."""
    concurrency: int = 32
    """Calls under way at once, where one is."""
    rates: Mapping[Channel, float] = field(default_factory=dict)
    """Segments or mails a second, for each provider of a channel; no entry is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything a flow needs besides the time."""

    store: Store
    clinic: Clinic
    providers: Mapping[Channel, tuple[Provider, ...]]
    """In failover order: the first that may be called is."""
    versions: Versions = field(default_factory=Versions, repr=False)
    limits: Limits = Limits()
    live: bool = False
    allow_list: frozenset[str] = field(default=frozenset(), repr=False)
    worker: str = "worker"
    spool: Path | None = None
    """Where answers are kept while the database is away."""
    public_url: str = ""
    """Where patients and providers reach us; empty while nobody does."""
    mailbox: Mailbox | None = field(default=None, repr=False)
    """Where replies to emails arrive, if they arrive in a mailbox."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The booking systems that are connected, by name."""

    @property
    def reaches_people(self) -> bool:
        """Whether anything handed over could reach someone outside."""
        return any(provider.ability.reaches_people for provider in self.each_provider)

    @property
    def each_provider(self) -> tuple[Provider, ...]:
        """Every provider once, whichever channels it carries."""
        return tuple({id(provider): provider for road in self.providers.values() for provider in road}.values())

    def close(self) -> None:
        """Let go of connections and files."""
        for provider in self.each_provider:
            provider.close()
        if self.mailbox is not None:
            self.mailbox.close()
        for source in self.sources.values():
            source.close()
        self.store.close()


class NoClinic(Exception):
    """There is no usable clinic.yaml; the message says where one was looked for."""


def build(settings: Settings, *, worker: str = "worker") -> App:
    """Everything wired as the settings say. The schema must be up to date."""
    clinic = read_clinic(settings.home)
    providers = build_providers(settings, clinic)
    refuse_what_cannot_work(settings, clinic, providers)
    masters, _ = master_keys(settings)
    return App(
        store=open_store(settings.sqlalchemy_url, masters, clock.now),
        clinic=clinic,
        providers=providers,
        limits=_limits(settings),
        live=settings.live,
        allow_list=settings.allow_list,
        worker=worker,
        spool=settings.home / "spool",
        public_url=settings.public_url.rstrip("/"),
        mailbox=_mailbox(settings),
        sources=build_sources(settings, clinic),
    )


def _limits(settings: Settings) -> Limits:
    rates = {Channel.SMS: settings.sms_per_second, Channel.EMAIL: settings.email_per_second}
    return Limits(
        lease=timedelta(seconds=settings.lease_seconds),
        deadline=timedelta(seconds=settings.deadline_seconds),
        settle=timedelta(seconds=settings.settle_seconds),
        concurrency=settings.send_concurrency,
        rates={channel: rate for channel, rate in rates.items() if rate},
    )


def _mailbox(settings: Settings) -> Mailbox | None:
    url = settings.imap_url.get_secret_value()
    try:
        return Mailbox(url, deadline=settings.deadline_seconds) if url else None
    except ValueError as problem:
        raise WrongSettings(f"DRIP_IMAP_URL: {problem}") from None


def build_sources(settings: Settings, clinic: Clinic) -> Mapping[str, Source]:
    """The booking systems that the settings connect. WrongSettings names what is missing or does not fit."""
    connection = Connection(clinic=clinic, deadline=settings.deadline_seconds, told=settings.by_variable())
    try:
        return connected(connection)
    except ValueError as problem:
        raise WrongSettings(str(problem)) from None


def read_clinic(home: Path) -> Clinic:
    """The clinic's own facts. NoClinic says what is wrong and where."""
    path = home / "clinic.yaml"
    if not path.is_file():
        raise NoClinic(f"there is no {path}: run `drip init DIR` to make a clinic's folder, or set DRIP_HOME to one")
    found, findings = load_clinic(str(path), path.read_bytes())
    if found is None:
        raise NoClinic("\n".join(str(finding) for finding in findings))
    return found


def build_providers(settings: Settings, clinic: Clinic) -> Mapping[Channel, tuple[Provider, ...]]:
    """The providers of each channel, in failover order. WrongSettings names what is missing or does not fit."""
    wiring = Wiring(
        folder=settings.outbox,
        zone=clinic.zone,
        deadline=settings.deadline_seconds,
        connections=settings.send_concurrency,
        public_url=settings.public_url.rstrip("/"),
        has_mailbox=bool(settings.imap_url.get_secret_value()),
        texts_from=clinic.senders.sms_from,
        told=settings.by_variable(),
    )
    built: dict[str, Provider] = {}
    named = {Channel.EMAIL: settings.email_provider, Channel.SMS: settings.sms_provider}
    for channel, names in named.items():
        for name in names:
            variable = f"DRIP_{channel.value.upper()}_PROVIDER"
            try:
                provider = built.setdefault(name, build_provider(name, wiring))
            except ValueError as problem:
                raise WrongSettings(f"{variable}: {problem}") from None
            if channel not in provider.channels:
                raise WrongSettings(f"{variable}: {name} does not carry {channel.value}")
    return {channel: tuple(built[name] for name in names) for channel, names in named.items()}


def refuse_what_cannot_work(
    settings: Settings, clinic: Clinic, providers: Mapping[Channel, tuple[Provider, ...]]
) -> None:
    """WrongSettings names every combination that would fail once patients are written to."""
    roads = [
        Carried(channel=channel, provider=one.name, ability=one.ability)
        for channel, road in providers.items()
        for one in road
    ]
    problems = misfits(roads, country=clinic.country, live=settings.live, public_url=settings.public_url)
    if problems:
        raise WrongSettings("\n".join(problems))
