"""How a message of a version reads, and how many parts a text takes: what an approver signs."""

from pathlib import Path

from drip.content.render import TemplateSet
from drip.content.specimen import specimen
from tests.content.build import SMS, a_folder, changed

IN_SMS = "templates/heel-advice/first.sms.txt"


def test_a_text_has_as_many_parts_as_the_editor_says_with_the_longest_name(tmp_path: Path) -> None:
    for words, parts in (("Questions", 1), ("Questions, or if you are unsure", 1), ("Questions " * 12, 2)):
        folder = a_folder(tmp_path / str(len(words)), {IN_SMS: changed(SMS, ("Questions", words))})
        (file,) = folder.sequences
        assert folder.clinic
        assert file.sequence
        shown = specimen(folder.clinic, (file.sequence, TemplateSet(folder.sources)), "heel-advice/first.sms.txt")
        assert shown.parts == parts, words
