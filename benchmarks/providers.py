"""Due texts and emails -> the real adapters -> `drip sandbox` in a process of its own, 50 ms away, 64 calls at once."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from urllib.parse import urlencode

from benchmarks.clinic import HEARD, ONE_TEXT, POSTGRES, Database, a_clinic, expect, read, visits
from benchmarks.measure import Line
from drip.app import App, Limits
from drip.core.model import Channel
from drip.flows.enrol import apply_news
from drip.flows.send import send_due
from drip.flows.take_in import take_in
from drip.providers.registry import Wiring, build
from drip.transport import Transport
from tests.world import World, at

IN_FLIGHT = 64
LATENCY = 0.05
GOAL = 600
SHARE = 0.8
"""Of what a bare loop reaches that only posts, over the same kind of pool, in the same run."""

ONE_EMAIL = (
    ONE_TEXT.replace("sequence: text", "sequence: mail")
    .replace("id: text", "id: mail")
    .replace("sms: text", "email: mail")
)
LANES = {Channel.SMS: ("texts", ONE_TEXT), Channel.EMAIL: ("emails", ONE_EMAIL)}


def run(databases: list[Database], *, quick: bool) -> Iterator[Line]:
    """Each channel on each database, after what a bare loop does."""
    number = 300 if quick else 6_000
    with _sandbox() as told:
        bare = _bare_loop(told, number)
        yield Line(
            what="posts of a bare loop", database="-", measured=bare, unit="posts/s", note=f"{IN_FLIGHT} threads"
        )
        for database in databases:
            for channel in LANES:
                yield from _send(database, channel, told, number, bare)


@contextmanager
def _sandbox() -> Iterator[Mapping[str, str]]:
    """The settings that lead to it."""
    command = [
        sys.executable,
        "-m",
        "drip",
        "sandbox",
        "--port",
        "0",
        "--latency",
        str(LATENCY),
        "--auth-token",
        "bench",
    ]
    process = subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    told: dict[str, str] = {}
    try:
        while "SENDGRID_API_KEY" not in told:
            name, equals, value = (process.stdout or sys.stdin).readline().strip().partition("=")
            if equals and name.isupper():
                told[name] = value
        _only_answer(told["TWILIO_API_BASE"])
        yield told
    finally:
        process.terminate()
        process.wait(10)


def _only_answer(url: str) -> None:
    """No receipts: making and sending them is a provider's work, and would be done on our two cores here."""
    transport = Transport(deadline=10, connections=1)
    body = json.dumps({"receipts": {"send": "off"}}).encode()
    expect(transport.request("POST", f"{url}/sandbox/script", headers={}, body=body).status, 200)
    transport.close()


def _bare_loop(told: Mapping[str, str], number: int) -> float:
    """The same requests, prepared, by the same number of threads over the same pool: nothing can be faster."""
    body = urlencode({"To": "+447700900123", "From": told["TWILIO_FROM"], "Body": "Harbour Clinic here"}).encode()
    url = f"{told['TWILIO_API_BASE']}/2010-04-01/Accounts/{told['TWILIO_ACCOUNT_SID']}/Messages.json"
    headers = {"Authorization": "Basic eDp5", "Content-Type": "application/x-www-form-urlencoded"}
    transport = Transport(deadline=30, connections=IN_FLIGHT)

    def post(_: int) -> int:
        return transport.request("POST", url, headers=headers, body=body).status

    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        list(threads.map(post, range(IN_FLIGHT * 4)))
        start = perf_counter()
        answers = list(threads.map(post, range(number)))
        taken = perf_counter() - start
    transport.close()
    expect(answers.count(201), number)
    return number / taken


def _send(database: Database, channel: Channel, told: Mapping[str, str], number: int, bare: float) -> Iterator[Line]:
    what, sequence = LANES[channel]
    with a_clinic(database, sequence) as world, _connected(world, told) as app:
        take_in(app, read(app, visits(0, number)), at(HEARD))
        apply_news(app, at(HEARD))
        start, accepted = perf_counter(), 0
        while accepted < number:
            sent = send_due(app, at("2026-06-11 13:00"))
            expect(sent.counts["unknown"] + sent.counts["failed"] + sent.counts["not_taken"], 0)
            accepted += sent.counts["accepted"]
        rate = number / (perf_counter() - start)
    goal = GOAL if database.name == POSTGRES else None
    yield Line(
        what=f"{what} sent, {LATENCY * 1000:.0f} ms away",
        database=database.name,
        measured=rate,
        unit="messages/s",
        goal=goal,
    )
    yield Line(what="  share of the bare loop", database=database.name, measured=rate / bare, unit="", goal=SHARE)


@contextmanager
def _connected(world: World, told: Mapping[str, str]) -> Iterator[App]:
    wiring = Wiring(connections=IN_FLIGHT, public_url="http://127.0.0.1:9", told=told)
    email, sms = build("sendgrid", wiring), build("twilio", wiring)
    providers = {Channel.EMAIL: (email,), Channel.SMS: (sms,)}
    try:
        yield replace(
            world.app, providers=providers, limits=Limits(concurrency=IN_FLIGHT), public_url=wiring.public_url
        )
    finally:
        email.close()
        sms.close()
