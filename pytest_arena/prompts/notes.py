"""What a person who looks on tells the model, as one message.

The form is that of Promptise's inbox (`format_inbox_for_prompt` of its 1.10), without the times.
"""

from __future__ import annotations

from collections.abc import Iterable

_BEGIN = "=== OPERATOR MESSAGES ==="
_END = "=== END OPERATOR MESSAGES ==="


def operator_messages(notes: Iterable[tuple[str, str]]) -> str:
    """Return notes, each with its kind, as the block that the model reads; what is asked is
    numbered, so that it can be answered by number."""
    lines = [_BEGIN, ""]
    asked = 0
    for kind, text in notes:
        lines += [f"[{kind.upper()}]", text]
        if kind == "question":
            asked += 1
            lines.append(f'→ Please include your answer prefixed with "ANSWER Q{asked}:"')
        lines.append("")
    return "\n".join([*lines, _END])


def is_operators(text: str) -> bool:
    """Return whether a message in the user's name is such a block: no word of the user's."""
    return text.startswith(_BEGIN) and text.endswith(_END)
