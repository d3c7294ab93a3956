"""One thing that `drip doctor` looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `code` is the exit code when it is not well."""

    name: str
    ok: bool
    says: str
    code: int = 1
