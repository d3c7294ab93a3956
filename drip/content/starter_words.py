"""Words that a new step begins with: all that its message must carry, and gaps that somebody still has to write."""

from collections.abc import Iterator, Mapping
from typing import Final

from drip.core.model import Channel, Purpose

_SAFE: Final = frozenset({Purpose.CARE, Purpose.SAFETY})
"""Purposes whose emails say when to get help."""

_TEXT: Final = """\
{{ clinic.name }}: hello {{ patient.first_name | default('there') }}, [say here what to know or do]. \
Questions? Call {{ site.phone }}.
"""

_EMAIL: Final = """\
---
subject: [say here what this is about]
preheader: [say here in one line what to know or do]
---
Hello {{ patient.first_name | default('there') }},

[say here what to know or do, in a few short sentences]

Any questions? Call {{ site.phone }}. We are glad to help.
"""

_RED_FLAGS: Final = "shared/red-flags-"
_FOR_ALL: Final = "shared/red-flags-for-you.email.md"
_IDENTITY: Final = "shared/identity.email.md"


def starter_words(channel: Channel, purpose: str, own: Mapping[str, str], sources: Mapping[str, str]) -> str:
    """The words. `own`: the sequence's other words, and `sources` all that there are: what they share is used here too.

    The checker refuses them for as long as a gap is left.
    """
    if channel is Channel.SMS:
        return _TEXT
    return "\n".join([_EMAIL, *_pieces(purpose, own, sources)])


def _pieces(purpose: str, own: Mapping[str, str], sources: Mapping[str, str]) -> Iterator[str]:
    if purpose in _SAFE and (flags := _red_flags(own, sources)):
        yield f'{{% include "{flags}" %}}\n'
    yield f'{{% include "{_IDENTITY}" %}}\n' if _IDENTITY in sources else "This email is from {{ clinic.name }}.\n"
    if not any("links." in text for path, text in sources.items() if path.endswith(".mjml")):
        yield "[Stop these emails]({{ links.stop }})\n"


def _red_flags(own: Mapping[str, str], sources: Mapping[str, str]) -> str | None:
    """Those that the sequence's other emails say; else those for whatever a patient has, or the only ones there are."""
    known = [one for one in sorted(sources) if one.startswith(_RED_FLAGS) and one.endswith(".email.md")]
    plain = [one for one in known if one.count(".") == 2]
    said = [one for one in plain if any(f'"{one}"' in text for text in own.values())]
    return next(iter(said or [one for one in plain if one == _FOR_ALL] or plain[: len(plain) == 1]), None)
