"""The next days of the real patients, played on a copy: what would go, what would not and why. Nobody is reached."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from drip.app import App, Limits
from drip.core.lifecycle import WENT, State
from drip.core.reason import Reason
from drip.flows.rehearse import rehearse
from drip.simulation.outbox import Outbox
from drip.store import copying, migrate, versions, views
from drip.store.views import MessageView

EVERY = timedelta(minutes=20)
"""How often the worker looks in it: seldom does a message miss the end of its hours for that, and it stays quick."""

DAY = timedelta(days=1)

_WENT = frozenset(state.value for state in WENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of everything that is planned in these days, and of what begins with it."""

    messages: Sequence[MessageView] = field(repr=False)
    parts: Counter[int]
    """How many texts took how many parts, with each patient's own name in them."""
    notes: Sequence[str] = ()
    """How it differs from what would happen if nobody touched anything."""

    @property
    def would_go(self) -> list[MessageView]:
        """What would go."""
        return [one for one in self.messages if one.state in _WENT]

    @property
    def would_not_go(self) -> list[MessageView]:
        """What would not go in these days: `why` says why."""
        return [one for one in self.messages if one.state not in _WENT]


def play(app: App, planned: Sequence[MessageView], start: datetime, days: int, show: Callable[[int], None]) -> Played:
    """Play these days of the real patients through the worker's own ticks, from all that is known of them now.

    What is `planned` is looked for afterwards, with all else that went. `show` is told each day that is done.
    """
    outbox, end = Outbox(), start + days * DAY
    with TemporaryDirectory(prefix="drip-forecast-") as folder, _copied(app, Path(folder), outbox, end) as copy:
        rehearse(copy, [], start=start, end=end, every=EVERY, at_tick=lambda now, _: show((now - start).days))
        with copy.store.read() as tx:
            ids = {one.id for one in planned} | set(views.went_since(tx, start))
            found = views.list_messages(tx, ids=ids)
    return Played(messages=found, parts=outbox.parts, notes=_notes(app))


@contextmanager
def _copied(app: App, folder: Path, outbox: Outbox, end: datetime) -> Iterator[App]:
    """The app on a database of its own, in a folder that nobody else may look into, with a provider that remembers."""
    url = f"sqlite:///{folder / 'drip.db'}"
    migrate.migrate(url)
    store = app.store.beside(url)
    try:
        with app.store.snapshot() as tx, store.write() as to:
            copying.copy_shared(tx, to)
            copying.copy_patients(tx, to, copying.whom(tx, end))
        yield replace(
            app,
            store=store,
            clinic=app.clinic.without_alerts(),
            providers=dict.fromkeys(app.providers, (outbox,)),
            versions=app.versions.apart(),
            # How fast a provider may be called is counted in real seconds, and here there are none.
            limits=Limits(),
            worker="forecast",
            spool=None,
            mailbox=None,
            sources={},
        )
    finally:
        store.close()


def _notes(app: App) -> list[str]:
    notes = []
    with app.store.read() as tx:
        if versions.paused(tx):
            notes.append("Something is paused; this is as if it were not.")
    if not app.live and app.reaches_people:
        notes.append("drip is not live, so that only the allow list hears; this is as if everybody did.")
    return notes


def why(one: MessageView) -> str:
    """Why a message would not go in these days, in words."""
    said = Reason(one.reason).sentence
    if one.state == State.PLANNED.value:
        return f"it waits beyond these days: {said}" if said else "it waits beyond these days"
    return said or one.state
