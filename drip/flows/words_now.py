"""A message that has not gone -> its words, as its patient would read them now."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from drip.app import App
from drip.content.context import values_for
from drip.content.render import RenderError, TemplateError
from drip.core.letter import Words
from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.prepare import Ready, prepare
from drip.flows.preview import Nothing, links_nowhere
from drip.store import stranded

UNAPPROVED = "Nobody has approved these words yet. They wait for that, and may be others by then."
FELL_BACK = "These are the last words that were approved: its own are not, or are past their review date."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """A message in words, and what is to be known of them; mostly nothing."""

    words: Words = field(repr=False)
    but: str = ""


def words_now(app: App, message_id: str, channel: Channel, now: datetime) -> Reads | Nothing:
    """Its words on this channel, whatever holds it back. Links are as long as the patient's own, and lead nowhere."""
    with app.store.read() as tx:
        claimed = stranded.as_claimed(tx, message_id, channel)
    if claimed is None:
        return Nothing(why="there is no such message any more")
    # As if paused: then no words are made before those below, which hold nothing that stops the patient's messages.
    ready, spoiled = prepare(app, [replace(claimed, reason=Reason.PAUSED)], now)
    if spoiled:
        return Nothing(why=spoiled[0].why)
    try:
        return Reads(words=_words(app, ready[0], now), but=_but(app, ready[0]))
    except (RenderError, TemplateError) as problem:
        return Nothing(why=str(problem))
    except Exception as problem:  # as where it is sent: what is told of one patient can be anything
        return Nothing(why=type(problem).__name__)


def _words(app: App, made: Ready, now: datetime) -> Words:
    claimed, patient = made.claimed, made.person.patient
    templates, name = made.words_from.templates, made.step.template(claimed.channel) or ""
    path = templates.find(claimed.sequence, name, claimed.channel, patient.language)
    values = values_for(app.clinic, made.site, patient, made.objects, on=now)
    if claimed.channel in made.contacts:
        values |= links_nowhere(app, claimed.channel)
    words = templates.render(path or "", values)  # `prepare` has found it
    return replace(words, html=None) if patient.wants_plain_emails else words


def _but(app: App, made: Ready) -> str:
    if app.live and not made.words_from.is_approved:
        return UNAPPROVED
    return FELL_BACK if made.words_from.id != made.published.id else ""
