"""Answers that runs and data have, as rows for `provider: outputs`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.openai_evals.messages import text_of
from pytest_arena.loading.tree import YamlMap, plain

Answer = dict[str, Any]
"""The columns of one row, without that of its case."""


def answer_of(entry: YamlMap, sample: Mapping[str, Any] | None) -> Answer | None:
    """Return the answer of an output item; None where it has none that is its own."""
    given = plain(entry.get("sample"))
    if not isinstance(given, dict):
        return answer_of_sample(sample)
    error = given.get("error")
    said = error.get("message") or error.get("code") if isinstance(error, dict) else error
    if said:
        return {"output": None, "error": str(said)}
    made = _of_messages(given.get("output"))
    if made is None:
        own = answer_of_sample(sample) or answer_of_sample(given)
        if own is None:
            return None
        made = own
    if given.get("finish_reason"):
        made["finish_reason"] = str(given["finish_reason"])
    if isinstance(given.get("model"), str) and given["model"]:
        made["model"] = given["model"]
    return made | _usage(given.get("usage"))


def answer_of_sample(sample: Mapping[str, Any] | None) -> Answer | None:
    """Return the answer that a `sample` of a row is: its text, its JSON, or its tool calls."""
    if sample is None:
        return None
    text, calls = sample.get("output_text"), sample.get("output_tools")
    if text is None and sample.get("output_json") is not None:
        text = json.dumps(sample["output_json"], ensure_ascii=False)
    if text is None and not calls:
        choices = sample.get("choices")
        messages = [one.get("message") for one in choices] if isinstance(choices, list) else None
        return _of_messages(messages)
    made: Answer = {"output": "" if text is None else str(text)}
    if calls:
        made["tool_calls"] = calls
    return made


def _of_messages(messages: Any) -> Answer | None:
    if not isinstance(messages, list) or not messages:
        return None
    texts: list[str] = []
    calls: list[Any] = []
    for message in messages:
        if not isinstance(message, dict):
            continue
        if message.get("content") is not None:
            try:
                texts.append(text_of(message["content"]))
            except LeftOutError:
                continue
        calls += message.get("tool_calls") or []
        if message.get("type") == "function_call":
            # as the Responses API has it
            function = {key: message.get(key) for key in ("name", "arguments")}
            calls.append({"id": message.get("call_id"), "type": "function", "function": function})
    if not texts and not calls:
        return None
    made: Answer = {"output": texts[-1] if texts else ""}
    if calls:
        made["tool_calls"] = calls
    return made


def _usage(usage: Any) -> Answer:
    if not isinstance(usage, dict):
        return {}
    named = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    return {
        ours: usage[theirs] for ours, theirs in named.items() if isinstance(usage.get(theirs), int)
    }
