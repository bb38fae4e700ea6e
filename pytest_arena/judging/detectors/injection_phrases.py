"""Phrasings of prompt injection, each with its weight.

A text is suspicious from a sum of 1 on. Weights were set by hand and checked on PIGuard's NotInject
and valid sets; no weight is fitted.
"""

from __future__ import annotations

_RULES = (
    r"(?:instructions?|prompts?|directions?|directives?|rules?|guidelines?|commands?|orders?|"
    r"polic(?:y|ies)|constraints?|restrictions?|programming|training|safeguards?|safety|filters?|"
    r"content polic(?:y|ies)|guidance)"
)
_TALK = r"(?:context|conversation|messages?|information|tasks?)"
_IGNORE = (
    r"(?:ignor(?:e|ing)|disregard(?:ing)?|forget|bypass|overrid(?:e|ing)|neglect|set aside|"
    r"(?:do not|don't|stop) (?:follow(?:ing)?|listen(?:ing)? to|obey(?:ing)?)|"
    r"pay no attention to|throw away|discard|have forgotten(?: about)?)"
)
_AND_NOW = (
    r"(?:\W+(?:and|then|instead|now|just|only|please|simply|also)){1,4}\W+(?:say|print|output|"
    r"tell|write|"
    r"respond|reply|answer|reveal|return|act|give|show|repeat|do|you (?:are|will|must))\b"
)
_EARLIER = (
    r"(?:previous(?:ly)?|prior|above|preceding|earlier|foregoing|former|initial|original|existing|"
    r"system|your|given|set|current|last|(?:developer|creator|maker)(?:'s|s'?)?)"
)
_PART_OF = (
    r"(?:(?:the|your|an? (?=copy|version|part|list)|exact|full|complete|entire|whole|first|last|"
    r"next|\d+|text|words?|contents?|"
    r"wording|lines?|sentences?|characters?|part|version|copy|of)\s+){0,8}"
)
_PROMPT = (
    r"(?:(?:(?:system|initial|original|hidden|secret|internal|developer|pre-?) ?){1,3}"
    r"(?:prompts?|instructions?|system message|directives?)\b|"
    r"(?:system|hidden|secret) (?:guidelines|rules)\b|(?:system|developer|initial) message\b|"
    r"(?<=your )(?:(?:exact|full|entire|complete|first|previous|own|preceding|internal|original) )"
    r"{0,3}(?:(?:prompt|instructions|directives?|system message)\b"
    r"(?! (?:for|on|about|of|to (?!me\b|us\b)))|"
    r"(?:rules|guidelines)\b(?= ?(?:$|[.!?,;:\n]| verbatim| word)))|"
    r"(?:prompt|instructions|directives|rules) (?:that |which )?(?:you (?:were|have been|had been) "
    r"(?:given|told|sent)|you (?:got|received|operate under|are following))\b|"
    r"(?:prompt|instructions|directives) (?:so far\b|given\b(?! (?:by|for|in the|at the|"
    r"on the)\b))|"
    r"(?:previous|prior|preceding|earlier) (?:instructions|prompts?|directives)\b"
    r"(?! (?:for|on|about|to|of)\b))"
)
_YOURS = r"(?:instructions?|prompts?|rules|guidelines|programming|training|restrictions|directives)"
_W = r"(?:[^\W\d_]+\W+)"
ELSEWHERE = (
    rf"\b(?:ignorier\w*|vergiss|vergesst|missacht\w*|beachte nicht)\W+{_W}{{0,3}}(?:vorherig\w*|"
    rf"bisherig\w*|"
    rf"obig\w*|vorangegangen\w*|vorig\w*|früher\w*|deine)\W+{_W}{{0,2}}(?:anweisung\w*|"
    rf"instruktion\w*|"
    r"regeln|befehl\w*|vorgaben|prompts?)|"
    rf"\b(?:ignora\w*|olvid\w*|desobedec\w*|dimentic\w*|ignore[zr]?|oublie[zr]?|esque[çc]\w*|"
    rf"desconsider\w*)\W+{_W}{{0,4}}(?:instrucciones|órdenes|reglas|indicaciones|istruzioni|regole|"
    rf"instructions|consignes|règles|directives|instruções|instrucoes|regras|"
    rf"ordens)\W+{_W}{{0,2}}(?:anteriores|"
    r"previas|precedenti|précédentes|antérieures|prévias|ci-dessus|de arriba|acima)|"
    rf"\b(?:negeer|vergeet)\W+{_W}{{0,3}}(?:vorige|eerdere|bovenstaande|"
    rf"voorgaande)\W+{_W}{{0,2}}(?:instructies|"
    r"regels|opdrachten)|"
    rf"\b(?:zignoruj|zapomnij|pomiń)\W+{_W}{{0,3}}(?:poprzedni\w*|"
    rf"wcześniejsz\w*)\W+{_W}{{0,2}}(?:instrukcj\w*|"
    r"poleceni\w*)|"
    rf"\b(?:игнорируй\w*|проигнорируй\w*|забудь\w*)\W+{_W}{{0,3}}(?:предыдущ\w*|прежн\w*|"
    rf"прошл\w*)\W+{_W}{{0,2}}"
    r"(?:инструкци\w*|указани\w*|команд\w*|правил\w*)|"
    r"(?:忽略|无视|忘记|忽視|無視|忘記)[^。\n]{0,10}(?:之前|以上|先前|前面|上述|此前)[^。\n]{0,8}(?:指令|指示|说明|提示|规则|"
    r"說明|規則)|(?:以前|これまで|上記|前|今まで)の[^。\n]{0,8}(?:指示|命令|指令)[^。\n]{0,6}(?:無視|忘れ)|"
    r"(?:이전|위의|앞의)[^.\n]{0,8}(?:지시|명령|지침)[^.\n]{0,8}(?:무시|잊)"
)
"""The commonest attack of all in other languages."""

