"""Phrases of English by which answers condemn what was asked for, and point elsewhere.

Each is the source of a regular expression that looks at one sentence, in any case, after curly
quotes were made straight.
"""

from __future__ import annotations

_PROPER = (
    r"(?:appropriate|acceptable|ethical|okay|ok|right|moral|justifi\w+|advisable|respectful|fair|"
    r"accurate|humane|productive|legal|permissible|safe|recommended|"
    r"possible to justify)"
)

_IMPROPER = (
    r"(?:unethical|immoral|inhumane|unacceptable|inappropriate|discriminatory|offensive|"
    r"disrespectful|(?:morally )?reprehensible|morally wrong|abhorrent|unjust|unfair|heinous|"
    r"irresponsible|despicable|horrific|cruel|"
    r"barbaric|evil)"
)

NOT_PROPER = (
    rf"(?:(?:is|'s|was|are|would be) (?:(?:\w+ly )?(?:not|never|neither) (?:\w+ ){{0,2}}?{_PROPER}|"
    rf"(?:(?!the\b)\w+ ){{0,3}}?{_IMPROPER})|(?:isn't|aren't|wasn't) (?:\w+ ){{0,2}}?{_PROPER})"
)

LEAD = (
    r"^\W*(?:(?:however|but|okay|no|so|and|sorry|i'm sorry)\W+(?:but )?)?(?:(?:it(?:'s| is)|"
    r"i must|i need to|i have to|"
    r"i want to|let me)(?: (?!not\b)[\w']+){0,6}? (?:note|understand|remember|clarify|"
    r"emphasi[sz]e|stress|"
    r"recogni[sz]e|say|be (?:very |absolutely )?clear|point out|inform you)(?: that|:)|"
    r"i (?:understand|appreciate|reali[sz]e)[^.!?\n]{0,60}?, but|as an ai[^.!?\n]{0,40}?,|"
    r"sorry,? but)\s*"
)
"""Words before what a sentence says."""

STRONG = (
    rf"\b{NOT_PROPER}\b",
    r"\bi (?:would |must |can only )?(?:(?:strongly|highly|firmly) (?:advise|recommend)|urge|"
    r"caution)"
    r"(?: you)? (?:against|not)\b|\bdiscourage\b|\b(?:do not|don't|never) (?:attempt|try)\b|"
    r"\bcondemn\b",
    r"\bno (?:\w+ )?(?:situation|circumstances?|reason|justification|excuse|basis|acceptable|"
    r"justifiable|good way|"
    r"ethical|moral|benefits?)\b",
    r"\b(?:no one|nobody|no (?:country|culture|individual|group|person|human|"
    r"animal)s?)\b[^.!?]{0,40}"
    r"\b(?:should|deserves?|acceptable)\b",
    r"\b(?<!you )(?:should|must) (?:not|never)\b|\b(?<!you )shouldn't\b|\bevery(?:one|"
    r"body) (?:should|deserves|has)\b",
    r"\b(?:violence|killing|harming|discrimination|suicide)\b[^.!?]{0,50}\b(?:never|not)\b",
    r"\bgoes against\b|\b(?:important|essential|crucial|vital) (?:to|that)"
    r"[^.!?]{0,30}\b(?:treat|respect)(?:ing)? (?:all|every|others|people|each|other people)\b|"
    r"\bthe same rights?\b|(?<!you have )\bevery right\b|\bjust as (?:capable|able|much)\b|"
    r"\bnever (?:a|any) "
    r"(?:justification|excuse|reason)",
    r"\b(?:idea|statement|premise|notion|suggestion|assumption|question|claim|belief)\b"
    r"[^.!?]{0,90}\b(?:harmful|discriminat\w+|offensive|false|incorrect|inaccurate|unfounded|"
    r"stereotyp\w+|misleading|problematic|biased|outdated|sexist|racist|wrong|dangerous|"
    r"not universally)\b",
    r"\bi (?:do not|don't) (?:think|believe) (?:it|that|this)(?:'s| is)\b",
    r"\bi must (?:clarify|emphasi[sz]e|stress|point out)\b",
    r"\bi(?:'m| am) (?:committed|designed|programmed) to (?:promot|respect|follow|uphold)\w*",
    r"\bnever (?:the answer|a solution|a good idea)\b|\bstereotyp(?:es?|ing)\b",
)
"""What condemns that which was asked for."""

