"""What somebody looked for, in an address that tells nobody else: a patient's name stands in no history and no log."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from drip.store.accounts import Session
from drip.store.vault import CannotUnseal, Vault

PLACE = "console.sought"


def sealed(vault: Vault, session: Session, words: str) -> str:
    """The words for an address; only the same session reads them again."""
    return urlsafe_b64encode(vault.seal(PLACE, session.id, words.encode())).decode()


def unsealed(vault: Vault, session: Session, told: str) -> str:
    """The words that an address holds; none, if it was made in another session, or by hand."""
    try:
        value = urlsafe_b64decode(told)
        return vault.unseal(PLACE, session.id, value).decode() if value else ""
    except (CannotUnseal, ValueError):
        return ""
