"""The rules between the fields of clinic.yaml, on the plain text tree: every mistake is said at once."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import phonenumbers

from drip.content.emergency import emergency_mistakes
from drip.content.holidays_of import bank_holidays
from drip.content.shape import Mistake
from drip.content.strict_yaml import Loc

Tree: TypeAlias = Mapping[str, Any]

_KEPT_FREE = re.compile(r"\+447700900\d{3}|\+441632960\d{3}|\+4420794600\d\d|\+1\d{3}55501\d\d")
"""Numbers that regulators keep free for examples and films."""


def clinic_mistakes(tree: Tree) -> Iterator[Mistake]:
    """Everything wrong with a clinic's file that no single field shows."""
    sites: list[Tree] = [_mapping(site) for site in _list(tree.get("sites"))]
    clinic = _mapping(tree.get("clinic"))
    yield from _phones(tree, clinic, sites)
    yield from _duplicate_sites(sites)
    yield from _closures(sites)
    yield from _sites_of_bookings(tree, sites)
    holidays = [] if tree.get("bank_holidays") == "false" else list(_bank_holidays(clinic, sites))
    yield from holidays
    told = {mistake.loc for mistake in holidays}
    # A part that no country has is one mistake, not two.
    yield from (one for one in _emergencies(tree, clinic, sites) if one.loc not in told or one.loc[-1] == "country")
    yield from _caps(tree, sites)


def e164(number: str, country: str) -> str | None:
    """The number in international form; None when no such number can exist."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _phones(tree: Tree, clinic: Tree, sites: list[Tree]) -> Iterator[Mistake]:
    country = _text(clinic.get("country"))
    told: list[tuple[Loc, object, str]] = [(("clinic", "phone"), clinic.get("phone"), country)]
    told += [(("sites", n, "phone"), site.get("phone"), _country(site, country)) for n, site in enumerate(sites)]
    alerts = _list(_mapping(tree.get("alerts")).get("sms"))
    told += [(("alerts", "sms", n), number, country) for n, number in enumerate(alerts)]
    for loc, number, region in told:
        if isinstance(number, str) and number:
            yield from _phone(loc, number, region)


def _phone(loc: Loc, number: str, country: str) -> Iterator[Mistake]:
    full = e164(number, country)
    if full is None:
        message = f'{number!r} is not a phone number: write it in full, such as "+441234380345"'
        yield Mistake(loc=loc, rule="phone", message=message)
    elif not phonenumbers.is_valid_number(phonenumbers.parse(full)) and not _KEPT_FREE.fullmatch(full):
        message = f"no network is known to give out {full}: check the digits"
        yield Mistake(loc=loc, rule="phone", message=message, level="warning")


def _duplicate_sites(sites: list[Tree]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for n, site in enumerate(sites):
        name = _text(site.get("id"))
        if name and name in seen:
            message = f"`{name}` is already another site's id: give each site its own"
            yield Mistake(loc=("sites", n, "id"), rule="duplicate-site", message=message)
        seen.add(name)


def _sites_of_bookings(tree: Tree, sites: list[Tree]) -> Iterator[Mistake]:
    """A site that we do not have would keep every event of it out."""
    ours = [_text(site.get("id")) for site in sites]
    for source, system in _mapping(tree.get("bookings")).items():
        for theirs, site in _mapping(_mapping(system).get("sites")).items():
            if _text(site) not in ours:
                message = f"`{_text(site)}` is not a site above: choose from {', '.join(ours)}"
                yield Mistake(loc=("bookings", source, "sites", theirs), rule="booking-site", message=message)


def _closures(sites: list[Tree]) -> Iterator[Mistake]:
    for n, site in enumerate(sites):
        for m, closure in enumerate(_list(site.get("closures"))):
            first, last = _text(_mapping(closure).get("from")), _text(_mapping(closure).get("to"))
            if first and last and last < first:
                message = "`to` is before `from`: put the earlier date first"
                yield Mistake(loc=("sites", n, "closures", m, "to"), rule="closure", message=message)


def _bank_holidays(clinic: Tree, sites: list[Tree]) -> Iterator[Mistake]:
    country, part = _text(clinic.get("country")), _text(clinic.get("subdivision")) or None
    asked: list[tuple[Loc, str, str | None]] = [(("clinic",), country, part)]
    for n, site in enumerate(sites):
        if ("country" in site or "subdivision" in site) and site.get("bank_holidays") != "false":
            asked.append((("sites", n), *region(_text(site.get("country")), _text(site.get("subdivision")), clinic)))
    for loc, of, subdivision in asked:
        if re.fullmatch("[A-Za-z]{2}", of):
            yield from _known(loc, of.upper(), subdivision)


def _emergencies(tree: Tree, clinic: Tree, sites: list[Tree]) -> Iterator[Mistake]:
    """Every site must be able to say where urgent help is: the clinic's own words hold only for its own place."""
    home, ours = region(None, None, clinic), _mapping(tree.get("emergency"))
    seen: set[tuple[str, str | None]] = set()
    for n, site in enumerate(sites):
        place, own = region(_text(site.get("country")), _text(site.get("subdivision")), clinic), site.get("emergency")
        if place == home and not own and place in seen:
            continue
        seen.add(place)
        at: Loc = ("clinic",) if place == home else ("sites", n)
        yield from emergency_mistakes(at, place, [_mapping(own), *([ours] if place == home else [])])


def region(country: str | None, subdivision: str | None, clinic: Tree) -> tuple[str, str | None]:
    """A site's country and part: its own, else the clinic's; a part belongs to the country it was said with."""
    ours = _text(clinic.get("country"))
    same = not country or country == ours
    return country or ours, subdivision or (_text(clinic.get("subdivision")) if same else "") or None


def _known(loc: Loc, country: str, subdivision: str | None) -> Iterator[Mistake]:
    try:
        bank_holidays(country, subdivision)
    except ValueError as error:
        name = "subdivision" if subdivision else "country"
        yield Mistake(loc=(*loc, name), rule="bank-holidays", message=str(error))


def _caps(tree: Tree, sites: list[Tree]) -> Iterator[Mistake]:
    """A site may tighten the clinic's caps, and never loosen them."""
    ours = _mapping(tree.get("caps"))
    for n, site in enumerate(sites):
        for name, value in _mapping(site.get("caps")).items():
            limit = ours.get(name)
            if _number(value) > _number(limit) >= 0:
                message = f"the clinic's own limit is {limit}: a site may only tighten it"
                yield Mistake(loc=("sites", n, "caps", name), rule="caps", message=message)


def _number(value: object) -> int:
    """The number, where one is written; a wrong one is said elsewhere."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else -1


def _country(site: Tree, otherwise: str) -> str:
    return _text(site.get("country")) or otherwise


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _mapping(value: object) -> Tree:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []
