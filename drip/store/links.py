"""Links in messages: what a patient's link may do, in a token that only we can read or make.

A token holds a patient, an address (by its blind id) and a channel; nothing of it shows, it never expires, and it
outlives a change of the master key. Whoever has it may stop messages to that address, and lift that stop again. A token
of another kind, under a key of its own, holds one message, and lets its words be read.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, update

from drip.core.model import Channel
from drip.core.reason import Reason
from drip.store import addresses
from drip.store.database import Tx
from drip.store.schema import contacts
from drip.store.vault import NONCE, Vault

PURPOSE = b"drip links v1"
VERSION = b"\x01"
PATIENT, CONTACT = 16, 20
"""Bytes of a patient's id and of an address's blind id."""

LENGTH = 88
"""Letters of a token: 66 bytes, so that none of its bits is left over and every change is seen."""

VIEW_PURPOSE = b"drip views v1"
MESSAGE = 16
_FILLED = b"\0\0"
VIEW_LENGTH = 84
"""Letters of a token for one message: 63 bytes, for the same reason."""

_CHANNELS: Mapping[Channel, int] = {Channel.EMAIL: 1, Channel.SMS: 2}
_BY_NUMBER = {number: channel for channel, number in _CHANNELS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a token was made for."""

    patient_id: str
    contact_id: str
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLink:
    """The one message that a token lets be read."""

    patient_id: str
    message_id: str


def make_token(vault: Vault, patient_id: str, contact_id: str, channel: Channel) -> str:
    """A token for one patient's address. Two tokens for the same never look alike."""
    told = bytes.fromhex(patient_id) + bytes.fromhex(contact_id) + bytes([_CHANNELS[channel]])
    if len(told) != PATIENT + CONTACT + 1:
        raise ValueError("these are not the ids of a patient and of an address")
    return _sealed(vault, PURPOSE, told)


def make_view_token(vault: Vault, patient_id: str, message_id: str) -> str:
    """A token for one patient's message. Two tokens for the same never look alike."""
    told = bytes.fromhex(patient_id) + bytes.fromhex(message_id) + _FILLED
    if len(told) != PATIENT + MESSAGE + len(_FILLED):
        raise ValueError("these are not the ids of a patient and of a message")
    return _sealed(vault, VIEW_PURPOSE, told)


def read_view_token(vault: Vault, token: str) -> ViewLink | None:
    """The message it was made for; None if it was not made here, or a single letter is not as it was. Never raises."""
    told = _unsealed(vault, VIEW_PURPOSE, token, VIEW_LENGTH)
    if told is None or len(told) != PATIENT + MESSAGE + len(_FILLED):
        return None
    return ViewLink(patient_id=told[:PATIENT].hex(), message_id=told[PATIENT : PATIENT + MESSAGE].hex())


def read_token(vault: Vault, token: str) -> Link | None:
    """What it was made for; None if it was not made here, or a single letter is not as it was. Never raises."""
    told = _unsealed(vault, PURPOSE, token, LENGTH)
    if told is None or len(told) != PATIENT + CONTACT + 1 or told[-1] not in _BY_NUMBER:
        return None
    patient_id, contact_id = told[:PATIENT].hex(), told[PATIENT:-1].hex()
    return Link(patient_id=patient_id, contact_id=contact_id, channel=_BY_NUMBER[told[-1]])


def why_closed(tx: Tx, link: Link) -> Reason | None:
    """Why the link's address is not used any more; None while it is."""
    closed = tx.connection.execute(select(contacts.c.closed).where(contacts.c.id == link.contact_id)).scalar()
    return Reason(closed) if closed else None


def close(tx: Tx, link: Link, at: datetime) -> None:
    """The patient says stop: never use this address again, for anyone. Safe to repeat."""
    addresses.ensure(tx, {link.contact_id: link.channel})
    addresses.close(tx, [link.contact_id], Reason.SUPPRESSED_BY_PATIENT, at)


def reopen(tx: Tx, link: Link, at: datetime) -> None:
    """The patient takes their own stop back, if this is the newer word. What others closed stays closed."""
    addresses.lock(tx, [link.contact_id])
    statement = update(contacts).where(
        contacts.c.id == link.contact_id,
        contacts.c.closed == Reason.SUPPRESSED_BY_PATIENT.value,
        contacts.c.changed_at < at,
    )
    tx.connection.execute(statement.values(closed=None, changed_at=at))


def _sealed(vault: Vault, purpose: bytes, told: bytes) -> str:
    nonce = secrets.token_bytes(NONCE)
    return _written(VERSION + nonce + _cipher(vault, purpose).encrypt(nonce, told, VERSION))


def _unsealed(vault: Vault, purpose: bytes, token: str, length: int) -> bytes | None:
    if len(token) != length or not token.isascii():
        return None
    try:
        sealed = base64.urlsafe_b64decode(token)
        nonce = sealed[1 : 1 + NONCE]
        told = _cipher(vault, purpose).decrypt(nonce, sealed[1 + NONCE :], sealed[:1])
    except (ValueError, InvalidTag):
        return None
    return told if _written(sealed) == token else None  # decoding overlooks letters that are none of its own


def _cipher(vault: Vault, purpose: bytes) -> AESGCM:
    return AESGCM(vault.derived_key(purpose))


def _written(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode()
