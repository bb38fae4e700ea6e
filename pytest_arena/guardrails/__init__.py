"""Rules on inputs and outputs that can block or replace an answer.

A guardrail looks at one text and returns a `Violation` or nothing; `apply` runs those of a case
before a call and after it, on the event loop, so each must be quick. They are part of the system
under test: what they block is judged by assertions such as `validation_error`. Detectors that an
assertion of the same name uses, too, lie in `judging.detectors`.
"""

from pytest_arena.registry import Shipped

_HERE = __name__

BUILTINS = (
    Shipped("banned_words", f"{_HERE}.text:BannedWords"),
    Shipped("max_length", f"{_HERE}.text:MaxLength"),
    Shipped("max_sentences", f"{_HERE}.text:MaxSentences"),
    Shipped("required_pattern", f"{_HERE}.text:RequiredPattern"),
    Shipped("forbidden_pattern", f"{_HERE}.text:ForbiddenPattern"),
    Shipped("pii_leakage", f"{_HERE}.detectors:PiiLeakage", ("pii",)),
    Shipped("secrets", f"{_HERE}.detectors:Secrets", ("secret_leakage",)),
    Shipped("profanity", f"{_HERE}.detectors:Profanity"),
    Shipped("prompt_injection", f"{_HERE}.detectors:PromptInjection", ("injection",)),
    Shipped("prompt_leak", f"{_HERE}.detectors:PromptLeak"),
    Shipped("language", f"{_HERE}.detectors:Language"),
    Shipped("topics", f"{_HERE}.detectors:Topics"),
    Shipped("refusal", f"{_HERE}.detectors:Refusal"),
)

__all__ = ["BUILTINS"]
