"""Sealing: names, addresses, conditions, words and raw events are unreadable without the master key.

Every sealed value is bound to its table, column and row, so that it cannot be moved to another. Each patient has a
data key of their own, itself sealed under the master key: forgetting that key is erasing the patient.
"""

import hmac
import secrets
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
"""Bytes; random, as AES-GCM asks for. 2^32 values may be sealed under one key: each patient has their own."""


class CannotUnseal(Exception):
    """The wrong key, or a value that was moved or changed. Never says what the value was."""


class DataKey:
    """One patient's key."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, place: str, row_id: str, value: bytes) -> bytes:
        """`value`, sealed for one place ('table.column') and row."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, value, f"{place}|{row_id}".encode())

    def unseal(self, place: str, row_id: str, sealed: bytes) -> bytes:
        """What was sealed for that place and row. CannotUnseal if it was not."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], f"{place}|{row_id}".encode())
        except (InvalidTag, ValueError):
            raise CannotUnseal(f"a value in {place} cannot be unsealed: wrong key, or it was tampered with") from None


class Vault:
    """The master keys (current first), and what is made with them. Nothing of it shows in `repr`."""

    def __init__(self, master_keys: Sequence[tuple[str, bytes]]) -> None:
        self._current = master_keys[0][0]
        self._masters = {key_id: DataKey(key) for key_id, key in master_keys}
        self._index_key = b""
        self.data_key = lru_cache(maxsize=20_000)(self._unwrap)

    def use_index_key(self, index_key: bytes) -> None:
        """The key of the blind indexes, which stays the same when master keys are rotated."""
        self._index_key = index_key

    def blind(self, kind: str, value: str) -> str:
        """A look-up value for equality only: the same for the same text, and useless without the key."""
        return hmac.digest(self._index_key, f"{kind}|{value}".encode(), "sha256").hex()[:40]

    def derived_key(self, purpose: bytes) -> bytes:
        """32 bytes for one purpose only. The same for ever, like the index key that they are made from."""
        if not self._index_key:
            raise ValueError("a vault without an index key has no keys for other purposes")
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(self._index_key)

    def seal(self, place: str, row_id: str, value: bytes) -> bytes:
        """Sealed under the current master key, whose id goes in front."""
        key_id = self._current.encode()
        return bytes([len(key_id)]) + key_id + self._masters[self._current].seal(place, row_id, value)

    def unseal(self, place: str, row_id: str, sealed: bytes) -> bytes:
        """Unsealed under whichever master key sealed it."""
        end = 1 + sealed[0]
        master = self._masters.get(sealed[1:end].decode(errors="replace"))
        if master is None:
            raise CannotUnseal("the key that sealed this data is not among DRIP_ENCRYPTION_KEYS")
        return master.unseal(place, row_id, sealed[end:])

    def new_data_key(self, patient_id: str) -> bytes:
        """A key for a new patient, as it is stored."""
        return self.seal("patients.data_key", patient_id, secrets.token_bytes(32))

    def _unwrap(self, patient_id: str, wrapped: bytes) -> DataKey:
        return DataKey(self.unseal("patients.data_key", patient_id, wrapped))
