"""What a provider said, kept on disk while the database is away: the answer exists nowhere else."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from drip.app import App
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.store import settling
from drip.store.database import REFUSED, Store
from drip.store.ids import new_id
from drip.store.settling import Settlement

log = logging.getLogger("drip.spool")


def put_aside(folder: Path, settlements: Sequence[Settlement]) -> Path:
    """Write the answers to a file of their own; whole or not at all. Ids and references only, nothing personal."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"answers-{new_id()}"
    hidden = folder / f".{name}"
    with hidden.open("w") as file:
        file.writelines(json.dumps(asdict(one), default=_as_text) + "\n" for one in settlements)
        file.flush()
        os.fsync(file.fileno())  # the answer exists nowhere else
    return hidden.rename(folder / f"{name}.jsonl")


def take_up(app: App) -> int:
    """Write down what was put aside, by any worker of this machine. Answers how many answers that were."""
    taken = 0
    for path in sorted(app.spool.glob("answers-*.jsonl")) if app.spool else ():
        try:
            settlements = [_settlement(json.loads(line)) for line in path.read_text().splitlines()]
            # By now a sweeper may have called them unknown: this is the evidence.
            write_down(app.store, settlements, was=(State.IN_FLIGHT, State.UNKNOWN))
        except FileNotFoundError:  # another worker was quicker
            continue
        except (ValueError, KeyError, TypeError) as problem:
            log.error("%s cannot be read (%s): put aside for a person", path.name, type(problem).__name__)
            path.rename(path.with_suffix(".broken"))
            continue
        path.unlink(missing_ok=True)
        taken += len(settlements)
        log.info("wrote down %d answers that were put aside", len(settlements))
    return taken


def write_down(store: Store, settlements: Sequence[Settlement], was: Sequence[State] = (State.IN_FLIGHT,)) -> None:
    """Settle these, all at once; one by one when the database refuses one of them, which is then settled as unknown."""
    try:
        store.attempt(lambda tx: settling.settle(tx, settlements, was))
    except REFUSED:
        for one in settlements:
            _write_one(store, one, was)


def _write_one(store: Store, one: Settlement, was: Sequence[State]) -> None:
    try:
        store.attempt(lambda tx: settling.settle(tx, [one], was))
    except REFUSED as problem:
        log.error("the answer to attempt %s was refused by the database: %s", one.attempt_id, type(problem).__name__)
        doubt = replace(one, state=State.UNKNOWN, reason=Reason.UNRESOLVED, outcome="unknown", provider_ref=None)
        store.attempt(lambda tx: settling.settle(tx, [doubt], was))


def _as_text(value: Any) -> str:
    return str(value.isoformat() if isinstance(value, date | datetime) else value)


def _settlement(told: dict[str, Any]) -> Settlement:
    made = {field.name: told[field.name] for field in fields(Settlement)}
    made |= {"state": State(told["state"]), "reason": Reason(told["reason"]), "channel": Channel(told["channel"])}
    for name in ("due_at", "accepted_at"):
        made[name] = datetime.fromisoformat(told[name]) if told[name] else None
    made["counted_on"] = date.fromisoformat(told["counted_on"]) if told["counted_on"] else None
    return Settlement(**made)
