"""A whole story of patients whose every word is a canary: none may sing anywhere but in the messages themselves."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from sqlalchemy import select, text

from drip.app import build
from drip.cli import main
from drip.cli.logs import set_up_logs
from drip.core.letter import Letter
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import News, Reply
from drip.core.reason import Reason
from drip.flows.alert import watch
from drip.flows.news_spool import put_aside_news
from drip.flows.receive import suppress
from drip.flows.spool import put_aside
from drip.providers.twilio import TwilioProvider
from drip.sandbox.account import Account
from drip.sandbox.running import Sandbox
from drip.settings import read_settings
from drip.store import inbox_schema, records, schema, staff_schema
from drip.store.database import Store
from drip.store.settling import Settlement
from drip.web.app import make_app
from drip.web.server import listen, served
from tests.web.build import Answer, Site
from tests.world import CLINIC, Sink, World, a_visit, an_event, at

TOKEN, INBOUND, MASTER = "feedfacecafebeef00112233445566aa", "drip:parakeetsecret", "5ca1ab1e" * 8
SECRETS = (TOKEN, "parakeetsecret", MASTER)
PHONE, EMAIL = "+447700900612", "xanthippe.q@quillfeather.example"
PERSONAL = (
    "xanthippe", "quillfeather", "770090061", "900 61", "p-canary",
    "1961-07-13", "zygomatic", "vantablack", "evt-canary", "a-canary", "turquoise", "chest pain", "left-canary",
)  # fmt: skip
"""Of every patient: names, numbers, addresses, references, birthday, condition, practitioner, and their own words."""

CARE = """
sequence: care
title: After your visit
purpose: safety
kind: safety
enrol: {on: appointment.attended}
anchor: appointment
window: any
steps:
  - {id: hello, after: 1h, email: hello, expires: 30d}
  - {id: nudge, after: 2h, sms: nudge, expires: 30d}
  - {id: side, after: 3h, sms: side, expires: 30d}
  - {id: later, after: 2d, email: hello, sms: nudge, expires: 30d}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

ANSWER = """
sequence: {name}
title: An answer
purpose: safety
kind: safety
enrol: {{on: reply.{word}}}
anchor: enrolled
window: any
steps: [{{id: done, after: 0m, sms: done}}]
review: {{author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}}
"""

WORDS = {
    "care/hello.email.md": "---\nsubject: A note for {{ patient.first_name }}\n---\n"
    "Dear {{ patient.full_name }}, about your {{ patient.diagnosis }}: {{ appointment.practitioner }} says hello.\n",
    "care/nudge.sms.txt": "{{ clinic.name }}: {{ patient.first_name }}, rest your {{ patient.diagnosis }}.",
    "care/side.sms.txt": "{{ clinic.name }}: the {{ patient.side }} one.",
}


def a_patient(number: int, **unusual: Any) -> dict[str, Any]:
    """A visit of one of them."""
    patient = {
        "ref": f"p-canary-{number}", "first_name": "Xanthippe", "last_name": "Quillfeather", "email": EMAIL,
        "phone": PHONE, "date_of_birth": "1961-07-13",
        "attributes": {"diagnosis": "zygomatic strain", "side": "left-canary"},
    } | unusual  # fmt: skip
    appointment = {"ref": f"a-canary-{number}", "practitioner": "Dr Vantablack"}
    return a_visit("2026-06-11 10:00", event_id=f"evt-canary-{number}", patient=patient, appointment=appointment)


class Heard(logging.Handler):
    """Every log line of every logger, with what it was made from and the text of an exception."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Remember."""
        problem = record.exc_info[1] if record.exc_info else None
        self.lines.append(f"{record.name} {record.getMessage()} {record.args!r} {problem!r}")


@dataclass
class Stage:
    """A clinic in full, wired by its settings, and everything it lets out."""

    home: Path
    world: World
    sandbox: Sandbox
    site: Site
    heard: Heard
    now: datetime = field(default_factory=lambda: at("2026-06-11 10:31"))

    def tick(self, moment: str) -> None:
        """One beat; the callbacks that it brings about arrive."""
        self.now = at(moment)
        self.world.tick(moment)
        self.sandbox.settle()


