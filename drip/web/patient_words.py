"""What patients' pages say, in each language that has a file in pages/words. Every language says the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, cast

from markupsafe import Markup, escape

from drip.content.strict_yaml import read_yaml
from drip.core.model import Channel

FOLDER = Path(__file__).parent / "pages" / "words"

ENGLISH: Final = "en"


class NoSuchWords(Exception):
    """A page asks for a sentence that its language does not have: a mistake of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language's sentences, by name; some are different for texts and for emails."""

    language: str
    sentences: Mapping[str, str | Mapping[str, str]] = field(repr=False)

    def say(self, name: str, channel: Channel | None = None, **values: object) -> Markup:
        """A sentence, with values filled in. They are escaped: none is ever read as a page."""
        found = self.sentences.get(name)
        if isinstance(found, Mapping) and channel is not None:
            found = found[channel.value]
        if not isinstance(found, str):
            raise NoSuchWords(f"{name} in {self.language}")
        return escape(found).format_map({key: escape(value) for key, value in values.items()})

    def number(self, number: int) -> str:
        """`2,000`, as the language writes it."""
        return f"{number:,}".replace(",", str(self.sentences["thousands"]))


def words_in(language: str | None) -> Words:
    """A language's words, of whichever country; in English where nobody has written any in it."""
    told = language or ENGLISH
    return next((_all()[one] for one in (told, told.partition("-")[0]) if one in _all()), _all()[ENGLISH])


@cache
def _all() -> Mapping[str, Words]:
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def _read(path: Path) -> Words:
    node, problems = read_yaml(path.read_bytes())
    if node is None or problems:
        raise NoSuchWords(f"{path.name}: {problems}")
    return Words(language=path.stem, sentences=cast("Mapping[str, str | Mapping[str, str]]", node.facts()))
