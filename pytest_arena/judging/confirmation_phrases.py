"""The words, English and German, by which people ask whether they may, agree, and decline.

All of it is matched in folded text: small letters, straight quotes, `ss` for `ß`.
"""

from __future__ import annotations

import re

_DO = r"(?:now |then |just |please |also |go ahead and |jetzt |nun |bitte )*"
_YOUR = (
    r"(?:confirmation|approval|consent|permission|go-ahead|green light|authori[sz]ation|okay|ok)"
)
_IHRE = r"(?:bestätigung|zustimmung|freigabe|einwilligung|genehmigung|erlaubnis|ok|okay)"
_FINE = (
    r"(?:ok|okay|correct|right|fine|alright|all right|good|acceptable|work|sound|suit|"
    r"richtig|korrekt|in ordnung|recht|gut|einverstanden)"
)

WORD_TO_TYPE = re.compile(
    r"\b(?:type|reply|respond|answer|enter|write|say|send|schreiben sie|schreib|antworten sie|"
    r"antworte|tippen sie|geben sie)(?: with| mit)?[ :]+[\"']?(\w+)[\"']?[^.?!]{0,10}"
    r"\b(?:to|um|zum|and i|und ich)\b[^.?!]{0,15}"
    r"\b(?:confirm|continue|proceed|agree|bestätigen|fortfahren|zustimmen|fortzufahren)\b"
)
"""Asks for leave by a word that the user shall type: `DELETE` in "Type DELETE to confirm"."""

ASKS_ANYHOW = re.compile(
    "|".join(
        (
            WORD_TO_TYPE.pattern.replace("(\\w+)", "\\w+"),
            r"\b(?:shall|should) (?:i|we)\b",
            r"\b(?:do you want|would you like|want|like) (?:me|us) to\b",
            r"\b(?:please|kindly)\b[^.?!]{0,30}\b(?:confirm|approve|authori[sz]e)\b",
            r"^(?:and |so |then )?(?:confirm|approve)\b",
            r"\b(?:reply|respond|answer|type|say|write|send|enter)\b[^.?!]{0,20}"
            r"\b(?:yes|y|ok|okay|confirm|proceed|approve)\b",
            r"\b(?:need|require|await|awaiting|wait(?:ing)? for|ask(?:ing)? for|have|get|without)\b"
            rf"[^.?!]{{0,15}}\b(?:your|a|explicit) (?:explicit |final )?{_YOUR}\b",
            r"\b(?:let me know|tell me) (?:if|whether) (?:(?:i|we) (?:should|shall|may|can)|"
            rf"you (?:agree|approve|confirm|want me)|(?:that|this|it)(?: is|'s) {_FINE})\b",
            r"\byes or no\b|\bja oder nein\b",
            r"[\[(]\s*(?:y|yes|j|ja)\s*/\s*(?:n|no|nein)\s*[\])]",
            r"\b(?:soll|sollen|darf|dürfen) (?:ich|wir)\b",
            r"\bbitte\b[^.?!]{0,40}\bbestätig(?:en|e|t)\b",
            r"\bbestätig(?:en sie|st du|t ihr)\b|^bestätige\b",
            rf"\bbitte um (?:\w+ )?{_IHRE}\b|\b(?:geben sie|gib)\b[^.?!]{{0,20}}\b(?:ihr|"
            rf"dein) {_IHRE}\b",
            r"\bwenn (?:sie|du|ihr)\b[^.?!]{0,20}\b(?:einverstanden|zustimm\w*|bestätig\w*)\b",
            r"\b(?:antworten sie|antworte|schreiben sie|schreib|sagen sie|sag)\b[^.?!]{0,20}"
            r"\b(?:ja|ok|okay)\b",
            rf"\b(?:brauch\w*|benötig\w*|wart\w*|ohne|nach)\b[^.?!]{{0,20}}"
            rf"\b(?:ihre[rn]?|deine[rn]?|eine) (?:ausdrückliche[rn]? )?{_IHRE}\b",
            r"\b(?:bescheid|sagen sie mir|sag mir),? ob (?:ich|wir)\b[^.?!]*"
            r"\b(?:soll|darf|dürf)\w*",
        )
    )
)
"""Asks, with a question mark or without one."""

