"""Bank holidays of a country and its parts, as dates."""

from datetime import date
from functools import lru_cache

from drip.content.expression import suggestion

YEARS = range(2019, 2046)


@lru_cache(maxsize=64)
def bank_holidays(country: str, subdivision: str | None) -> frozenset[date]:
    """The days on which a clinic there is closed, for every year we plan in. ValueError says what to write."""
    import holidays  # slow to import, and only clinic.yaml needs it

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=YEARS))
    except NotImplementedError:
        pass
    try:
        parts = list(holidays.country_holidays(country).subdivisions)
    except NotImplementedError:
        raise ValueError(f"no bank holidays are known for {country!r}: write `bank_holidays: false`") from None
    hint = suggestion(str(subdivision), parts) or f": write one of {', '.join(parts) or 'none'}"
    raise ValueError(f"{subdivision!r} is not a part of {country}{hint}")
