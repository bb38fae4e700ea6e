"""Assertions of PromptArena that need no model: all of them by their types."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_arena.loading.dialects.promptarena.check_base import Around, Check, Read
from pytest_arena.loading.dialects.promptarena.params import Given, Params, UnusableError
from pytest_arena.loading.dialects.promptarena.text_kinds import TEXT_KINDS
from pytest_arena.loading.dialects.promptarena.tool_kinds import TOOL_KINDS


def _state(kind: str) -> Read:
    def read(params: Params, around: Around) -> Iterator[Check]:
        _of_workflow(around)
        yield {"type": kind, "state": params.need("state", expected="the name of a state")}

    return read


def _complete(params: Params, around: Around) -> Iterator[Check]:
    _of_workflow(around)
    yield {"type": "workflow_complete"}


def _order(params: Params, around: Around) -> Iterator[Check]:
    _of_workflow(around)
    yield {"type": "transition_order", "states": params.texts("sequence", "states")}


def _of_workflow(around: Around) -> None:
    if not around.in_workflow:
        raise UnusableError(
            "a suite with workflow: {entry: …, states: {…}}",
            "add the workflow to the suite, or leave this assertion out",
        )


def _latency(params: Params, _: Around) -> Iterator[Check]:
    most = params.need("max_ms", "max_latency_ms", "max", expected="milliseconds")
    yield {"type": "response_time", "max_ms": most}


def _cost(params: Params, _: Around) -> Iterator[Check]:
    dollars = params.get("max_cost_usd", "max_cost", "max_usd")
    kinds = {
        "max_total_tokens": "total",
        "max_input_tokens": "input",
        "max_output_tokens": "output",
    }
    tokens = {kind: params.get(key) for key, kind in kinds.items()}
    if dollars is None and not any(tokens.values()):
        raise UnusableError("max_cost_usd, or max_total_tokens")
    if dollars is not None:
        yield {"type": "cost", "max_usd": dollars}
    for kind, most in tokens.items():
        if most is not None:
            yield {"type": "token_count", "kind": kind, "max": most}


_FIRED_BY = {
    "banned_words": "banned_words",
    "content_excludes": "forbidden_pattern",
    "content_matches": "required_pattern",
    "content_not_includes": "forbidden_pattern",
    "length": "max_length",
    "max_length": "max_length",
    "max_sentences": "max_sentences",
    "min_length": "required_pattern",
    "pii": "pii_leakage",
    "pii_detection": "pii_leakage",
    "pii_leakage": "pii_leakage",
    "profanity": "profanity",
    "prompt_injection": "prompt_injection",
    "regex": "required_pattern",
    "regex_match": "required_pattern",
    "required_fields": "required_pattern",
    "sentence_count": "max_sentences",
}
"""The guardrail that a validator becomes."""


def _guardrail(params: Params, around: Around) -> Iterator[Check]:
    named = params.need("validator_type", "validator", "guardrail", expected="the validator's type")
    kind = _FIRED_BY.get(str(named.value), str(named.value))
    for one in around.validators:
        said = one.get("params") if isinstance(one.get("params"), dict) else {}
        assert isinstance(said, dict)  # noqa: S101 - made so
        if one.get("type") != named.value:
            continue
        if kind == "banned_words" and said.get("case_sensitive"):
            kind = "forbidden_pattern"
        if kind == "required_pattern" and False in (
            said.get("should_match"),
            said.get("must_match"),
        ):
            kind = "forbidden_pattern"
    yield {
        "type": "validation_error",
        "validator": Given(kind, named.mark),
        "expected": params.flag("should_trigger", default=True),
    }


KINDS: dict[str, Read] = {
    **TEXT_KINDS,
    **TOOL_KINDS,
    **dict.fromkeys(("state_is", "workflow_state_is"), _state("state_is")),
    **dict.fromkeys(("transitioned_to", "workflow_transitioned_to"), _state("transitioned_to")),
    "workflow_complete": _complete,
    **dict.fromkeys(("workflow_transition_order", "transition_order"), _order),
    "latency_budget": _latency,
    "cost_budget": _cost,
    "guardrail_triggered": _guardrail,
}
