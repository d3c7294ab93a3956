"""Blind indexes: what can be looked up, and tells nobody without the key what it is."""

from unicodedata import normalize

from drip.core.model import Channel, Facts
from drip.store.vault import Vault


def blind_address(vault: Vault, channel: Channel, address: str) -> str:
    """The blind id of an address, however it is capitalised."""
    return vault.blind(f"contact:{channel.value}", address.strip().casefold())


def blind_identity(vault: Vault, facts: Facts) -> str | None:
    """The blind index of first name, last name and date of birth, however they are written; None if one is missing."""
    told = [facts.get(name) for name in ("first_name", "last_name", "date_of_birth")]
    words = [_letters(one) for one in told if isinstance(one, str)]
    return vault.blind("identity", "|".join(words)) if len(words) == len(told) and all(words) else None


def _letters(name: str) -> str:
    """Letters and digits alone, without accents: one system writes Zoë O'Neil-Smith, another ZOE ONEIL SMITH."""
    return "".join(letter for letter in normalize("NFKD", name).casefold() if letter.isalnum())
