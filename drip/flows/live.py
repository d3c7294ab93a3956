"""Live versions -> what `drip check` holds the files against."""

from collections.abc import Mapping

from drip.content.sequence_file import load_sequence
from drip.core.sequence import Sequence
from drip.store.database import PASSING
from drip.store.live_files import live_files


class CannotLook(Exception):
    """There may be live versions, and they cannot be looked at now."""


def live_sequences(url: str) -> Mapping[str, Sequence]:
    """The live version of each sequence. A version that can no longer be read is left out: it is said elsewhere."""
    try:
        files = live_files(url)
    except PASSING as problem:
        raise CannotLook(type(problem).__name__) from None
    read = {name: load_sequence(f"{name}.yaml", texts["sequence.yaml"].encode())[0] for name, texts in files.items()}
    return {name: sequence for name, sequence in read.items() if sequence}
