"""A site whose booking system begins to remind patients itself, or stops -> the plans there made anew."""

import json
from collections.abc import Sequence
from datetime import datetime

from drip.app import App
from drip.flows.enrol import replan
from drip.store import enrolments, records
from drip.store.bulk import chunks

HEART = "sites"
"""Where it is kept which sites remind patients themselves, as the plans know it."""

AT_ONCE = 40


def follow_sites(app: App, now: datetime) -> int:
    """Leave out what a site's booking system tells by itself, and bring it back where it does not any more.

    Answers of how many patients were looked at. Safe to repeat, and to stop half-way: it is kept at the end.
    """
    remind = sorted(site.id for site in app.clinic.sites if site.reminds_itself)
    with app.store.read() as tx:
        _, told = records.last_beat(tx, HEART)
        before = json.loads(told) if told else []
        changed = set(before) ^ set(remind)
        people = enrolments.waiting_at(tx, changed, app.clinic.sites[0].id in changed) if changed else []
    if not changed:
        return 0
    for some in chunks(people, AT_ONCE):
        _replan(app, some, now)
    with app.store.write() as tx:
        records.beat(tx, [HEART], now, detail=json.dumps(remind))
    return len(people)


def _replan(app: App, some: Sequence[str], now: datetime) -> None:
    app.store.attempt(lambda tx: replan(app, tx, some, now))
