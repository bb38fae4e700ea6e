"""Assertions of PromptArena that a model judges, and those that need what an arena has not."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pytest_arena.loading.dialects.promptarena.check_base import Around, Check, Read
from pytest_arena.loading.dialects.promptarena.params import Given, Params, UnusableError
from pytest_arena.loading.dialects.promptarena.tools import NeedsError

_SAID_TO_JUDGES = ("system_prompt", "conversation_aware", "extra", "expected", "model")
"""What changes how a judge of PromptArena is asked, and not what it judges."""


def _judge(params: Params, around: Around) -> Given | None:
    named = params.get("judge")
    if named is None:
        return None
    name = str(named.value)
    if name not in around.judges:
        known = ", ".join(sorted(around.judges)) or "none is there"
        raise UnusableError(f"judge: one of the suite's judges ({known})")
    return Given(around.judges[name], named.mark)


def _said(params: Params) -> Given:
    """Return what a judge is asked, with its guidance behind it: levels are an arena's own."""
    criteria = params.need("criteria", "prompt", expected="what is judged")
    rubric = params.get("rubric")
    if rubric is None:
        return criteria
    text = rubric.value if isinstance(rubric.value, str) else json.dumps(rubric.value)
    return Given(f"{criteria.value}\n{text}", criteria.mark)


def _criteria(kind: str) -> Read:
    def read(params: Params, around: Around) -> Iterator[Check]:
        yield {"type": kind, "criteria": _said(params), "judge": _judge(params, around)}

    return read


def _of_tool_calls(params: Params, around: Around) -> Iterator[Check]:
    criteria = _said(params)
    tools = params.maybe_texts("tools")
    text = str(criteria.value)
    if tools is not None:
        text = f"{text}\nLook at the calls of these tools alone: {', '.join(tools.value)}."
    yield {
        "type": "trajectory_judge",
        "criteria": Given(text, criteria.mark),
        "judge": _judge(params, around),
    }


def _plain(kind: str) -> Read:
    def read(params: Params, around: Around) -> Iterator[Check]:
        yield {"type": kind, "judge": _judge(params, around)}

    return read


def _role(params: Params, around: Around) -> Iterator[Check]:
    role = params.get("agent_role")
    yield {"type": "role_violation", "role": role, "judge": _judge(params, around)}


def _pii(params: Params, _: Around) -> Iterator[Check]:
    yield {"type": "pii_leakage", "look_at": "text"}


def _on_documents(kind: str, *, reference: bool = False) -> Read:
    def read(params: Params, around: Around) -> Iterator[Check]:
        if params.get("context_field") is not None:
            raise NeedsError("documents that a tool leaves in the runtime (context_field)")
        documents = params.texts("contexts", "context")
        check: Check = {"type": kind, "context": documents, "judge": _judge(params, around)}
        if reference:
            check["reference"] = params.need("reference", "expected_output", expected="the answer")
        yield check

    return read


JUDGED: dict[str, Read] = {
    "llm_judge": _criteria("llm_judge"),
    **dict.fromkeys(
        ("llm_judge_session", "llm_judge_conversation"), _criteria("judge_conversation")
    ),
    "llm_judge_tool_calls": _of_tool_calls,
    "bias": _plain("bias"),
    "toxicity": _plain("toxicity"),
    "role_violation": _role,
    "pii_leakage": _pii,
    "answer_relevancy": _plain("answer_relevance"),
    "faithfulness": _on_documents("faithfulness"),
    "hallucination": _on_documents("hallucination"),
    "contextual_relevancy": _on_documents("context_relevance"),
    "contextual_precision": _on_documents("context_precision"),
    "contextual_recall": _on_documents("context_recall", reference=True),
}
BY_RULES = frozenset({"pii_leakage"})
"""Those of them that an arena judges without a model."""
SILENT = frozenset(_SAID_TO_JUDGES)

_MEDIA = "pictures, sounds or films in answers"
_CLASSIFIER = "a classifier behind an inference provider"
_COMPOSITION = "compositions"
NEEDS: dict[str, str] = {
    **dict.fromkeys(("image_format", "image_dimensions", "image_moderation"), _MEDIA),
    **dict.fromkeys(("audio_format", "audio_duration", "audio_emotion"), _MEDIA),
    **dict.fromkeys(("video_duration", "video_resolution"), _MEDIA),
    **dict.fromkeys(("tool_result_has_media", "tool_result_media_type"), _MEDIA),
    **dict.fromkeys(
        ("text_toxicity", "text_sentiment", "zero_shot", "topic_policy", "text_classification"),
        _CLASSIFIER,
    ),
    **dict.fromkeys(
        (
            *("composition_step_output", "composition_branch_taken"),
            *("composition_parallel_complete", "composition_output"),
        ),
        _COMPOSITION,
    ),
    **dict.fromkeys(("skill_activated", "skill_not_activated", "skill_activation_order"), "skills"),
    **dict.fromkeys(
        ("agent_invoked", "agent_not_invoked", "agent_response_contains"), "agents over A2A"
    ),
    **dict.fromkeys(("rest_eval", "rest_eval_session"), "a service that judges (rest_eval)"),
    **dict.fromkeys(("a2a_eval", "a2a_eval_session"), "an agent that judges (a2a_eval)"),
    "tool_exec": "a call of a tool that is made to check (tool_exec)",
    "cosine_similarity": "an embedding model of the suite's",
    "workflow_tool_access": "which state a tool was called in (workflow_tool_access)",
    "outcome_equivalent": "a comparison of perturbed runs (outcome_equivalent)",
    "directional": "a comparison of perturbed runs (directional)",
    "invariant_fields_preserved": "a comparison of calls (invariant_fields_preserved)",
}
"""Types that PromptArena has and an arena has not, and what they need."""
