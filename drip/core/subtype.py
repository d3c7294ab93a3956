"""Which tendon it is: a loading plan is never chosen for one that nobody has recorded, nor by a word nobody knows."""

from collections.abc import Iterable
from dataclasses import replace

from drip.core.condition import holds
from drip.core.course import objects_at
from drip.core.event import Moment
from drip.core.model import Kind
from drip.core.sequence import Sequence

SUBTYPE = "subtype"


def lacks_subtype(sequence: Sequence, known: Moment) -> bool:
    """Never choose a loading plan for a tendon whose subtype nobody has recorded: ask staff."""
    return sequence.kind is Kind.LOADING and not known.patient.facts.get(SUBTYPE)


def is_for_another_subtype(sequence: Sequence, known: Iterable[Moment]) -> bool:
    """Whether a loading plan would be for this patient, were it not for the subtype that was recorded."""
    if sequence.kind is not Kind.LOADING:
        return False
    return any(
        moment.patient.facts.get(SUBTYPE) and holds(sequence.enrol.when, objects_at(_without(moment)))
        for moment in known
    )


def _without(moment: Moment) -> Moment:
    facts = {name: told for name, told in moment.patient.facts.items() if name != SUBTYPE}
    return replace(moment, patient=replace(moment.patient, facts=facts))
