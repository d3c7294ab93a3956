"""Words that may not go out as they are: what others could read off a locked phone, and claims nobody has proven."""

import re
from collections.abc import Mapping
from typing import Final

CONDITION_WORDS: Final = re.compile(
    r"\b(achilles|tend(on|ons|inopath\w*|[io]nitis)|calcifi\w*|bursitis|haglund\w*|insertional|midportion|plantar|sciatica"
    r"|prolo\s?therapy|shock\s?-?wave|eswt|steroids?|cortico\w*|inject\w*|surge(ry|ries|on|ons)|surgical|operations?"
    r"|loading|eccentric|gastroc\w*|ruptur\w*|fractur\w*|arthrit\w*|lumbar|slipped\s+dis[ck]s?|cauda\s+equina"
    r"|back\s+pain|heel\s+pain"
    # Welsh and Polish, the other languages that come with drip
    r"|llawdriniaeth\w*|llawfeddyg\w*|chwistrelliad\w*|pigiad\w*|tendonau?|poen\s+cefn"
    r"|ścięgn\w*|ścięgien|operacj\w*|chirurg\w*|zastrzyk\w*|steryd\w*|b[óo]l\w*\s+plec\w*)\b",
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
    r"\bpermanent(ly)?\b|\bcur(e[sd]?|ing|ative)\b|(?<!not )(?<!not yet )(?<!not been )\bproven\b"
    r"|\bguarantee\w*|\broot\s+causes?\b|\bregenerat\w*|\bpain[-\s]free\b|\baward\w*|\bthousands\s+of\s+(patients|people)\b"
    r"|\bfree\s+(consultation|discovery\s+call)s?\b|\boffers?\b|\bbook\s+now\b|\blasting\s+relief\b|\bcollagen\s+cells?\b"
    r"|\btestimonials?\b|\belite\s+athletes?\b|\b\d[\d,]*\s+procedures\b|\bcontrol(s|ling)?\s+your\s+life\b"
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

URGENT_HELP: Final[Mapping[str, re.Pattern[str]]] = {
    "emergency_number": re.compile(r"(?<![\d+,.-])(?<!\d )\b(?:999|911|112|000)\b(?![\d,.]\d| ?\d|-\d)"),
    "emergency_department": re.compile(r"\bA\s?&\s?E\b"),
    "urgent_line": re.compile(
        r"\bNHS\s24\s+on\s+111\b|\bNHS\s111\b|(?<![\d+,./-])(?<!\d )\b(?:111|811)\b(?![\d,.]\d| ?\d|-\d|\.\w)"
    ),
    "urgent_website": re.compile(r"\b111\.(?:wales\.)?nhs\.uk\b|\bnhsinform\.scot\b"),
    "relay_prefix": re.compile(r"(?<![\d+])\b18001\b"),
}
"""Numbers and names of one part of the world, by the gap that says what is right at each site."""

SHORTENERS: Final = re.compile(
    r"(?<![\w.-])(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|buff\.ly|cutt\.ly|rb\.gy|lnkd\.in|tiny\.cc"
    r"|shorturl\.at|t\.ly|rebrand\.ly|bl\.ink|s\.id|v\.gd|tr\.im|dub\.sh|shorter\.me)\b(?!\.\w)(?:/\S*)?",
    re.IGNORECASE,
)
"""Services that hide where a link leads: patients cannot tell them from fraud, and carriers block them."""

BARE_LINKS: Final = re.compile(
    r"\bhttp://[^\s)>\]]+[\w/]|(?<![\w@./-])(?:www\.[\w.-]+|[\w-]+(?:\.[\w-]+)*\.(?:co\.uk|org\.uk|nhs\.uk|com|org|net))\b"
    r"(?:/[^\s)>\]]*[\w/=#-])?(?![\w@]|\]\()",
    re.IGNORECASE,
)
"""Addresses that not every phone makes into a link, or that are not private on the way."""

EMOJI: Final = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff]")
"""Pictures: a screen reader reads each out, and not everybody reads the same in them."""

UNWRITTEN: Final = re.compile(r"\[say here\b[^\[\]\n]{0,200}\]", re.IGNORECASE)
"""What a new step's words leave to be written."""

EXCLAMATION: Final = re.compile(r"(?<!<)\w{0,30}!+(?!\[)")
"""Shouting, also when it is meant kindly."""

PLAINER: Final[Mapping[str, str]] = {
    "additional": "more", "additionally": "also", "adequate": "enough", "administer": "give", "advantageous": "helpful",
    "alleviate": "ease", "ambulate": "walk", "analgesia": "pain relief", "analgesic": "painkiller",
    "anterior": "front", "anticipate": "expect", "approximately": "about", "ascertain": "find out",
    "asymptomatic": "without symptoms", "attempt": "try", "beneficial": "helpful", "bilateral": "on both sides",
    "cease": "stop", "chronic": "long-lasting", "commence": "start", "commencing": "starting", "concerning": "about",
    "consequently": "so", "contraindicated": "not safe", "demonstrate": "show", "deteriorate": "get worse",
    "deterioration": "getting worse", "discontinue": "stop", "dorsiflexion": "bending the foot up", "elevate": "raise",
    "encounter": "meet", "endeavour": "try", "ensure": "make sure", "erythema": "redness", "exacerbate": "make worse",
    "exacerbation": "flare-up", "facilitate": "help", "frequently": "often", "furthermore": "also",
    "haematoma": "bruise", "immediately": "now, or straight away", "immobilise": "keep still", "inform": "tell",
    "initiate": "start", "mobilise": "move", "modify": "change", "nevertheless": "but", "numerous": "many",
    "obtain": "get", "oedema": "swelling", "optimal": "best", "orthosis": "splint or insole",
    "paraesthesia": "pins and needles", "participate": "take part", "physician": "doctor",
    "plantarflexion": "pointing the foot down", "posterior": "back", "prior": "before", "prognosis": "outlook",
    "prophylaxis": "prevention", "purchase": "buy", "regarding": "about", "rehabilitation": "recovery exercises",
    "require": "need", "requires": "needs", "residual": "left over", "sufficient": "enough", "subsequent": "next",
    "subsequently": "later", "terminate": "end", "therapeutic": "helpful", "utilise": "use", "utilize": "use",
    "whilst": "while",
}  # fmt: skip
"""Long words, and a plainer one for each."""