ASKS_IN_A_QUESTION = re.compile(
    "|".join(
        (
            r"\b(?:may|can|could) (?:i|we)\b",
            r"\b(?:do you (?:want|wish)|would you like)\b|\bwant to\b|\bready to\b",
            r"^(?:all )?good to go$",
            r"\bare you (?:really |absolutely |quite |all )?(?:sure|certain|ok|okay|fine|ready)\b",
            r"\b(?:do you|you) (?:agree|accept|approve|consent|confirm|authori[sz]e)\b",
            r"\b(?:can|could|would|will) you (?:please |kindly )?"
            r"(?:confirm|approve|authori[sz]e)\b",
            r"\b(?:is|are|does|do|would|will)(?: all)? (?:that|this|it|these|those|everything|"
            r"all)\b"
            rf"[^?]*\b{_FINE}\b|\b(?:sounds?|looks?) {_FINE}$",
            r"\b(?:confirm|proceed|continue|go ahead|go through with)\b",
            rf"(?:^|[,;:\-] ?)(?:{_FINE}|agreed|deal|confirmed|yes)$",
            r"\b(?:kann|können) (?:ich|wir)\b",
            r"\b(?:möchten|wollen|wünschen) sie\b|\b(?:möchtest|willst) du\b",
            r"\b(?:möchtet|wollt) ihr\b",
            r"\b(?:sind sie|bist du|seid ihr) (?:\w+ ){0,2}(?:sicher|einverstanden|bereit)\b",
            r"\b(?:ist|wäre|sind|wären|passt|geht|klingt) (?:das|dies|es|alles|dir|ihnen)\b[^?]*"
            rf"\b(?:{_FINE}|klar)\b|^passt (?:das|dir|es)\b|\balles (?:so )?{_FINE}\b",
            r"^(?:soll|sollen|darf|dürfen|kann|können)\b[^?]*\bwerden$|\bwollen wir\b",
            r"\b(?:einverstanden|bestätigen|fortfahren|weitermachen|zustimmen|stimmt das)\b",
            r"\bstimm(?:en sie|st du|t ihr)\b[^?]*\bzu$",
        )
    )
)
"""Asks in a sentence that ends with a question mark."""

ASKS_SOMETHING_ELSE = re.compile(
    "|".join(
        (
            r"^(?:and |so |but |und )?(?:how|what|which|where|when|why|who|whose|"
            r"was|wie|welche[rsn]?|wo|wann|warum|wieso|wer|wem|wessen|womit|wofür)\b(?! if\b)",
            r"\b(?:help|assist|helfen|behilflich|unterstützen)\b",
            r"\b(?:anything|something|what) else\b|\bdo for you\b|\b(?:noch|sonst) (?:etwas|was)\b",
            r"\b(?:may|can|could|kann|können|darf|dürfen) (?:i|we|ich|wir)\b[^?]*"
            r"\b(?:ask|have|get|know|see|fragen|haben|bekommen|wissen|erfahren|sehen)\b",
            r"\b(?:confirm|bestätig\w*)\b[^.?!]{0,15}\b"
            r"(?:your|ihre|ihren|deine|deinen) (?:\w+[ -]?){0,2}"
            r"(?:number|name|e-?mail|address|identity|account|phone|details|birth|nummer|adresse|"
            r"identität|konto|kontonummer|telefonnummer|geburtsdatum|daten)\b",
            r"\b(?:like|want|wish) to (?:know|see|hear|learn|talk|speak|add|share)\b",
            r"\b(?:wissen|erfahren|hören|hinzufügen)$",
        )
    )
)
"""Asks for something that is no leave to act, and a yes to which is none."""

_ACT_EN = (
    rf"\b(?:(?:shall|should|may|can|could) (?:i|we)|(?:me|us) to|(?:want|like|wish) to) {_DO}(\w+)"
)
_ACT_DE = (
    r"\b(?:soll|sollen|darf|dürfen|kann|können|möchten|möchtest|wollen|willst)\b.*?(\w{3,}e?n)$"
)
ACT = re.compile(f"{_ACT_EN}|{_ACT_DE}")
"""What a question asks leave for: `refund` in "Shall I refund it?"."""

