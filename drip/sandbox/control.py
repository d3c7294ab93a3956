"""The sandbox's own addresses, under /sandbox: what it holds, what goes wrong, and what patients write back."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from drip import clock
from drip.sandbox.ledger import TurnedAway
from drip.sandbox.page import POLICY, STYLE, write_page
from drip.sandbox.rules import as_json
from drip.sandbox.script import NotAScript
from drip.sandbox.wire import Answer, Request

if TYPE_CHECKING:
    from drip.sandbox.switchboard import Switchboard

MOST_AT_ONCE = 10_000
_ALWAYS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"))


class Control:
    """Answers people and tests."""

    def __init__(self, board: "Switchboard") -> None:
        self._board = board
        self._routes = {
            ("GET", "/"): lambda _: _see("/sandbox/"),
            ("GET", "/sandbox"): lambda _: _see("/sandbox/"),
            ("GET", "/sandbox/"): self._page,
            ("GET", "/sandbox/page.css"): lambda _: _text("text/css; charset=utf-8", STYLE),
            ("GET", "/sandbox/ledger.json"): self._ledger,
            ("GET", "/sandbox/script"): lambda _: self._script_now(),
            ("POST", "/sandbox/script"): self._change,
            ("POST", "/sandbox/reset"): self._reset,
            ("POST", "/sandbox/inbound"): self._inbound,
        }

    def answer(self, request: Request) -> Answer:
        """What to answer."""
        if request.path == "/sandbox/elsewhere":
            return self._strayed(request)
        route = self._routes.get((request.method, request.path))
        if route is None:
            known = any(path == request.path for _, path in self._routes)
            return as_json(405 if known else 404, {"error": "there is nothing here"}, *_ALWAYS)
        return route(request)

    def _page(self, request: Request) -> Answer:
        asked = dict(parse_qsl(request.query))
        account = self._board.account
        page = write_page(
            self._board.ledger, only=asked.get("with", ""), follows=asked.get("follow") == "1",
            can_text=bool(account.inbound_url), can_mail=bool(account.email_inbound_url),
        )  # fmt: skip
        return _text("text/html; charset=utf-8", page, ("Content-Security-Policy", POLICY))

    def _ledger(self, request: Request) -> Answer:
        asked = dict(parse_qsl(request.query))
        try:
            after, most = int(asked.get("after", "0")), min(int(asked.get("most", "1000")), MOST_AT_ONCE)
        except ValueError:
            return _wrong("after and most are numbers")
        ledger = self._board.ledger
        calls: dict[str, dict[str, int]] = {}
        for (provider, met), number in ledger.calls().items():
            calls.setdefault(provider, {})[met] = number
        entries = ledger.entries(after=after, most=most) if "after" in asked else ledger.latest(most)[::-1]
        return as_json(200, {
            "count": ledger.count, "accepted": [entry.as_json() for entry in entries],
            "turned_away": [turned.as_json() for turned in ledger.turned_away()],
            "replies": [replied.as_json() for replied in ledger.replies()], "calls": calls,
        }, *_ALWAYS)  # fmt: skip

    def _script_now(self) -> Answer:
        return as_json(200, self._board.plan_of_faults.script.model_dump(by_alias=True), *_ALWAYS)

    def _change(self, request: Request) -> Answer:
        try:
            changes = json.loads(request.body)
            if not isinstance(changes, dict):
                return _wrong("a script is a JSON object")
            self._board.plan_of_faults.change(changes)
        except NotAScript as problem:
            return _wrong(str(problem))
        except ValueError:
            return _wrong("a script is a JSON object")
        return self._script_now()

    def _reset(self, _: Request) -> Answer:
        self._board.reset()
        return as_json(200, {"count": 0}, *_ALWAYS)

    def _inbound(self, request: Request) -> Answer:
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        given = _given(request.body, is_form=is_form)
        if given is None or not given.get("from") or not given.get("text"):
            return _wrong('from and text are needed, such as {"from": "+447700900123", "text": "STOP"}')
        heard = self.hear(given)
        if not heard:
            return as_json(409, {"error": "nobody listens: see --inbound-url and --email-inbound-url"}, *_ALWAYS)
        return _see("/sandbox/") if is_form else as_json(202, {"ref": heard}, *_ALWAYS)

    def hear(self, given: Mapping[str, str]) -> str:
        """A patient writes. A reference, or nothing when nobody listens."""
        board = self._board
        answered = next(iter(board.ledger.of_address(given["from"])), None)
        if "@" in given["from"]:
            return "posted" if board.events.reply(given, answered) else ""
        known = {"to": answered.sender, "account": answered.account} if answered else {}
        return board.texts.reply({**known, **given}, board.plan_of_faults.script.twilio.receipts)

    def _strayed(self, request: Request) -> Answer:
        """Where a redirect leads that nobody should follow, least of all with a key."""
        why = "followed a redirect" + (" with its key" if "authorization" in request.headers else "")
        self._board.ledger.turn_away(
            TurnedAway(provider="elsewhere", to="", attempt=None, at=clock.now(), why=why)
        )  # fmt: skip
        return as_json(200, {}, *_ALWAYS)


def _given(body: bytes, *, is_form: bool) -> dict[str, str] | None:
    """What was posted, if it is words under names."""
    try:
        given: Any = dict(parse_qsl(body.decode())) if is_form else json.loads(body)
    except ValueError:
        return None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        return None
    return {name: value for name, value in given.items() if value}


def _see(path: str) -> Answer:
    return Answer(status=303, headers=(("Location", path), *_ALWAYS))


def _wrong(what: str) -> Answer:
    return as_json(400, {"error": what}, *_ALWAYS)


def _text(kind: str, text: str, *headers: tuple[str, str]) -> Answer:
    return Answer(headers=(("Content-Type", kind), *_ALWAYS, *headers), body=text.encode(errors="replace"))
