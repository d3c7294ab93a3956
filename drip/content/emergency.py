"""What clinic.yaml says of urgent help, over what is known of the place."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from drip.content.shape import Mistake
from drip.content.strict_yaml import Loc
from drip.core.emergency import NOWHERE, Emergency, emergency_in

Tree: TypeAlias = Mapping[str, Any]

_NEEDED: Final = ("number", "department", "urgent_line")
_EXAMPLE: Final = 'emergency: {number: "112", department: the emergency department, urgent_line: your doctor}'


def emergency_for(place: tuple[str, str | None], *said: Mapping[str, str]) -> Emergency:
    """Help at a place: what is known of it, then each of what was `said`, the last word winning."""
    country, part = place
    known = emergency_in(country, part or "") or NOWHERE
    told = {name: value for one in said for name, value in one.items()}
    return Emergency(
        number=told.get("number", known.number),
        department=told.get("department", known.department),
        urgent_line=told.get("urgent_line", known.urgent_line),
        urgent_website=told.get("urgent_website", known.urgent_website),
        relay_prefix=told.get("relay_prefix", known.relay_prefix),
    )


def emergency_mistakes(loc: Loc, place: tuple[str, str | None], said: list[Tree]) -> Iterator[Mistake]:
    """A place whose emergency numbers nobody knows, and that does not say them either."""
    country, part = place
    if not re.fullmatch("[A-Za-z]{2}", country) or emergency_in(country, part or ""):
        return
    missing = [f"`{name}`" for name in _NEEDED if not any(name in one for one in said)]
    if missing:
        names = " and ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)
        where = f"{country.upper()} {part or ''}".strip()
        message = f"no emergency numbers are known for {where}: say {names}, such as `{_EXAMPLE}`"
        name = "subdivision" if emergency_in(country) else "country"
        yield Mistake(loc=(*loc, name), rule="emergency", message=message)
