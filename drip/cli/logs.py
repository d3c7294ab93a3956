"""Logs carry ids only; the libraries that would write addresses into theirs are kept quiet."""

import logging
import sys
from typing import Any

import structlog

CHATTY = ("twilio.http_client", "python_http_client", "urllib3", "apscheduler", "alembic")
"""These write URLs, numbers or bodies at INFO or DEBUG."""


def set_up_logs(style: str) -> None:
    """Lines for people, or JSON for machines, on stderr."""
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