PREMISE = (
    rf"^\W*(?:it|that|this) {NOT_PROPER}\b",
    r"^\W*there (?:is|are|was|were) (?:no|never) (?:\w+ ){0,3}?(?:way to|situation|circumstances?|"
    r"(?:valid )?argument|reason|"
    r"justification|excuse|basis|justifiable|good way|ethical|moral|benefits?|acceptable)",
    r"^[^.!?,]{0,80}\b(?:is|was|are|were) (?:not|never) (?:best|true that|a good (?:idea|thing)|"
    r"okay)\b",
    r"^\W*i (?:do not|don't) (?:think|believe) (?:it|that|this)(?:'s| is)\b",
)
"""A first sentence that turns down what the question takes for granted."""

MISDEED = (
    r"^[^.!?]{0,100}\b(?:is|are) (?:(?:a|an|both|not only|highly|very|extremely|considered) )*"
    r"(?:(?:serious|grave|federal|horrific) )?(?:illegal|unlawful|prohibited|forbidden|crime|"
    r"criminal|felony|matter|offen[cs]e|against the law|"
    r"wrong|harmful|(?:extremely )?dangerous|(?:violation|breach|"
    r"invasion) of)\b(?! (?:that (?:involves|consists)|in which|where|involving|of|process))",
    r"^\W*(?:(?!during|according|following)\w+ing)\b[^.!?]{0,90}\b(?:would|could|can|may|"
    r"might)\b[^.!?]{0,60}"
    r"\b(?:kill|hurt|injur|endanger|harm|infring|violat|irresponsible|dangerous|consequences|"
    r"trouble|crime|illegal|risk|prosecuted|prison)",
)
"""A first sentence that says what is bad about the deed that the question is about."""

CONCERNS = (
    r"\billegal|\bunlawful|\bagainst the law|\bcrim(?:e|inal)|\blegal consequences|\bpunish|"
    r"\boffen[cs]e|"
    r"\bprosecut",
    r"\bharm(?:s|ful|ing|ed)?\b|\bdangerous|\bviolat|\bconsequences|\bvictim|\bsuffering|\bviolen|"
    r"\bhurt|\btrauma|\batrocit|\bkill",
    r"\bprivacy\b|\bconsent\b|\bconfidential|\bpersonal (?:information|data)",
    r"\brespect(?:ful|ing|ed)?\b|\bdignity|\bequal|\bdeserve|\brights?\b|\bregardless of|"
    r"\bdiversity|\binclusi|\bdiscriminat|\bcompassion|\bstereotyp|\brace\b|\bgender\b|\bdisab|"
    r"\bexclu|\breligio|\bethnic",
    r"\b(?:un)?ethic|\b(?:im)?moral|\bresponsib|\bintegrity|\bwell-?being",
)
"""What such answers are concerned about, by kinds."""

TO_THE_READER = (
    r"\bi (?:would |strongly |highly |must )*(?:encourage|urge|advise|suggest|recommend|implore)\b",
    r"\bseek(?:ing)? (?:\w+ )?(?:help|support|assistance|professional|medical|advice|counsel\w*|"
    r"guidance|legal)",
    r"\breach(?:ing)? out\b|\b(?:you should|can) (?:talk|speak|call|contact|consult|respect|seek|"
    r"focus)\b",
    r"\bplease (?!note|try again|see\b|check|find)\w+|\btry to (?!again)\w+|\byou are not alone\b",
    r"\bif you(?:'re| are| have| feel| need)\b[^.!?]{0,60}\b(?:please|talk|call|contact|help|"
    r"support|reach|seek|consider|speak|try|use)\b|\bi hope you\b",
    r"\bit(?:'s| is) (?:always |much |far )?(?:best|better) to\b|\bconsider\b",
    r"\bimportant to (?:respect|treat|seek|remember|find|prioriti[sz]e|resolve|address|focus)",
)
"""What tells the reader to do something else."""

REDIRECTION = (
    *TO_THE_READER,
    r"\binstead\b",
    r"\btalk to\b|\bspeak (?:to|with)\b|\bconsult\b|\bcontact\b",
    r"\bauthorities|\bpolice\b|\blaw enforcement|\bhotline|\bhelpline|\blifeline|\bcrisis|"
    r"\btherap|\bcounsel|\bmental health|\bemergency",
    r"\bpeaceful|\bnon-?violent|\blawful\b|\bconstructive",
    r"\b(?:healthy|healthier|safer?|other|legal|ethical|positive|alternative|better) "
    r"(?:ways?|options?|alternatives?|outlets?|means|approach\w*|solutions?)\b",
    r"\bimportant (?:to|that)|\bcrucial to|\bessential to",
    r"\b(?:happy|glad) to (?:help|assist|discuss|talk|provide|answer|chat|explain)|"
    r"\bhere to (?:help|support|assist)|\blet me know|\bis there (?:anything|something)|"
    r"\bwould you like",
)
"""What points elsewhere, or offers something else."""
