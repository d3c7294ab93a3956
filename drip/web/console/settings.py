"""What clinic.yaml and the environment say, in words, each with where it is changed. Never a secret."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from drip.app import App
from drip.content.context import in_words
from drip.core.clinic import Site
from drip.core.model import Channel
from drip.core.patient import is_test_number
from drip.core.role import Permission
from drip.core.walltime import local_date
from drip.core.window import Window
from drip.flows.reviews import notices
from drip.providers.provider import Provider
from drip.store import views
from drip.web.console.door import Door
from drip.web.console.health import health
from drip.web.console.visit import Page, Visit

EXAMPLES = ("@example.com", "@example.net", "@example.org", ".example")
"""How addresses end that are nobody's (RFC 2606)."""

MOST_CLOSURES = 8


def add_to(door: Door) -> None:
    """This page."""
    door.page("/console/settings", Permission.RUN, _settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One setting: what it is, what it says, and where it is written."""

    what: str
    says: str
    where: str


def _settings(visit: Visit) -> Page:
    app, today = visit.app, local_date(visit.now, visit.app.clinic.zone)
    with app.store.read() as tx:
        works = health(visit, tx)
        reviews = [one.sentence for one in notices(app, tx, today)]
        held = views.count_held(tx)
    values = {
        "groups": {
            "Sending": list(_sending(app)),
            "The clinic": list(_clinic(app)),
            "What patients get": list(_patients(app)),
        },
        "sites": [_site(one, today) for one in app.clinic.sites],
        "health": works,
        "warnings": [*_warnings(app), *_held(held), *reviews],
    }
    return Page(name="settings", values=values)


def _sending(app: App) -> Iterator[Fact]:
    yield Fact(what="Live", says=_live(app), where="DRIP_LIVE and DRIP_ALLOW_LIST")
    for channel, road in app.providers.items():
        name = "Emails" if channel is Channel.EMAIL else "Texts"
        told = ", then ".join(map(provider_in_words, road))
        yield Fact(what=f"{name} go by", says=told, where=f"DRIP_{channel.value.upper()}_PROVIDER")
        rate = app.limits.rates.get(channel)
        says = f"at most {rate:g} a second" if rate else "no limit of ours"
        yield Fact(what=f"Pace of {name.lower()}", says=says, where=f"DRIP_{channel.value.upper()}_PER_SECOND")
    mailbox = "looked through once a minute" if app.mailbox else "none is connected"
    yield Fact(what="Mailbox for replies", says=mailbox, where="DRIP_IMAP_URL")
    yield Fact(what="Our public address", says=app.public_url or "none: no links to stop", where="DRIP_PUBLIC_URL")
    told = ", ".join(sorted(app.sources)) or "none is connected"
    yield Fact(what="Booking systems", says=told, where="the settings of each; docs/bookings")


def _live(app: App) -> str:
    number = len(app.allow_list)
    if app.live:
        return "yes: real patients are reached"
    return f"no: only the {number} {'address' if number == 1 else 'addresses'} on the allow list may be reached"


def provider_in_words(provider: Provider) -> str:
    """`twilio (confirms, hears replies)`."""
    can = provider.ability
    words = {"reaches nobody": not can.reaches_people, "confirms": can.gives_receipts}
    words |= {"can be asked": can.keeps_a_list, "hears replies": can.is_two_way}
    told = ", ".join(word for word, is_so in words.items() if is_so)
    return f"{provider.name} ({told})" if told else provider.name


def _clinic(app: App) -> Iterator[Fact]:
    clinic, senders = app.clinic, app.clinic.senders
    yield Fact(what="Name", says=clinic.name, where="clinic.name")
    yield Fact(what="Phone, email, website", says=_listed(clinic.phone, clinic.email, clinic.website), where="clinic")
    yield Fact(what="Clock", says=f"{clinic.zone.key}, {clinic.country}", where="clinic.timezone")
    email = _listed(senders.email_name, senders.email_address)
    yield Fact(what="Emails come from", says=email or "nobody", where="senders.email")
    yield Fact(
        what="Answers to emails go to", says=senders.reply_to or "the same address", where="senders.email.reply_to"
    )
    yield Fact(what="Texts come from", says=senders.sms_from or "nobody", where="senders.sms.from")
    told = _listed(*clinic.alert_emails, *clinic.alert_numbers)
    yield Fact(what="Who hears of red flags at once", says=told or "nobody", where="alerts")


def _patients(app: App) -> Iterator[Fact]:
    clinic, allow = app.clinic, app.clinic.allow
    consent = ", ".join(sorted(clinic.consent_by_default)) or "nothing"
    yield Fact(what="Without having been asked", says=consent, where="consent_by_default")
    yield Fact(
        what="Longest text", says=f"{allow.sms_parts} part" + "s" * (allow.sms_parts > 1), where="allow.sms_parts"
    )
    price = f"{clinic.sms_price:g}" if clinic.sms_price is not None else "not said"
    yield Fact(what="Price of one part of a text", says=price, where="sms_price")
    where = {"texts": allow.condition_words_in_sms, "subjects of emails": allow.condition_words_in_subject}
    told = " and ".join(name for name, may in where.items() if may) or "nowhere"
    yield Fact(what="Words about conditions where others may see them", says=told, where="allow")
    days = clinic.interlocks.after_steroid.days
    says = f"loading exercises are held back for {days} days"
    yield Fact(what="After a steroid injection", says=says, where="interlocks.after_steroid")


def _listed(*told: str) -> str:
    return ", ".join(one for one in told if one)


def _site(site: Site, today: date) -> dict[str, object]:
    ahead = sorted(day for day in site.closed if day >= today)
    caps = site.caps
    return {
        "name": site.name,
        "address": ", ".join(site.address),
        "phone": site.phone,
        "zone": site.zone.key,
        "sends": in_words(site.window) if isinstance(site.window, Window) else "at any time",
        "opening": in_words(site.opening) if site.opening else "not said",
        "closed": [f"{day:%a} {day.day} {day:%b %Y}" for day in ahead[:MOST_CLOSURES]],
        "more": max(len(ahead) - MOST_CLOSURES, 0),
        "texts": f"{caps.sms_per_day} a day, {caps.sms_per_week} in a week",
        "emails": f"{caps.email_per_day} a day, {caps.email_per_week} in a week",
        "emergency": site.emergency.number or "none",
        "reminds_itself": site.reminds_itself,
    }


def _warnings(app: App) -> Iterator[str]:
    """What would keep words from patients, or alerts from staff."""
    known: Sequence[str] = (*app.clinic.alert_emails, *app.clinic.alert_numbers)
    if not any(not (one.endswith(EXAMPLES) or is_test_number(one)) for one in known):
        yield "Nobody would hear of a red flag at once: name somebody under `alerts:` in clinic.yaml."
    for channel, road in app.providers.items():
        if app.live and not any(one.ability.reaches_people for one in road):
            yield f"drip is live, but {channel.value} would reach nobody: set DRIP_{channel.value.upper()}_PROVIDER."


def _held(number: int) -> Iterator[str]:
    if number:
        yield f"{number} {'message waits' if number == 1 else 'messages wait'} for somebody to say whether it went."
