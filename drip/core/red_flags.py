"""Words that must never wait: a chest pain, a swollen calf, a pop at the ankle, a wish to die.

Finding one decides nothing about a patient. It sends a fixed text about where to get help, asks a person to read the
reply, and holds loading exercises until that person has. A "no" before such a word is not understood, on purpose:
"no chest pain" counts as well, because to read symptoms would be triage.

The lists are typed as `core.replies.plain` leaves words: lower case, no accents, no apostrophes.
"""

import re

from drip.core.replies import plain

_FEW = r"(?:\w+ ){0,4}"
"""A few other words in between."""

_SWELLS = r"(?:swo?l+e?n|swell\w*|puff(?:y|ed)\w*)"
_LEG = r"(?:calf|calfs|calves|calve|thigh|lower leg|leg)"
_ANKLE = r"(?:ankle|heel|achilles|achiles|calf|tendon|leg)"
_BREATH = r"(?:breath\w*|breeth\w*|brethe\w*|breth)"
_WARM = r"(?:hot(?! (?:water|pack|bath|shower|bottle|tub)\b)|warm(?! up\b)|red(?! bands?\b)|purple|darker)"
"""A leg is not in danger from a hot bath, a warm-up or the red band."""
_POP = r"(?:pops?|popped|snaps?|snapped)(?! (?:in|into|over|by|round|along|out|down|up|to)\b)"
"""A torn tendon. "Can I pop in about my heel?" is not one."""

_ENGLISH = (
    # A clot in the lung, the heart
    r"chest (?:\w+ ){0,2}(?:pain\w*|pian\w*|hurt\w*|ache\w*|tight\w*|pressure|heavy)",
    r"(?:pain\w*|pian|tight\w*|pressure|ache) (?:in|on|across) (?:my |the )?chest|tight chest|heart attack",
    rf"(?:cant|cannot|can not|hard to|hardly|trouble|difficulty|difficult|struggl\w*) {_FEW}{_BREATH}",
    rf"short\w* (?:of |in )?{_BREATH}|breathless\w*|out of {_BREATH}|gasping",
    r"(?:cough|coff|caugh)\w* (?:up )?(?:\w+ ){0,2}(?:blood|bloody)|blood (?:\w+ ){0,3}cough\w*",
    # A clot in the leg
    rf"{_LEG} {_FEW}(?:{_SWELLS}|{_WARM}|throbbing)",
    rf"(?:{_SWELLS}|{_WARM}) (?:\w+ ){{0,2}}(?:calf|calve|calves|thigh|leg)",
    r"blood clots?|clots? in|dvt|thrombosis",
    # A torn tendon
    rf"{_POP} {_FEW}{_ANKLE}|{_ANKLE} {_FEW}{_POP}",
    rf"(?:heard|felt|hear|feel|was|with|went) (?:a |an )?(?:\w+ ){{0,2}}{_POP}",
    # Felt or heard, or as a thing, it is one wherever it was: "a pop in my heel" is no visit.
    r"(?:heard|felt|hear|feel) (?:a |an )?(?:\w+ ){0,2}(?:pop|snap)\w*",
    rf"(?:a|the|loud|sudden|this) (?:pop|snap) (?:\w+ ){{0,6}}{_ANKLE}",
    r"like (?:a |being |i was |someone |somebody |id been )?(?:\w+ )?(?:kick|kicked)",
    r"kicked (?:\w+ ){0,4}(?:calf|heel|ankle|leg)",
    r"ruptur\w*|(?:tore|torn) (?:my |the )?(?:achilles|achiles|tendon|calf)",
    r"(?:achilles|tendon) (?:\w+ ){0,2}(?:tore|torn)",
    r"(?:cant|cannot|can not) (?:\w+ ){0,2}(?:tip ?toes?|push off)",
    # An infection, sepsis
    r"(?<!hay )(?:fever\w*|feaver\w*|fevr)|shivering|shivers|rigors?|high temp\w*",
    r"temp\w* (?:\w+ ){0,3}(?:3[89]|4[0-2])|burning up",
    r"pus|infect\w*|oozing|(?:spreading|spread) (?:\w+ )?red\w*|red\w* (?:\w+ ){0,2}spread\w*|sepsis|septic",
    r"(?:wound|scar|stitches|injection site) (?:\w+ ){0,3}(?:smell\w*|open\w*|hot|red|leak\w*|weep\w*)",
    # Nerves of the lower back
    r"numb\w* (?:\w+ ){0,4}(?:between|saddle|groin|genital\w*|bottom|bum|privates|private parts|down there)",
    r"(?:saddle|groin|genitals|bottom|bum|privates) (?:\w+ ){0,2}numb\w*",
    r"both (?:my )?legs (?:\w+ ){0,3}(?:weak|numb)\w*",
    r"(?:weak\w*|numb\w*) (?:\w+ ){0,3}both (?:my )?legs",
    r"(?:cant|cannot|can not|unable to|trouble) (?:\w+ ){0,2}(?:pee|peeing|wee|weeing|urinat\w*|pass water|pass urine)",
    r"incontinen\w*|(?:wet|soiled) myself|(?:lost|losing|loss of|no) control of (?:my )?(?:bladder|bowels?)",
    # Collapse, allergy
    r"coll?aps\w*|pass(?:ed|ing) out|faint|fainted|fainting|black(?:ed|ing) out|unconscious|stroke|seizure",
    rf"(?:face|lip|lips|tongue|tounge|throat|mouth|eyes) (?:\w+ ){{0,3}}{_SWELLS}",
    rf"{_SWELLS} (?:\w+ ){{0,2}}(?:face|lip|lips|tongue|tounge|throat|mouth)",
    r"allerg\w* reaction|anaph?yla\w*|wheez\w*|reaction to (?:the |my )?(?:injection|jab|medicine|tablets)",
    # Suicide
    r"su[ia]?cid\w*|suiside\w*|kill(?:ing)? (?:my ?self|me)|end (?:my life|it all)|take my (?:own )?life|want to die",
    r"(?:dont|do not) want to (?:live|be here|be alive|wake up|go on)|better off dead",
    r"no (?:point|reason) (?:in |to )?liv\w*",
    r"self harm\w*|harm(?:ing|ed)? my ?self|(?:want|going|gonna) (?:to )?hurt my ?self|overdos\w*",
)

