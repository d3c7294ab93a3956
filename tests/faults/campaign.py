"""Campaigns: many kills, many faults of the provider, and after each run the books compared.

`make faults` runs them in full and writes docs/faults.md; the tests run a short version.
"""

import shutil
import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.audit import Audit, audit
from tests.faults.deployment import FIRST_DUE, Deployment, Victims, deployed
from tests.faults.failpoints import FAILPOINTS

PLACES = ("commit.before", "commit.after", "socket.sent", *FAILPOINTS)

NTH = (1, 1, 1, 2, 2, 3, 5)
"""Which time a place is reached that a worker dies: early mostly, since a tick that passes finishes everything."""

PLANNING = ("commit.before", "commit.after", "plan.before_commit")

WELL: Mapping[str, Any] = {}
NO_RECEIPTS = {"receipts": {"send": "off"}}
NO_LIST = {"list": {"state": "down"}}
ODD_RECEIPTS = {"receipts": {"duplicate": 3, "out_of_order": True, "forged": 0.5, "lost": 0.2}}
NASTY = {
    "faults": {
        "accept_then_500": 0.12,
        "accept_then_reset": 0.10,
        "accept_then_cut": 0.03,
        "accept_then_hang": 0.02,
        "slow_drip": 0.01,
        "two_xx_no_id": 0.04,
        "bad_json": 0.04,
        "500": 0.06,
        "503": 0.06,
        "reset": 0.05,
        "close": 0.04,
        "close_before_read": 0.04,
        "429": 0.04,
        "hang": 0.01,
    },
    "drip": 0.05,
    "retry_after": 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What goes wrong, in words and for the sandbox."""

    name: str
    script: Mapping[str, Any] = field(default_factory=dict)
    is_killed: bool = True
    patients: int = 12


KILLED = (
    Scenario(name="worker killed anywhere; receipts and list work", script=WELL),
    Scenario(name="worker killed anywhere; no receipts ever", script=NO_RECEIPTS),
    Scenario(name="worker killed anywhere; list cannot be asked", script=NO_LIST),
    Scenario(name="worker killed anywhere; neither receipts nor list", script=NO_RECEIPTS | NO_LIST),
    Scenario(name="worker killed anywhere; receipts doubled, disordered, forged, lost", script=ODD_RECEIPTS),
    Scenario(name="worker killed anywhere; provider misbehaves as well", script=NASTY),
)
NASTILY = (
    Scenario(name="provider misbehaves; receipts and list work", script=NASTY, is_killed=False),
    Scenario(name="provider misbehaves; no receipts ever", script=NASTY | NO_RECEIPTS, is_killed=False),
    Scenario(name="provider misbehaves; list cannot be asked", script=NASTY | NO_LIST, is_killed=False),
    Scenario(
        name="provider misbehaves; neither receipts nor list", script=NASTY | NO_RECEIPTS | NO_LIST, is_killed=False
    ),
)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a scenario came to, over all its runs on one database."""

    scenario: Scenario
    database: str
    runs: int = 0
    kills: int = 0
    faults: int = 0
    messages: int = 0
    held: int = 0
    doubled: int = 0
    lost: int = 0
    false: int = 0
    minutes: list[float] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    def add(self, found: Audit, deployment: Deployment, minutes: float) -> None:
        """One more run."""
        self.runs += 1
        self.kills += deployment.kills
        calls = deployment.sandbox.ledger.calls()
        self.faults += sum(number for (_, fault), number in calls.items() if fault != "ok")
        self.messages += found.messages
        self.held += found.held
        self.doubled += len(found.doubled)
        self.lost += len(found.lost) + found.ended  # nothing expires so soon, and nothing is refused
        self.false += len(found.false) + len(found.strange)
        self.minutes.append(minutes)
        self.examples += (found.doubled + found.lost + found.false + found.strange)[:5]

    @property
    def is_clean(self) -> bool:
        """What is promised."""
        return not (self.doubled or self.lost or self.false)

    @property
    def recovered_in(self) -> str:
        """The middle and the longest, in the clinic's time."""
        return f"{statistics.median(self.minutes):.0f} min, at most {max(self.minutes):.0f}"


def run(scenario: Scenario, url: str, victims: Victims, dice: Random, *, kills: int, into: Outcome) -> None:
    """One clinic: hurt, healed, audited."""
    spool = Path(tempfile.mkdtemp(prefix="drip-faults-"))
    try:
        script = {**scenario.script, "seed": dice.randrange(1_000_000)}
        slots = 4 if scenario.is_killed else 64
        with deployed(
            url, victims, spool, patients=scenario.patients, concurrency=slots, deadline=0.6, **script
        ) as deployment:
            if scenario.is_killed:
                deployment.tick(dice.choice(PLANNING), dice.randint(1, 3))
            deployment.tick()  # everybody is enrolled
            deployment.until(FIRST_DUE)
            while scenario.is_killed and deployment.kills < kills and not deployment.is_quiet():
                deployment.tick(dice.choice(PLACES), dice.choice(NTH))
                deployment.later(dice.choice([0.5, 3, 11]))
            minutes = deployment.recover(14)
            into.add(audit(deployment), deployment, minutes)
    finally:
        shutil.rmtree(spool, ignore_errors=True)
