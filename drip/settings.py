"""The environment (and `.env`), read once. A missing or wrong setting is one line that names the variable."""

import base64
import binascii
import os
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

KEY_FILE = ".drip-key"
"""Where a key is kept that drip made for itself, while it is only being tried out."""


DATABASES = ("sqlite", "postgresql", "postgres", "postgresql+psycopg")
"""How an address of a database may begin."""


class WrongSettings(Exception):
    """The message names each variable and what to do; the program ends with exit 2."""


def _named(variable: str, default: str = "") -> Any:
    """A setting whose name is the provider's own, without our prefix."""
    return Field(default=default, validation_alias=variable)


def _secret(variable: str) -> Any:
    return Field(default=SecretStr(""), validation_alias=variable)


class Settings(BaseSettings):
    """Every setting, with its default. Secrets do not show in `repr`."""

    model_config = SettingsConfigDict(env_prefix="DRIP_", env_file=".env", extra="ignore", frozen=True)

    database_url: SecretStr = SecretStr("sqlite:///drip.db")
    home: Path = Path(".")
    email_provider: Annotated[tuple[str, ...], NoDecode] = ("folder",)
    sms_provider: Annotated[tuple[str, ...], NoDecode] = ("folder",)
    outbox: Path = Path("outbox")
    live: bool = False
    allow_list: Annotated[frozenset[str], NoDecode] = Field(default=frozenset(), repr=False)
    public_url: str = ""
    encryption_keys: SecretStr = SecretStr("")
    log: Literal["text", "json"] = "text"
    lease_seconds: int = Field(default=120, ge=10, le=3600)
    deadline_seconds: int = Field(default=30, ge=2, le=600)
    settle_seconds: int = Field(default=600, ge=10, le=86400)
    send_concurrency: int = Field(default=32, ge=1, le=256)
    sms_per_second: float = Field(default=0, ge=0, le=100_000)
    """Segments; 0 is no limit of ours."""
    email_per_second: float = Field(default=0, ge=0, le=100_000)

    twilio_account_sid: str = _named("TWILIO_ACCOUNT_SID")
    twilio_auth_token: SecretStr = _secret("TWILIO_AUTH_TOKEN")
    twilio_auth_token_previous: SecretStr = _secret("TWILIO_AUTH_TOKEN_PREVIOUS")
    twilio_webhook_key: SecretStr = _secret("TWILIO_WEBHOOK_KEY")
    """`id:secret` of a shared key; with one, callbacks are signed with HMAC-SHA256 and nothing else is believed."""
    twilio_from: str = _named("TWILIO_FROM")
    twilio_messaging_service_sid: str = _named("TWILIO_MESSAGING_SERVICE_SID")
    twilio_api_base: str = _named("TWILIO_API_BASE", "https://api.twilio.com")
    sendgrid_api_key: SecretStr = _secret("SENDGRID_API_KEY")
    sendgrid_api_base: str = _named("SENDGRID_API_BASE", "https://api.sendgrid.com")
    sendgrid_webhook_public_key: str = _named("SENDGRID_WEBHOOK_PUBLIC_KEY")
    sendgrid_inbound_secret: SecretStr = _secret("SENDGRID_INBOUND_SECRET")
    """`user:password`, as written into the address that SendGrid posts replies to."""
    sendgrid_inbound_public_key: str = _named("SENDGRID_INBOUND_PUBLIC_KEY")
    smtp_url: SecretStr = SecretStr("")
    imap_url: SecretStr = SecretStr("")
    """The mailbox that replies to emails arrive in."""

    booking_webhook_secrets: SecretStr = SecretStr("")
    """For the generic booking webhook; a comma list, the current one first."""
    cliniko_api_key: SecretStr = _secret("CLINIKO_API_KEY")
    cliniko_contact: str = _named("CLINIKO_CONTACT")
    """The email address that Cliniko wants in every request, so that it can reach who runs this."""
    cliniko_api_base: str = _named("CLINIKO_API_BASE")
    calendly_signing_key: SecretStr = _secret("CALENDLY_SIGNING_KEY")
    acuity_user_id: str = _named("ACUITY_USER_ID")
    acuity_api_key: SecretStr = _secret("ACUITY_API_KEY")
    acuity_api_base: str = _named("ACUITY_API_BASE", "https://acuityscheduling.com/api/v1")
    semble_token: SecretStr = _secret("SEMBLE_TOKEN")
    semble_webhook_secret: SecretStr = _secret("SEMBLE_WEBHOOK_SECRET")
    semble_api_base: str = _named("SEMBLE_API_BASE", "https://open.semble.io/graphql")
    semble_times: str = _named("SEMBLE_TIMES", "utc")
    """`local`: Semble writes what the practice's clocks show, and calls it UTC."""
    fhir_base_url: str = _named("FHIR_BASE_URL")
    fhir_token: SecretStr = _secret("FHIR_TOKEN")
    fhir_webhook_token: SecretStr = _secret("FHIR_WEBHOOK_TOKEN")
    """What the subscription's `Authorization: Bearer` header holds when the server calls us."""

    @field_validator("email_provider", "sms_provider", mode="before")
    @classmethod
    def _a_comma_list(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("email_provider", "sms_provider")
    @classmethod
    def _at_least_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one provider, such as folder")
        return value

    @field_validator("database_url")
    @classmethod
    def _a_database_we_know(cls, value: SecretStr) -> SecretStr:
        """Never repeated in the message: it may hold a password."""
        scheme, found, rest = value.get_secret_value().partition("://")
        if not found or not rest or scheme not in DATABASES or not _has_good_port(value.get_secret_value()):
            raise ValueError("write it as sqlite:///drip.db or postgresql://user:password@host/database")
        return value

    @field_validator("allow_list", mode="before")
    @classmethod
    def _recipients(cls, value: Any) -> Any:
        return frozenset(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if not self.deadline_seconds < self.lease_seconds:
            raise ValueError("DRIP_DEADLINE_SECONDS must be less than DRIP_LEASE_SECONDS")
        if not self.deadline_seconds < self.settle_seconds:
            raise ValueError("DRIP_DEADLINE_SECONDS must be less than DRIP_SETTLE_SECONDS")
        if self.live and not self.encryption_keys.get_secret_value():
            raise ValueError(
                "DRIP_ENCRYPTION_KEYS is needed when DRIP_LIVE is on: run `drip init` to see how to make one"
            )
        return self

    @property
    def sqlalchemy_url(self) -> str:
        """The database address, with the driver that drip uses."""
        url = self.database_url.get_secret_value()
        for prefix in ("postgresql://", "postgres://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    def by_variable(self) -> dict[str, str]:
        """What is a provider's or a booking system's own, by variable, secrets in plain: never to be shown."""
        told = {
            str(shape.validation_alias): getattr(self, name)
            for name, shape in type(self).model_fields.items()
            if shape.validation_alias
        }
        told["DRIP_SMTP_URL"] = self.smtp_url
        told["DRIP_BOOKING_WEBHOOK_SECRETS"] = self.booking_webhook_secrets
        return {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in told.items()
        }

    @property
    def is_sqlite(self) -> bool:
        """The embedded default, for one worker host."""
        return self.sqlalchemy_url.startswith("sqlite")


def _has_good_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def read_settings(**overrides: Any) -> Settings:
    """The settings of this process. WrongSettings names what to mend."""
    home = overrides.get("home") or os.environ.get("DRIP_HOME") or "."
    try:
        return Settings(_env_file=(Path(home) / ".env", ".env"), **overrides)
    except ValidationError as error:
        lines = [_in_words(problem["loc"], problem["msg"]) for problem in error.errors()]
        raise WrongSettings("\n".join(lines)) from None


def _in_words(location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    name = str(location[0])
    return f"{name if name.isupper() else f'DRIP_{name.upper()}'}: {message}"


def master_keys(settings: Settings) -> tuple[list[tuple[str, bytes]], str | None]:
    """The keys that seal patient data, current first, and what to tell the user if one was just made.

    Without a setting, and only while not live, drip keeps a key of its own in DRIP_HOME.
    """
    written = settings.encryption_keys.get_secret_value()
    if written:
        return [read_key(part) for part in written.split(",")], None
    path = settings.home / KEY_FILE
    if path.exists():
        return [read_key(path.read_text(errors="replace").strip(), str(path))], None
    key = make_key()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")
    return [read_key(key)], f"Made a key for sealing patient data in {path}. Without it the data cannot be read."


def make_key() -> str:
    """A new master key, as DRIP_ENCRYPTION_KEYS takes it."""
    return f"k{secrets.token_hex(3)}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


def read_key(written: str, name: str = "DRIP_ENCRYPTION_KEYS") -> tuple[str, bytes]:
    """`id:key`, the key 32 bytes in base64 or hex. `name` is where it was written."""
    key_id, _, text = written.strip().rpartition(":")
    for decode in (bytes.fromhex, base64.urlsafe_b64decode, base64.b64decode):
        try:
            key = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(key) == 32:
            return (key_id or "k1"), key
    raise WrongSettings(f"{name}: each key must be id:key, the key being 32 bytes in base64")
