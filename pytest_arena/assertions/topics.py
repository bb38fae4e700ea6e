"""Assertion on topics."""

from __future__ import annotations

from typing import ClassVar

from pytest_arena.assertions.detecting import DetectingAssertion
from pytest_arena.judging.topics import TopicRules


class Topics(TopicRules, DetectingAssertion):
    """Hold when forbidden topics do not come up, and one of the allowed ones does.

        - type: topics
          forbidden: {medicine: [diagnosis, prescription], politics: [election, senator]}
          allowed: {billing: [invoice, refund, charge]}

    Topics are known by words and phrases, with the endings of English plurals and verbs, and with
    `min_similarity` by sentences that are like a phrase. See [Languages and topics](language.md).

    Error: never.
    """

    type: ClassVar[str] = "topics"
