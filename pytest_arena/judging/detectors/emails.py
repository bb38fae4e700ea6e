"""E-mail addresses in a text, those among them that are written so that no program sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏͰ-ϿЀ-ӿ"
_L = f"{_LETTERS}0-9"
_LOCAL = rf"(?<![{_L}_+%'-])(?<![{_L}]\.)[{_L}_%+'-](?:[{_L}._%+'-]{{0,62}}[{_L}_%+-])?"
_LABEL = rf"[{_L}](?:[{_L}-]{{0,62}}[{_L}])?"
_SIGN = "[.。｡]"
_TOP = rf"(?:[A-Za-z]{{2,24}}|[Ͱ-ϿЀ-ӿ]{{2,24}})(?![{_L}_-])"
_WRITTEN = rf"{_LOCAL}@(?:{_LABEL}{_SIGN}){{1,8}}{_TOP}"

_OPEN, _CLOSE = r"[\[({<*~]{1,2}\s?", r"\s?[\])}>*~]{1,2}"
_AT_WORD = r"(?i:[aа]t|ät|arroba|arobase|chiocciola|aet)"
_DOT_WORD = r"(?i:dot|d0t|punkt|punto|ponto|point|period)"
# `f(a) x` is a call
_LETTER_AT = r"(?:\([aA]\)(?!\s)|\s{1,2}[\[({][aAäÄæÆ][\])}]\s{0,2})"
_MARKED_AT = rf"(?:\s{{0,2}}{_OPEN}(?:{_AT_WORD}|@){_CLOSE}\s{{0,2}}|{_LETTER_AT})"
_MARKED_DOT = rf"(?:\s{{0,2}}{_OPEN}(?:{_DOT_WORD}|{_SIGN}){_CLOSE}\s{{0,2}})"
_PLAIN_AT = rf"(?:[ \t]{{1,2}}{_AT_WORD}[ \t]{{1,2}}|[_-]{{1,2}}{_AT_WORD}[_-]{{1,2}})"
_PLAIN_DOT = rf"(?:[ \t]{{1,2}}{_DOT_WORD}[ \t]{{1,2}}|[_-]{{1,2}}{_DOT_WORD}[_-]{{1,2}})"
_SAID_DOT = rf"(?:{_MARKED_DOT}|{_PLAIN_DOT})"
_PART = rf"[{_L}](?:[{_L}'+]{{0,30}}[{_L}])?(?:[._+-][{_L}]{{1,30}}){{0,4}}?"
_SAID_LOCAL = rf"(?<![{_L}_+%'.-])(?P<local>{_PART}(?:{_SAID_DOT}{_PART}){{0,3}})"
_SAID_LABEL = rf"[{_L}](?:[{_L}-]{{0,30}}?[{_L}])?"
_ANY_LABELS = rf"{_SAID_LABEL}(?:(?:{_SIGN}|{_SAID_DOT}){_SAID_LABEL}){{0,3}}"
_SPELLED = (
    # A mark around "at" says that an address is meant, whatever its dots are.
    rf"{_SAID_LOCAL}(?:@|{_MARKED_AT})"
    rf"(?P<domain>{_ANY_LABELS}(?:{_SIGN}|{_SAID_DOT})(?P<top>{_TOP}))",
    rf"{_SAID_LOCAL}{_PLAIN_AT}(?P<domain>{_SAID_LABEL}(?:{_SAID_DOT}{_SAID_LABEL}){{0,3}}"
    rf"{_SAID_DOT}(?P<top>{_TOP}))",
    rf"{_SAID_LOCAL}[ \t]@[ \t](?P<domain>{_SAID_LABEL}(?:[ \t]?\.[ \t]?{_SAID_LABEL}){{0,3}}"
    rf"[ \t]?\.[ \t]?(?P<top>{_TOP}))",
)
_HINT = re.compile(rf"(?i)(?<![^\W_]){_AT_WORD}(?![^\W_])|@|{_LETTER_AT}")
_AT = re.compile(rf"{_MARKED_AT}|{_PLAIN_AT}|\s?@\s?")
_DOT = re.compile(rf"{_SAID_DOT}|[ \t]?\.[ \t]?")


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_TOPS = _words(
    "com org net edu gov int mil info biz name pro io ai co app dev xyz tech cloud online "
    "site shop store email me tv cc uk us ca au nz ie za in de at ch fr es it pt nl be lu dk "
    "se no fi is pl cz sk hu ro bg gr tr ru ua rs hr si ee lv lt eu il ae sa eg ng ke ma jp "
    "kr cn hk tw sg my th vn id ph pk bd lk br ar cl pe mx uy ve cu"
)
_TOPS_THAT_ARE_WORDS = _words("in at it be me us no so is as my name pro store site shop")
_PROVIDERS = _words(
    "gmail googlemail hotmail outlook live yahoo ymail icloud aol gmx proton protonmail "
    "fastmail zoho web t-online mail qq 163 126 yandex"
)
_NO_NAMES = _words(
    "i me us you him her it them we he she they this that these those who what which one ones "
    "all is are was were be been am do does did had has have not and or but if so as to of on "
    "in by for from with up out off down over here there now then when where how why only "
    "just also even look looks find found see seen saw buy bought sell sold get got go goes "
    "went come came sit sat stay start starts end ends stop work works shop order orders meet "
    "met arrive arrives stand point points aim live lives price prices cost costs run runs "
    "page pages website websites site sites store stores people person someone somebody "
    "anyone everyone team engineer engineers developer developers employee employees manager "
    "clause article paragraph item part rule step figure table answer choice group type class "
    "plan schedule appendix exhibit annex chapter line question exercise case variant "
    "designer student students professor ceo cto cfo founder job jobs role available more "
    "online back least best worst first last once home host hosts read write visit check "
    "click type stated written hosted listed based"
)
"""What stands before "at" in a sentence, and is nobody's name."""
_NO_DOMAINS = _words(
    "a an the this that these those it its my your our his her their each every any some one "
    "no all which what least most first last once home work"
)
_ENDINGS = ("ing", "able", "ible", "tion", "sion", "ness", "ment")
_PAST = re.compile(r"(?<!fr)(?<!fri)(?<![mel])ed$")
"""The end of what was done at a place; not of Fred, Ahmed, Saeed and Khaled."""
_GOES_ON = re.compile(r"[ \t]+[a-z]")
_SPACED_LETTER = re.compile(r"\s+[\[({]\w[\])}]\s*")
_NEXT_LETTER = re.compile(r"(?i)[\[({]b[\])}]")
_MOST_BETWEEN_LETTERS = 400
_SPOKEN_OF = re.compile(
    r"(?i)\b(?:e-?mails?|mail(?:ed|ing|to)?|contact|reach|write|wrote|address|ping|message|inbox)\b"
    r"[^\n]{0,40}$"
)


