"""What somebody had typed when their session ended: sealed for them alone, within the page where they sign in again."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from drip.store.vault import CannotUnseal, Vault

PLACE = "console.kept"
LARGEST = 200_000
"""Characters: so much comes back with the sign-in form. A longer form is not kept, and the page says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A form that was sent too late, and where to."""

    path: str
    texts: Mapping[str, str] = field(repr=False)


def sealed(vault: Vault, person_id: str, kept: Kept) -> str:
    """For a hidden field; empty where it is too long. Nobody but this person gets it back."""
    told = json.dumps({"path": kept.path, "texts": dict(kept.texts)})
    return urlsafe_b64encode(vault.seal(PLACE, person_id, told.encode())).decode() if len(told) <= LARGEST else ""


def unsealed(vault: Vault, person_id: str, told: str) -> Kept | None:
    """What was kept for this person; None if it was for somebody else, or is not ours."""
    try:
        value = urlsafe_b64decode(told)
        read = json.loads(vault.unseal(PLACE, person_id, value)) if value else None
    except (CannotUnseal, ValueError):
        return None
    return Kept(**read) if read else None
