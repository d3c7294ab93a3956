"""An email's file as subject, preheader and letter, and back: only the lines that differ are written."""

from dataclasses import dataclass, field

from drip.content.email_header import HEADER, LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailParts:
    """What is written in an email's file."""

    subject: str = field(default="", repr=False)
    preheader: str = field(default="", repr=False)
    body: str = field(default="", repr=False)


def email_parts(text: str) -> EmailParts:
    """The parts of an email's file, however it is written."""
    found = HEADER.match(text)
    told = {line[1]: _bare(line[2]) for one in _lines(text) if (line := LINE.fullmatch(one))}
    body = text[found.end() :] if found else text
    return EmailParts(subject=told.get("subject", ""), preheader=told.get("preheader", ""), body=body)


def with_parts(text: str, parts: EmailParts) -> str:
    """The file with other parts. What stays the same stays as it is written."""
    was = email_parts(text)
    if not HEADER.match(text) and (parts.subject.strip() or parts.preheader.strip()):
        text = f"---\nsubject:\n---\n{text}"
    for name, value in (("subject", parts.subject), ("preheader", parts.preheader)):
        if _one_line(value) != getattr(was, name):
            text = _with_line(text, name, _one_line(value))
    body = parts.body if parts.body.endswith("\n") or not parts.body else f"{parts.body}\n"
    found = HEADER.match(text)
    return text[: found.end() if found else 0] + body if body != was.body else text


def _lines(text: str) -> list[str]:
    found = HEADER.match(text)
    return found[1].splitlines() if found else []


def _with_line(text: str, name: str, value: str) -> str:
    found = HEADER.match(text)
    start, end = (found.start(1), found.end(1)) if found else (0, 0)
    lines = text[start:end].splitlines(keepends=True)
    said = f"{name}: {_quoted(value)}\n"
    place = next((n for n, line in enumerate(lines) if line.startswith(f"{name}:")), None)
    if place is not None:
        lines[place : place + 1] = [said] if value else []
    elif value:
        lines.append(said)
    return text[:start] + "".join(lines) + text[end:]


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _bare(value: str) -> str:
    """Without the quotes around it."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def _quoted(value: str) -> str:
    """In quotes where those that were typed would be taken for some around it."""
    return value if _bare(value) == value else f'"{value}"'
