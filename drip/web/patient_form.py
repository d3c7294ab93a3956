"""What a patient's page was sent, however mail programs and browsers write it. Reading it never fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from starlette.requests import Request
from starlette.types import Message

from drip.core.choice import CHOOSABLE, Choice
from drip.core.model import Channel

Fields: TypeAlias = Mapping[str, tuple[str, ...]]

LARGEST = 32_000
"""Bytes: 2,000 characters, however a browser writes them."""

MOST_FIELDS = 40

ONE_CLICK = b"List-Unsubscribe=One-Click"


class Wish(Enum):
    """What a POST asks for."""

    STOP = "stop"
    UNDO = "undo"
    CHOOSE = "choose"
    COMPLAIN = "complain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A wish, and what was filled in with it."""

    wish: Wish | None = None
    """None for anything that is not said plainly."""
    fields: Fields = field(default_factory=dict, repr=False)

    @property
    def choice(self) -> Choice:
        """Of each channel that was on the page: what is ticked is wanted, what is not ticked is not."""
        shown = [channel for channel in Channel if channel.value in self.fields.get("channel", ())]
        ticked = self.fields.get("wanted", ())
        consents = {(one, channel): f"{one.value}.{channel.value}" in ticked for one in CHOOSABLE for channel in shown}
        has_look = "look" in self.fields.get("shown", ())
        return Choice(
            consents=consents,
            language=self.one("language") or None,
            wants_plain_emails="plain" in ticked if "plain" in self.fields.get("shown", ()) else None,
            wants_large_print="large" in ticked if has_look else None,
        )

    def one(self, name: str) -> str:
        """The one thing that was filled in under this name; empty where there is none, or more."""
        told = self.fields.get(name, ())
        return told[0] if len(told) == 1 else ""


NOTHING = Asked()


async def read_asked(request: Request, body: bytes) -> Asked:
    """What the form says; NOTHING where it is no form, or says nothing that we know."""
    if body.strip() == ONE_CLICK:  # some senders forget to say that it is a form
        return Asked(wish=Wish.STOP)
    fields = await _fields(request, body)
    if "One-Click" in fields.get("List-Unsubscribe", ()):
        return Asked(wish=Wish.STOP)
    action = fields.get("action", ())
    wish = next((wish for wish in Wish if (wish.value,) == action), None)
    return Asked(wish=wish, fields=fields) if wish else NOTHING


async def _fields(request: Request, body: bytes) -> Fields:
    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        read = Request(request.scope, again).form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LARGEST)
        async with read as form:
            return {name: tuple(one for one in form.getlist(name) if isinstance(one, str)) for name in form}
    except Exception:  # the parsers have many ways to say that it is no form
        return {}
