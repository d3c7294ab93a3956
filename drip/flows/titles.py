"""What sequences are called, for lists that name many: by their live versions."""

from collections import Counter
from collections.abc import Mapping

from drip.app import App
from drip.core.spoken import readable
from drip.store.database import Tx


class Titles(dict[str, str]):
    """By a sequence's id. One that was never live, or is gone, is called by its id in words."""

    def __missing__(self, sequence: str) -> str:
        return readable(sequence)


def titles(app: App, tx: Tx) -> Mapping[str, str]:
    """Of every sequence; two of the same title have their ids beside it."""
    told = {name: one.sequence.title for name, one in app.versions.live(tx).items()}
    times = Counter(told.values())
    return Titles({name: title if times[title] == 1 else f"{title} ({name})" for name, title in told.items()})
