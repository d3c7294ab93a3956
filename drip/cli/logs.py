"""Logs carry ids only; the libraries that would write addresses into theirs are kept quiet."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

CHATTY = ("twilio.http_client", "python_http_client", "urllib3", "apscheduler", "alembic")
"""These write URLs, numbers or bodies at INFO or DEBUG."""


def set_up_logs(style: str) -> None:
    """Lines for people, or JSON for machines, on stderr."""
    logging.raiseExceptions = False  # else a line that cannot be written is printed with what it was about
    renderer = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, without_words, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def without_words(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception by its kind and place only: its message, and the values around it, may be a patient's."""
    told = event.pop("exc_info", None)
    event.pop("exception", None)
    problem = told[1] if isinstance(told, tuple) else told
    if isinstance(problem, BaseException):
        event["problem"] = type(problem).__name__
        frames = traceback.extract_tb(problem.__traceback__)
        event["at"] = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames[-6:]))
        if str(problem):  # some libraries' own lines quote the exception
            event["event"] = str(event.get("event", "")).replace(str(problem), type(problem).__name__)
    return event
