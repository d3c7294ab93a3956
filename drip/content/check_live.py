"""What the live versions say against the files: a step's id is its name for ever."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from drip.content.finding import Finding
from drip.content.folder import Folder
from drip.content.shape import Mistake, finding_at
from drip.content.step_place import place_of
from drip.core.sequence import Sequence, Step

Live: TypeAlias = Mapping[str, Sequence]
"""The live version of each sequence, by its id."""


def against_live(folder: Folder, live: Live) -> Iterator[Finding]:
    """Steps that went from a live sequence, and live sequences that no file says any more."""
    written = {file.sequence.id for file in folder.sequences if file.sequence}
    for file in folder.sequences:
        if file.sequence and file.sequence.id in live:
            for mistake in _gone(live[file.sequence.id], file.sequence):
                yield finding_at(file.path, file.root, mistake)
    # A file that cannot be read may be any of them.
    if all(file.sequence for file in folder.sequences):
        yield from (_left(name) for name in sorted(live.keys() - written))


def _gone(before: Sequence, now: Sequence) -> Iterator[Mistake]:
    new = [step for step in now.steps if before.step(step.id) is None]
    for step in before.steps:
        if now.step(step.id):
            continue
        renamed = next((other for other in new if _says_the_same(step, other)), None)
        if renamed:
            message = (
                f"`{step.id}` is live, and this is the same step under another name: "
                f"people would get it twice. Call it `{step.id}` again"
            )
            loc = (*place_of(now, renamed), "id")
            yield Mistake(loc=loc, rule="step-renamed", message=message)
        else:
            message = (
                f"`{step.id}` is live and no longer here: what is unsent of it is dropped. Never use that id again"
            )
            yield Mistake(loc=("steps",), key=True, rule="step-removed", message=message, level="warning")


def _says_the_same(step: Step, other: Step) -> bool:
    return (step.email, step.sms) == (other.email, other.sms)


def _left(name: str) -> Finding:
    message = f"`{name}` is live, and no file says it any more: put it back, or stop it with `drip pause {name}`"
    path = f"sequences/{name}.yaml"
    return Finding(path=path, line=1, column=1, level="warning", rule="sequence-gone", message=message)
