"""`/openapi.json` is worth reading, and true: schemathesis makes calls of it and sees only answers that it names."""

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drip.bookings.csv_file import PATHS
from drip.bookings.event_schema import event_schema
from drip.bookings.generic import read_events
from drip.bookings.generic_webhook import connect
from drip.bookings.parsed import Parsed
from drip.bookings.source import Connection
from drip.clock import now
from drip.core.model import Channel, EventKind
from drip.store import records
from drip.web.app import make_app
from drip.web.server import listen, served
from tests.databases import sqlite_url
from tests.signing import signed
from tests.web.build import Carrier, Site
from tests.web.test_bookings import Diary
from tests.world import World, a_booking, a_world

KEY = "k" * 32
PROMISED = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
"""What is checked of the answers to bookings besides that they are no mistake of ours."""


class Signing:
    """In front of the web: signs two calls of three as their sender would, once it has seen the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._turn = app, itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http" or not scope["path"].startswith("/booking") or next(self._turn) % 3 == 0:
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        ours = [(b"drip-signature", signed(body, KEY, now()).encode()), (b"x-signed", b"yes")]
        names = {name for name, _ in ours}
        headers = [one for one in scope["headers"] if one[0] not in names]

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app({**scope, "headers": [*headers, *ours]}, again, send)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A clinic with a provider and two booking systems, whose worker has just ticked."""
    world = a_world(sqlite_url(), providers={channel: (Carrier(),) for channel in Channel})
    generic = connect(Connection(clinic=world.app.clinic, told={"DRIP_BOOKING_WEBHOOK_SECRETS": KEY}))
    assert generic
    with world.store.write() as tx:
        records.beat(tx, ["tick"], now() + timedelta(hours=1))
    yield replace(world, app=replace(world.app, sources={"generic": generic, "diary": Diary()}))
    world.app.close()


@pytest.fixture(scope="module")
def port(world: World) -> Iterator[int]:
    """Its web, behind what signs."""
    listening = listen("127.0.0.1", 0)
    with served(Signing(make_app(world.app)), listening, threading.Event()):
        yield listening.getsockname()[1]


@pytest.fixture(scope="module")
def api(port: int) -> Any:
    """What it says of itself."""
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")


OPERATIONS = [
    ("POST", "/booking/generic"),
    ("POST", "/booking/{source}"),
    ("POST", "/webhooks/{provider}/{what}"),
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/p/{token}"),
    ("POST", "/p/{token}"),
    ("GET", "/m/{token}"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_call_is_answered_in_a_way_that_is_not_told(api: Any, method: str, path: str) -> None:
    assert answers(api[path][method], GenerationMode.POSITIVE)


def test_bookings_that_are_not_as_told_are_answered_as_told(api: Any) -> None:
    seen = answers(api["/booking/generic"]["POST"], GenerationMode.NEGATIVE)
    assert {401, 422} <= seen


def answers(operation: Any, mode: GenerationMode) -> set[int]:
    """Which there were, to forty invented calls; each is checked."""
    promised = PROMISED if operation.path.startswith("/booking") else []
    seen: set[int] = set()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def call(case: Any) -> None:
        seen.add(case.call_and_validate(checks=[not_a_server_error, *promised], timeout=20).status_code)

    call()
    return seen


@pytest.fixture(scope="module")
def told(port: int) -> dict[str, Any]:
    """The document."""
    whole: dict[str, Any] = json.loads(Site(port).ask("GET", "/openapi.json").text)
    return whole


def test_every_operation_is_called_above(told: dict[str, Any]) -> None:
    assert {(method.upper(), path) for path, one in told["paths"].items() for method in one} == set(OPERATIONS)


def test_bookings_say_what_they_take_and_every_answer(told: dict[str, Any]) -> None:
    call = told["paths"]["/booking/generic"]["post"]
    assert set(call["responses"]) == {"202", "401", "404", "408", "413", "422", "503"}
    assert all(answer["content"]["application/json"]["schema"] for answer in call["responses"].values())
    assert [one["name"] for one in call["parameters"]] == ["Drip-Signature"]
    assert "retry-after" in call["responses"]["503"]["headers"]
    assert set(told["paths"]["/booking/{source}"]["post"]["responses"]) == {"202", "401", "404", "408", "413", "503"}


def test_the_example_can_be_posted(told: dict[str, Any], port: int) -> None:
    content = told["paths"]["/booking/generic"]["post"]["requestBody"]["content"]["application/json"]
    body = json.dumps(content["example"]).encode()
    Draft202012Validator(content["schema"]).validate(content["example"])
    answers = {Site(port).ask("POST", "/booking/generic", body).status for _ in range(3)}
    assert answers == {202, 401}


def test_the_schema_names_every_field_and_kind() -> None:
    shape = event_schema()
    named = {
        f"{name}.{inner}" if "properties" in part else name
        for name, part in shape["properties"].items()
        for inner in part.get("properties", {"": None})
    }
    assert {path for path in PATHS if ".consent." not in path} <= named
    assert shape["properties"]["kind"]["enum"] == [kind.value for kind in EventKind if not kind.is_our_own]
    assert "$ref" not in json.dumps(shape)


FITS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"patient": {"ref": 7, "phone": None, "conditions": ["heel"], "attributes": {"a": [1, True]}}}, True),
    ({"patient": {"ref": "p", "consent": {"care": {"sms": False, "email": None}}}}, True),
    ({"patient": {}}, False),
    ({"patient": {"ref": "p", "shoe": 1}}, False),
    ({"patient": {"ref": "p", "consent": {"care": {"fax": True}}}}, False),
    ({"patient": {"ref": "p", "attributes": {"a": {}}}}, False),
    ({"kind": "appointment.dreamt"}, False),
    ({"occurred_at": 7}, False),
]


@pytest.mark.parametrize(("changes", "fits"), FITS)
def test_the_schema_and_the_reader_agree(changes: dict[str, Any], fits: bool, world: World) -> None:
    event = {**a_booking("2026-06-18 10:00"), **changes}
    assert Draft202012Validator(event_schema()).is_valid(event) is fits
    (outcome, *_) = read_events(json.dumps(event).encode(), world.app.clinic, "generic")
    assert isinstance(outcome, Parsed) is fits
