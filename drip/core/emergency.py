"""Where people get urgent help in each part of the world: what safety words name instead of one country's numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """The ways to urgent help at one site, as they stand in a sentence. Empty where there is none."""

    number: str = ""
    """For a life in danger: `999`."""
    department: str = ""
    """Where to go: `A&E`."""
    urgent_line: str = ""
    """Whom to call when it cannot wait and no life is in danger: `NHS 111`."""
    urgent_website: str = ""
    """The same as a web page, without https://."""
    relay_prefix: str = ""
    """Dialled before a number by people who cannot hear or speak on the phone."""


NOWHERE: Final = Emergency()
"""Nothing is known: what a site has that no clinic.yaml describes."""

Place: TypeAlias = tuple[str, str]
"""A country's two letters, and the part of it; an empty part is the country as a whole."""

_UK = Emergency(
    number="999", department="A&E", urgent_line="NHS 111", urgent_website="111.nhs.uk", relay_prefix="18001"
)
_CANADA = Emergency(number="911", department="the emergency department", urgent_line="811")
_AUSTRALIA = Emergency(
    number="000",
    department="the emergency department",
    urgent_line="healthdirect on 1800 022 222",
    urgent_website="healthdirect.gov.au",
)
_EUROPE = Emergency(
    number="112", department="the emergency department", urgent_line="your doctor or the out-of-hours service"
)
_EU: Final = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)

# 112 answers in every member state (Directive 2018/1972, article 109); Ireland's 999 reaches the same desks.
# United Kingdom: nhs.uk, nhs24.scot, 111.wales.nhs.uk; Northern Ireland has no general 111 (nidirect.gov.uk,
# "GP out-of-hours service"); 18001 is Relay UK. A British clinic that does not say its part is read as in England:
# 111 also answers in Scotland and Wales.
# Ireland: hse.ie. United States: 911.gov; it has no urgent line of the whole country. Canada: 811 answers everywhere
# but in Nunavut. Australia: triple zero; qld.gov.au and betterhealth.vic.gov.au name lines of their own.
# New Zealand: 111 and Healthline. Germany, Austria: the doctors' on-call lines. Norway, Switzerland and Liechtenstein:
# the ambulance's own numbers; 112 is the police there. A clinic's own `emergency:` comes before all of these.
BY_PLACE: Final[Mapping[Place, Emergency]] = {
    **{(country, ""): _EUROPE for country in (*_EU, "IS")},
    ("AT", ""): replace(_EUROPE, urgent_line="1450"),
    ("DE", ""): replace(_EUROPE, urgent_line="116117", urgent_website="116117.de"),
    ("IE", ""): replace(_EUROPE, urgent_line="your GP or the GP out-of-hours service"),
    ("NO", ""): replace(_EUROPE, number="113", urgent_line="116117"),
    ("CH", ""): replace(_EUROPE, number="144"),
    ("LI", ""): replace(_EUROPE, number="144"),
    ("GB", ""): _UK,
    ("GB", "ENG"): _UK,
    ("GB", "WLS"): replace(_UK, urgent_website="111.wales.nhs.uk"),
    ("GB", "SCT"): replace(_UK, urgent_line="NHS 24 on 111", urgent_website="nhsinform.scot"),
    ("GB", "NIR"): replace(_UK, urgent_line="your GP out-of-hours service", urgent_website=""),
    ("US", ""): Emergency(number="911", department="the emergency room", urgent_line="your doctor's after-hours line"),
    ("CA", ""): _CANADA,
    ("CA", "NU"): replace(_CANADA, urgent_line="your local health centre"),
    ("AU", ""): _AUSTRALIA,
    ("AU", "QLD"): replace(_AUSTRALIA, urgent_line="13 HEALTH on 13 43 25 84", urgent_website="qld.gov.au/health"),
    ("AU", "VIC"): replace(_AUSTRALIA, urgent_line="Nurse-on-Call on 1300 60 60 24", urgent_website=""),
    ("NZ", ""): Emergency(
        number="111", department="the emergency department", urgent_line="Healthline on 0800 611 116"
    ),
}

_IN_FULL: Final[Mapping[str, str]] = {
    "england": "ENG",
    "wales": "WLS",
    "scotland": "SCT",
    "northern ireland": "NIR",
    "nunavut": "NU",
    "queensland": "QLD",
    "victoria": "VIC",
}
"""A part may be written out, as the bank holidays take it: Northern Ireland must not get England's numbers for that."""


def emergency_in(country: str, part: str = "") -> Emergency | None:
    """The ways to urgent help there, if we know them; those of the whole country where its part has none of its own."""
    whole, code = country.upper(), _IN_FULL.get(part.strip().lower(), part.strip().upper())
    found = BY_PLACE.get((whole, code))
    # A part of the United Kingdom that we cannot read may be the one in which 111 does not answer.
    return found if found or whole == "GB" else BY_PLACE.get((whole, ""))