_WELSH = (
    r"(?:poen|boen|phoen|tyndra|dyndra|gwasgu) (?:\w+ ){0,3}(?:brest|frest|mrest)",
    r"(?:methu|anodd|trafferth) (?:\w+ ){0,2}anadlu",
    r"(?:byr|prin|diffyg|fyr) (?:\w+ ){0,2}(?:anadl|gwynt)|allan o wynt",
    r"(?:peswch|pesychu|phesychu|besychu) (?:\w+ )?(?:gwaed|waed)",
    r"(?:croth|groth|chroth|coes|goes|nghoes|clun|glun|morddwyd) (?:\w+ ){0,4}(?:chwydd\w*|poeth|boeth|coch|goch)",
    r"chwydd\w* (?:\w+ ){0,3}(?:croth|groth|coes|goes|nghoes|wyneb|gwefus\w*|tafod|thafod|gwddf)|clot gwaed",
    r"(?:clec|glec|snap|pop) (?:\w+ ){0,4}(?:ffer|sawdl|achilles|goes|coes|tendon)|fel cic|wedi rhwygo",
    r"(?:poenau|boenau) yn (?:y |fy )?(?:frest|mrest)|twymyn|dwymyn|gwres uchel|wres uchel|crynu|crawn",
    r"haint|heintiad|heintus|wedi heintio|sepsis",
    r"(?:diffyg teimlad|dideimlad|fferdod) (?:\w+ ){0,4}(?:coesau|nghoesau|afl|pen ol)",
    r"methu (?:pasio dwr|pi pi|gwneud dwr)",
    r"llewyg\w*|lewyg\w*|anymwybodol|adwaith alerg\w*|(?:wyneb|gwefus\w*|tafod|gwddf) (?:\w+ ){0,3}chwydd\w*",
    r"hunanladdiad|hunan niweidio|lladd fy hun|eisiau marw|ddim eisiau byw",
)

