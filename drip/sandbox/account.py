"""Whose sandbox it is: credentials, keys and where callbacks go."""

import base64
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

SENDER = "+15005550006"
"""The number that Twilio's test credentials may send from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything that has to be the same on both sides. With the same auth token, everything is the same again."""

    auth_token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    checks_credentials: bool = False
    """False: any credentials are taken, as long as there are some."""
    events_url: str = field(default="", repr=False)
    """Where SendGrid's events go."""
    inbound_url: str = field(default="", repr=False)
    """Where texts from patients go."""
    email_inbound_url: str = field(default="", repr=False)
    """Where emails from patients go; `user:password@` in it is sent as Basic credentials."""
    ledger_file: Path | None = None

    @property
    def account_sid(self) -> str:
        """Twilio's name for the account."""
        return f"AC{self._made('account')[:32]}"

    @property
    def api_key(self) -> str:
        """SendGrid's secret."""
        made = self._made("key")
        return f"SG.{made[:22]}.{made[22:]}"

    @property
    def shared_key(self) -> str:
        """`id:secret`, for callbacks that Twilio signs with HMAC-SHA256."""
        return f"webhooks_sharedkey_{self._made('shared id')[:32]}:{self._made('shared secret')}"

    def signing_key(self) -> ec.EllipticCurvePrivateKey:
        """What SendGrid signs its events with."""
        number = int(self._made("events"), 16) % (_ORDER_OF_P256 - 1) + 1
        return ec.derive_private_key(number, ec.SECP256R1())

    def public_key(self) -> str:
        """The other half, as SENDGRID_WEBHOOK_PUBLIC_KEY takes it."""
        public = self.signing_key().public_key()
        return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()

    def _made(self, what: str) -> str:
        return sha256(f"drip sandbox\0{what}\0{self.auth_token}".encode()).hexdigest()

    def env_lines(self, base: str) -> list[str]:
        """What to put into .env, line by line."""
        credentials, _, _ = urlsplit(self.email_inbound_url).netloc.rpartition("@")
        return [
            "DRIP_SMS_PROVIDER=twilio",
            f"TWILIO_API_BASE={base}",
            f"TWILIO_ACCOUNT_SID={self.account_sid}",
            f"TWILIO_AUTH_TOKEN={self.auth_token}",
            f"TWILIO_FROM={SENDER}",
            "DRIP_EMAIL_PROVIDER=sendgrid",
            f"SENDGRID_API_BASE={base}",
            f"SENDGRID_API_KEY={self.api_key}",
            f"SENDGRID_WEBHOOK_PUBLIC_KEY={self.public_key()}",
            *([f"SENDGRID_INBOUND_SECRET={unquote(credentials)}"] if credentials else []),
        ]
