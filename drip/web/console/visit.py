"""Somebody at a page of the console: who, with what they typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from drip.app import App
from drip.core.role import Person
from drip.store.accounts import Session

Form: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of somebody who is signed in and may do what they ask for."""

    app: App
    session: Session
    now: datetime
    path: Mapping[str, str] = field(default_factory=dict)
    """The parts of the address that have a name."""
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Form = field(default_factory=dict, repr=False)

    @property
    def person(self) -> Person:
        """Who it is."""
        return self.session.person


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page to show, by the name of its template."""

    name: str
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    status: int = 200
    nonce: str = ""
    """Once only: lets the page's own editor bring the styles that it makes while it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """An email as a patient sees it, for a frame within a page: it can do nothing, and fetches nothing."""

    html: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """Something was done: show this page next, with one sentence about it."""

    to: str
    said: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to keep."""

    name: str
    content: bytes = field(repr=False)
    type: str = "text/csv; charset=utf-8"


Answer: TypeAlias = Page | Framed | Download | Onward
