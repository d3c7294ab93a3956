"""Rules about sequences as files among each other, and the templates they name."""

from collections.abc import Iterator, Mapping

from drip.content.expression import suggestion
from drip.content.finding import Finding
from drip.content.folder import Folder, LoadedFile
from drip.content.shape import Mistake, finding_at
from drip.content.step_place import place_of
from drip.content.template_use import languages, named, template_path
from drip.core.model import Channel, EventKind
from drip.core.sequence import Sequence

MOST_NAMED = 3
"""Files that are named in one line."""


def across(folder: Folder) -> Iterator[Finding]:
    """What only shows when all sequences are read together."""
    known = {name for file in folder.sequences if (name := _said_id(file))}
    first: dict[str, str] = {}
    confirming: list[str] = []
    for file in folder.sequences:
        for mistake in [*_duplicate(file, first), *_unknown_sequences(file, known), *_confirms_again(file, confirming)]:
            yield finding_at(file.path, file.root, mistake)


def of_sequence(file: LoadedFile, sources: Mapping[str, str]) -> Iterator[Mistake]:
    """What a sequence says of its kind and its templates."""
    if file.sequence is None:
        return
    if file.root is not None and file.root.child("kind") is None:
        message = "say what `kind` this is, such as education or loading: safety interlocks go by it"
        yield Mistake(loc=(), rule="kind-missing", message=message, level="warning")
    yield from _missing_templates(file.sequence, sources)
    yield from _missing_languages(file.sequence, sources)


def _said_id(file: LoadedFile) -> str:
    """The id in the file, even where something else in it is wrong."""
    if file.sequence is not None:
        return file.sequence.id
    node = file.root.child("sequence") if file.root else None
    return node.value if node and isinstance(node.value, str) else ""


def _duplicate(file: LoadedFile, first: dict[str, str]) -> Iterator[Mistake]:
    if file.sequence is None:
        return
    other = first.setdefault(file.sequence.id, file.path)
    if other != file.path:
        message = f"`{file.sequence.id}` is already the id of {other}: give one of them another"
        yield Mistake(loc=("sequence",), rule="duplicate-sequence", message=message)


def _confirms_again(file: LoadedFile, confirming: list[str]) -> Iterator[Mistake]:
    """What a STOP starts may reach the closed address at once: two such sequences would be two messages after it."""
    sequence = file.sequence
    if sequence is None or not sequence.enabled or EventKind.REPLY_STOP not in sequence.enrol.on:
        return
    confirming.append(sequence.id)
    if len(confirming) > 1:
        message = f"`{confirming[0]}` already answers STOP, and one message may still go: keep one of the two"
        yield Mistake(loc=("enrol", "on"), rule="second-confirmation", message=message)


def _unknown_sequences(file: LoadedFile, known: set[str]) -> Iterator[Mistake]:
    if file.root is None or file.sequence is None:
        return
    for loc in (("enrol", "not_while_in"), ("ends", "when_enrolled_in")):
        node = file.root.at(loc)
        names = node.text() if file.root.child(loc[0]) and node is not file.root.at(loc[:1]) else []
        for n, name in enumerate([names] if isinstance(names, str) else names):
            if name not in known:
                message = f"there is no sequence `{name}` here{suggestion(str(name), sorted(known))}"
                yield Mistake(loc=(*loc, n), rule="unknown-sequence", message=message, level="warning")


def _missing_templates(sequence: Sequence, sources: Mapping[str, str]) -> Iterator[Mistake]:
    for step, channel, name in named(sequence.steps):
        if None not in languages(sources, sequence.id, name, channel):
            loc = (*place_of(sequence, step), channel.value)
            yield Mistake(loc=loc, rule="template-missing", message=_missing(sequence, name, channel, sources))


def _missing_languages(sequence: Sequence, sources: Mapping[str, str]) -> Iterator[Mistake]:
    """One line for each language in which only some of a sequence is written, where the first gap is."""
    places = {
        (channel, name): (*place_of(sequence, step), channel.value) for step, channel, name in named(sequence.steps)
    }
    found = {one: set(languages(sources, sequence.id, one[1], one[0])) for one in places}
    for language in sorted(set[str | None]().union(*found.values()) - {None}, key=str):
        gaps = [one for one, there in found.items() if language not in there]
        if gaps:
            paths = ", ".join(
                template_path(sequence.id, name, channel, language) for channel, name in gaps[:MOST_NAMED]
            )
            more = f" and {len(gaps) - MOST_NAMED} more" if len(gaps) > MOST_NAMED else ""
            number = f"{len(gaps)} of {len(places)} are not written in {language!r}"
            message = f"{number}, so the usual words go: write {paths}{more}"
            yield Mistake(loc=places[gaps[0]], rule="language-missing", message=message, level="warning")


def _missing(sequence: Sequence, name: str, channel: Channel, sources: Mapping[str, str]) -> str:
    path = template_path(sequence.id, name, channel, None)
    there = [other.rsplit("/", 1)[-1].split(".")[0] for other in sources if other.startswith(f"{sequence.id}/")]
    return f"templates/{path} is not there: write it{suggestion(name, there)}"
