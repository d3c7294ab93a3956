"""The files of the live versions, for who has no key: nothing is opened for writing, and nothing is made."""

import json
from collections.abc import Mapping

from sqlalchemy import select

from drip.store import migrate
from drip.store.database import make_engine
from drip.store.schema import sequences, versions


def live_files(url: str) -> Mapping[str, Mapping[str, str]]:
    """By sequence, the files of its live version; nothing where there is no database with this program's schema."""
    if migrate.current(url) != migrate.newest():
        return {}
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            query = select(sequences.c.id, versions.c.files).join(versions, versions.c.id == sequences.c.version)
            return {row.id: json.loads(row.files) for row in connection.execute(query)}
    finally:
        engine.dispose()
