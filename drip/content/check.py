"""Everything that `drip check` has to say about a clinic's folder."""

from collections.abc import Iterator
from datetime import date

from drip.content.check_collisions import collisions
from drip.content.check_conditions import condition_mistakes, given_mistakes
from drip.content.check_live import Live, against_live
from drip.content.check_questions import Hears, across_questions, unanswerable
from drip.content.check_reach import after_its_end, always_capped, always_ended, never_sent
from drip.content.check_review import review_mistakes
from drip.content.check_sequences import across, of_sequence
from drip.content.check_templates import TemplateCheck
from drip.content.examples import failures
from drip.content.finding import Finding, in_order
from drip.content.folder import Folder, LoadedFile
from drip.content.shape import Mistake, finding_at


def check(folder: Folder, today: date, hears: Hears | None = None, live: Live | None = None) -> list[Finding]:
    """Every finding, by file and line. Nothing is sent, stored or changed.

    `hears`: whether the providers of a channel bring replies. Of a channel that is not named, clinic.yaml's sender
    tells: nobody can reply to a name. `live`: the versions that are live, where a database knows of any.
    """
    told = hears or {}
    findings = [*folder.findings, *across(folder), *across_questions(folder), *TemplateCheck(folder, told).check()]
    findings += [*collisions(folder), *against_live(folder, live or {})]
    for file in folder.sequences:
        findings += [finding_at(file.path, file.root, mistake) for mistake in _mistakes(file, folder, today, told)]
    return in_order(findings)


def check_one(
    folder: Folder, path: str, today: date, hears: Hears | None = None, live: Live | None = None
) -> list[Finding]:
    """As `check`, of one sequence's file and the words it uses: quick enough while somebody types.

    The other sequences are only looked at for what they have to do with this one.
    """
    told = hears or {}
    (file,) = (one for one in folder.sequences if one.path == path)
    findings = [*folder.findings, *across(folder), *across_questions(folder)]
    findings += [*collisions(folder, path), *against_live(folder, live or {})]
    findings = [one for one in findings if one.path == path]
    findings += TemplateCheck(folder, told).check_one(file)
    findings += [finding_at(path, file.root, mistake) for mistake in _mistakes(file, folder, today, told)]
    return in_order(findings)


def _mistakes(file: LoadedFile, folder: Folder, today: date, hears: Hears) -> Iterator[Mistake]:
    if file.sequence is None:
        return
    yield from unanswerable(file.sequence, folder.clinic, hears)
    yield from of_sequence(file, folder.sources)
    yield from review_mistakes(file, today)
    yield from condition_mistakes(file.sequence, file.root, folder.clinic)
    yield from given_mistakes(file.sequence)
    yield from never_sent(file.sequence)
    yield from after_its_end(file.sequence)
    yield from always_ended(file.sequence, [one.sequence for one in folder.sequences if one.sequence])
    if folder.clinic:
        yield from always_capped(file.sequence, folder.clinic)
        yield from failures(file.sequence, folder.clinic)
