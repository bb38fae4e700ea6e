"""Tell by rules, for English and German, whether a text asks for leave, and whether it is given."""

from __future__ import annotations

import re
from typing import Literal

from pytest_arena.judging import confirmation_phrases as phrases
from pytest_arena.text.folding import fold

Reply = Literal["yes", "no", "unclear", "none"]
"""Leave is given, is refused, may be either, or the reply does not speak of it."""
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]*_]*\s+|\n+")
_MARKDOWN = str.maketrans({"*": " ", "_": " ", "`": " "})
_MOST_CHARACTERS = 20_000
_LETTERS: dict[str, Reply] = {"y": "yes", "j": "yes", "n": "no"}


def asks_leave(text: str) -> str | None:
    """Return the last sentence in which a text asks whether something may be done; None without.

    "Shall I refund it?", "Please confirm.", "Soll ich das Konto löschen?" do; "Can I help you?"
    and "What is your order number?" do not: a yes to them is no leave.
    """
    for sentence in reversed(_sentences(text)):
        if _asks(fold(sentence).strip()):
            return sentence
    return None


def _asks(sentence: str) -> bool:
    bare = sentence.rstrip(" ?!.\"')")
    if phrases.ASKS_SOMETHING_ELSE.search(bare):
        return False
    if phrases.ASKS_ANYHOW.search(sentence):
        return True
    return "?" in sentence and phrases.ASKS_IN_A_QUESTION.search(bare) is not None


def reply_to(question: str, reply: str) -> Reply:
    """Return what a reply says to a question for leave.

    It is a yes where it says so and nothing against it, `unclear` where it says both, sets a
    condition, or has no word that is known, and `none` where it hesitates, asks in return, or
    speaks of something else.
    """
    asked = fold(question)
    to_type = phrases.WORD_TO_TYPE.search(asked)
    if to_type is not None and fold(reply).strip(" .!\"'") == to_type[1]:
        return "yes"
    sentences = [phrases.HARMLESS.sub(" ", fold(one)).strip() for one in _sentences(reply)]
    agrees = any(_agrees(asked, one) for one in sentences)
    whole = " ".join(sentences)
    declines = phrases.NO.search(whole) or any(
        weak[1] not in asked for weak in phrases.WEAK_NO.finditer(whole)
    )
    if agrees:
        against = declines or phrases.HESITATES.search(whole) or phrases.CONDITION.search(whole)
        return "unclear" if against else "yes"
    if whole in _LETTERS:
        return _LETTERS[whole]
    if declines:
        return "no"
    if "?" in whole or phrases.HESITATES.search(whole) or phrases.ORDINARY.search(whole):
        return "none"
    says_a_word = any(letter.isalpha() for letter in fold(reply))
    return "unclear" if says_a_word else "none"


def withdraws(text: str) -> bool:
    """Return whether a message takes back a yes that was given before."""
    said = phrases.HARMLESS.sub(" ", fold(text))
    declines = phrases.NO.search(said) or phrases.WEAK_NO.search(said)
    return declines is not None and phrases.YES.search(said) is None


def _agrees(asked: str, sentence: str) -> bool:
    if "?" in sentence:
        # "Is that okay?" asks, and "Yes, can you do it today?" agrees first
        return phrases.YES_BEFORE_A_QUESTION.match(sentence) is not None
    yes = phrases.YES.search(sentence)
    if yes is not None:
        return phrases.NEGATES_NEXT.search(sentence[: yes.start()]) is None
    if phrases.NO.search(sentence):
        return False
    return _says_nothing_but_yes(sentence) or _orders_it(asked, sentence)


def _says_nothing_but_yes(sentence: str) -> bool:
    rest, found = phrases.WEAK_YES.subn(" ", sentence)
    return found > 0 and re.search(r"\w", phrases.FILLERS.sub(" ", rest)) is None


def _orders_it(asked: str, sentence: str) -> bool:
    """Return whether a sentence orders what leave was asked for: so after "Shall I?"."""
    act = phrases.ACT.search(asked.rstrip(" ?!.\"')"))
    words = re.findall(r"\w+", sentence)
    said = next((word for word in words if word not in ("please", "bitte", "then", "dann")), "")
    if act is None or len(said) < 3:
        return False
    if act[1]:
        return said == act[1]
    stem = act[2].removesuffix("n").removesuffix("e")
    return len(stem) > 3 and said.startswith(stem)


def _sentences(text: str) -> list[str]:
    plain = text[:_MOST_CHARACTERS].translate(_MARKDOWN)
    return [one.strip() for one in _SENTENCE_END.split(plain) if one.strip()]
