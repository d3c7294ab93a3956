"""The file that `--patient` names: facts about someone, as in a booking event."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from drip.cli.show import Complaint


def read_facts(path: Path) -> dict[str, Any]:
    """The `patient`, `appointment`, `treatment`, `programme` objects of a file, their attributes merged in."""
    try:
        told = json.loads(path.read_text())
    except OSError as problem:
        raise Complaint(f"--patient {path} cannot be read: {problem.strerror}", 2) from None
    except (ValueError, RecursionError) as problem:
        where = f", line {problem.lineno}" if isinstance(problem, json.JSONDecodeError) else ""
        raise Complaint(f"--patient {path} is not valid JSON{where}", 2) from None
    if not isinstance(told, dict):
        raise Complaint(f"--patient {path} must hold one JSON object with patient, appointment, ...", 2)
    for name in OBJECTS:
        _check_object(told.get(name, {}), name, path)
    return {name: _merged(told[name]) for name in OBJECTS if name in told}


OBJECTS = ("patient", "appointment", "treatment", "programme")
"""What a `--patient` file may hold; the rest of an event is left out."""

DATES, TIMES = frozenset({"date_of_birth", "starts_on"}), frozenset({"starts_at", "ends_at", "performed_at"})


def _check_object(value: Any, name: str, path: Path) -> None:
    """Complain of what cannot be read, by its place, without repeating it."""
    if not isinstance(value, dict) or not isinstance(value.get("attributes", {}), dict):
        raise Complaint(f"--patient {path}: {name} and its attributes must be objects", 2)
    for key in (DATES | TIMES) & value.keys():
        wanted = "a date such as 2026-06-15" if key in DATES else "a time with an offset"
        if value[key] is not None and not _is_told(value[key], key):
            raise Complaint(f"--patient {path}: {name}.{key} is not {wanted}", 2)


def _is_told(said: Any, key: str) -> bool:
    try:
        return bool(date.fromisoformat(said)) if key in DATES else datetime.fromisoformat(said).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _merged(value: dict[str, Any]) -> dict[str, Any]:
    """An object with its attributes beside its own names."""
    return {**value.get("attributes", {}), **{key: said for key, said in value.items() if key != "attributes"}}
