"""Drafts: one at a time for a sequence, and nobody writes over what they did not see."""

from dataclasses import replace

import pytest

from drip.core.draft import SEQUENCE, Approval, Draft, Stage, changed, submitted
from drip.store import drafts
from drip.store.drafts import AlreadyBegun
from tests.world import World, at

NOW = at("2026-06-11 10:00")


def a_draft(**unusual: object) -> Draft:
    """What Ann has begun to write."""
    begun = Draft(
        id="d-1",
        sequence="tips",
        based_on=None,
        files={SEQUENCE: "id: tips"},
        authors=("ann",),
        changed_at=NOW,
        changed_by="ann",
    )
    return replace(begun, **unusual)  # type: ignore[arg-type]


def test_a_draft_comes_back_as_it_was_kept(clinic: World) -> None:
    approval = Approval(by="ben", at=NOW, files="f" * 64)
    kept = replace(submitted(a_draft(), "Shorter now.", {"late": "skip"}, "ann", NOW), approval=approval)
    with clinic.store.write() as tx:
        drafts.begin(tx, kept)
        assert drafts.load(tx, "d-1") == kept
        assert drafts.unfinished(tx) == [kept]
        assert drafts.unfinished_of(tx, "tips") == kept


def test_a_sequence_has_one_unfinished_draft(clinic: World) -> None:
    with clinic.store.write() as tx:
        drafts.begin(tx, a_draft())
        with pytest.raises(AlreadyBegun):
            drafts.begin(tx, a_draft(id="d-2"))
        drafts.save(tx, a_draft(stage=Stage.DROPPED), saw=1)
        drafts.begin(tx, a_draft(id="d-2"))
        assert [one.id for one in drafts.unfinished(tx)] == ["d-2"]


def test_nobody_writes_over_what_they_did_not_see(clinic: World) -> None:
    with clinic.store.write() as tx:
        drafts.begin(tx, a_draft())
        mine = changed(a_draft(), {SEQUENCE: "mine"}, "ann", NOW)
        theirs = changed(a_draft(), {SEQUENCE: "theirs"}, "ben", NOW)
        assert drafts.save(tx, mine, saw=1)
        assert not drafts.save(tx, theirs, saw=1)
        assert drafts.load(tx, "d-1") == mine


def test_what_is_finished_is_not_changed_any_more(clinic: World) -> None:
    with clinic.store.write() as tx:
        drafts.begin(tx, a_draft())
        assert drafts.save(tx, a_draft(stage=Stage.PUBLISHED), saw=1)
        assert not drafts.save(tx, changed(a_draft(), {}, "ann", NOW), saw=1)


def test_a_change_takes_back_what_was_approved_and_makes_its_writer_an_author() -> None:
    approved = a_draft(stage=Stage.APPROVED, approval=Approval(by="ben", at=NOW, files="f" * 64))
    after = changed(approved, {SEQUENCE: "other"}, "cat", NOW)
    assert (after.stage, after.approval, after.authors, after.edit) == (Stage.OPEN, None, ("ann", "cat"), 2)
