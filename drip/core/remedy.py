"""What there is to do about a message that did not arrive."""

from enum import StrEnum

from drip.core.lifecycle import State
from drip.core.reason import Reason


class Remedy(StrEnum):
    """One thing to do, for all messages that it helps."""

    ADDRESS = "address"
    OTHER_WAY = "other_way"
    WORDS = "words"
    SUPPORT = "support"

    @property
    def heading(self) -> str:
        """What the group is called."""
        return _HEADINGS[self]

    @property
    def sentence(self) -> str:
        """What to do, in words."""
        return _SENTENCES[self]


_HEADINGS = {
    Remedy.ADDRESS: "Correct the address or number",
    Remedy.OTHER_WAY: "Write or ring instead",
    Remedy.WORDS: "Mend the words",
    Remedy.SUPPORT: "Tell whoever looks after drip here",
}

_SENTENCES = {
    Remedy.ADDRESS: "Check it with the patient and correct it in the booking system. Then send the message again, if "
    "it is still useful.",
    Remedy.OTHER_WAY: "Nothing is wrong that could be corrected, or it may even have arrived. Reach the patient "
    "another way, or ask them whether they have it.",
    Remedy.WORDS: "The words could not be made for this patient, or the provider refused them. Mend the sequence for "
    "everybody after them; these patients need a letter or a call.",
    Remedy.SUPPORT: "It is our account or the provider that refuses. Nothing is wrong with the patient's address or "
    "number: `drip doctor` says more.",
}

_ADDRESS = frozenset({Reason.ADDRESS_REFUSED, Reason.BOUNCED, Reason.NOT_DELIVERED, Reason.NO_ADDRESS})
_OURS = frozenset(
    {Reason.ACCOUNT_REFUSED, Reason.PROVIDER_DOWN, Reason.RATE_LIMITED, Reason.NOT_CALLED, Reason.NOT_ALLOW_LISTED}
)


def remedy(state: State, reason: Reason) -> Remedy:
    """What helps a message that ended like this."""
    if state is State.INVALID:
        return Remedy.WORDS
    if reason in _OURS:
        return Remedy.SUPPORT
    return Remedy.ADDRESS if reason in _ADDRESS else Remedy.OTHER_WAY