@contextmanager
def on_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """SendGrid and Twilio by the sandbox, the web on loopback, a database in a file, logging at DEBUG."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "clinic.yaml").write_text(CLINIC + 'alerts: {email: nurse@example.org, sms: "+447700900555"}\n')
    monkeypatch.chdir(home)
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    with ExitStack() as stack:
        listening = listen("127.0.0.1", 0)
        port = listening.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        account = Account(
            auth_token=TOKEN,
            events_url=f"{url}/webhooks/sendgrid/events",
            inbound_url=f"{url}/webhooks/twilio/inbound",
            email_inbound_url=f"http://{INBOUND}@127.0.0.1:{port}/webhooks/sendgrid/inbound",
        )
        sandbox = stack.enter_context(Sandbox.running(account=account, script={"receipts": {"gap": 0.0}}))
        told = dict(line.split("=", 1) for line in account.env_lines(sandbox.url))
        told |= {"DRIP_DATABASE_URL": f"sqlite:///{home / 'drip.db'}", "DRIP_HOME": str(home), "DRIP_PUBLIC_URL": url}
        told |= {"DRIP_ENCRYPTION_KEYS": f"k1:{MASTER}", "DRIP_LOG": "json", "DRIP_DEADLINE_SECONDS": "5"}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        _run("migrate")
        set_up_logs("json")
        root.setLevel(logging.DEBUG)
        heard = Heard()
        root.addHandler(heard)
        stack.callback(root.setLevel, level)
        stack.callback(setattr, root, "handlers", before)
        app = build(read_settings(), worker="canary-worker")
        stack.callback(app.close)
        world = World(app=app, sink=Sink(), sources=dict(WORDS))
        stage = Stage(home=home, world=world, sandbox=sandbox, site=Site(port), heard=heard)
        stack.enter_context(served(make_app(app, now=lambda: stage.now), listening, threading.Event()))
        yield stage


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def singing(said: str | bytes, canaries: tuple[str, ...] = PERSONAL + SECRETS) -> list[str]:
    """The canaries in it, in whatever case."""
    lower = said.casefold() if isinstance(said, str) else said.lower().decode("utf-8", "replace")
    return [canary for canary in canaries if canary in lower]


def spoil(store: Store, ref: str) -> None:
    """The newest event of a patient cannot be unsealed any more."""
    with store.write() as tx:
        index = tx.vault.blind("patient", ref)
        person = tx.connection.execute(
            select(schema.patients.c.id).where(schema.patients.c.ref_index == index)
        ).scalar()
        events = inbox_schema.events
        tx.connection.execute(
            events.update().where(events.c.patient_id == person).values(body=b"spoilt", state="pending")
        )


def refuse_rows_of(store: Store, ref: str) -> None:
    """The database takes no message of this patient."""
    with store.write() as tx:
        index = tx.vault.blind("patient", ref)
        person = tx.connection.execute(
            select(schema.patients.c.id).where(schema.patients.c.ref_index == index)
        ).scalar()
        tx.connection.execute(text(
            f"CREATE TRIGGER refusing BEFORE INSERT ON messages WHEN NEW.patient_id = '{person}' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        ))  # fmt: skip


def perform(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The story, with every kind of trouble that a message or a record can meet."""
    world, sandbox = stage.world, stage.sandbox
    world.publish(
        CARE, *(ANSWER.format(name=word.replace("_", "-"), word=word) for word in ("stop", "help", "red_flag"))
    )
    world.tell(
        a_patient(1),
        a_patient(2, email="fault+400@quillfeather.example", phone="+447700900614"),
        a_patient(3, email="fault+accept_then_500@quillfeather.example", phone="+447700900615"),
        a_patient(4), a_patient(5, attributes={"diagnosis": "zygomatic strain"}, email="bounce@quillfeather.example"),
        a_patient(6, email="Xanthippe Quillfeather has none", phone="7700900612 or so"),
        a_patient(7, phone="+447700900613", email=None),
        *(a_patient(number, phone=f"+4477009006{number}", email=None) for number in range(16, 20)),
    )  # fmt: skip
    stage.tick("2026-06-11 10:31")
    spoil(world.store, "p-canary-4")
    world.tell(an_event("patient.updated", "2026-06-11 10:40", patient={"ref": "p-canary-8", "phone": PHONE}))
    refuse_rows_of(world.store, "p-canary-8")
    world.tell(a_patient(8))
    stage.tick("2026-06-11 10:45")
    stage.tick("2026-06-11 11:00")
    sandbox.script(twilio={"next": ["429", "21211", "21610", "bad_json", "30007"]})
    stage.tick("2026-06-11 12:00")

    def a_mistake(_: TwilioProvider, letter: Letter) -> Any:
        raise RuntimeError(f"cannot send {letter.words.text} to {letter.to} with {TOKEN}")

    with monkeypatch.context() as patched:
        patched.setattr(TwilioProvider, "hand_over", a_mistake)
        stage.tick("2026-06-11 13:00")
    write_back(stage)
    for moment in ("2026-06-11 13:20", "2026-06-11 13:40", "2026-06-11 14:20"):
        stage.tick(moment)
    sandbox.script(sendgrid={"next": ["401"]}, twilio={"next": ["401"]})
    for moment in ("2026-06-13 10:00", "2026-06-13 10:30", "2026-06-13 11:31"):
        stage.tick(moment)
    attack(stage)
    put_things_aside(stage)
    watch(world.app, at("2026-06-14 10:00"))


