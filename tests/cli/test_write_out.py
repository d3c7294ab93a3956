"""What was published in the console becomes files; and files that lack it are not published over it."""

from dataclasses import replace
from pathlib import Path

import pytest

from drip.app import App
from drip.cli.opening import opened
from drip.clock import now
from drip.content.folder import read_folder
from drip.core.draft import Draft
from drip.core.role import Person, Role
from drip.flows import approval, draft, staff, write_out
from drip.flows.approval import Read
from drip.flows.draft import Handing
from drip.flows.publish import Result, version_id
from drip.flows.staff import NewAccount
from drip.store import versions
from tests.cli.build import rewrite
from tests.cli.conftest import Drip

BOTH = ("--by", "A. Writer", "--approved-by", "B. Reviewer")
TIP = "after-visit/tip.sms.txt"
TEMPLATE = f"templates/{TIP}"
SEQUENCE = "sequences/after-visit.yaml"


def person(app: App, name: str, role: Role) -> Person:
    return staff.add(app, NewAccount(name=name, full_name=f"{name.capitalize()} Okoro", role=role), now()).person


@pytest.fixture
def ahead(live: Path, drip: Drip) -> Path:
    """A folder that was published; since then other words went live in the console."""
    with opened() as app:
        anna, ben = person(app, "anna", Role.AUTHOR), person(app, "ben", Role.APPROVER)
        begun = draft.begin(app, "after-visit", anna, now())
        files = {**begun.files, TIP: begun.files[TIP].replace("a little", "a bit")}
        kept = draft.save(app, begun.id, files, begun.edit, anna, now())
        assert isinstance(kept, Draft)
        handed = draft.submit(app, kept.id, Handing(saw=kept.edit, over=kept.based_on), anna, now())
        assert isinstance(handed, Draft), handed
        read = Read(files=version_id(handed.files), saw=handed.edit, review_due=now().date().replace(year=2037))
        done = approval.approve(app, handed.id, read, ben, now())
        assert isinstance(done, Draft), done
        result = approval.publish_draft(
            app, done.id, replace(read, files=version_id(done.files), saw=done.edit), anna, now()
        )
        assert isinstance(result, Result), result
    return live


def test_where_nothing_is_live_it_says_how_something_becomes_so(clinic: Path, drip: Drip) -> None:
    drip("migrate")
    assert "`drip publish` makes the folder's files live" in drip("write-out").out


def test_written_out_the_folder_is_what_is_live(ahead: Path, drip: Drip) -> None:
    said = drip("write-out", "--json").json
    changed = {path: fate for path, fate in said["files"].items() if fate != "unchanged"}
    assert changed == {TEMPLATE: "changed", SEQUENCE: "changed"}
    assert "a bit" in (ahead / TEMPLATE).read_text()
    assert "Ben Okoro" in (ahead / SEQUENCE).read_text()
    drip("check")
    told = drip("publish", *BOTH, "--json").json["published"]
    assert [one["changed"] for one in told] == [False, False]
    assert set(drip("write-out", "--json").json["files"].values()) == {"unchanged"}


def test_into_an_empty_folder_all_of_it_is_written(ahead: Path, drip: Drip, tmp_path: Path) -> None:
    drip("write-out", str(tmp_path / "new"))
    with opened() as app, app.store.read() as tx:
        rows = versions.load(tx, versions.live(tx).values())
    new = read_folder(tmp_path / "new")
    for row in rows:
        templates = {path: text for path, text in row.files.items() if path != "sequence.yaml"}
        assert {path: new.sources[path] for path in templates} == templates
    assert {file.text for file in new.sequences} == {row.files["sequence.yaml"] for row in rows}


def test_a_dry_run_writes_nothing(ahead: Path, drip: Drip) -> None:
    before = (ahead / TEMPLATE).read_text()
    assert "changed   " + TEMPLATE in drip("write-out", "--dry-run").out
    assert (ahead / TEMPLATE).read_text() == before


def test_one_sequence_alone(ahead: Path, drip: Drip) -> None:
    assert SEQUENCE not in drip("write-out", "--sequence", "before-visit", "--json").json["files"]
    assert "no version of 'nothing' is live" in drip("write-out", "--sequence", "nothing", code=2).err


def test_what_was_never_published_is_not_written_over_unless_somebody_says_so(ahead: Path, drip: Drip) -> None:
    rewrite(ahead / TEMPLATE, "a little", "a lot")
    assert f"not written over: {TEMPLATE}" in drip("write-out", code=1).err
    assert "a lot" in (ahead / TEMPLATE).read_text()
    drip("write-out", "--force")
    assert "a bit" in (ahead / TEMPLATE).read_text()


def test_files_that_lack_what_the_console_published_are_not_published_over_it(ahead: Path, drip: Drip) -> None:
    for words in ((), ("--dry-run",)):
        said = drip("publish", *BOTH, *words, code=0 if words else 1).err
        assert "after-visit (version 2)" in said
        assert "drip write-out" in said
    drip("publish", *BOTH, "sequences/before-visit.yaml")
    told = drip("publish", *BOTH, "--force", "--json").json["published"]
    assert {one["sequence"]: one["number"] for one in told}["after-visit"] == 1


def test_going_on_from_what_was_written_out_is_published_as_ever(ahead: Path, drip: Drip) -> None:
    drip("write-out")
    rewrite(ahead / TEMPLATE, "a bit", "a while")
    told = drip("publish", *BOTH, "--json").json["published"]
    assert {one["sequence"]: one["number"] for one in told}["after-visit"] == 3


def test_shared_words_that_two_versions_have_differently_are_named(live: Path, drip: Drip) -> None:
    layout = live / "templates/layouts/email.mjml"
    layout.write_text(layout.read_text() + "\n")
    drip("publish", *BOTH, "sequences/after-visit.yaml")
    said = drip("write-out", code=1)
    assert "templates/layouts/email.mjml is live in other words in before-visit 1" in said.err


def test_nothing_is_written_outside_the_folder(live: Path, tmp_path: Path) -> None:
    (live / "templates/after-visit").rename(tmp_path / "elsewhere")
    (live / "templates/after-visit").symlink_to(tmp_path / "elsewhere")
    for path in ("templates/../../secret", "templates/after-visit/new.sms.txt"):
        made = write_out.OneFile(path=path, fate=write_out.Fate.CREATED, text="x")
        with pytest.raises(write_out.CannotWrite):
            write_out.write(live, write_out.WriteOut(files=[made], conflicts=[]))
    assert not (tmp_path / "secret").exists()