def find_emails(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of e-mail addresses.

    Also those as people write them to hide them from programs: `bob [at] corp [dot] io`,
    `bob(at)corp.io`, `bob@corp[.]io`, "bob at corp dot io". A sentence that goes so by chance
    ("look [at] this [dot]") is none.
    """
    for match in _compiled(_WRITTEN).finditer(text):
        yield match.span()
    if _HINT.search(text) is None:
        return
    for pattern in _SPELLED:
        is_marked = pattern is _SPELLED[0]
        for match in _compiled(pattern).finditer(text):
            if _is_meant(match, is_marked=is_marked):
                yield match.span()


def plain_address(text: str) -> str:
    """Return an address with `@` and dots for what it has in their places."""
    return _DOT.sub(".", _AT.sub("@", text, count=1))


def _is_meant(match: re.Match[str], *, is_marked: bool) -> bool:
    local, domain, top = (match[name].lower() for name in ("local", "domain", "top"))
    labels = re.split(r"[^\w-]+", domain)
    if local in _NO_NAMES or labels[0] in _NO_DOMAINS:
        return False
    between = match.string[match.end("local") : match.start("domain")]
    if _SPACED_LETTER.fullmatch(between):
        # "(a)" begins a list, too
        around = max(0, match.start() - _MOST_BETWEEN_LETTERS), match.end() + _MOST_BETWEEN_LETTERS
        is_marked = False
        if _NEXT_LETTER.search(match.string, *around):
            return False
    said_plainly = match.string[match.start("top") - 1].isspace()
    if said_plainly and top in _TOPS_THAT_ARE_WORDS and _GOES_ON.match(match.string, match.end()):
        return False
    if is_marked or top not in _TOPS:
        return is_marked
    is_likely = (
        labels[0] in _PROVIDERS
        or not local.isalpha()
        or _SPOKEN_OF.search(match.string, max(0, match.start() - 60), match.start()) is not None
    )
    return is_likely or not (local.endswith(_ENDINGS) or _PAST.search(local))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # ASCII alone: in scripts without blanks, and before Korean particles, data stands amid letters
    return re.compile(pattern, re.ASCII)
