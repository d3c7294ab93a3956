"""An earlier version -> a new draft with its words. What was published stays what it was, and is approved anew."""

from datetime import datetime

from drip.app import App
from drip.core.draft import Draft
from drip.core.role import Person
from drip.store import audit, drafts, versions
from drip.store.audit import Deed
from drip.store.drafts import AlreadyBegun
from drip.store.ids import new_id


def restore(app: App, sequence: str, number: int, person: Person, now: datetime) -> Draft | None:
    """A draft with an earlier version's files; None where there is no such version. AlreadyBegun by somebody else."""
    with app.store.write() as tx:
        row = versions.of_number(tx, sequence, number)
        if row is None:
            return None
        if drafts.unfinished_of(tx, sequence):
            raise AlreadyBegun(sequence)
        draft = Draft(
            id=new_id(),
            sequence=sequence,
            based_on=versions.live(tx).get(sequence),
            files=row.files,
            authors=(person.id,),  # who brings words back answers for them as if they had written them
            changed_at=now,
            changed_by=person.id,
        )
        drafts.begin(tx, draft)
        told = {"sequence": sequence, "number": number}
        audit.write(tx, Deed(who=person.id, deed="version_restored", about=f"draft:{draft.id}", detail=told), now)
        return draft
