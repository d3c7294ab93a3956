"""The words of each message of a timeline, for somebody invented who was seen and treated at its anchor."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from drip.cli.previewing import INVENTED, preview_words
from drip.cli.show import Complaint
from drip.content.folder import Folder
from drip.core.clinic import Clinic
from drip.core.letter import Words
from drip.core.model import Channel
from drip.core.plan import Wanted
from drip.core.sequence import Sequence

VISIT = timedelta(minutes=45)


def words_for(
    folder: Folder, clinic: Clinic, sequence: Sequence, anchor: datetime, given: Mapping[str, Any]
) -> Callable[[Wanted], Words | str]:
    """What a message says, or why it says nothing. `given`: what was told of the patient, as for `drip preview`."""
    facts = _at(anchor, given)

    @cache
    def words(step: str, channel: Channel) -> Words | str:
        try:
            return preview_words(folder, clinic, sequence, step, channel.value, facts)[1]
        except Complaint as problem:
            return str(problem)

    return lambda wanted: words(wanted.step, wanted.channel)


def _at(anchor: datetime, given: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, dict[str, Any]] = {
        "appointment": {"starts_at": anchor.isoformat(), "ends_at": (anchor + VISIT).isoformat()},
        "treatment": {"performed_at": anchor.isoformat()},
        "programme": {"starts_on": anchor.date().isoformat()},
    }
    objects = {name: {**INVENTED.get(name, {}), **told.get(name, {})} for name in {*INVENTED, *told}}
    more = {name: value for name, value in given.items() if isinstance(value, Mapping)}
    return {**objects, **{name: {**objects.get(name, {}), **value} for name, value in more.items()}}
