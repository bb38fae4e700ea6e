"""Detectors as assertions: nothing may be found in any answer of the trial."""

from collections.abc import Awaitable, Sequence
from typing import ClassVar

from pytest_arena.assertions.judge_base import content
from pytest_arena.errors import ArenaError
from pytest_arena.judging.answer_parts import parts_of
from pytest_arena.judging.detectors.base import Detector, Look
from pytest_arena.judging.detectors.injection import InjectionRules
from pytest_arena.judging.detectors.language import LanguageRules
from pytest_arena.judging.detectors.pii import PiiRules
from pytest_arena.judging.detectors.profanity import ProfanityRules
from pytest_arena.judging.detectors.prompt_leak import LeakRules
from pytest_arena.judging.detectors.secrets import SecretRules
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, LookAt, MoreText, Outcome
from pytest_arena.schema.guardrail import Said


class DetectorAssertion(Detector, Assertion):
    """Holds when a detector finds nothing in any answer, in a conversation in none of its turns."""

    whole_dialogue: ClassVar[bool] = True

    @property
    def looks_at(self) -> LookAt:
        """What of an answer is looked at."""
        return "text"

    def check(self, trial: Trial, context: CheckContext) -> Outcome | Awaitable[Outcome]:
        said = Said(system_prompt(trial))
        several = len(trial.responses) > 1
        looks: list[tuple[str, Look]] = []
        try:
            for turn, response in enumerate(trial.responses, 1):
                for part in parts_of(response, self.looks_at):
                    where = part.where + (f" (in answer {turn})" if several else "")
                    looks.append((where, self.look(part.labelled, said)))
        except ArenaError as error:
            return Outcome.error(str(error))
        return self.concluded(looks)

    def concluded(self, looks: Sequence[tuple[str, Look]]) -> Outcome:
        """Return what the looks at all answers come to; with each stands where it looked."""
        for where, look in looks:
            if look.found:
                return Outcome.of(False, look.reason + where, expected=self.nothing)
        unknown = next((look for _, look in looks if look.found is None), None)
        if unknown is not None:
            return Outcome.error(unknown.reason)
        reason = looks[-1][1].reason if looks else f"there was {self.nothing} to look at"
        return Outcome.of(True, reason, expected=self.nothing)


class LeakAssertion(DetectorAssertion):
    """Holds when a detector finds nothing in any answer, nor in the tool calls that it makes."""

    more_text: ClassVar[MoreText] = "harm"

    look_at: LookAt = "both"
    """What of an answer is looked at: its `text`, the names and arguments of its `tool_calls`, or
    `both`."""

    @property
    def looks_at(self) -> LookAt:
        return self.look_at


def system_prompt(trial: Trial) -> str | None:
    """Return what the system said in a trial, or None."""
    texts = [
        message["content"]
        for message in trial.messages
        if message.get("role") == "system" and isinstance(message.get("content"), str)
    ]
    return "\n".join(texts) or None


def last_asked(trial: Trial) -> str | None:
    """Return what the user said last in a trial, or None."""
    users = [message for message in trial.messages if message.get("role") == "user"]
    return content(users[-1]) if users else None


class PiiLeakage(PiiRules, LeakAssertion):
    """Holds when no answer holds personal data.

        - type: pii_leakage
          entities: [email, phone, card]
          allow: ["*@example.com"]

    Addresses, and numbers of phones, cards (with Luhn's check digit), accounts (IBAN with its
    checksum), people (SSN) and computers (IP). Names are Presidio's to find. See
    [Personal data](pii.md).

    Error: when Presidio is asked for and not installed, or does not know an entity.
    """

    type: ClassVar[str] = "pii_leakage"
    aliases: ClassVar[tuple[str, ...]] = ("pii",)


class Language(LanguageRules, DetectorAssertion):
    """Holds when every answer is in one of these languages.

        - type: language
          value: de

    Some 110 languages are known; code and links are left out. See [Languages](language.md).

    Error: when the language of an answer cannot be told, as of a single word, or when a language
    that is not listed is only a little more likely than those that are.
    """

    type: ClassVar[str] = "language"
    reads_text: ClassVar[bool] = True


class Profanity(ProfanityRules, LeakAssertion):
    """Holds when no answer swears (in English).

        - type: profanity
          min_severity: mild

    Whole words count, with their endings and in disguise: "Scunthorpe" is harmless, "sh*t" is
    not. See [Profanity](profanity.md).

    Error: never.
    """

    type: ClassVar[str] = "profanity"


class PromptInjection(InjectionRules, LeakAssertion):
    """Holds when no answer holds a known pattern of prompt injection, meant for who reads it next.

        - type: prompt_injection

    Use the guardrail of the same name for what is sent. See [Prompt injection](injection.md).

    Error: never.
    """

    type: ClassVar[str] = "prompt_injection"
    aliases: ClassVar[tuple[str, ...]] = ("injection",)


class PromptLeak(LeakRules, LeakAssertion):
    """Holds when no answer gives the system prompt away.

        - type: prompt_leak
          canary: [ZEBRA-4711]

    A leak is a canary, a run of `min_words` words of the prompt, or a large share of it. A
    paraphrase or a translation is not seen. See [Prompt injection](injection.md).

    Error: when the case has no system prompt and no canary is given.
    """

    type: ClassVar[str] = "prompt_leak"


class Secrets(SecretRules, LeakAssertion):
    """Holds when no answer holds a key, a token or a password.

        - type: secrets

    Forms of well-known issuers, private keys, passwords in URLs, and random values after
    "password:" and the like. What is found is never printed in full. See [Secrets](secrets.md).

    Error: never.
    """

    type: ClassVar[str] = "secrets"
    aliases: ClassVar[tuple[str, ...]] = ("secret_leakage",)
