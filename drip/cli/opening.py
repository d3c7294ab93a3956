"""Opening what a command works on: settings, schema, and everything wired together."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drip.app import App, build, read_clinic
from drip.cli.show import Complaint, note
from drip.core.clinic import Clinic
from drip.settings import Settings, master_keys, read_settings
from drip.store import migrate


@contextmanager
def opened(worker: str = "cli") -> Iterator[App]:
    """The app as the environment says. An empty SQLite file is made ready; an old schema is not touched."""
    settings = read_settings()
    read_clinic(settings.home)  # before anything is made: this may not be a clinic's folder at all
    check_schema(settings)
    _, made = master_keys(settings)
    if made:
        note(made)
    app = build(settings, worker=worker)
    try:
        yield app
    finally:
        app.close()


def check_schema(settings: Settings) -> None:
    """Complain unless the schema is what this program needs."""
    url = settings.sqlalchemy_url
    at = migrate.current(url)
    if at == migrate.newest():
        return
    if at is None and settings.is_sqlite and migrate.is_empty(url):
        migrate.migrate(url)
        note("Made a new database.")
        return
    state = "is empty" if at is None else f"is at revision {at}, this program needs {migrate.newest()}"
    raise Complaint(f"the database {state}: run `drip migrate`", 2)


def home() -> Path:
    """The clinic's folder."""
    return read_settings().home


def clinic_of(folder_clinic: Clinic | None, where: Path) -> Clinic:
    """The clinic, or what is wrong with its file."""
    if folder_clinic is None:
        raise Complaint(f"{where / 'clinic.yaml'} is missing or has errors: run `drip check`, or `drip init DIR`", 2)
    return folder_clinic
