"""A draft that says words which other live sequences share: read, approved, tried and published in the same words."""

import pytest

from drip.core.draft import Draft, Stage
from drip.core.model import Channel
from drip.core.role import Person
from drip.flows import approval, draft
from drip.flows.approval import WORDS_CHANGED, Read
from drip.flows.publish import Result, version_id
from drip.flows.reading import read_draft
from drip.flows.to_staff import Handed
from drip.flows.trial import Trial, send_trial
from drip.store import drafts, own_addresses, versions
from tests.flows.test_approval import DUE, NEW, NOW, a_person, submitted
from tests.world import ADVICE, World

LINE = "shared/line.sms.txt"
HEEL, REST = "Do your heel raises every day.", "Rest for a week."
OTHER = ADVICE.replace("sequence: advice", "sequence: other")
INCLUDED = '{% include "shared/line.sms.txt" %}'
NUDGE = "{{ patient.first_name }}: " + INCLUDED


@pytest.fixture
def anna(clinic: World) -> Person:
    """She writes."""
    return a_person(clinic, "anna")


@pytest.fixture
def ben(clinic: World) -> Person:
    """He reads what she wrote."""
    return a_person(clinic, "ben")


def going_live(clinic: World, sequence: str, line: str, now: str = "2026-06-15 08:00") -> None:
    """A sequence whose nudge says the shared line."""
    name = "other" if sequence is OTHER else "advice"
    clinic.sources |= {LINE: line, f"{name}/nudge.sms.txt": NUDGE}
    clinic.publish(sequence, now=now)


def a_draft(clinic: World, anna: Person) -> Draft:
    """A new sequence that says the shared line, and has no copy of it."""
    begun = draft.begin_new(clinic.app, NEW, anna, NOW)
    (path,) = (path for path in begun.files if path.endswith(".sms.txt"))
    words = begun.files[path].replace("thank you for coming to see us.", INCLUDED)
    kept = draft.save(clinic.app, begun.id, {**begun.files, path: words}, begun.edit, anna, NOW)
    assert isinstance(kept, Draft)
    assert LINE not in kept.files
    return kept


def shown(clinic: World, one: Draft, person: Person) -> tuple[Read, str, bool]:
    """What the page has of it: what stands for its words, the shared line, whether its approval counts no longer."""
    with clinic.store.read() as tx:
        reading = read_draft(clinic.app, tx, one, person, NOW)
    assert reading.version
    line = reading.version.templates.sources[LINE]
    return Read(files=reading.hash, saw=one.edit, review_due=DUE), line, reading.is_void


def approved(clinic: World, one: Draft, ben: Person) -> Draft:
    done = approval.approve(clinic.app, one.id, shown(clinic, one, ben)[0], ben, NOW)
    assert isinstance(done, Draft), done
    return done


def publish(clinic: World, one: Draft, ben: Person) -> object:
    return approval.publish_draft(clinic.app, one.id, shown(clinic, one, ben)[0], ben, NOW)


def test_what_was_approved_goes_live_with_the_shared_words_that_were_read(
    clinic: World, anna: Person, ben: Person
) -> None:
    going_live(clinic, ADVICE, HEEL)
    one = approved(clinic, submitted(clinic, a_draft(clinic, anna), anna), ben)
    result = publish(clinic, one, ben)
    assert isinstance(result, Result)
    with clinic.store.read() as tx:
        (version,) = versions.load(tx, [result.version])
    assert version.files[LINE] == shown(clinic, one, ben)[1] == HEEL


def test_shared_words_that_change_after_the_approval_make_it_void(clinic: World, anna: Person, ben: Person) -> None:
    going_live(clinic, ADVICE, HEEL)
    one = approved(clinic, submitted(clinic, a_draft(clinic, anna), anna), ben)
    before, _, was_void = shown(clinic, one, ben)
    going_live(clinic, ADVICE, REST, now="2026-06-15 12:30")
    _, line, is_void = shown(clinic, one, ben)
    assert (was_void, line, is_void) == (False, REST, True), "the page says so"
    assert approval.publish_draft(clinic.app, one.id, before, ben, NOW) == WORDS_CHANGED
    with clinic.store.read() as tx:
        after = drafts.load(tx, one.id)
        assert "after-visit" not in versions.live(tx)
    assert after
    assert (after.stage, after.note, after.approval) == (Stage.OPEN, WORDS_CHANGED.says, None)


def test_handed_in_and_read_again_it_goes_live_in_the_changed_words(clinic: World, anna: Person, ben: Person) -> None:
    going_live(clinic, ADVICE, HEEL)
    one = approved(clinic, submitted(clinic, a_draft(clinic, anna), anna), ben)
    going_live(clinic, ADVICE, REST, now="2026-06-15 12:30")
    again = approved(clinic, submitted(clinic, one, anna), ben)
    result = publish(clinic, again, ben)
    assert isinstance(result, Result)
    with clinic.store.read() as tx:
        (version,) = versions.load(tx, [result.version])
    assert version.files[LINE] == REST


def test_shared_words_that_change_while_somebody_reads_are_to_be_read_again(
    clinic: World, anna: Person, ben: Person
) -> None:
    going_live(clinic, ADVICE, HEEL)
    one = submitted(clinic, a_draft(clinic, anna), anna)
    read, _, _ = shown(clinic, one, ben)
    going_live(clinic, ADVICE, REST, now="2026-06-15 12:30")
    assert approval.approve(clinic.app, one.id, read, ben, NOW) == approval.READ_AGAIN
    assert approval.send_back(clinic.app, one.id, read, "No", ben, NOW) == approval.READ_AGAIN


def test_which_of_two_copies_it_says_does_not_depend_on_which_was_published_last(
    clinic: World, anna: Person, ben: Person
) -> None:
    going_live(clinic, ADVICE, HEEL)
    going_live(clinic, OTHER, REST)
    one = approved(clinic, submitted(clinic, a_draft(clinic, anna), anna), ben)
    read, line, _ = shown(clinic, one, ben)
    going_live(clinic, ADVICE, HEEL, now="2026-06-15 12:10")
    going_live(clinic, OTHER, REST, now="2026-06-15 12:20")
    assert (shown(clinic, one, ben)[0], line) == (read, HEEL)
    assert isinstance(publish(clinic, one, ben), Result)


def test_a_copy_of_its_own_is_as_it_was_approved_whatever_others_change(
    clinic: World, anna: Person, ben: Person
) -> None:
    going_live(clinic, ADVICE, HEEL)
    publish(clinic, approved(clinic, submitted(clinic, a_draft(clinic, anna), anna), ben), ben)
    begun = draft.begin(clinic.app, "after-visit", anna, NOW)
    one = approved(clinic, submitted(clinic, begun, anna), ben)
    going_live(clinic, ADVICE, REST, now="2026-06-15 12:30")
    read, line, _ = shown(clinic, one, ben)
    assert (read.files, line) == (version_id(one.files), HEEL)
    assert isinstance(publish(clinic, one, ben), Result)


def test_a_test_of_such_a_draft_says_the_shared_words_too(clinic: World, anna: Person) -> None:
    going_live(clinic, ADVICE, HEEL)
    with clinic.store.write() as tx:
        own_addresses.save(tx, anna.id, Channel.SMS, "+447700900999")
    one = a_draft(clinic, anna)
    trial = Trial(sequence=one.sequence, draft=one.id, step="first-message", channel=Channel.SMS)
    assert send_trial(clinic.app, anna, trial, NOW) == Handed("sink")
    assert HEEL in clinic.sink.letters[-1].words.text
