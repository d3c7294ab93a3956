"""Where a booking system's API is, as the settings say it."""

import ipaddress
from urllib.parse import SplitResult, urlsplit


def checked(variable: str, base: str, example: str) -> str:
    """The address without a slash at its end. ValueError, naming the variable, if keys should not be sent there."""
    parts = _split(base)
    if parts is None or parts.scheme not in ("https", "http") or parts.query or parts.fragment or "@" in base:
        raise ValueError(f"{variable}: should be an address such as {example}")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
        raise ValueError(f"{variable}: without https the key would travel in the open")
    return base.rstrip("/")


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        usable = parts.hostname and parts.port != 0 and address.isascii() and address.isprintable()
        return parts if usable and " " not in address else None
    except ValueError:
        return None


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
