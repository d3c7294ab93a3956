"""The live versions that a folder's files would replace, as far as the settings name a database of them."""

from pathlib import Path

from drip.cli.show import note
from drip.content.check_live import Live
from drip.settings import WrongSettings, read_settings


def live_versions(where: Path) -> Live:
    """By sequence; none where there is no database, or where it belongs to another clinic's folder."""
    try:
        settings = read_settings()
    except WrongSettings:
        return {}
    file = Path(settings.sqlalchemy_url.removeprefix("sqlite:///"))
    # A look at the disk first: most who check have no database, and opening one takes its time.
    if where.resolve() != settings.home.resolve() or (settings.is_sqlite and not file.exists()):
        return {}
    from drip.flows.live import CannotLook, live_sequences

    try:
        return live_sequences(settings.sqlalchemy_url)
    except CannotLook as problem:
        note(f"The live versions were not looked at, because the database cannot be reached ({problem}).")
        return {}
