"""What staff do for one patient as a whole: pause, resume, write down a stop, end a sequence, undo."""

from datetime import datetime, time

from drip.core.by_staff import Refused
from drip.core.model import Channel
from drip.core.role import Permission
from drip.core.walltime import instant
from drip.flows.deeds.end import end
from drip.flows.deeds.memory import Partly
from drip.flows.deeds.pause import pause, resume
from drip.flows.deeds.stop import stop
from drip.flows.deeds.undo import undo
from drip.web.console import when
from drip.web.console.door import Door, Handler
from drip.web.console.theirs import NOBODY, did, in_words, is_theirs
from drip.web.console.visit import Answer, Onward, Visit


def add_to(door: Door) -> None:
    """These forms."""
    for name, deed in (("pause", _pause), ("resume", _resume), ("stop", _stop), ("end", _end), ("undo", _undo)):
        door.deed(f"/console/patients/{{id}}/{name}", Permission.ACT, _for_theirs(deed))


def _for_theirs(deed: Handler) -> Handler:
    """Only for a patient whom this person may see."""
    return lambda visit: deed(visit) if is_theirs(visit, visit.path["id"]) else NOBODY


def _back(visit: Visit, said: str) -> Onward:
    return Onward(to=f"/console/patients/{visit.path['id']}", said=said)


def _pause(visit: Visit) -> Answer:
    told = visit.form.get("until", "").strip()
    day = when.typed_day(told)
    if (told or visit.form.get("ends")) and day is None:
        return _back(visit, "Nothing was changed: that is no date.")
    until = instant(datetime.combine(day, time()), visit.app.clinic.zone) if day else None
    refused = pause(visit.app, visit.path["id"], until, visit.person.id, visit.now)
    if refused:
        return _back(visit, in_words(visit, refused))
    till = f"until {when.full(until, visit.now, visit.app.clinic.zone)}" if until else "until somebody resumes them"
    return _back(visit, f"Messages to this patient are paused {till}.")


def _resume(visit: Visit) -> Answer:
    woken = resume(visit.app, visit.path["id"], visit.person.id, visit.now)
    if woken is None:
        return _back(visit, "Messages to this patient were not paused.")
    waited = {0: "no message had waited", 1: "1 message had waited"}.get(woken, f"{woken} messages had waited")
    return _back(visit, f"Messages go to this patient again: {waited}.")


_CHANNELS = {"texts": [Channel.SMS], "emails": [Channel.EMAIL], "all": list(Channel)}


def _stop(visit: Visit) -> Answer:
    wanted = visit.form.get("what", "")
    if wanted not in _CHANNELS:
        return _back(visit, "Nothing was changed: choose what they asked us to stop.")
    done = stop(visit.app, visit.path["id"], _CHANNELS[wanted], visit.person.id, visit.now)
    if isinstance(done, Refused):
        return _back(visit, in_words(visit, done))
    what = {"texts": "No more texts", "emails": "No more emails", "all": "Neither texts nor emails"}[wanted]
    return _back(visit, did(visit, f"{what} go there, from now on.", done))


def _end(visit: Visit) -> Answer:
    done = end(visit.app, visit.path["id"], visit.form.get("enrolment", ""), visit.person.id, visit.now)
    if isinstance(done, Refused):
        return _back(visit, in_words(visit, done))
    return _back(visit, did(visit, "The sequence has ended for this patient.", done))


def _undo(visit: Visit) -> Answer:
    told = visit.form.get("number", "")
    number = int(told) if told.isascii() and told.isdecimal() and len(told) < 18 else 0
    match undo(visit.app, visit.path["id"], number, visit.person.id, visit.now):
        case Refused() as refused:
            return _back(visit, in_words(visit, refused))
        case Partly(closed):
            which = " and ".join({Channel.SMS: "texts", Channel.EMAIL: "emails"}[channel] for channel in closed)
            return _back(visit, f"Undone in part: {which} stay stopped, because something else has changed since.")
        case None:
            return _back(visit, "Undone: it is as it was before.")
