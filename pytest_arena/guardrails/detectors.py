"""Detectors as guardrails: what is found blocks, is covered by asterisks, or is flagged."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.judging.detectors.base import Detector, Look
from pytest_arena.judging.detectors.injection import InjectionRules
from pytest_arena.judging.detectors.language import LanguageRules
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.judging.detectors.pii import PiiRules
from pytest_arena.judging.detectors.profanity import ProfanityRules
from pytest_arena.judging.detectors.prompt_leak import LeakRules
from pytest_arena.judging.detectors.refusal import look_for_refusal
from pytest_arena.judging.detectors.secrets import SecretRules
from pytest_arena.judging.detectors.topics import TopicRules
from pytest_arena.judging.words import mask
from pytest_arena.schema.assertion import Direction
from pytest_arena.schema.guardrail import Guardrail, LookedAt, Said, Violation


class DetectorGuardrail(Detector, Guardrail):
    """Finds what a detector finds; where it cannot tell, the text passes."""

    def find(self, text: str) -> Violation | None:
        return self.find_in(text, Said())

    def find_in(self, text: str, said: Said) -> Violation | None:
        look = self.look(text, said)
        if not look.found:
            return None
        replacement = self.message
        if replacement is None and look.spans:
            replacement = mask(text, look.spans)
        return Violation(look.reason, look.shown, replacement)


class PiiLeakage(PiiRules, DetectorGuardrail):
    """Finds personal data: addresses, and numbers of phones, cards, accounts and people.

        - type: pii_leakage
          entities: [email, card, iban]
          allow: ["*@example.com"]
          direction: output
          on_violation: replace

    What is found is covered by asterisks, or the whole text replaced by `message`. See
    [Personal data](pii.md) for what is found and how reliably.

    Error: when Presidio is asked for and not installed, or does not know an entity.
    """

    type: ClassVar[str] = "pii_leakage"
    aliases: ClassVar[tuple[str, ...]] = ("pii",)


class Language(LanguageRules, DetectorGuardrail):
    """Finds texts in another language than these.

        - type: language
          value: [en, de]
          direction: output

    A text whose language cannot be told (a single word, code, a sentence that is as likely to be in
    a sister language) passes. See
    [Languages](language.md).

    Error: never.
    """

    type: ClassVar[str] = "language"

    look_at: LookedAt = "text"
    """What of an answer is looked at: its `text` unless given, each text in its `tool_calls`, what
    tools gave back (`tool_results`), `both` of the first two, or `all`."""


class Profanity(ProfanityRules, DetectorGuardrail):
    """Finds swear words and slurs of English: whole words, disguised spellings included.

        - type: profanity
          min_severity: mild
          allow: [damn]
          direction: output
          on_violation: replace

    "Scunthorpe" and "assess" are harmless; "sh*t", "a$$hole" and "f u c k" are found. See
    [Profanity](profanity.md).

    Error: never.
    """

    type: ClassVar[str] = "profanity"


class PromptInjection(InjectionRules, DetectorGuardrail):
    """Finds known patterns of prompt injection, such as "ignore all previous instructions".

        - type: prompt_injection
          direction: input

    It knows what has been seen before; a new phrasing, and an instruction hidden in a document
    that looks like any other, pass. See [Prompt injection](injection.md) for the figures.

    Error: never.
    """

    type: ClassVar[str] = "prompt_injection"
    aliases: ClassVar[tuple[str, ...]] = ("injection",)

    direction: Direction = "input"
    """Which texts are looked at: `input` unless given."""


class PromptLeak(LeakRules, DetectorGuardrail):
    """Finds the system prompt in an answer, by a canary or by runs of the same words.

        - type: prompt_leak
          canary: [ZEBRA-4711]
          on_violation: replace
          message: I cannot share that.

    A paraphrase or a translation of the prompt is not seen. See [Prompt leaks](injection.md).

    Error: never.
    """

    type: ClassVar[str] = "prompt_leak"

    direction: Direction = "output"
    """Which texts are looked at: `output` unless given."""


class Secrets(SecretRules, DetectorGuardrail):
    """Finds keys, tokens and passwords, by the forms of their issuers and by assignment.

        - type: secrets
          direction: both

    What is found is named by its kind and its ends, never in full. See [Secrets](secrets.md).

    Error: never.
    """

    type: ClassVar[str] = "secrets"
    aliases: ClassVar[tuple[str, ...]] = ("secret_leakage",)


class Topics(TopicRules, DetectorGuardrail):
    """Finds topics that must not come up, or that none of the allowed ones does.

        - type: topics
          forbidden:
            medicine: [diagnosis, prescription, "side effects"]
            politics: [election, senator]

    A topic is known by its words and phrases, with the endings of English plurals and verbs, and
    with `min_similarity` by sentences like its phrases: what is said in quite other words is not
    seen, and a word that means something else is.

    Error: never.
    """

    type: ClassVar[str] = "topics"

    @model_validator(mode="before")
    @classmethod
    def _asks_no_tool_call_for_a_topic(cls, given: Any) -> Any:
        """With `allowed`, look at the text alone: no argument need name a topic."""
        if not isinstance(given, Mapping) or not given.get("allowed"):
            return given
        if given.get("look_at", "text") != "text":
            raise PydanticCustomError(
                "topics",
                "topics looks for what is allowed in an answer's text alone",
                {"expected": "`look_at: text`, or the `forbidden` topics in a rule of their own"},
            )
        return {**given, "look_at": "text"}


class RefusalRules(Detector):
    """Settings of what looks for refusals: none."""

    def look(self, text: str, said: Said) -> Look:
        if said.refusal:
            # marked by the provider, in whatever language it is
            return Look(True, f"declines, as the provider says: {quoted(said.refusal)}")
        return look_for_refusal(text, said.asked)


class Refusal(RefusalRules, DetectorGuardrail):
    """Finds answers that decline to help.

        - type: refusal
          on_violation: flag

    The rules are those of the assertion of the same name: English, and no model is asked. A bare
    "no" that may answer the question passes. See [Refusals](refusal.md).

    Error: never.
    """

    type: ClassVar[str] = "refusal"

    direction: Direction = "output"
    """Which texts are looked at: `output` unless given."""
    look_at: LookedAt = "text"
    """What of an answer is looked at: its `text` unless given, each text in its `tool_calls`, what
    tools gave back (`tool_results`), `both` of the first two, or `all`."""
