"""What a request without a recording differs in from the one that is most like it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from pytest_arena.errors import shorten

_COMPARED = 50
"""So many entries, alike in model and form, have their texts compared."""
_LONGEST = 2000
"""Characters of a text that are compared."""
_LINES = 6
_SHOWN = 60


def nearest(
    facts: Mapping[str, Any], recorded: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Return the facts of the recorded request that is most like another one."""
    ranked = sorted(recorded, key=lambda other: _alike(facts, other), reverse=True)[:_COMPARED]
    text = _texts(facts)

    def score(other: Mapping[str, Any]) -> tuple[float, int]:
        matcher = SequenceMatcher(None, text, _texts(other), autojunk=False)
        return matcher.quick_ratio(), _alike(facts, other)

    return max(ranked, key=score, default=None)


def differences(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Return a line for each value that differs, as `params.seed: recorded 1, asked 2`."""
    before, now = dict(_leaves(recorded)), dict(_leaves(asked))
    lines = []
    for path in dict.fromkeys([*before, *now]):
        if before.get(path, _NOTHING) != now.get(path, _NOTHING):
            old, new = _parts(before.get(path, _NOTHING), now.get(path, _NOTHING))
            lines.append(f"{path}: recorded {old}, asked {new}")
    if len(lines) > _LINES:
        lines[_LINES - 1 :] = [f"and {len(lines) - _LINES + 1} more"]
    return lines


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()


def _alike(facts: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    same = [name for name in (*facts, "purpose") if facts.get(name) == other.get(name)]
    as_long = len(facts["messages"]) == len(other.get("messages", ()))
    return len(same) + (2 if as_long else 0)


def _texts(facts: Mapping[str, Any]) -> str:
    # the last message first: it is the one that tells requests apart
    contents = [str(message.get("content")) for message in reversed(facts.get("messages", ()))]
    return "\n".join(contents)[:_LONGEST]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]")
    else:
        yield path, value


def _parts(old: Any, new: Any) -> tuple[str, str]:
    """Show two values; of long texts, the part in which they begin to differ."""
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > _SHOWN:
        pairs = enumerate(zip(old, new, strict=False))
        start = next((place for place, (a, b) in pairs if a != b), min(len(old), len(new)))
        start = max(0, start - _SHOWN // 3)
        lead = "…" if start else ""
        return repr(lead + _cut(old[start:])), repr(lead + _cut(new[start:]))
    return shorten(repr(old), _SHOWN), shorten(repr(new), _SHOWN)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
