"""Combinations of providers and settings that cannot work: said before anyone is written to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from drip.core.ability import Ability
from drip.core.model import Channel

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A provider that is to carry a channel."""

    channel: Channel
    provider: str
    ability: Ability


def misfits(roads: Iterable[Carried], *, country: str, live: bool, public_url: str) -> list[str]:
    """One line for each, naming the setting and what to do."""
    reaching = [road for road in roads if live and road.ability.reaches_people]
    lines = [line for road in reaching for line in _of_road(road, country)]
    if reaching and not public_url:
        lines.append(
            "DRIP_PUBLIC_URL: needed when DRIP_LIVE is on, so that receipts, replies and a patient's stop reach us"
        )
    return lines + list(_of_url(public_url))


def _of_road(road: Carried, country: str) -> Iterator[str]:
    ability, variable = road.ability, f"DRIP_{road.channel.value.upper()}_PROVIDER"
    if not (ability.gives_receipts or ability.keeps_a_list or ability.drops_repeats):
        yield f"{variable}: {road.provider} could never tell us what became of a lost answer: set up its receipts"
    if country == "US" and not road.ability.may_carry_health_data:
        yield (
            f"{variable}: {road.provider} does not accept health information of"
            " patients in the United States: use smtp with a server that does"
        )


def _of_url(public_url: str) -> Iterator[str]:
    if not public_url:
        return
    told = urlsplit(public_url)
    is_near = told.hostname in LOOPBACK
    if told.scheme not in ("https", "http") or not told.hostname or told.query or told.fragment:
        yield "DRIP_PUBLIC_URL: write it as https://drip.clinic.example"
    elif told.scheme == "http" and not is_near:
        yield "DRIP_PUBLIC_URL: patients and providers only call an address that begins with https://"
