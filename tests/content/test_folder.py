"""A clinic's folder is read whole, and nothing outside it."""

from pathlib import Path

from drip.content.strict_yaml import MAX_BYTES
from tests.content.build import SEQUENCE, SMS, a_folder, a_home, place

IN_SEQUENCE = "sequences/heel-advice.yaml"
IN_SMS = "templates/heel-advice/first.sms.txt"


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    home = a_home(tmp_path / "home")
    (home / "templates/heel-advice/x.sms.txt").symlink_to(secret)
    (home / "sequences/x.yaml").symlink_to(secret)
    (home / "templates/shared/out").symlink_to(tmp_path)
    folder = a_folder(tmp_path / "home")
    assert [place(finding) for finding in folder.findings] == [
        "sequences/x.yaml:1:1: error: outside",
        "templates/heel-advice/x.sms.txt:1:1: error: outside",
        "templates/shared/out:1:1: error: outside",
    ]
    assert "a secret" not in str(folder.sources)


def test_a_link_inside_the_folder_is_read(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    (home / "templates/heel-advice/second.sms.txt").symlink_to(home / IN_SMS)
    assert a_folder(tmp_path).sources["heel-advice/second.sms.txt"] == SMS


def test_a_broken_link_and_a_folder_in_place_of_a_file_are_said(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    (home / "templates/gone.sms.txt").symlink_to(home / "nowhere")
    (home / "sequences/folder.yaml").mkdir()
    assert [place(finding) for finding in a_folder(tmp_path).findings] == [
        "sequences/folder.yaml:1:1: error: not-a-file",
        "templates/gone.sms.txt:1:1: error: unreadable",
    ]


def test_a_large_file_and_one_that_is_not_utf_8_are_said(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    (home / "templates/large.sms.txt").write_bytes(b"x" * (MAX_BYTES + 1))
    (home / "templates/latin.sms.txt").write_bytes(b"caf\xe9")
    folder = a_folder(tmp_path)
    assert [place(finding) for finding in folder.findings] == [
        "templates/large.sms.txt:1:1: error: too-large",
        "templates/latin.sms.txt:1:1: error: encoding",
    ]


def test_the_words_and_the_files_are_kept_as_they_are(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    assert folder.sources["heel-advice/first.sms.txt"] == SMS
    (file,) = folder.sequences
    assert (file.path, file.text) == (IN_SEQUENCE, SEQUENCE)
    assert file.sequence is not None
    assert folder.clinic is not None
