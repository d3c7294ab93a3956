"""Whether files lack what was changed elsewhere: publishing them would quietly take that back."""

from collections.abc import Mapping


def lags(was: Mapping[str, str], now: Mapping[str, str], mine: Mapping[str, str]) -> bool:
    """Whether `mine` has lines of `was` that `now` replaced, and nothing of what took their place, in any file.

    Where nothing was replaced, only added: whether it has none of that. Who has gone on from `now` has some of either.
    """
    changed = [path for path in {*was, *now} if was.get(path) != now.get(path)]
    sides = [tuple(_lines(side.get(path, "")) for side in (was, now, mine)) for path in changed]
    has_replaced = any(old - new for old, new, _ in sides)
    if has_replaced:
        return any((old - new) & own and not (new - old) & own for old, new, own in sides)
    return any(new - old and not (new - old) & own for old, new, own in sides)


def _lines(text: str) -> frozenset[str]:
    return frozenset(line.strip() for line in text.splitlines() if line.strip())
