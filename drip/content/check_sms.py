"""How long a text message gets for real names, and which characters make it dear."""

from collections.abc import Iterator

from drip.content.finding import Finding
from drip.content.samples import LONG_NAME
from drip.content.sms import Encoding, Offender, SmsSize, measure
from drip.content.sms_length import TooLong, own_offenders, too_long
from drip.content.template_use import Use, spot
from drip.core.clinic import Allowed


def check_sms(use: Use, texts: list[tuple[str, str]], allow: Allowed) -> Iterator[Finding]:
    """Findings about one template, as filled for sample patients at every site: `texts` are (sample, words)."""
    worst: dict[str, SmsSize] = {}
    for sample, text in texts:
        size = measure(text)
        if sample not in worst or (size.parts, size.units) > (worst[sample].parts, worst[sample].units):
            worst[sample] = size
    written = list(use.texts.values())
    for sample, size in worst.items():
        yield from (_of_character(offender, use) for offender in own_offenders(size, written))
        if over := too_long(size, written, allow, is_longest=sample == LONG_NAME):
            yield use.top.finding("sms-parts", _too_long(size, sample, over))


def _too_long(size: SmsSize, sample: str, over: TooLong) -> str:
    return (
        f"{size.parts} texts long for a sample patient ({sample}), and {over.most} may go: "
        f"take out {over.take_out} characters ({size.units} of {over.room} in {size.encoding})"
    )


def _of_character(offender: Offender, use: Use) -> Finding:
    path, text = next((path, text) for path, text in use.texts.items() if offender.character in text)
    at = spot(path, text, text.index(offender.character), offender.character)
    instead = "write it another way" if offender.replacement is None else f"write {offender.replacement!r}"
    message = (
        f"{offender.character!r} ({offender.name.lower()}) leaves {Encoding.UCS_2.whole} characters "
        f"in a text instead of {Encoding.GSM_7.whole}: {instead}"
    )
    # Other languages need letters of their own, and nothing else says the same.
    is_needed = use.language is not None and offender.character.isalpha()
    return at.finding("sms-ucs2", message, "warning" if is_needed else "error")
