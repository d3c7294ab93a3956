"""A FHIR server on this machine: reads by id, searches by `_lastUpdated`, and what servers do wrong."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.providers.loopback import Asked, Loopback, Misdeed, http

Resource = dict[str, Any]
TOKEN = "fhir-token-for-tests"


def stamp(at: datetime) -> str:
    """As FHIR writes an instant."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class FhirServer:
    """Keeps resources in memory. Faults are answered first, one a request."""

    resources: dict[tuple[str, str], Resource] = field(default_factory=dict)
    faults: list[bytes | Misdeed] = field(default_factory=list)
    lacks: set[str] = field(default_factory=set)
    """Kinds that it does not know."""
    most: int = 1_000
    """Resources a page, whatever it is asked for."""
    sorts: bool = True
    includes: bool = True
    knows_dates: bool = True
    """Searches appointments by their date."""
    bend: Callable[[str], str] = str
    """What becomes of a `next` link."""

    def __post_init__(self) -> None:
        self._loopback = Loopback(self._answer)
        self.base = f"{self._loopback.url}/fhir/r4"

    def close(self) -> None:
        self._loopback.close()

    def put(self, resource: Resource, at: datetime | None = None) -> Resource:
        """Keeps a resource, as changed at that moment."""
        kind, name = resource["resourceType"], resource["id"]
        before = self.resources.get((kind, name), {}).get("meta", {})
        version = str(int(before.get("versionId", "0")) + 1)
        meta = {"meta": {"versionId": version, "lastUpdated": stamp(at)}} if at else {}
        self.resources[kind, name] = {**resource, **meta}
        return self.resources[kind, name]

    @property
    def asked(self) -> list[Asked]:
        return self._loopback.asked

    @property
    def paths(self) -> list[str]:
        """What was asked for, without questions."""
        return [urlsplit(asked.target).path.removeprefix("/fhir/r4/") for asked in self.asked]

    def _answer(self, asked: Asked) -> bytes | Misdeed:
        if self.faults:
            return self.faults.pop(0)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return fhir(401, outcome("login"))
        kind, _, name = urlsplit(asked.target).path.removeprefix("/fhir/r4/").partition("/")
        if kind in self.lacks:
            return fhir(404, outcome("not-supported"))
        if name:
            found = self.resources.get((kind, name))
            return fhir(200, found) if found else fhir(410, outcome("deleted"))
        return fhir(200, self.search(kind, parse_qs(urlsplit(asked.target).query)))

    def search(self, kind: str, asked: dict[str, list[str]]) -> Resource:
        """The answer to a search."""
        since = datetime.fromisoformat(asked.get("_lastUpdated", ["gt1970-01-01T00:00:00Z"])[0].removeprefix("gt"))
        found = [one for (known, _), one in self.resources.items() if known == kind and _changed_at(one) > since]
        if "date" in asked and self.knows_dates:
            from_then = datetime.fromisoformat(asked["date"][0].removeprefix("ge"))
            found = [one for one in found if datetime.fromisoformat(one["start"]) >= from_then]
            found = [one for one in found if one["status"] in asked["status"]]
        elif self.sorts:
            found.sort(key=_changed_at)
        count, start = min(int(asked.get("_count", ["1000"])[0]), self.most), int(asked.get("_offset", ["0"])[0])
        page = found[start : start + count]
        unknown = [*(["_sort"] if not self.sorts else []), *(["date"] if not self.knows_dates else [])]
        understood = {name: value for name, value in asked.items() if name not in unknown}
        links = [{"relation": "self", "url": f"{self.base}/{kind}?{urlencode(understood, doseq=True)}"}]
        if start + count < len(found):
            further = urlencode({**understood, "_offset": [str(start + count)]}, doseq=True)
            links.append({"relation": "next", "url": self.bend(f"{self.base}/{kind}?{further}")})
        entries = [self._entry(one, "match") for one in page]
        if self.includes:
            entries += [self._entry(one, "include") for one in self._included(page, asked.get("_include", []))]
        made = stamp(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=len(self.asked)))  # each one at another time
        return {"resourceType": "Bundle", "type": "searchset", "timestamp": made, "link": links, "entry": entries}

    def _entry(self, resource: Resource, mode: str) -> Resource:
        url = f"{self.base}/{resource['resourceType']}/{resource['id']}"
        return {"fullUrl": url, "resource": resource, "search": {"mode": mode}}

    def _included(self, page: list[Resource], asked: list[str]) -> list[Resource]:
        wanted = {one.partition(":")[2] for one in asked}
        words = json.dumps(page)
        return [
            one
            for (kind, name), one in self.resources.items()
            if kind.lower() in wanted and f'"{kind}/{name}"' in words and one not in page
        ]


def _changed_at(resource: Resource) -> datetime:
    told = resource.get("meta", {}).get("lastUpdated")
    return datetime.fromisoformat(told) if told else datetime.max.replace(tzinfo=UTC)


def fhir(status: int, resource: Resource, **headers: str) -> bytes:
    """An answer that holds a resource."""
    return http(status, json.dumps(resource), content_type="application/fhir+json", **headers)


def outcome(code: str) -> Resource:
    """An OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}
