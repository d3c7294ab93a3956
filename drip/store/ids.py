"""Row ids: random, opaque, and made before the insert."""

import secrets


def new_id() -> str:
    """128 random bits in hex: nothing can be read from it, and nobody can guess the next one."""
    return secrets.token_hex(16)