_POLISH = (
    r"(?:bol\w*|ucisk\w*|klu\w*) (?:\w+ ){0,3}(?:klatk\w*|klatce|piersi\w*)|klatk\w* (?:\w+ ){0,3}bol\w*|zawal\w*",
    r"(?:nie moge|trudno|ciezko|problem\w*) (?:\w+ ){0,3}(?:oddych\w*|oddech\w*)|dusznos\w*|dusze sie",
    r"brak\w* (?:mi )?(?:tchu|oddechu)",
    r"(?:kaszl\w*|plu\w*|odkrztu\w*) (?:\w+ ){0,2}krwi\w*|krew (?:\w+ ){0,3}(?:kaszl\w*|kasz\w*)",
    r"(?:lydk\w*|lydce|udo|udzie|nog\w*|nodze) (?:\w+ ){0,4}(?:spuch\w*|opuch\w*|obrz\w*|gorac\w*|czerwon\w*)",
    r"(?:spuch\w*|opuch\w*|obrz\w*|gorac\w*) (?:\w+ ){0,3}(?:lydk\w*|nog\w*|udo)",
    r"(?:spuch\w*|opuch\w*|obrz\w*) (?:\w+ ){0,3}(?:twarz\w*|warg\w*|usta|jezyk\w*|gardl\w*)",
    r"(?:twarz\w*|warg\w*|usta|jezyk\w*|gardl\w*) (?:\w+ ){0,3}(?:spuch\w*|opuch\w*|puchn\w*)|zakrzep\w*|zator\w*",
    r"(?:strzeli\w*|trzas\w*|pekl\w*|pekn\w*|puscil\w*) (?:\w+ ){0,4}(?:kost\w*|piet\w*|achilles\w*|lyd\w*|sciegn\w*)",
    r"(?:kost\w*|piet\w*|achilles\w*|lyd\w*|sciegn\w*) (?:\w+ ){0,4}(?:strzeli\w*|trzas\w*|pekl\w*|zerwa\w*|pusci\w*)",
    r"cos strzelilo",
    r"jak kopni\w*|zerwa\w* (?:\w+ )?(?:sciegn\w*|achilles\w*)|goraczk\w*|dreszcz\w*",
    r"temperatur\w* (?:\w+ ){0,2}(?:3[89]|4[0-2])",
    r"ropa|(?:mam|jest|leci|widze|cieknie) rope|ropie\w*|ropn\w*|infekcj\w*|zakazen\w*|zakazi\w*|sepsa|posocznic\w*",
    r"(?:dretw\w*|brak czucia|nie czuje) (?:\w+ ){0,4}(?:krocz\w*|nogami|pachwin\w*|poslad\w*|obu nog\w*)",
    r"nie (?:moge|trzymam) (?:\w+ )?(?:sikac|siku|moczu|oddac moczu)",
    r"zemdl\w*|omdl\w*|zaslab\w*|(?:utrat\w*|strac\w*) przytomn\w*|reakcj\w* (?:uczuleni\w*|alergi\w*)|wstrzas\w*",
    r"samoboj\w*|(?:zabic|zabije|zabijam|skrzywdzic) sie|nie chce (?:mi sie |juz )*zyc|chce umrzec",
)

_RED_FLAGS = re.compile(rf"\b(?:{'|'.join((*_ENGLISH, *_WELSH, *_POLISH))})\b")


def has_red_flag(text: str) -> bool:
    """Whether a reply names something that must never wait. It is not read any further: a person does that."""
    return _RED_FLAGS.search(plain(text)) is not None
