"""What a provider can do: which promises are kept with its help, and which without."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """Said by each adapter of itself, from its settings. What cannot work together is refused before anything goes."""

    reaches_people: bool
    """False for folders and for anything on this machine: no allow list is needed, nobody outside hears."""
    is_remote: bool = False
    """A call takes the time of a network: many are made at once."""
    is_two_way: bool = False
    """Patients can answer, and their answers reach us."""
    gives_receipts: bool = False
    """False: `accepted` is all that will ever be known."""
    keeps_a_list: bool = False
    """It can be asked what it took: how an answer that was lost is found."""
    drops_repeats: bool = False
    """The same message again is the same message to whoever receives it."""
    may_carry_health_data: bool = True
    """False where its own terms forbid health information under US law (HIPAA)."""
    largest_callback: int = 5_000_000
    """Bytes of the largest body that it has reason to call us with."""
