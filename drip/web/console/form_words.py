"""The words of a step in a form: subject, preheader and letter of each email, each text, in every language there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drip.content.email_parts import EmailParts, email_parts, with_parts
from drip.content.step_form import Fields
from drip.content.step_tree import Placed, all_steps
from drip.content.template_use import languages, template_path
from drip.core.draft import Draft
from drip.core.model import Channel
from drip.web.console.drafting import Files, tree_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is written for one channel in one language, and what its fields are called."""

    channel: Channel
    language: str
    """Empty for the clinic's own."""
    path: str
    prefix: str
    email: EmailParts = field(default_factory=EmailParts)
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWords:
    """A channel of a step: whether it goes that way, and its words."""

    channel: Channel
    name: str
    """Of the template."""
    is_used: bool
    words: Sequence[Words]
    also: Sequence[str]
    """Other steps that say the very same words."""


def channels_of(draft: Draft, placed: Placed) -> Sequence[ChannelWords]:
    """Both channels of a step, as the draft has them."""
    return [_channel(draft, placed, channel) for channel in Channel]


def _channel(draft: Draft, placed: Placed, channel: Channel) -> ChannelWords:
    named = placed.tree.get(channel)
    name = named if isinstance(named, str) and named else placed.words
    known = languages(draft.files, draft.sequence, name, channel)
    others = [one for one in all_steps(tree_of(draft)) if one.name != placed.name]
    return ChannelWords(
        channel=channel,
        name=name,
        is_used=bool(named),
        words=[_words(draft, name, channel, language) for language in (known if None in known else [None, *known])],
        also=[one.name for one in others if one.tree.get(channel) == name],
    )


def _words(draft: Draft, name: str, channel: Channel, language: str | None) -> Words:
    path = template_path(draft.sequence, name, channel, language)
    text = draft.files.get(path, "")
    return Words(
        channel=channel,
        language=language or "",
        path=path,
        prefix=f"{channel.value}{'.' if language else ''}{language or ''}.",
        email=email_parts(text) if channel is Channel.EMAIL else EmailParts(),
        text=text,
    )


def written_of(words: Words) -> Fields:
    """What stands in each field of these words."""
    if words.channel is Channel.SMS:
        return {f"{words.prefix}text": words.text}
    parts = {"subject": words.email.subject, "preheader": words.email.preheader, "body": words.email.body}
    return {f"{words.prefix}{name}": said for name, said in parts.items()}


def differing(channels: Sequence[ChannelWords], form: Fields) -> Fields:
    """What the draft has, by field, where something else was typed."""
    told: dict[str, str] = {}
    for channel in channels:
        ticked = f"by.{channel.channel.value}"
        if channel.is_used != (ticked in form):
            told[ticked] = "ticked" if channel.is_used else "not ticked"
        for one in channel.words:
            told |= {name: was for name, was in written_of(one).items() if _lines(form.get(name, was)) != was}
    return told


def names_typed(placed: Placed, form: Fields) -> Mapping[str, str | None]:
    """Under which name each channel's words stand from now on; None where it goes that way no more."""
    named = {one.value: placed.tree.get(one) for one in Channel}
    return {key: (name or placed.words) if f"by.{key}" in form else None for key, name in named.items()}


def with_typed(draft: Draft, placed: Placed, form: Fields) -> Files:
    """The draft's files with the words that were typed for this step; the words of a channel it leaves are kept."""
    files = dict(draft.files)
    for channel in channels_of(draft, placed):
        for one in channel.words if f"by.{channel.channel.value}" in form else ():
            said = _typed(one, draft.files.get(one.path, ""), form)
            if said != draft.files.get(one.path, ""):
                files[one.path] = said
    return files


def _typed(words: Words, was: str, form: Fields) -> str:
    if words.channel is Channel.EMAIL:
        parts = EmailParts(
            subject=form.get(f"{words.prefix}subject", words.email.subject),
            preheader=form.get(f"{words.prefix}preheader", words.email.preheader),
            body=_lines(form.get(f"{words.prefix}body", words.email.body)),
        )
        return with_parts(was, parts)
    said = _lines(form.get(f"{words.prefix}text", was))
    return said if said.endswith("\n") or not said or said == was else f"{said}\n"


def _lines(typed: str) -> str:
    return typed.replace("\r\n", "\n")
