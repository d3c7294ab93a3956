"""What a FHIR JSON document holds: its resources, each with its place, and which of them a reference means."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from drip.bookings.fhir_resources import Element, Flaw, checked, every, many, one, said
from drip.bookings.parsed import Rejected
from drip.bookings.schema import REF_LENGTH

_ADDRESS = re.compile(
    r"(?:(?P<base>https?://[^\s?#]{1,400})/)?(?P<kind>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9.-]{1,64})"
    r"(?:/_history/[A-Za-z0-9.-]{1,64})?"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a resource stands: `Patient/123`, on a server or without one being named."""

    base: str = field(repr=False)
    kind: str
    id: str = field(repr=False)

    @classmethod
    def of(cls, told: str) -> "Address | None":
        """Read from a reference or URL; None when it is neither."""
        found = _ADDRESS.fullmatch(told)
        if found is None or not found["id"].strip("."):  # `..` would lead elsewhere in a path
            return None
        return cls(found["base"] or "", found["kind"], found["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One resource, not checked yet."""

    index: int
    """Where it stood: the entry of the only Bundle, else the line of the file."""
    path: str = ""
    """Within its document."""
    told: Element = field(repr=False)
    full_url: str = field(default="", repr=False)
    timestamp: str = ""
    """When its message or notification was made."""
    is_copy: bool = False
    """Sent along in a message: what it leaves out may still be so."""
    is_background: bool = False
    """There so that others can be understood; nothing is being told about it."""
    is_match: bool = True
    """Of a search: what was searched for, not what came with it."""

    @property
    def kind(self) -> str:
        """Such as `Appointment`."""
        return said(self.told, "resourceType")

    @property
    def id(self) -> str:
        """Its logical id; empty when it has none."""
        return said(self.told, "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A document, taken apart."""

    entries: list[Entry] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    named: list[str] = field(default_factory=list, repr=False)
    """What a notification names without saying it: references."""
    names_nothing: bool = False
    """It is a notification that something happened, and no more."""
    timestamp: str = ""


_NO_RESOURCE = "is not a FHIR resource: a resource is an object with a resourceType."


def opened(told: object, index: int = 0) -> Opened:
    """A resource, or everything in a Bundle. Never raises for what it was sent."""
    if not isinstance(told, dict) or not said(told, "resourceType"):
        return Opened(rejected=[Rejected(index, "", _NO_RESOURCE)])
    if said(told, "resourceType") == "Bundle":
        return _bundle(told, index)
    return Opened(entries=[Entry(index=index, told=told)])


_NOTIFICATIONS = ("history", "subscription-notification")


def _bundle(told: Element, index: int) -> Opened:
    kind, parts = said(told, "type"), told.get("entry")
    # A search is made again and again: when it was made says nothing about when something happened.
    whole = Opened(timestamp="" if kind == "searchset" else said(told, "timestamp"))
    for number, told_part in enumerate(parts if isinstance(parts, list) else ()):
        place, path = index or number, f"entry.{number}.resource"
        part: Element = told_part if isinstance(told_part, dict) else {"resource": told_part}
        resource = part.get("resource")
        if said(one(part, "request"), "method") == "DELETE":
            continue  # what is gone says nothing and can no longer be asked for
        if isinstance(resource, dict) and said(resource, "resourceType"):
            entry = _entry(part, resource, whole.timestamp)
            whole.entries.append(replace(entry, index=place, path=path, is_copy=kind == "message"))
        elif resource is not None:
            whole.rejected.append(Rejected(place, path, _NO_RESOURCE))
        elif kind in _NOTIFICATIONS:
            url = said(one(part, "request"), "url")
            whole.named.append(url if Address.of(url) else said(part, "fullUrl"))
    if kind == "message":
        return replace(whole, entries=_in_focus(whole.entries))
    return _with_status(whole) if kind in _NOTIFICATIONS else whole


def _entry(part: Element, resource: Element, timestamp: str) -> Entry:
    mode = said(one(part, "search"), "mode")
    return Entry(
        index=0,
        told=resource,
        full_url=said(part, "fullUrl"),
        timestamp=timestamp,
        is_background=mode == "include" and said(resource, "resourceType") != "Patient",
        is_match=mode in ("", "match"),
    )


def _in_focus(entries: list[Entry]) -> list[Entry]:
    """A message is about what its header puts into focus, and its patients; the rest is there to understand it."""
    headers = [entry.told for entry in entries if entry.kind == "MessageHeader"][:1]
    records = Records(entries)
    focus = [records.find(one_focus, entries[0]) for header in headers for one_focus in many(header, "focus")]
    meant = {id(entry) for entry in focus if entry is not None}
    if not meant:
        return entries
    return [
        entry if id(entry) in meant or entry.kind == "Patient" else replace(entry, is_background=True)
        for entry in entries
    ]


def _with_status(whole: Opened) -> Opened:
    """A notification begins with its status, which may name what it is about, and need not."""
    status = next((entry.told for entry in whole.entries if entry.kind in ("Parameters", "SubscriptionStatus")), None)
    if status is None:
        return whole
    kind, focuses = _status(status)
    told = [entry for entry in whole.entries if entry.told is not status]
    named = whole.named or ([] if told else focuses)
    is_empty = kind == "event-notification" and not named and not told
    return replace(whole, entries=told, named=named, names_nothing=is_empty)


def _status(status: Element) -> tuple[str, list[str]]:
    """Why the notification came, and the references in focus: in R4 as Parameters, in R4B as a resource of its own."""
    events = every(status, "notificationEvent")
    kind = said(status, "type")
    focuses = [one(event, "focus") for event in events]
    for parameter in every(status, "parameter"):
        if said(parameter, "name") == "type":
            kind = said(parameter, "valueCode")
        parts = every(parameter, "part") if said(parameter, "name") == "notification-event" else []
        focuses += [one(part, "valueReference") for part in parts if said(part, "name") == "focus"]
    return kind, [said(focus, "reference") for focus in focuses if said(focus, "reference")]


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom or what a reference means: `ref` is the name under which drip knows it."""

    kind: str
    ref: str = field(repr=False)


class Records:
    """The resources of one document or file. References among them are followed; none is ever asked for here."""

    def __init__(self, entries: Iterable[Entry], base: str = "") -> None:
        """`base` is the address of the server whose ids these are; empty when it is not known."""
        self.entries = list(entries)
        self._base = base
        self._by_url = {entry.full_url: entry for entry in reversed(self.entries) if entry.full_url}
        self._by_name = {(entry.kind, entry.id): entry for entry in reversed(self.entries) if entry.id}
        self._by_id = {entry.id: entry for entry in reversed(self.entries) if entry.id}
        self._checked: dict[int, tuple[Element, Element | list[Flaw]]] = {}

    def facts(self, entry: Entry) -> Element | list[Flaw]:
        """The resource as checked, once."""
        known = self._checked.get(id(entry.told))
        if known is None:  # kept with what it was made of: the id of something that is gone may be given again
            known = self._checked[id(entry.told)] = (entry.told, checked(entry.told))
        return known[1]

    def find(self, reference: Element, near: Entry) -> Entry | None:
        """The resource that a reference in `near` means, if it is here."""
        told = said(reference, "reference")
        if told.startswith("#"):
            return _contained(told[1:], near)
        if found := self._by_url.get(told):
            return found
        if told.startswith("urn:uuid:"):
            return self._by_id.get(told.removeprefix("urn:uuid:"))
        address = Address.of(told)
        return self._by_name.get((address.kind, address.id)) if address and self.is_local(address, near) else None

    def is_local(self, address: Address, near: Entry | None = None) -> bool:
        """Whether an id is one of our server's. Another server can have given the same id to somebody else."""
        if not address.base or not self._base or address.base == self._base:
            return True
        beside = Address.of(near.full_url) if near else None
        return beside is not None and beside.base == address.base

    def meant(self, reference: Element, near: Entry) -> Meant | None:
        """Whom a reference means, whether they are here or not; None when it cannot be told."""
        told = said(reference, "reference")
        found = self.find(reference, near)
        if found is not None:
            ref = name_of(found) or (f"{near.kind}/{near.id}{told}" if told.startswith("#") and near.id else "")
            return Meant(found.kind, ref) if ref else None
        address = Address.of(told)
        if address:
            return Meant(address.kind, address.id if self.is_local(address, near) else _short(told))
        kind, ref = said(reference, "type"), _by_identifier(one(reference, "identifier"))
        return Meant(kind, ref) if kind and ref else None

    def missing(self, entry: Entry) -> list[Address]:
        """Those who must be known to understand this, and are not here: patients, and a treatment's encounter.

        Only those on our own server.
        """
        wanted = [one(part, "actor") for part in many(entry.told, "participant") if "actor" in part]
        wanted += [one(entry.told, name) for name in ("subject", "encounter")]
        found = []
        for reference in wanted:
            address = Address.of(said(reference, "reference"))
            is_needed = address is not None and address.kind in ("Patient", "Encounter")
            if address and is_needed and self.is_local(address, entry) and self.find(reference, entry) is None:
                found.append(address)
        return found


def _contained(name: str, near: Entry) -> Entry | None:
    """It has no life of its own: what it says was so when its container was written."""
    for told in many(near.told, "contained"):
        if said(told, "id") == name and said(told, "resourceType"):
            inner = {part: value for part, value in told.items() if part != "id"}
            return Entry(index=near.index, path=near.path, told=inner, timestamp=near.timestamp, is_copy=True)
    return None


def by_id(entry: Entry) -> Entry:
    """Known by its id, so that staff can look it up: where it stood in an answer or a call tells nobody anything."""
    name = f"{entry.kind}/{entry.id}"
    return replace(entry, index=0, path=name if Address.of(name) else entry.path)


def name_of(entry: Entry) -> str:
    """The name under which drip knows a resource: its id, else its first identifier, else its fullUrl's; or empty."""
    if entry.id:
        return entry.id
    identified = next(filter(None, map(_by_identifier, many(entry.told, "identifier"))), "")
    return identified or _short(entry.full_url.removeprefix("urn:uuid:"))


def _by_identifier(identifier: Element) -> str:
    """Not the number itself: an NHS number has no place in logs, and references go there."""
    value = said(identifier, "value")
    told = f"{said(identifier, 'system')}|{value}"
    return f"id-{sha256(told.encode('utf-8', 'replace')).hexdigest()[:32]}" if value else ""


def _short(told: str) -> str:
    """As it is, unless it is too long for a reference."""
    return told if len(told) <= REF_LENGTH else f"url-{sha256(told.encode('utf-8', 'replace')).hexdigest()[:32]}"


def next_link(bundle: Mapping[str, Any], relation: str = "next") -> str:
    """The address of a search's next page (or another of its links); empty when there is none."""
    return next((said(link, "url") for link in many(bundle, "link") if said(link, "relation") == relation), "")
