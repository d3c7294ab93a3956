"""App: the collaborators, wired once and handed to every flow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from drip import clock
from drip.content.clinic_file import load_clinic
from drip.content.render import TemplateSet
from drip.content.sequence_file import load_sequence
from drip.core.clinic import Clinic
from drip.core.model import Channel
from drip.core.sequence import Sequence
from drip.providers.provider import Provider
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
        open_ones = {version for version in wanted if not self._kept[version].is_approved}
        for version in stored_versions.approved(tx, open_ones) if open_ones else ():
            kept = self._kept[version]
            self._kept[version] = replace(kept, is_approved=not kept.sequence.review.is_awaited)
        return {version: self._kept[version] for version in wanted}

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
    concurrency: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything a flow needs besides the time."""

    store: Store
    clinic: Clinic
    providers: Mapping[Channel, tuple[Provider, ...]]
    """The first is used; the others stand by."""
    versions: Versions = field(default_factory=Versions, repr=False)
    limits: Limits = Limits()
    live: bool = False
    allow_list: frozenset[str] = field(default=frozenset(), repr=False)
    worker: str = "worker"
    spool: Path | None = None
    """Where answers are kept while the database is away."""

    @property
    def reaches_people(self) -> bool:
        """Whether anything handed over could reach someone outside."""
        return any(provider.reaches_people for road in self.providers.values() for provider in road)

    def close(self) -> None:
        """Let go of connections and files."""
        for provider in {id(provider): provider for road in self.providers.values() for provider in road}.values():
            provider.close()
        self.store.close()


class NoClinic(Exception):
    """There is no usable clinic.yaml; the message says where one was looked for."""


def build(settings: Settings, *, worker: str = "worker") -> App:
    """Everything wired as the settings say. The schema must be up to date."""
    clinic = read_clinic(settings.home)
    masters, _ = master_keys(settings)
    limits = Limits(
        lease=timedelta(seconds=settings.lease_seconds),
        deadline=timedelta(seconds=settings.deadline_seconds),
        settle=timedelta(seconds=settings.settle_seconds),
        concurrency=settings.send_concurrency,
    )
    return App(
        store=open_store(settings.sqlalchemy_url, masters, clock.now),
        clinic=clinic,
        providers=build_providers(settings, clinic),
        limits=limits,
        live=settings.live,
        allow_list=settings.allow_list,
        worker=worker,
        spool=settings.home / "spool",
    )


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
    """The providers of each channel, in failover order. WrongSettings names one that does not exist."""
    built: dict[str, Provider] = {}
    named = {Channel.EMAIL: settings.email_provider, Channel.SMS: settings.sms_provider}
    for channel, names in named.items():
        for name in names:
            try:
                built.setdefault(name, build_provider(name, folder=settings.outbox, zone=clinic.zone))
            except ValueError as problem:
                raise WrongSettings(f"DRIP_{channel.value.upper()}_PROVIDER: {problem}") from None
    return {channel: tuple(built[name] for name in names) for channel, names in named.items()}
