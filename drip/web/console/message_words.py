"""What a planned message says and what it is for, for whoever decides about it. That they read it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drip.core.model import Channel, Purpose
from drip.flows.deeds.scene import Scene
from drip.flows.preview import Nothing
from drip.flows.words_now import words_now
from drip.store import audit
from drip.store.audit import Deed
from drip.web.console.shelf import SHELF
from drip.web.console.visit import Visit

PURPOSES: Mapping[Purpose, str] = {
    Purpose.SAFETY: "safety: what the patient has to know to stay safe",
    Purpose.SERVICE: "service: a visit, such as when and where it is, or an answer to what the patient wrote",
    Purpose.CARE: "care: advice, exercises, or a question about how they are",
    Purpose.FEEDBACK: "feedback: what the patient thinks of the clinic",
    Purpose.MARKETING: "marketing: something that the clinic offers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message in words, or why there are none."""

    purpose: str
    is_safety: bool
    what: str
    """An email or a text: by the channel that it would go by now."""
    trouble: str = ""
    but: str = ""
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    frame: str = ""
    """Under which name the email's look is kept for a frame."""
    parts: int = 0
    has_links: bool = False
    """Some that lead to us: on these pages they are invented."""


def is_about_safety(scene: Scene) -> bool:
    """Whether the patient has to hear it to stay safe."""
    return scene.step.purpose is Purpose.SAFETY


def said_by(visit: Visit, scene: Scene, channel: Channel) -> Said:
    """Of somebody whom this person may do something for: what it says on the channel by which it would go."""
    reads = words_now(visit.app, scene.message.id, channel, visit.now)
    what = "text" if channel is Channel.SMS else "email"
    purpose, is_safety = PURPOSES[scene.step.purpose], is_about_safety(scene)
    if isinstance(reads, Nothing):
        return Said(purpose=purpose, is_safety=is_safety, what=what, trouble=reads.why)
    _note_read(visit, scene)
    html = reads.words.html
    return Said(
        purpose=purpose,
        is_safety=is_safety,
        what=what,
        but=reads.but,
        subject=reads.words.subject or "",
        text=reads.words.text,
        frame=SHELF.put(visit.person.id, html, visit.now) if html else "",
        parts=reads.words.parts,
        has_links=bool(visit.app.public_url) and f"{visit.app.public_url}/" in reads.words.text,
    )


def _note_read(visit: Visit, scene: Scene) -> None:
    told = {"message": scene.message.id}
    deed = Deed(who=visit.person.id, deed="message_read", about=f"patient:{scene.person.id}", detail=told)
    with visit.app.store.write() as tx:
        audit.write(tx, deed, visit.now)
