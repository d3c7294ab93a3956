"""A clinic's folder: clinic.yaml, sequences and templates, read once, with everything wrong in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from drip.content.clinic_file import load_clinic
from drip.content.finding import Finding
from drip.content.sequence_file import load_sequence_tree
from drip.content.strict_yaml import MAX_BYTES, Node
from drip.core.clinic import Clinic
from drip.core.sequence import Sequence

CLINIC_FILE = "clinic.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedFile:
    """A sequence file as it stands, and the sequence it says, if nothing is wrong with it."""

    path: str
    """Relative to the clinic's folder."""
    text: str = field(repr=False)
    sequence: Sequence | None
    root: Node | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Everything a clinic has written."""

    home: Path
    clinic: Clinic | None
    sequences: tuple[LoadedFile, ...]
    sources: dict[str, str] = field(repr=False)
    """Template texts by their path below templates/."""
    findings: tuple[Finding, ...]


def read_folder(home: Path) -> Folder:
    """The folder at `home`. What cannot be read is a finding, never an exception."""
    findings: list[Finding] = []
    clinic = _read_clinic(home, findings)
    sequences = tuple(_read_sequences(home, findings))
    sources = dict(_read_templates(home, findings))
    return Folder(home=home, clinic=clinic, sequences=sequences, sources=sources, findings=tuple(findings))


def _read_clinic(home: Path, findings: list[Finding]) -> Clinic | None:
    if not (home / CLINIC_FILE).exists():
        message = "there is no clinic.yaml here: run `drip init DIR` to make a clinic's folder"
        findings.append(_finding(home, home / CLINIC_FILE, "missing", message))
        return None
    source = _read(home, home / CLINIC_FILE, findings)
    if source is None:
        return None
    clinic, found = load_clinic(CLINIC_FILE, source)
    findings += found
    return clinic


def _read_sequences(home: Path, findings: list[Finding]) -> Iterator[LoadedFile]:
    for file in sorted((home / "sequences").glob("*.y*ml")):
        if file.suffix not in (".yaml", ".yml"):
            continue
        source = _read(home, file, findings)
        if source is not None:
            path = _name(home, file)
            sequence, root, found = load_sequence_tree(path, source)
            findings += found
            yield LoadedFile(path=path, text=source.decode("utf-8", "replace"), sequence=sequence, root=root)


def _read_templates(home: Path, findings: list[Finding]) -> Iterator[tuple[str, str]]:
    templates = home / "templates"
    for file in sorted(templates.rglob("*")):
        if file.name.startswith(".") or (file.is_dir() and not file.is_symlink()):
            continue
        source = _read(home, file, findings)
        if source is None:
            continue
        try:
            text = source.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError:
            findings.append(_finding(home, file, "encoding", "this is not UTF-8: save the file as UTF-8"))
            continue
        yield file.relative_to(templates).as_posix(), text


def _read(home: Path, file: Path, findings: list[Finding]) -> bytes | None:
    """The bytes of a file inside the folder and of a sensible size; otherwise a finding."""
    try:
        if not file.resolve(strict=True).is_relative_to(home.resolve()):
            message = "a link that leads out of the clinic's folder: put the file itself here"
            findings.append(_finding(home, file, "outside", message))
            return None
        if not file.is_file():
            findings.append(_finding(home, file, "not-a-file", "this is not a file: remove it"))
            return None
        with file.open("rb") as opened:
            source = opened.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:
        findings.append(_finding(home, file, "unreadable", f"it cannot be read ({type(error).__name__}): put it there"))
        return None
    if len(source) > MAX_BYTES:
        findings.append(_finding(home, file, "too-large", "the file is larger than 256 KiB: split it"))
        return None
    return source


def _name(home: Path, file: Path) -> str:
    return file.relative_to(home).as_posix()


def _finding(home: Path, file: Path, rule: str, message: str) -> Finding:
    return Finding(path=_name(home, file), line=1, column=1, level="error", rule=rule, message=message)
