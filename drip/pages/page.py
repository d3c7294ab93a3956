"""One page as one file: its frame and its style."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page says. `parts` are HTML, made by `pieces`; everything else is words."""

    title: str
    lede: str
    small: str = ""
    parts: Sequence[str] = field(default=(), repr=False)


def write_page(path: Path, page: Page) -> Path:
    """Write it, whole or not at all, and say where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    hidden.write_text(as_html(page), encoding="utf-8", newline="\n")
    hidden.replace(path)
    return path


def as_html(page: Page) -> str:
    """The whole document."""
    return Template(_read("page.html")).substitute(
        title=escape(page.title),
        lede=escape(page.lede),
        small=escape(page.small),
        style=_read("page.css"),
        parts="\n".join(page.parts),
    )


def _read(name: str) -> str:
    return (files("drip.pages") / name).read_text(encoding="utf-8")
