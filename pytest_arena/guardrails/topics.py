"""Guardrail on topics."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.guardrails.detecting import DetectingGuardrail
from pytest_arena.judging.topics import TopicRules


class Topics(TopicRules, DetectingGuardrail):
    """Find topics that must not come up, or that none of the allowed ones does.

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
