"""The next days of the real patients, counted and drawn as a rehearsal is."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from drip.app import App, Published
from drip.content.samples import LONG_NAME, Values, sample_values
from drip.content.template_problem import RenderError, TemplateError
from drip.content.template_use import template_path
from drip.core.model import Channel, Purpose
from drip.pages import pieces
from drip.pages.page import Page
from drip.simulation import volume_page as volumes
from drip.simulation.volume import Volume
from drip.store.database import Tx
from drip.store.views import MessageView


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What a forecast is of."""

    clinic: str
    zone: ZoneInfo
    start: datetime
    days: int
    parts: Counter[int] = field(default_factory=Counter)
    """How many texts take how many parts."""
    sms_price: float | None = None
    """Of one part."""
    not_going: Counter[str] = field(default_factory=Counter)
    """How many of what is planned would not go, by why."""
    played: bool = True
    """Caps, conditions and all else that decides are in it; else it is the plan alone."""
    notes: Sequence[str] = ()

    @property
    def sms_parts(self) -> int:
        """What texts are paid by."""
        return sum(parts * texts for parts, texts in self.parts.items())


def volume_of(messages: Sequence[MessageView], zone: ZoneInfo) -> Volume:
    """When they are due, on the clinic's clock."""
    volume = Volume(zone=zone)
    for one in messages:
        volume.add(one.due_at, Purpose(one.purpose), Channel(one.channel))
    return volume


def parts_of(app: App, tx: Tx, messages: Sequence[MessageView]) -> Counter[int]:
    """How many texts take how many parts, each as for a patient with a long name: seldom more, and often less."""
    texts = Counter((one.version, one.step) for one in messages if one.channel == Channel.SMS.value)
    versions = app.versions.get(tx, {version for version, _ in texts})
    values = dict(sample_values(app.clinic, app.clinic.sites[0]))[LONG_NAME]
    counted: Counter[int] = Counter()
    for (version, step), number in texts.items():
        counted[_parts(versions[version], step, values)] += number
    return counted


def _parts(published: Published, step_id: str, values: Values) -> int:
    """1 where the words need what only a real patient has."""
    step = published.sequence.step(step_id)
    if step is None or step.sms is None:
        return 1
    try:
        path = template_path(published.sequence.id, step.sms, Channel.SMS, None)
        return published.templates.render(path, values).parts
    except (RenderError, TemplateError):
        return 1


def as_page(messages: Sequence[MessageView], ahead: Ahead) -> Page:
    """No patient is named: it is about how much, not about whom."""
    volume, local = volume_of(messages, ahead.zone), ahead.start.astimezone(ahead.zone)
    parts = [pieces.facts(_facts(messages, volume, ahead))]
    if ahead.not_going:
        parts.append(_not_going(ahead))
    if messages:
        each = Counter(Counter(one.patient_id for one in messages).values())
        parts += [
            volumes.days_section(volume),
            f'<div class="pair">{volumes.week_section(volume)}{volumes.patients_section(each)}</div>',
            f'<div class="pair">{volumes.purpose_section(volume)}{_sequences(messages)}</div>',
        ]
    return Page(
        title=f"{ahead.clinic}: the next {ahead.days} days",
        lede=f"What {'would go' if ahead.played else 'is planned'} from {local:%A} {local.day} {local:%B %Y}, "
        f"{local:%H:%M}, for the patients of now.",
        small=" ".join((*ahead.notes, _PLAYED if ahead.played else "", f"Times are those of {ahead.zone.key}.")),
        parts=parts,
    )


_PLAYED = (
    "Played through the worker's own rules, with caps, conditions, consent, stops and hours as they are now; "
    "before anything is booked, moved, cancelled or answered."
)


def _not_going(ahead: Ahead) -> str:
    shown = pieces.table(("why", "messages"), ahead.not_going.most_common(), frozenset({1}))
    return pieces.section("not-going", "What would not go", "Planned for these days, and held back or left out.", shown)


def _facts(messages: Sequence[MessageView], volume: Volume, ahead: Ahead) -> Sequence[tuple[str, str, str]]:
    people = Counter(one.patient_id for one in messages)
    minute, most = volume.busiest_minute()
    says = "would go" if ahead.played else "planned"
    return [
        ("Emails", f"{volume.by(Channel.EMAIL):,}", says),
        ("Texts", f"{volume.by(Channel.SMS):,}", says),
        *_cost(ahead),
        ("Patients", f"{len(people):,}", f"at most {max(people.values(), default=0)} messages to one"),
        ("Busiest minute", f"{most:,}", f"{minute:%a} {minute.day} {minute:%b, %H:%M}" if minute else ""),
    ]


def _cost(ahead: Ahead) -> Iterator[tuple[str, str, str]]:
    yield "Parts of texts", f"{ahead.sms_parts:,}", "" if ahead.played else "with a long name in each"
    if ahead.sms_price is not None:
        yield "Cost of texts", f"{ahead.sms_parts * ahead.sms_price:,.2f}", f"at {ahead.sms_price:g} a part"


def _sequences(messages: Sequence[MessageView]) -> str:
    counts = Counter(one.sequence for one in messages)
    people = Counter(sequence for sequence, _ in {(one.sequence, one.patient_id) for one in messages})
    rows = [(name, people[name], number) for name, number in counts.most_common()]
    shown = pieces.table(("sequence", "patients", "messages"), rows, frozenset({1, 2}))
    return pieces.section("sequences", "Sequences", "", shown)