PATTERNS: tuple[tuple[str, float, str], ...] = (
    (
        "ignore the instructions",
        1.0,
        rf"\b{_IGNORE}\s+"
        rf"(?:(?:about|all|any|the|of|everything|these|those|my|every|each|single)\s+){{0,4}}"
        rf"(?:(?:{_EARLIER}[\s,]+(?:and\s+)?){{1,3}}(?:given\s+)?(?:\w+\s+)?{_RULES}\b|"
        rf"{_RULES} (?:above|before|so far|(?:that |which )?(?:you (?:were|have been|had been) "
        r"(?:given|told)|you (?:got|received)|came before|were given|precede))\b|"
        rf"(?:above|preceding|foregoing|previous){_AND_NOW})",
    ),
    (
        "ignore the conversation",
        0.6,
        rf"\b{_IGNORE}\s+(?:(?:about|all|any|the|of|everything|these|those|every)\s+){{1,4}}"
        rf"(?:{_EARLIER}[\s,]+(?:and\s+)?){{1,3}}(?:given\s+)?(?:\w+\s+)?{_TALK}\b|"
        rf"\b{_IGNORE}\s+(?:(?:all|any|everything|whatever)\s+(?:of\s+)?)?what\s+(?:i|you|we|they|"
        rf"was)\b"
        r"[^.\n]{0,30}\b(?:said|told|wrote|asked|were given)\b|"
        rf"\b{_IGNORE}\s+(?:the\s+|all\s+)(?:of\s+)?(?:rules|instructions|guidelines)\b",
    ),
    (
        "and now does another thing",
        0.4,
        rf"\b(?:before|earlier|above|previously|so far|said|told|conversation|messages?|"
        rf"context){_AND_NOW}",
    ),
    (
        "the rules are off",
        0.6,
        rf"\b(?:{_EARLIER}|all)\s+(?:\w+\s+)?{_RULES}\s+(?:(?:are|is|were|have been|has been)\s+"
        r"(?:now\s+)?(?:void|cancel+ed|revoked|obsolete|superseded|overridden|null|suspended|"
        r"lifted|"
        r"deleted|invalid|disabled)|(?:no longer|do not|don't)\s+(?:apply|count|hold|matter|bind))",
    ),
    (
        "obey",
        0.5,
        r"\bobey (?:me|only|my|this|the following)\b|\b(?:no longer|not) (?:bound|restricted|"
        r"limited|constrained) by (?:your|any|openai's|these|ethical|those)\b|"
        rf"\byour (?:previous|prior|earlier|original|initial|old|current) {_YOURS}\s+(?:are|is|"
        rf"have|has|"
        r"no longer|do not|don't)\b|\byou are (?:now )?free (?:from|of)\b|"
        rf"\byour (?:safety|content|ethical|moral) {_YOURS}\s+(?:are|is|have been|has been)\b",
    ),
    (
        "filters off",
        0.6,
        r"\b(?:drop|remove|disable|deactivate|turn off|switch off|lift|bypass|ignore|circumvent)"
        r"\s+(?:(?:all|any|of|the)\s+){0,3}(?:(?:content|safety|ethical|moral|security)\s+){0,2}"
        r"(?:filters?|restrictions|safeguards|guardrails|limitations|censorship|safety (?:measures|"
        r"protocols?|guidelines|settings))\b",
    ),
    (
        "your filters off",
        1.0,
        r"\b(?:drop|remove|disable|deactivate|turn off|switch off|lift|bypass|"
        r"circumvent)\s+(?:all\s+"
        r"(?:of\s+)?)?your\s+(?:(?:content|safety|ethical|moral|security)\s+){0,2}(?:filters?|"
        r"restrictions|safeguards|guardrails|limitations|censorship|safety\b)",
    ),
    (
        "turns a mode on",
        0.6,
        r"\b(?:enable|enter|activate|switch (?:in)?to|turn on|engage|you are (?:now )?in|start)\s+"
        r"(?:\w+\s+){0,2}(?:developer|debug|god|admin|maintenance|sudo|root|jailbreak|jailbroken|"
        r"unrestricted|evil)\s+mode\b",
    ),
    (
        "asks for what stands above",
        1.0,
        r"\b(?:repeat|print|output|copy|reproduce|write out|display|return|recite|dump|reveal|"
        r"show(?= [^.\n]"
        r"{0,40}verbatim))\s+(?:me\s+)?"
        r"(?:(?:everything|anything|all|the|of|exact|entire|text|words?|contents?|lines?|"
        r"sentences?|messages?|"
        r"instructions?|prompts?)\s+){1,6}(?:above|before|preceding)\s*(?:this(?: (?:line|message|"
        r"sentence|point))?|starting|verbatim|word for word|exactly|in full|(?:in|inside|into) an? "
        r"(?:code|txt|text|markdown)|$|[.!?](?:\s|$)|and (?:then|include))|"
        r"\b(?:repeat|print|output|copy|recite|reveal|display|dump|return)\s+(?:the\s+|"
        r"all\s+)+(?:above|"
        r"preceding|foregoing)\s+(?:text|words|instructions|prompts?|lines)\b(?! (?:for|to|into|in "
        r"\w+ish|from))|\bwords above\b[^.\n]{0,30}\bstarting with\b",
    ),
    (
        "asks what it was told",
        1.0,
        r"\bwhat (?:instructions|directives|prompt|rules) (?:were|have|"
        r"did) you (?:been )?(?:given|told|"
        r"get|receive)?\s*(?:$|[?.!]|by your|before)|"
        r"\bwhat (?:were|have) you (?:been )?(?:told|instructed)\b[^.?\n]{0,20}\b(?:before|prior|"
        r"at the "
        r"(?:start|beginning)|by your (?:developers?|creators?))|"
        r"\bwhat (?:your|the) (?:(?:system|initial|hidden|original) )?(?:prompt|instructions|"
        r"directives) "
        r"(?:is|are|says?)\b",
    ),
    (
        "forget everything",
        1.0,
        r"\b(?:ignore|disregard|forget)\s+(?:everything|all(?: that| of (?:that|it))?|anything|"
        r"whatever)\s+(?:(?:that\s+)?(?:was|i|you|we|they)\b[^.\n]{0,20}\b(?:said|told|wrote|"
        r"written|learned|learnt)|above(?! \d)|before|until now|so far|previously|prior|preceding)",
    ),
    (
        "forget the rules",
        1.0,
        r"\bforg(?:et|otten)\b[^.\n]{0,30}\b(?:all|your)\b[^.\n]{0,20}\b(?:rules|instructions|"
        r"guidelines|restrictions|training)\b",
    ),
    (
        "new instructions",
        0.6,
        r"\b(?:your (?:new|only|real|actual|true)|new|updated) (?:instructions?|directives?|task|"
        r"objective|goal|mission|rules|persona)\s*(?:are|is|:|will be|follow)",
    ),
    (
        "a system message inside the text",
        0.8,
        r"(?:^|\n)[ \t]{0,8}[\[<#*]{0,3}[ \t]{0,4}(?:system|developer|admin(?:istrator)?)[ \t]{0,4}"
        r"(?:prompt|message|note|override|instruction)?[ \t]{0,4}[\]>*]{0,3}[ \t]{0,4}:\s{0,4}\S|"
        r"<\|?(?:im_end|system|endoftext|begin_of_text|eot_id|start_header_id)\|?>|"
        r"<\|im_start\|>|\[/?INST\]|(?:^|\n)[ \t]{0,8}[\[<](?:system|developer)[\]>][ \t]{0,4}\S|"
        r"<</?SYS>>|\bEND OF (?:DOCUMENT|INPUT|CONTEXT|PROMPT|SYSTEM)",
    ),
    (
        "asks for the system prompt",
        1.0,
        r"\b(?:reveal|show|print|repeat|output|display|leak|tell me|give me|what(?:'s| is| are|"
        r" were)(?: written| said)?(?: in)?|"
        r"whats|disclose|copy|write (?:out|down)|dump|return|spell out|expose|recite|summari[sz]e|"
        r"translate|encode|share|post|paste|quote|list|describe|explain|send me|write(?= your))\b"
        r"(?:\s+(?:me|us|out|back|verbatim|exactly|all|with me|in full|word for word)){0,4}\s+"
        rf"{_PART_OF}{_PROMPT}",
    ),
    (
        "role without rules",
        0.7,
        r"\b(?:you are (?:now|going to be|about to (?:be|become|immerse))|from now on,? (?:you|act|"
        r"respond|i want)|act as (?:if you (?:were|are)|an? (?:unrestricted|uncensored|evil|"
        r"unfiltered|amoral)|an? (?:\w+ ){0,2}(?:ai|assistant|language model|chatbot))\b|"
        r"(?:act|behave|answer) like an? (?:\w+ ){0,2}(?:ai|assistant|language model|chatbot|"
        r"bot)\b|"
        r"pretend (?:to be|that you|you)|roleplay as|"
        r"you will be called|you will be playing|stay in character|immerse yourself in|"
        r"you are special agent|enabled must)\b",
    ),
    (
        "a model without limits",
        1.0,
        r"\b(?:act|answer|respond|reply|behave|speak) (?:as|"
        r"like) (?:if you were )?(?:an? )?(?:\w+ )?"
        r"(?:unrestricted|unfiltered|uncensored|jailbroken|amoral|unaligned) (?:\w+ )?(?:ai|"
        r"assistant|"
        r"model|chatbot|bot|version|language model)\b",
    ),
    (
        "name of a jailbreak",
        1.0,
        r"\b(?:DAN(?= mode|\b[^.\n]{0,40}(?:anything|restrict|prompt))|STAN mode|"
        r"[Dd]o [Aa]nything [Nn]ow|[Dd]eveloper [Mm]ode (?:enabled|output|on(?= and\b|[.,!]|\n|$))|"
        r"[Gg]od mode|[Ee]vil[- ]?[Bb]ot|BetterDAN|AntiGPT|APOPHIS|sudo mode|unrestricted mode|"
        r"[A-Z]{3,} [Mm]ode enabled|always intelligent and machiavellian)",
    ),
    (
        "no limits",
        0.6,
        r"\b(?:without (?:any )?(?:\w+ )?(?:restrictions?|limit(?:s|ations?)|censorship|filters?|"
        r"moral\w*|ethic\w*|warnings?|disclaimers?|refus\w+)|no (?:restrictions?|limits|"
        r"limitations|censorship|filters?|ethical|moral|ethics|boundaries|guidelines)|"
        r"(?:unfiltered|uncensored|unrestricted|unmoderated|amoral)\b|no rules\b|(?:not|"
        r"no longer) (?:bound|"
        r"limited) by|override the restrictions|break(?:ing)? free (?:of|from)|"
        r"(?:do not|don't) care about (?:laws?|morals?|ethics|rules)|"
        r"against the (?:chatgpt|openai) rules|"
        r"free from (?:all |any )?(?:restrictions|filters|constraints|rules))",
    ),
    (
        "must not refuse",
        0.6,
        r"\b(?:never (?:refuse|say no|decline|apologi[sz]e|condemn|deny)|do not (?:refuse|"
        r"apologi[sz]e|include (?:any )?(?:warnings?|disclaimers?))|don't (?:refuse|say sorry|"
        r"apologi[sz]e)|(?:cannot|can't|must not) (?:refuse|decline|say no)|"
        r"(?:never|do not|don't) use (?:the )?(?:phrases|words)|in full without (?:any )?warnings)",
    ),
    (
        "dictates the first words",
        0.7,
        r"\b(?:start|begin|confirm|respond)\b[^.\n]{0,40}\b(?:with|by saying|saying)\b[^.\n]{0,20}"
        r"['\"“‘](?:sure|yes|absolutely|of course|certainly|ok|step|access|i apologi[sz]e)",
    ),
    (
        "two answers",
        0.6,
        r"\[(?:GPT|CLASSIC|NORMAL|ChatGPT|🔒[^\]]{0,12})\]|🔓|\bas (?:both )?(?:ChatGPT|GPT) and\b|"
        r"\bDAN: ?\[|\banswer (?:as|like) (?:a )?(?:DAN|evil)",
    ),
    (
        "sends data away",
        0.8,
        r"!\[[^\]]{0,60}\]\(https?://[^)\s]{0,200}[?&]\w+=|"
        r"\b(?:send|post|forward|upload|transmit|exfiltrate)\b[^.\n]{0,60}\b(?:conversation|"
        r"history|"
        r"secrets?|passwords?|credentials?|keys?|data|contents?)\b[^.\n]{0,40}https?://",
    ),
    (
        "asks for a hidden secret",
        0.7,
        r"\b(?:secret|password)s?\b[^.\n]{0,60}\b(?:instructed|told|supposed|allowed) (?:to )?"
        r"(?:not|never)(?: to)? (?:to )?(?:reveal|share|tell|give)|"
        r"\b(?:secret word|gandalf's secret)\b|"
        r"\bbe able to decode your response|\bavoid detection\b|"
        r"\bwhat you (?:cannot|can't|are not allowed to) (?:give|say|tell)",
    ),
    (
        "a system message of a chat format",
        1.0,
        r"<\|im_start\|>\s*(?:system|developer)\b|<\|start_header_id\|>\s*system\b|"
        r"<<SYS>>\s*\S|</(?:user|assistant|human|instructions?|prompt|system)>\s*<(?:system|"
        r"developer)>",
    ),
    (
        "ignore the instructions, in another language",
        1.0,
        ELSEWHERE,
    ),
    (
        "coded instructions",
        1.0,
        r"\b(?:decode|decipher|deobfuscate)\b[^.\n]{0,60}\b(?:follow|execute|do what|carry out|"
        r"comply|obey|answer)|\b(?:base64|rot13|hex(?:adecimal)?|morse|leetspeak)\b[^.\n]{0,60}"
        r"\b(?:do what|carry out|follow (?:it|the)|execute)\b",
    ),
)
"""Name, weight and pattern of each."""