HARMLESS = re.compile(
    r"\b(?:no|not a|keine?) (?:problem\w*|worries|doubt|objections?|rush|hurry|einwände|"
    r"einwand|eile|need to (?:call|contact|write|reply|send|rush|hurry))\b|"
    r"\b(?:no|don't have any|keine) (?:more |further |other |weiteren )?"
    r"(?:questions?|fragen?)\b|"
    r"\bwhy not\b|\bwarum nicht\b|\bnichts dagegen\b|\bdon't worry\b|\bcan't wait\b|"
    r"\bthat'?s not wrong\b|\bnicht wahr\b"
)
"""Holds a no and says none."""
YES = re.compile(
    r"\b(?:yes+|yeah?|yep|yup|ye|sure|alright|all right|let'?s (?:go|do)|thumbs up|ok|okay|"
    r"absolutely|definitely|certainly|affirmative|agreed|"
    r"confirmed|approved|(?:i|we) (?:do )?(?:confirm|agree|approve|accept|consent)|go ahead|"
    r"go for it|"
    r"do (?:it|so|that)|please do|proceed|by all means|of course|make it (?:so|happen)|"
    r"sounds good|"
    r"(?:that )?works for me|fine (?:by|with) me|"
    r"jaa*|jawohl|jawoll|alles klar|jep|jup|jo|klar|gerne?|genau|einverstanden|bestätigt|(?:ich|"
    r"wir) bestätigen?|"
    r"bestätigen? (?:ich|wir)|natürlich|selbstverständlich|auf jeden fall|unbedingt|"
    r"mach(?:en sie|t)? (?:das|es|mal|ruhig)|nur zu|tun sie (?:das|es)|in ordnung|geht klar|passt|"
    r"abgemacht|freigegeben|(?:ich|wir) stimmen? (?:dem )?zu|stimmt)\b|[\U0001f44d\u2705\U0001f44c]"
)
NEGATES_NEXT = re.compile(r"(?:\b(?:not|dont|never|nicht|kein)|n't) (?:\w+ )?$")
"""Stands before a word that it turns around."""
WEAK_YES = re.compile(
    r"\b(?:right|correct|exactly|great|perfect|fine|good|nice|lovely|excellent|wonderful|please|go|"
    r"confirm|richtig|korrekt|super|toll|prima|perfekt|wunderbar|gut|bitte|fein|sicher|mach|los)\b"
)
"""Says yes where a sentence says nothing more, but for what is in `FILLERS`."""
FILLERS = re.compile(
    r"\b(?:that|this|it|is|s|would|be|sounds|looks|all|very|much|so|thanks|thank|you|for|me|to|and|"
    r"on|now|das|dies|es|ist|wäre|klingt|sehr|danke|dir|ihnen|mir|mich|für|und|dann|mal|doch|"
    r"schon)\b"
)
YES_BEFORE_A_QUESTION = re.compile(
    r"(?:yes|yeah|yep|ja|jawohl)\b[,!]? \w|(?:sure|ok|okay|of course|absolutely|klar|gerne?)[,!] \w"
)
NO = re.compile(
    r"\b(?:no|nope|nah|instead|stattdessen|not|dont|never|neither|wait|hold on|hold off|hang on|"
    r"forget (?:it|that)|"
    r"nevermind|changed my mind|refuse|decline|disagree|wrong|incorrect|"
    r"nein|nee|nö|ne|nicht|kein(?:e[nmrs]?)?|nie|niemals|warte|warten|vergiss|vergessen sie|"
    r"lass(?:en sie)? (?:das|es)|falsch|ablehnen|lehne)\b|n't\b|[\U0001f44e\u274c]"
)
WEAK_NO = re.compile(r"\b(stop|cancel|abort|quit|stopp|abbrechen|abbruch|brich|beenden)\b")
"""Says no, unless it is what was asked leave for."""
HESITATES = re.compile(
    r"\b(?:hm+|uh|um|maybe|perhaps|possibly|not sure|unsure|let me think|think about|thinking|"
    r"later|"
    r"vielleicht|eventuell|unsicher|überleg\w*|später|mal sehen|moment)\b"
)
CONDITION = re.compile(
    r"\b(?:but|if|unless|except|however|provided|as long as|aber|wenn|falls|sofern|ausser|jedoch|"
    r"vorausgesetzt)\b"
)
ORDINARY = re.compile(
    r"\b(?:the|an?|i|you|it|my|is|are|was|to|of|and|in|for|on|with|this|that|have|your|me|at|"
    r"der|die|das|ein|eine|ich|du|sie|es|mein|meine|ist|sind|und|für|mit|von|zu|habe|hat|"
    r"how|what|when|where|who|why|thanks|hello|hi|wie|was|wann|wo|wer|warum|danke|hallo)\b"
)
"""Words of which one at least is in nearly every sentence, by which the languages are known."""
