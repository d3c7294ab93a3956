"""Which passwords are too easy. Length is what counts; rules about digits and signs only make them hard to remember."""

LEAST, MOST = 12, 200
"""Characters. NIST SP 800-63B asks for 8 at least where a second factor is used, 15 where none is."""

UNGUESSED = 8
"""Characters that must remain without what is easily guessed."""

_COMMON = (
    "password",
    "passwort",
    "qwerty",
    "letmein",
    "welcome",
    "iloveyou",
    "administrator",
    "changeme",
    "clinic",
    "1234567890",
)


def what_is_wrong(password: str, *names: str) -> str:
    """In words for whoever chose it; empty when nothing is. `names`: what others know of them and of the clinic."""
    if len(password) < LEAST:
        return f"use {LEAST} characters or more: three or four words that do not belong together are easy to remember"
    if len(password) > MOST:
        return f"use at most {MOST} characters"
    folded = rest = password.casefold()
    if len(set(folded)) < 5:
        return "use more different characters"
    guessed = [known for known in (*_COMMON, *(name.casefold() for name in names if len(name) > 2)) if known in folded]
    for known in guessed:
        rest = rest.replace(known, "")
    if guessed and len(rest) < UNGUESSED:
        return f"others guess {max(guessed, key=len)!r} first: add words that have nothing to do with you or the clinic"
    return ""
