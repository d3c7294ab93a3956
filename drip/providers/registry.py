"""The one list of providers: a name, and how to build it."""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from pathlib import Path

from drip.providers.folder import FolderProvider
from drip.providers.noop import NoOpProvider
from drip.providers.provider import Provider


def _folder(settings: Mapping[str, object]) -> Provider:
    folder, zone = settings.get("folder"), settings.get("zone", UTC)
    if not isinstance(folder, str | Path) or not isinstance(zone, tzinfo):
        raise ValueError("provider folder: needs `folder`, a path, and may have `zone`, a time zone")
    return FolderProvider(Path(folder), zone=zone)


def _noop(settings: Mapping[str, object]) -> Provider:
    return NoOpProvider()


_BUILDERS: Mapping[str, Callable[[Mapping[str, object]], Provider]] = {"folder": _folder, "noop": _noop}

_NOT_BUILT_YET = frozenset({"sendgrid", "smtp", "twilio"})

NAMES = tuple(sorted(_BUILDERS))
"""What `build` knows."""


def build(name: str, **settings: object) -> Provider:
    """The provider of that name. It takes what it needs from the settings and leaves the rest."""
    builder = _BUILDERS.get(name)
    if builder is None:
        problem = "is not built yet" if name in _NOT_BUILT_YET else "is not one"
        raise ValueError(f"provider {name!r} {problem}; choose from: {', '.join(NAMES)}")
    return builder(settings)
