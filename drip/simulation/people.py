"""Invented patients: nobody's name, numbers kept for drama and examples, addresses that no mail reaches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from drip.simulation.words import Vocabulary

FIRST_NAMES = (
    "Ada", "Amina", "Bogdan", "Bronwen", "Chidi", "Clara", "Daniel", "Doris", "Elif", "Ewan", "Farah", "Grace",
    "Hannah", "Idris", "Ines", "Jakub", "Kezia", "Leroy", "Mairi", "Nasrin", "Oskar", "Priya", "Quentin", "Rhys",
    "Sean", "Tomasz", "Uma", "Viktor", "Wanda", "Yasmin", "Zoe", "Siobhán",
)  # fmt: skip

LAST_NAMES = (
    "Adeyemi", "Appleby", "Bennett", "Castle", "Davies", "Evans", "Fraser", "Goldberg", "Haddad", "Hughes", "Iqbal",
    "Jones", "Kowalski", "Larkin", "MacLeod", "Nowak", "O'Brien", "Okafor", "Pritchard", "Quayle", "Raman", "Shah",
    "Taylor", "Umarov", "Vance", "Wójcik", "Xu", "Young", "Zielińska", "Featherstonehaugh",
)  # fmt: skip

ELSEWHERE = ("Europe/Madrid", "America/New_York", "Asia/Karachi", "Pacific/Auckland")

CONSENTS: Sequence[dict[str, Any]] = (
    {"care": {"sms": False}},
    {"care": {"email": False}},
    {"care": {"email": False, "sms": False}},
    {"feedback": {"sms": False, "email": False}},
    {"marketing": {"email": True}},
)

DRAMA_NUMBERS = 1000
EXAMPLE_NUMBERS = 80_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who someone is, as a booking system would tell it."""

    ref: str
    zone: str | None
    """Stays the same: what is checked afterwards goes by it."""
    facts: dict[str, Any] = field(repr=False)
    carer: dict[str, Any] | None = field(repr=False)


def invent(number: int, chance: Random, words: Vocabulary, home: ZoneInfo, on: date) -> Person:
    """The person with this number; most are ordinary, some are not."""
    ref = f"p-{number:06}"
    zone = chance.choices((home.key, None, chance.choice(ELSEWHERE)), (84, 10, 6))[0]
    facts: dict[str, Any] = {
        "ref": ref,
        "first_name": chance.choice(FIRST_NAMES),
        "last_name": chance.choice(LAST_NAMES),
        "date_of_birth": _born(chance, on),
        "timezone": zone,
        "language": chance.choices(("en", "cy", "pl", None), (88, 4, 4, 4))[0],
        "conditions": _conditions(chance, words),
        "attributes": _attributes(chance, words),
        "consent": chance.choice(CONSENTS) if chance.random() < 0.08 else None,
        **_addresses(number, chance),
    }
    is_child = facts["date_of_birth"] is not None and date.fromisoformat(facts["date_of_birth"]).year > on.year - 16
    carer = {"name": "Sam", "relation": "parent", "email": f"carer.{number}@example.org"}
    told = {name: value for name, value in facts.items() if value is not None}
    return Person(ref=ref, zone=zone, facts=told, carer=carer if is_child and chance.random() < 0.7 else None)


def _born(chance: Random, on: date) -> str | None:
    years = chance.choices((chance.randint(18, 90), chance.randint(5, 15), None), (94, 3, 3))[0]
    return (on - timedelta(days=years * 365 + chance.randrange(365))).isoformat() if years else None


def _conditions(chance: Random, words: Vocabulary) -> list[str]:
    """Mostly one that the clinic writes about, sometimes another one besides."""
    known = words.conditions
    main = chance.choices(known, words.weights(known))[:1] if known and chance.random() < 0.8 else []
    return [*main, *(word for word in known if word not in main and chance.random() < 0.05), "asthma"]


def _attributes(chance: Random, words: Vocabulary) -> dict[str, str]:
    chosen = {name: chance.choices((chance.choice(known), "other", ""), (75, 10, 15))[0] for name, known in
              words.attributes.items() if known}  # fmt: skip
    return {name: word for name, word in chosen.items() if word}


def _addresses(number: int, chance: Random) -> dict[str, str | None]:
    """Some share a number with someone else; some numbers cannot be dialled; some addresses are not known."""
    email = f"patient.{number}@example.org" if chance.random() < 0.94 else None
    shared = max(0, number - 1) if chance.random() < 0.03 else number
    number_told = chance.choices((phone(shared), None, "ask the daughter"), (91, 8, 1))[0]
    return {"email": email, "phone": number_told}


def phone(number: int) -> str:
    """The first thousand have Ofcom's numbers for drama, the next eighty thousand 555-01xx; then they are shared."""
    if number < DRAMA_NUMBERS:
        return f"+447700900{number:03}"
    rest = (number - DRAMA_NUMBERS) % EXAMPLE_NUMBERS
    return f"+1{200 + rest // 100}55501{rest % 100:02}"
