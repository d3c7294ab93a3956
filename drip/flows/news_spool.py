"""What a provider told us, kept on disk while the database is away: many of them do not say it twice.

It is about patients, so it is sealed before it touches the disk. Its signature was checked before it came here.
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drip.app import App
from drip.core.handover import Fault
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.news import News, Receipt, Reply
from drip.core.reason import Reason
from drip.flows import receive
from drip.store.database import PASSING
from drip.store.ids import new_id
from drip.store.vault import CannotUnseal

PLACE = "spool.news"

log = logging.getLogger("drip.spool")


class CannotKeep(Exception):
    """There is no folder to put news into, or it cannot be written to."""


def check_folder(app: App) -> None:
    """CannotKeep unless there is a folder that can be written to: better known at the start than when it is needed."""
    if app.spool is None:
        raise CannotKeep("there is no folder for what comes in while the database is away")
    try:
        app.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = app.spool / f".probe-{new_id()}"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as problem:
        raise CannotKeep(f"{app.spool} cannot be written to: {problem.strerror}") from None


def put_aside_news(app: App, news: News, now: datetime) -> Path:
    """Keep it in a sealed file of its own, whole or not at all. On the disk, for certain, when this returns."""
    return _keep(app, news, now, ".sealed")


def take_up_news(app: App, now: datetime) -> int:
    """Take in what was put aside on this machine, as of the time when it came. Answers how many files that were.

    Safe to repeat, and for several workers at once. Stops at the first file if the database is still away.
    """
    taken = 0
    for path in sorted(app.spool.glob("news-*.sealed")) if app.spool else ():
        try:
            _take_up(app, path, now)
        except (*PASSING, CannotKeep):
            break
        except FileNotFoundError:  # another worker was quicker
            continue
        except (CannotUnseal, ValueError, KeyError, TypeError, IndexError) as problem:
            log.error("%s cannot be read (%s): put aside for a person", path.name, type(problem).__name__)
            path.rename(path.with_suffix(".broken"))
            continue
        path.unlink(missing_ok=True)
        taken += 1
    if taken:
        log.info("took in %d callbacks that were put aside", taken)
    return taken


def _take_up(app: App, path: Path, now: datetime) -> None:
    told = json.loads(app.store.vault.unseal(PLACE, path.stem, path.read_bytes()))
    at, news = min(datetime.fromisoformat(told["at"]), now), _news(told["news"])
    try:
        receive.take_news(app, news, at)
    except PASSING:
        raise
    except Exception as problem:
        log.error("%s was refused (%s): taken in piece by piece", path.name, type(problem).__name__)
        _piece_by_piece(app, news, at)


def _piece_by_piece(app: App, news: News, at: datetime) -> None:
    """One word that cannot be taken in must not drop the others; it is kept for a person."""
    for piece in _pieces(news):
        try:
            receive.take_news(app, piece, at)
        except PASSING:
            raise
        except Exception:
            kept = _keep(app, piece, at, ".broken")
            log.error("%s cannot be taken in: put aside for a person", kept.name)


def _pieces(news: News) -> Iterator[News]:
    yield from (News(receipts=(receipt,)) for receipt in news.receipts)
    yield from (News(replies=(reply,)) for reply in news.replies)


def _keep(app: App, news: News, at: datetime, suffix: str) -> Path:
    if app.spool is None:
        raise CannotKeep("there is no folder for what comes in while the database is away")
    # Files are taken up in the order in which they came: a START after a STOP is not the same as before it.
    name = f"news-{at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{new_id()}"
    written = json.dumps({"at": at.isoformat(), "news": asdict(news)}, default=datetime.isoformat).encode()
    sealed = app.store.vault.seal(PLACE, name, written)
    try:
        app.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _write(app.spool / f".{name}", app.spool / f"{name}{suffix}", sealed)
    except OSError as problem:
        raise CannotKeep(f"{app.spool} cannot be written to: {problem.strerror}") from None


def _write(hidden: Path, path: Path, sealed: bytes) -> Path:
    with open(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    hidden.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # else the name may be lost with the power, though the words are not
    finally:
        os.close(folder)
    return path


def _news(told: Mapping[str, Any]) -> News:
    return News(
        receipts=tuple(_receipt(one) for one in told["receipts"]),
        replies=tuple(_reply(one) for one in told["replies"]),
    )


def _receipt(told: Mapping[str, Any]) -> Receipt:
    receipt = Receipt(**told)
    return replace(
        receipt,
        says=State(told["says"]) if told["says"] else None,
        fault=Fault(told["fault"]) if told["fault"] else None,
        closes=Reason(told["closes"]) if told["closes"] else None,
        at=datetime.fromisoformat(told["at"]) if told["at"] else None,
    )


def _reply(told: Mapping[str, Any]) -> Reply:
    return replace(Reply(**told), channel=Channel(told["channel"]))