def write_back(stage: Stage) -> None:
    """Patients answer, in every way there is."""
    for text_ in ("Is it meant to be turquoise?", "HELP", "I have chest pain", "Stop"):
        stage.sandbox.reply(PHONE, text_)
    stage.sandbox.reply(EMAIL, "My zygomatic bone is turquoise")
    stage.sandbox.reply("+447700900999", "Turquoise! Says Xanthippe")
    stage.sandbox.settle()
    suppress(stage.world.app, "xanthippe.old@quillfeather.example", Reason.BOUNCED, stage.now)


def attack(stage: Stage) -> list[Answer]:
    """Strangers call, with canaries wherever one can put them."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "bm90IGl0"}
    body = b"From=%2B447700900612&Body=Xanthippe+is+turquoise&MessageSid=SM1"
    asked = [
        ("POST", "/webhooks/twilio/inbound?From=%2B447700900612", body, form),
        ("POST", "/webhooks/twilio/status/quillfeather", body, form),
        ("POST", "/webhooks/sendgrid/events", b'[{"email": "xanthippe.q@quillfeather.example"}]', {}),
        ("POST", "/webhooks/sendgrid/inbound", b"xanthippe", {"Authorization": "Basic cGFyYWtlZXQ6eA=="}),
        ("POST", "/webhooks/quillfeather/inbound", body, form),
        ("GET", "/p/xanthippe.q@quillfeather.example", b"", {}),
        ("POST", "/p/quillfeather", b"List-Unsubscribe=One-Click", form),
        ("GET", "/patients/xanthippe?name=Quillfeather", b"", {}),
        ("GET", "/readyz", b"", {}),
    ]
    return [stage.site.ask(method, path, what, headers) for method, path, what, headers in asked]


def put_things_aside(stage: Stage) -> None:
    """As while the database is away."""
    app = stage.world.app
    assert app.spool
    reply = Reply(provider="twilio", key="SM-aside", channel=Channel.SMS, address=PHONE, text="turquoise chest pain")
    put_aside_news(app, News(replies=(reply,)), stage.now)
    (app.spool / "news-0-broken.sealed").write_bytes(b"nothing")
    with app.store.read() as tx:
        attempt = tx.connection.execute(select(schema.attempts)).first()
    assert attempt
    settlement = Settlement(
        attempt_id=attempt.id, message_id=attempt.message_id, outcome="accepted", detail=attempt.detail,
        provider_ref=attempt.provider_ref, state=State.ACCEPTED, reason=Reason.NONE, due_at=stage.now, attempts=1,
        channel=Channel.SMS, turned=False, counted_on=None, accepted_at=stage.now,
    )  # fmt: skip
    put_aside(app.spool, [settlement])


def test_no_canary_sings_anywhere_but_in_the_messages_themselves(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_stage(tmp_path, monkeypatch) as stage:
        perform(stage, monkeypatch)
        assert_that_it_all_happened(stage)
        printed = capfd.readouterr()
        assert_that_logs_hold_none(stage, printed.out + printed.err)
        assert_that_calls_hold_none(stage)
        assert_that_the_database_holds_none(stage)
        assert_that_files_hold_none(stage)
        assert_that_answers_hold_none(stage)
        assert_that_nothing_shows_any(stage)
        assert_that_commands_print_none(stage, capfd)


def assert_that_logs_hold_none(stage: Stage, printed: str) -> None:
    """Neither in what is printed, nor in what it was made from."""
    assert any("drip.send attempt" in line for line in stage.heard.lines)
    assert [line for line in stage.heard.lines if singing(line)] == []
    assert '"logger": "drip.send"' in printed
    assert [line for line in printed.splitlines() if singing(line)] == []


def assert_that_it_all_happened(stage: Stage) -> None:
    """Else the silence would prove nothing."""
    became = {(one.state, one.reason) for one in stage.world.messages()}
    wanted = {("invalid", "template_error"), ("undelivered", "bounced"), ("delivered", "")}
    assert wanted <= became, became
    assert {state for state, _ in became} >= {"failed", "suppressed"}, became
    with stage.world.store.read() as tx:
        kinds = {task.kind for task in records.open_tasks(tx)}
        outcomes = set(tx.connection.execute(select(schema.attempts.c.outcome)).scalars())
        paused = tx.connection.execute(select(schema.pauses)).all()
    assert kinds >= {"red_flag", "reply", "broken_record", "contact_problem", "address_refused"}, kinds
    assert outcomes >= {"accepted", "refused_address", "not_taken"}, (outcomes, stage.sandbox.ledger.calls())
    assert paused
    said = " ".join(entry.text for entry in stage.sandbox.ledger.entries())
    assert {"xanthippe", "quillfeather", "zygomatic", "vantablack"} <= set(singing(said)), (
        "the patients were written to"
    )
    alerts = [entry for entry in stage.sandbox.ledger.entries() if entry.to in ("nurse@example.org", "+447700900555")]
    assert len(alerts) >= 2
    assert [entry.text for entry in alerts if singing(f"{entry.subject} {entry.text}")] == []


def assert_that_calls_hold_none(stage: Stage) -> None:
    """In addresses that were called, in what providers are told besides the message, and in what they call us by."""
    requests = stage.sandbox.ledger.requests()
    assert {request.path.rpartition("/")[2] for request in requests} == {"Messages.json", "send"}
    for request in requests:
        assert singing(f"{request.path}?{request.query}") == []
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        assert singing(json.dumps(headers)) == []
        assert singing(_besides(request.body)) == []
    for entry in stage.sandbox.ledger.entries():
        assert singing(entry.callback_url + json.dumps(entry.extra, default=str), PERSONAL) == []


def _besides(body: bytes) -> str:
    """What is in a call besides the address and the words."""
    if body.startswith(b"{"):
        mail = json.loads(body)
        for one in mail["personalizations"]:
            one.pop("to")
        return json.dumps({name: value for name, value in mail.items() if name not in ("content", "subject")})
    fields = [one for one in body.decode().split("&") if not one.startswith(("To=", "Body="))]
    return unquote_plus("&".join(fields))


def assert_that_the_database_holds_none(stage: Stage) -> None:
    """Neither in a column, nor in what SQLite has not overwritten yet."""
    with stage.world.store.read() as tx:
        for table in staff_schema.metadata.sorted_tables:
            for row in tx.connection.execute(select(table)):
                for column, value in row._mapping.items():
                    said = value if isinstance(value, bytes) else str(value)
                    assert singing(said) == [], f"{table.name}.{column}"
    for path in stage.home.glob("drip.db*"):
        assert singing(path.read_bytes()) == [], path.name


def assert_that_files_hold_none(stage: Stage) -> None:
    """In whatever else was written: what was put aside, too, is sealed or holds ids alone."""
    files = [path for path in stage.home.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == {"home", "spool"}
    for path in files:
        assert singing(path.name) == []
        assert singing(path.read_bytes()) == [], path.name


def assert_that_answers_hold_none(stage: Stage) -> None:
    """What strangers are told."""
    for answer in attack(stage):
        assert singing(f"{answer.text} {dict(answer.headers)}") == []


def assert_that_commands_print_none(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    """`explain` names the reference that it was asked for, `tasks` shows what was written: they are asked for that."""
    bad = {"event_id": "evt-canary-9", "kind": "appointment.exploded", "patient": {"ref": "p-canary-9", "phone": PHONE}}
    (stage.home / "bad.json").write_text(json.dumps([bad]))
    commands = [("doctor",), ("doctor", "--json"), ("tick", "--now", "2026-06-14T12:00Z"), ("ingest", "bad.json"),
                ("explain", "nobody"), ("held",), ("suppress", "x@@quillfeather"), ("publish", "--json")]  # fmt: skip
    for command in commands:
        capfd.readouterr()
        _run(*command)
        printed = capfd.readouterr()
        assert singing(printed.out + printed.err) == [], command
    references = ("p-canary", "a-canary", "evt-canary")
    for command in (("explain", "p-canary-1"), ("messages",), ("forecast",)):
        _run(*command)
        printed = capfd.readouterr()
        assert singing(printed.out + printed.err, tuple(set(PERSONAL + SECRETS) - set(references))) == [], command
    (stage.home / "bad.json").unlink()


def assert_that_nothing_shows_any(stage: Stage) -> None:
    """In the repr of what an error page or a debugger would show."""
    world = stage.world
    with world.store.read() as tx:
        shown = [world.app, world.store, tx, records.open_tasks(tx), *world.app.each_provider, read_settings()]
    shown += [*stage.sandbox.ledger.entries(), *stage.sandbox.ledger.requests(), stage.sandbox.account]
    assert [type(one).__name__ for one in shown if singing(repr(one))] == []
