"""Signatures as those who post booking events make them, written without looking at how drip checks them."""

import hashlib
import hmac
from datetime import datetime


def signed(body: bytes, key: str, at: datetime) -> str:
    """`t=<unix>,v1=<hex HMAC-SHA256 of "t.body">`."""
    t = str(int(at.timestamp()))
    return f"t={t},v1={hmac.new(key.encode(), t.encode() + b'.' + body, hashlib.sha256).hexdigest()}"
