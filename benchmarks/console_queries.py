"""What each page asks the database: its statements, and how long each took."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event

from benchmarks.large_clinic import Lived
from drip.clock import now as real_now
from tests.web.build import Site, on_loopback


@dataclass
class Heard:
    """Statements, in order, with the milliseconds each took."""

    asked: list[tuple[str, float]] = field(default_factory=list)


def write_down(file: Path, lived: Lived, pages: Mapping[str, str]) -> None:
    """One section for each page."""
    parts = ["# What each page of the console asks\n", HEAD.format(lived=lived)]
    with on_loopback(lived.world.app, now=real_now) as site, _listening_to(lived.world.store.engine) as heard:
        for route, path in pages.items():
            _look(site, path, lived.token)  # what is read once for all is read now
            heard.asked.clear()
            _look(site, path, lived.token)
            parts.append(_section(route, heard.asked))
    file.write_text("\n".join(parts), encoding="utf-8")


_SPACE = re.compile(r"\s+")

HEAD = """
Made by `python -m benchmarks.console --queries FILE`, with {lived.patients:,} patients and {lived.messages:,}
messages in PostgreSQL. Each page once, after it had been looked at before; milliseconds as the program waited for
each answer.
"""


def _look(site: Site, path: str, token: str) -> None:
    answer = site.ask("GET", path, headers={"cookie": f"drip={token}"})
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")


@contextmanager
def _listening_to(engine: Engine) -> Iterator[Heard]:
    heard, began = Heard(), [0.0]

    def before(*_: Any) -> None:
        began[0] = perf_counter()

    def after(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.asked.append((statement, (perf_counter() - began[0]) * 1000))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def _section(route: str, asked: list[tuple[str, float]]) -> str:
    total = sum(took for _, took in asked)
    lines = [f"\n## {route}\n", f"{len(asked)} statements, {total:.1f} ms\n", "```sql"]
    lines += [f"-- {took:.1f} ms\n{_SPACE.sub(' ', statement)}" for statement, took in asked]
    return "\n".join([*lines, "```"])