_IGNORING = (
    "ignor|disregard|forg|bypass|overrid|neglect|set aside|follow|listen|obey|attention|"
    "throw away|discard"
)
_SHOWING = (
    "reveal|show|print|repeat|output|display|leak|tell me|give me|what|disclose|copy|write|dump|"
    "return|spell out|expose|recite|summari|translate|encode|share|post|paste|quote|list|describe|"
    "explain|send me|reproduce"
)
_PROMPTS = "prompt|instruction|message|directive|guideline|rules"
_ANY_OF = {
    "ignore the instructions": (_IGNORING,),
    "ignore the conversation": (_IGNORING,),
    "asks for the system prompt": (_PROMPTS, _SHOWING),
    "asks for what stands above": ("above|before|preceding|foregoing", _SHOWING),
    "asks what it was told": ("what", f"{_PROMPTS}|told|instructed"),
    "the rules are off": (
        "void|cancel|revoked|obsolete|superseded|overridden|null|suspended|lifted|deleted|invalid|"
        "disabled|no longer|do not|don't",
    ),
    "and now does another thing": (
        "before|earlier|above|previously|so far|said|told|conversation|message|context",
    ),
    "ignore the instructions, in another language": (
        "ignor|verg|missacht|beachte|olvid|desobed|dimentic|oubli|esque|desconsider|negeer|"
        "zapomnij|pomiń|игнор|забудь|忽|无视|忘|無視|무시|잊",
        "anweisung|instru|regeln|befehl|vorgaben|prompt|órdenes|reglas|indicaciones|istruzioni|"
        "regole|consignes|règles|directives|regras|ordens|regels|opdrachten|poleceni|инструкц|"
        "указан|команд|правил|指|说明|提示|规则|說明|規則|命令|지시|명령|지침",
    ),
}
HINTS = {
    name: tuple(tuple(group.split("|")) for group in groups) for name, groups in _ANY_OF.items()
}
"""Of each of these groups a text in lower case holds something where the pattern of this name can
match; to look for that takes a tenth of the time."""
KEYS = ("ignor", "disregard", "forget", "bypass", "overrid", "prompt", "instruction", "reveal")
"""What disguised letters hide."""
