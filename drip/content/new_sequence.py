"""A sequence that nobody has written yet: the least that is one, or another one's words under a name of its own."""

import re
from collections.abc import Mapping

_ID = re.compile(r"^sequence:[^\n]*$", re.MULTILINE)
_TITLE = re.compile(r"^title:[^\n]*$", re.MULTILINE)
_APPROVED = re.compile(
    r"""(?P<key>^\s+approved_by:)[^\n]*$|(?P<inside>[{,]\s*approved_by:)\s*(?:"[^"]*"|'[^']*'|[^,}\n]*)""", re.MULTILINE
)
"""On a line of its own, or in a `review:` that is written on one line."""
_APPROVED_ON = re.compile(r"^\s+(?:approved_on|registration):[^\n]*\n", re.MULTILINE)

_GOOD_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

LONGEST_ID = 60

_LEAST = """\
# Say here whom this is for, and why.
sequence: {id}
title: {title}
purpose: care
kind: education
enabled: true

enrol:
  on: appointment.attended

anchor: appointment

ends:
  on: [patient.discharged]

steps:
  - id: first-message
    after: 1d
    at: "10:00"
    sms: first-message

review:
  author: {author}
  approved_by: awaiting
"""

_WORDS = """\
{{ clinic.name }}: hello {{ patient.first_name | default("there") }}, thank you for coming to see us. \
Any questions? Call {{ site.phone }}.
"""


def is_good_id(sequence: str) -> bool:
    """Whether a sequence may be called that: it never changes, and stands in addresses and names of files."""
    return len(sequence) <= LONGEST_ID and _GOOD_ID.fullmatch(sequence) is not None


def least(sequence: str, title: str, author: str) -> Mapping[str, str]:
    """The files of a new sequence with one text message, in which nothing is wrong."""
    told = _LEAST.format(id=sequence, title=_quoted(title), author=_quoted(author))
    return {"sequence.yaml": told, f"{sequence}/first-message.sms.txt": _WORDS}


def copied(files: Mapping[str, str], was: str, sequence: str, title: str) -> Mapping[str, str]:
    """Another sequence's files under a new name. Whoever approved those words has not approved these."""
    text = _ID.sub(lambda _: f"sequence: {sequence}", files["sequence.yaml"], count=1)
    text = _TITLE.sub(lambda _: f"title: {_quoted(title)}", text, count=1)
    text = _APPROVED_ON.sub("", _APPROVED.sub(lambda found: f"{found['key'] or found['inside']} awaiting", text))
    own = {
        f"{sequence}/{path.removeprefix(f'{was}/')}" if path.startswith(f"{was}/") else path: words
        for path, words in files.items()
        if path != "sequence.yaml"
    }
    return {"sequence.yaml": text, **own}


def _quoted(words: str) -> str:
    """As YAML reads it back, whatever was typed."""
    plain = " ".join(words.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'
