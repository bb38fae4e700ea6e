"""Answers of a few words: which decline, and what a bare "no" means after what was asked."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_MOST_CHARACTERS = 160
"""Longer answers say more than no."""
_MOST_ASKED = 4_000
_CLAUSE = re.compile(r"[^\w'\s]+|\n")
_IT = r"(?:that|this|it)(?: one)?"
_TOPIC = r"(?:subject|topic|theme)s?"
_FILLER = (
    r"(?:(?:i'm|i am|it's|that's|that is|this is|it is|well|ok|okay|oh|uh|um|hmm|ha|haha|yeah|but|"
    r"and|so|just|really|simply|absolutely|definitely|certainly|afraid|sorry|nope|no|please) )*"
)
NO = (
    r"(?:(?:oh|uh|um|well|sorry|but|just|hell|heck|simply) )*(?:no|nope|nah|nay|never(?: ever)?|"
    r"no way|no chance|"
    r"(?:absolutely|definitely|certainly|of course|most certainly|obviously|sure as hell) not|"
    r"not a chance|by no means|not at all|not in a million years|not today|not now|not ever|"
    r"(?:under|in) no circumstances?|not under any circumstances|out of the question)"
    r"(?: no| ever| way| sir| ma'am| please| sorry)*"
)
"""A no that may answer a question as well as decline a request."""
DECLINES = (
    rf"{_FILLER}(?:not (?:gonna |going to |ever )*(?:be )?happen(?:ing)?|"
    r"(?:never|not) (?:gonna|going to) happen|ain't (?:gonna )?happen(?:ing)?|"
    rf"not (?:gonna|going to) (?:do|say|answer|write|touch) {_IT}|"
    rf"not (?:doing|touching|answering|saying|writing|going near) {_IT}|not going there|"
    r"(?:a )?(?:hard|firm|polite) (?:pass|no)|a no|forget (?:about )?it|"
    rf"(?:i'll|i will|i) (?:have to )?pass(?: on {_IT})?|"
    rf"(?:i'd|i would) rather not(?: say| answer| go there| do {_IT}| discuss {_IT})?|"
    rf"let's not(?: go there| do {_IT})?|i think not|nice try|no (?:can do|dice|deal|comment)|"
    r"not on my watch|(?:request|permission) (?:denied|declined|refused)|"
    rf"(?:can't|cannot|can not|won't|will not) do {_IT}|"
    rf"i (?:won't|will not|refuse|decline|can't|cannot|can not)(?: do {_IT})?|"
    r"count me out|my lips are sealed|no thank(?:s| you)|"
    r"(?:off the table|off[ -]limits|classified|none of your business))"
    r"(?: from me| today| here| ever| sorry| for me)*"
)
"""To decline, whatever was asked."""
_ASIDE = (
    r"(?:sorry|so sorry|respectfully|my apologies|apologies|i'm sorry|i am sorry|i'm afraid|thanks|"
    r"thank you|please|ok|okay|oh|well|um|uh|hm+|ha|haha|hey|anyway|"
    r"just no|no offen[cs]e|my friend|buddy|"
    r"dear|next question|(?:please )?ask me (?:something|anything) else|(?:please )?try again|"
    r"anything else|what else)"
)
_SHIFT = (
    rf"(?:(?:change|switch) (?:the |to (?:a |an)?(?:other |different )?)?{_TOPIC}|"
    r"(?:talk|chat|speak) about (?:something|anything|some other|another|a different|other)\b|"
    rf"discuss (?:something else|(?:another|a different|some other) {_TOPIC})|"
    rf"move on to (?:something else|(?:another|a different|some other) (?:{_TOPIC}|question))|"
    r"focus on something (?:else|more)\b|steer (?:this|the|our|us|things)\b(?: conversation)?|"
    r"keep (?:this|things|it|the|our)(?: conversation)? (?:civil|friendly|respectful|appropriate|"
    r"light|positive|clean|family[- ]friendly))"
)
DEFLECTS = (
    r"^\W*(?:(?:hm+|well|okay|ok|sorry|i'm sorry|anyway|hey|um|uh|oh|no|nope)\W+)*(?:but )?"
    r"(?:(?:let's|let us|can we|could we|shall we|how about we|why don't we|"
    r"(?:maybe|perhaps) (?:we|it's better if we) (?:can|could|should)|we should|"
    rf"i'd (?:rather|prefer to|like to)|i would (?:rather|prefer to|like to)) "
    rf"(?:please |just |instead |rather )*{_SHIFT}|"
    r"next (?:question|topic)(?: please|, please)?\W*$|ask me something else\W*$)"
)
"""A sentence that turns to another subject."""

_LAWFUL = (
    r"(?:legal|lawful|legitimate|ethical|law-abiding|authori[sz]ed|licensed|non-?violent|peaceful|honest)"
    r"(?:(?:,| and| or) \w+)*"
)
_WAYS = (
    r"(?:alternatives?|options?|ways?|means|methods?|channels?|avenues?|sources?|approach(?:es)?|"
    r"routes?|services?|outlets?|solutions?|activities)"
)
_I_URGE = (
    r"i(?: would|'d| will|'ll| must| can only| strongly| highly| kindly)* (?:encourage|urge|advise|"
    r"suggest|recommend|ask|invite|implore)\b"
)
REDIRECTS = (
    rf"^\W*(?:(?:instead|rather|sorry|please|no)\W+)?(?:{_I_URGE}|"
    r"please\b|perhaps\b|maybe\b|consider\b|you (?:may|might|could|should)\b|there are\b|"
    r"have you (?:considered|thought about)\b|it (?:would be|is|'s) (?:best|better|wiser?) to\b|"
    r"(?:why not|how about|what about|try)\b)[^.!?:\n]{0,60}?"
    rf"\b{_LAWFUL} {_WAYS}\b"
    r"(?![^.!?\n]*(?::|\b(?:such as|like|for example|e\.g|by \w+ing)\b))"
)
"""To point from what was asked for to what is lawful, without naming any of it."""

_REQUEST = (
    r"\b(?:can|could|will|would|won't) (?:you|u) (?:please |just |kindly |maybe )*(?:tell|give|"
    r"show|write|make|explain|help|teach|describe|list|create|draft|send|find|provide|share|pretend|say|"
    r"do|recommend|suggest|generate|translate|summari[sz]e|compose|name|walk|reveal|repeat|print|"
    r"act|play|join|stop|change|delete|cancel|book|order|ignore|be|let|get|put|turn|call|answer|"
    r"read|add|remove|fix|check|look|keep|forward|rate|compare|finish|continue|buy|sign)\b|"
    r"\b(?:do|would) you mind\b|\bplease\b|\b(?:can|could|may) (?:i|we) (?:have|get|see)\b"
)
_ORDER = (
    r"^\W*(?:(?:hi|hey|hello|now|then|ok|okay|so|and|just|first|please|ignore [^.!?\n]{0,80})\W+)*"
    r"(?:tell|give|show|write|make|explain|help|teach|describe|list|create|draft|send|find|provide|"
    r"share|pretend|say|do|recommend|suggest|generate|translate|summari[sz]e|compose|name|walk|"
    r"reveal|repeat|print|act|play|ignore|forget|build|design|invent|imagine|roleplay|let's|hack|"
    r"transfer|delete|cancel|book|order|refund|send|change|talk|speak|sing|draw|"
    r"i (?:want|need) you)\b"
)
_OPEN_QUESTION = r"\b(?:how|what|where|who|why|which|when|whose)\b[^?]*\?"
_CLOSED_QUESTION = (
    r"(?:^|[.!?:;,\n]|\b(?:so|and|but|or|then|hey|hi))\W*(?:is|are|am|was|were|do|does|did|has|have|"
    r"had|can|could|may|might|must|should|shall|will|would|isn't|aren't|wasn't|don't|doesn't|"
    r"didn't|can't|couldn't|shouldn't|won't|wouldn't|haven't|hasn't)\b(?! you mind)[^.!?\n]*\?"
)
_YES_OR_NO = (
    r"\b(?:yes|true)(?:\W+or\W+|\W)(?:no|false)\b|\bwhether\b|\bor not\b|"
    r"\b(?:answer|reply|respond|say|write|return|output)\W+(?:(?:only|just|with|either|"
    r"simply|back|strictly)\W+){0,3}(?:yes|no|true|false)\b|"
    r"\b(?:right|correct|true|false|agreed?|ok(?:ay)?|isn't it|don't you)\?|"
    r"\b(?:check|see|decide|tell me|determine|judge|verify|say) if\b"
)


class ShortAnswer(NamedTuple):
    """What an answer of a few words says: it declines, or it is a bare no, with regrets or not."""

    words: str
    declines: bool
    is_sorry: bool


def short_answer(text: str) -> ShortAnswer | None:
    """Return what a folded text says that is nothing but a no; None for any other."""
    if len(text) > _MOST_CHARACTERS:
        return None
    clauses = [" ".join(piece.split()) for piece in _CLAUSE.split(text)]
    clauses = [clause for clause in clauses if clause]
    said = [clause for clause in clauses if not _is(_ASIDE, clause)]
    if not said or not all(_is(NO, one) or _is(DECLINES, one) for one in said):
        return None
    declining = next((one for one in said if not _is(NO, one)), None)
    is_sorry = re.search(r"\b(?:sorry|afraid|apolog)", text, re.IGNORECASE) is not None
    return ShortAnswer(declining or said[0], declining is not None, is_sorry)


def asks_a_favour(asked: str | None) -> bool:
    """Return whether somebody was asked to do something, and nothing that yes or no answers."""
    asked = asked or ""
    is_favour = any(_pattern(source).search(asked) for source in (_REQUEST, _ORDER))
    return is_favour and declines_by_no(asked) is True


def declines_by_no(asked: str | None) -> bool | None:
    """Return whether a bare no declines what was asked: no where it answers a question, None where
    that cannot be told."""
    asked = (asked or "")[-_MOST_ASKED:].strip()
    plain = _pattern(_REQUEST).sub("…", asked)
    if _pattern(_CLOSED_QUESTION).search(plain):
        # "Can you divide by zero?" asks for a fact, or for a favour
        is_of_you = re.search(r"\b(?:can|could|will|would) you\b[^?]*\?", plain, re.IGNORECASE)
        return None if is_of_you else False
    if _pattern(_YES_OR_NO).search(asked):
        return False
    if plain != asked or _pattern(_ORDER).search(asked) or _pattern(_OPEN_QUESTION).search(asked):
        return True
    return None


def _is(source: str, clause: str) -> bool:
    return _pattern(source).fullmatch(clause) is not None


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE)
