"""What the clinic's own people are told: a sequence and its words that come with drip."""

from functools import lru_cache
from pathlib import Path

from drip.content.folder import Folder, LoadedFile
from drip.content.sequence_file import load_sequence
from drip.core.alerts import ALERT
from drip.core.clinic import Clinic

HOME = Path(__file__).parent / "staff"


class BrokenPackage(Exception):
    """A file that comes with drip cannot be read: a mistake of ours."""


@lru_cache(maxsize=1)
def alert_file() -> LoadedFile:
    """The sequence of alerts."""
    text = (HOME / f"{ALERT}.yaml").read_text()
    sequence, findings = load_sequence(f"{ALERT}.yaml", text.encode())
    if sequence is None:
        raise BrokenPackage(str(findings[0]))
    return LoadedFile(path=f"sequences/{ALERT}.yaml", text=text, sequence=sequence)


def alert_folder(clinic: Clinic) -> Folder:
    """The sequence with its words, as a folder that can be published."""
    templates = HOME / "templates"
    sources = {path.relative_to(templates).as_posix(): path.read_text() for path in templates.rglob("*.*")}
    return Folder(home=HOME, clinic=clinic, sequences=(alert_file(),), sources=sources, findings=())
