"""Assertions on what must not get out: personal data, secrets, profanity, the prompt itself."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.assertions.detecting import DetectingAssertion
from pytest_arena.judging.injection import InjectionRules
from pytest_arena.judging.languages import LanguageRules
from pytest_arena.judging.leaks import LeakRules
from pytest_arena.judging.pii import PiiRules
from pytest_arena.judging.profanity import ProfanityRules
from pytest_arena.judging.secrets import SecretRules
from pytest_arena.judging.topics import TopicRules


class PiiLeakage(PiiRules, DetectingAssertion):
    """Hold when no answer holds personal data.

        - type: pii_leakage
          entities: [email, phone, card]
          allow: ["*@example.com"]

    Addresses, and numbers of phones, cards (with Luhn's check digit), accounts (IBAN with its
    checksum), people (SSN) and computers (IP). Names are not looked for. See
    [Personal data](pii.md).

    Error: never.
    """

    type: ClassVar[str] = "pii_leakage"
    aliases: ClassVar[tuple[str, ...]] = ("pii",)


class Secrets(SecretRules, DetectingAssertion):
    """Hold when no answer holds a key, a token or a password.

        - type: secrets

    Forms of well-known issuers, private keys, passwords in URLs, and random values after
    "password:" and the like. What is found is never printed in full. See [Secrets](secrets.md).

    Error: never.
    """

    type: ClassVar[str] = "secrets"
    aliases: ClassVar[tuple[str, ...]] = ("secret_leakage",)


class Profanity(ProfanityRules, DetectingAssertion):
    """Hold when no answer swears (in English).

        - type: profanity
          min_severity: mild

    Whole words count, with their endings and in disguise: "Scunthorpe" is harmless, "sh*t" is
    not. See [Profanity](profanity.md).

    Error: never.
    """

    type: ClassVar[str] = "profanity"


class PromptInjection(InjectionRules, DetectingAssertion):
    """Hold when no answer holds a known pattern of prompt injection, meant for who reads it next.

        - type: prompt_injection

    Use the guardrail of the same name for what is sent. See [Prompt injection](injection.md).

    Error: never.
    """

    type: ClassVar[str] = "prompt_injection"
    aliases: ClassVar[tuple[str, ...]] = ("injection",)


class PromptLeak(LeakRules, DetectingAssertion):
    """Hold when no answer gives the system prompt away.

        - type: prompt_leak
          canary: [ZEBRA-4711]

    A leak is a canary, a run of `min_words` words of the prompt, or a large share of it. A
    paraphrase or a translation is not seen. See [Prompt injection](injection.md).

    Error: when the case has no system prompt and no canary is given.
    """

    type: ClassVar[str] = "prompt_leak"


class Language(LanguageRules, DetectingAssertion):
    """Hold when every answer is in one of these languages.

        - type: language
          value: de

    Scripts, function words and letters of 32 languages are known; code and links are left out.
    See [Languages](language.md).

    Error: when the language of an answer cannot be told, as of a single word.
    """

    type: ClassVar[str] = "language"


class Topics(TopicRules, DetectingAssertion):
    """Hold when forbidden topics do not come up, and one of the allowed ones does.

        - type: topics
          forbidden: {medicine: [diagnosis, prescription], politics: [election, senator]}
          allowed: {billing: [invoice, refund, charge]}

    Topics are known by words alone, with the endings of English plurals and verbs.

    Error: never.
    """

    type: ClassVar[str] = "topics"
