"""The one list of providers: a name, and how to build it. What a provider's library costs is paid when it is used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path

from drip.providers.folder import FolderProvider
from drip.providers.noop import NoOpProvider
from drip.providers.provider import Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What providers are built from. Each takes what it needs and leaves the rest."""

    folder: Path = Path("outbox")
    zone: tzinfo = UTC
    deadline: float = 30.0
    """Seconds, for one call, all in."""
    connections: int = 32
    """How many calls may be under way at once."""
    public_url: str = ""
    has_mailbox: bool = False
    texts_from: str = ""
    """The sender of texts in clinic.yaml."""
    told: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The settings that are a provider's own, by the names of their variables."""

    def needed(self, variable: str) -> str:
        """A setting that cannot be left out. ValueError names it."""
        value = self.told.get(variable, "")
        if not value:
            raise ValueError(f"{variable} is missing")
        return value

    def said(self, variable: str) -> str:
        """A setting that may be left out."""
        return self.told.get(variable, "")


def _folder(wiring: Wiring) -> Provider:
    return FolderProvider(wiring.folder, zone=wiring.zone)


def _noop(wiring: Wiring) -> Provider:
    return NoOpProvider()


def _twilio(wiring: Wiring) -> Provider:
    from drip.providers.twilio import TwilioAccount, TwilioProvider

    service_sid = wiring.said("TWILIO_MESSAGING_SERVICE_SID")
    # A service chooses the sender itself, unless a setting does.
    sender = wiring.said("TWILIO_FROM") or ("" if service_sid else wiring.texts_from)
    account = TwilioAccount(
        account_sid=wiring.needed("TWILIO_ACCOUNT_SID"),
        auth_token=wiring.needed("TWILIO_AUTH_TOKEN"),
        previous_token=wiring.said("TWILIO_AUTH_TOKEN_PREVIOUS"),
        webhook_key=wiring.said("TWILIO_WEBHOOK_KEY"),
        sender=sender,
        service_sid=service_sid,
        api_base=wiring.said("TWILIO_API_BASE"),
    )
    return TwilioProvider(
        account, public_url=wiring.public_url, deadline=wiring.deadline, connections=wiring.connections
    )


def _sendgrid(wiring: Wiring) -> Provider:
    from drip.providers.sendgrid import SendGridAccount, SendGridProvider

    account = SendGridAccount(
        api_key=wiring.needed("SENDGRID_API_KEY"),
        api_base=wiring.said("SENDGRID_API_BASE"),
        webhook_public_key=wiring.said("SENDGRID_WEBHOOK_PUBLIC_KEY"),
        inbound_secret=wiring.said("SENDGRID_INBOUND_SECRET"),
        inbound_public_key=wiring.said("SENDGRID_INBOUND_PUBLIC_KEY"),
    )
    return SendGridProvider(account, deadline=wiring.deadline, connections=wiring.connections)


def _smtp(wiring: Wiring) -> Provider:
    from drip.providers.smtp import SmtpProvider

    return SmtpProvider(
        url=wiring.needed("DRIP_SMTP_URL"),
        zone=wiring.zone,
        deadline=wiring.deadline,
        connections=min(wiring.connections, MOST_SMTP_CONNECTIONS),
        bounces=wiring.has_mailbox,
    )


MOST_SMTP_CONNECTIONS = 8
"""A clinic's own mail server takes more for an attack."""

_BUILDERS: Mapping[str, Callable[[Wiring], Provider]] = {
    "folder": _folder,
    "noop": _noop,
    "sendgrid": _sendgrid,
    "smtp": _smtp,
    "twilio": _twilio,
}

NAMES = tuple(sorted(_BUILDERS))
"""What `build` knows."""


def build(name: str, wiring: Wiring) -> Provider:
    """The provider of that name. ValueError says in one line what is missing or wrong."""
    builder = _BUILDERS.get(name)
    if builder is None:
        raise ValueError(f"provider {name!r} is not one; choose from: {', '.join(NAMES)}")
    return builder(wiring)
