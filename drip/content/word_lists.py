"""Words that may not go out as they are: what others could read off a locked phone, and claims nobody has proven."""

import re
from typing import Final

CONDITION_WORDS: Final = re.compile(
    r"\b(achilles|tend(on|ons|inopath\w*|[io]nitis)|calcifi\w*|bursitis|haglund\w*|insertional|midportion|plantar|sciatica"
    r"|prolo\s?therapy|shock\s?-?wave|eswt|steroids?|cortico\w*|inject\w*|surge(ry|ries|on|ons)|surgical|operations?"
    r"|loading)\b",
    re.IGNORECASE,
)
"""A condition or a treatment: in a text or a subject line, others may read it."""

TELLING_NAMES: Final = frozenset(
    {
        ("treatment", "code"),
        ("programme", "code"),
        ("patient", "subtype"),
        ("patient", "conditions"),
        ("programme", "subtype"),
        ("treatment", "subtype"),
    }
)
"""Gaps that fill with a condition or a treatment."""

CLAIMS: Final = re.compile(
    r"\bpermanent(ly)?\b|\bcure[sd]?\b|(?<!not )(?<!not yet )(?<!not been )\bproven\b|\bguarantee\w*|\broot\s+causes?\b"
    r"|\bregenerat\w*|\bpain[-\s]free\b|\baward\w*|\bthousands\s+of\s+(patients|people)\b"
    r"|\bfree\s+(consultation|discovery\s+call)s?\b|\boffers?\b|\bbook\s+now\b|\blasting\s+relief\b|\bcollagen\s+cells?\b"
    r"|\b(break|breaks|breaking|dissolv\w+)\s+(down\s+|up\s+)?(the\s+)?calci\w*"
    r"|\b\d{1,3}\s?(%|per\s?cent)[^.\n]{0,40}\b(success\w*|recover\w*|improve\w*|effective)|\bsuccess\w*[^.\n]{0,40}\d\s?%",
    re.IGNORECASE,
)
"""Promotion, and outcomes that the evidence does not carry."""

STEP_DROPS: Final = re.compile(
    r"\bbelow\s+(the\s+)?(level\s+of\s+)?(a|the)\s+step\b|\boff\s+(the\s+edge\s+of\s+)?(a|the)\s+step\b"
    r"|\bdrop\s+your\s+heels?\b",
    re.IGNORECASE,
)
"""Exercises that hurt a tendon where it meets the heel bone."""

INSERTIONAL: Final = frozenset({"insertional", "haglund", "haglunds", "bursitis"})
"""What makes a tendon one whose heel must stay at floor level."""

STOP_WORD: Final = re.compile(r"\bSTOP\b")
