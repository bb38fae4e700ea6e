"""What a task gave, put together with what another one gave before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_arena.results.request_response import Message
from pytest_arena.schema.task_chain import Strategy
from pytest_arena.targets.task_chain.values import History, TaskFailed, history_of


def composed(output: Any, other: Any, strategy: Strategy | None, *, as_system: bool = False) -> Any:
    """Return what a task gave together with a variable; without a strategy, by what both are.

    A text is what the assistant said last in a conversation or, with `as_system`, its system
    prompt: so the oldest chains have it, which compose in a task and not in a branch.
    """
    strategy = strategy or _likely(output, other)
    if strategy == "override":
        return _override(output, other)
    if strategy == "merge_chat_histories":
        if not (isinstance(output, History) and isinstance(other, History)):
            raise TaskFailed("merge_chat_histories takes two conversations")
        return replace(output, messages=(*other.messages, *output.messages), tokens=None)
    if isinstance(output, History) and isinstance(other, str):
        output, other = other, output
    if not isinstance(output, str):
        raise TaskFailed("append_string_to_chat_history takes a text and a conversation")
    history = history_of(other, "append_string_to_chat_history")
    if as_system:
        system = "\n\n".join(filter(None, (output, history.system)))
        return replace(history, system=system, tokens=None)
    said = Message(role="assistant", content=output)
    return replace(history, messages=(*history.messages, said), calls=(), tokens=None)


def _likely(output: Any, other: Any) -> Strategy:
    histories = isinstance(output, History) + isinstance(other, History)
    if histories == 2:
        return "merge_chat_histories"
    if histories == 1 and (isinstance(output, str) or isinstance(other, str)):
        return "append_string_to_chat_history"
    return "override"


def _override(output: Any, other: Any) -> Any:
    """Return two mappings as one in which the newer one's keys stand; of others, a mapping before
    the newer one."""
    if isinstance(output, dict) and isinstance(other, dict):
        return {**other, **output}
    return other if isinstance(other, dict) and not isinstance(output, dict) else output
