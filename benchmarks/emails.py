"""Emails from the shipped templates, each compiled once: how many one core fills in a second."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.clinic import Database
from benchmarks.measure import Laps, Line
from drip.content.folder import read_folder
from drip.content.render import TemplateSet
from drip.content.samples import sample_values
from drip.core.model import Channel

HOME = Path(__file__).parent.parent
ROUNDS = 5


def run(_: list[Database], *, quick: bool) -> Iterator[Line]:
    """Every shipped email, then every shipped text, for four invented patients in turn."""
    folder = read_folder(HOME)
    if folder.clinic is None:
        raise ValueError(folder.findings)
    templates = TemplateSet(folder.sources)
    values = [filled for _, filled in sample_values(folder.clinic, folder.clinic.sites[0])]
    for channel, suffix, goal in ((Channel.EMAIL, ".email.md", 4_000), (Channel.SMS, ".sms.txt", None)):
        paths = [path for path in folder.sources if path.endswith(suffix) and not path.startswith("shared/")]
        each = len(paths) * len(values) * (1 if quick else 20)
        laps, size = Laps(), 0
        for path in paths:
            templates.render(path, values[0])  # compiled here
        for _round in range(ROUNDS):
            with laps.lap():
                for n in range(each):
                    words = templates.render(paths[n % len(paths)], values[n % len(values)])
                    size += len(words.html or words.text)
        note = f"{len(paths)} templates, {size / each / ROUNDS / 1000:.1f} kB each; {laps.cpu(each)}"
        yield Line(
            what=f"{channel.value} rendered", database="-", measured=laps.rate(each), unit="per s", goal=goal, note=note
        )
