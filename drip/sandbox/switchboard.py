"""Who answers what: the two providers, and the sandbox's own pages."""

import re
from collections.abc import Mapping
from typing import Any

from drip.sandbox.account import Account
from drip.sandbox.callbacks import Postman
from drip.sandbox.control import Control
from drip.sandbox.faults import OK, Fault
from drip.sandbox.ledger import Entry, Ledger
from drip.sandbox.script import Plan
from drip.sandbox.sendgrid import SendGrid
from drip.sandbox.sendgrid import error as sendgrid_error
from drip.sandbox.sendgrid_events import SendGridEvents
from drip.sandbox.twilio import Twilio
from drip.sandbox.twilio_callbacks import TwilioCallbacks
from drip.sandbox.twilio_list import TwilioList
from drip.sandbox.twilio_shape import ROOT
from drip.sandbox.twilio_shape import error as twilio_error
from drip.sandbox.wire import Answer, Request

MAIL_SEND = "/v3/mail/send"
_MESSAGES = re.compile(ROOT + r"/([A-Za-z0-9]{2,64})/Messages(?:/([A-Za-z0-9]{2,64}))?\.json")
_HERE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")


class Switchboard:
    """Everything behind the wire. Lives on one thread, the ledger excepted."""

    def __init__(self, account: Account, script: Mapping[str, Any] | None = None) -> None:
        self.account = account
        self.ledger = Ledger(account.ledger_file)
        self.plan_of_faults = Plan(script)
        self.postman = Postman(self.ledger)
        self.twilio = Twilio(account=account, ledger=self.ledger)
        self._list = TwilioList(ledger=self.ledger)
        self._sendgrid = SendGrid(account=account, ledger=self.ledger)
        self.texts = TwilioCallbacks(account=account, postman=self.postman, stopped=self.twilio.stopped)
        self.events = SendGridEvents(account, self.postman)
        self.control = Control(self)

    def reset(self) -> None:
        """As at the start. What is on its way is not told any more."""
        self.postman.forget()
        self.events.forget()
        self.twilio.stopped.clear()
        self.plan_of_faults.reset()
        self.ledger.reset()

    def close(self) -> None:
        """Let go of threads, connections and the file."""
        self.postman.close()
        self.ledger.close()

    def plan(self, method: str, path: str) -> Fault:
        """What is to become of a request, before its body is read."""
        if method != "POST":
            return OK
        if path == MAIL_SEND:
            return self.plan_of_faults.draw("sendgrid")
        if path.startswith(ROOT) and path.endswith("/Messages.json"):
            return self.plan_of_faults.draw("twilio")
        return OK

    def answer(self, request: Request, fault: Fault) -> Answer:
        """What to answer. Only this machine is listened to, and no page of somebody else's."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if not _HERE.fullmatch(host) or (origin is not None and origin != f"http://{host}"):
            return Answer(status=403, body=b"The sandbox answers programs and pages of this machine only.\n")
        try:
            if request.path == MAIL_SEND:
                return self._mail(request, fault)
            if found := _MESSAGES.fullmatch(request.path):
                return self._texts(request, found[1], found[2], fault)
        except OSError:
            return Answer(status=500, body=b"The sandbox cannot write its ledger.\n")
        return self.control.answer(request)

    def _mail(self, request: Request, fault: Fault) -> Answer:
        if request.method != "POST":
            return sendgrid_error(405, "method not allowed")
        how = self.plan_of_faults.script.sendgrid
        answer, kept = self._sendgrid.send(request, how, fault)
        self._tell(kept)
        return answer

    def _texts(self, request: Request, account: str, sid: str | None, fault: Fault) -> Answer:
        how = self.plan_of_faults.script.twilio
        if request.method == "POST" and sid is None:
            answer, kept = self.twilio.send(request, account, how, fault)
            self._tell(kept)
            return answer
        if status := self.twilio.turned_off(request, account):
            return twilio_error(20003, status)
        if request.method != "GET":
            return twilio_error(20004, 405)
        return self._list.one(account, sid, how) if sid else self._list.page(account, request.query, how)

    def _tell(self, entries: list[Entry]) -> None:
        script, dice = self.plan_of_faults.script, self.plan_of_faults.dice
        for entry in entries:
            teller = self.texts if entry.provider == "twilio" else self.events
            teller.tell_of(entry, script.of(entry.provider).receipts, dice)
