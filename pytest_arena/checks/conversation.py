"""What was said before an answer, as Python code writes it: a prompt, its parts, or messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from pytest_arena.errors import Location, Problem, UserError, shorten
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.content import build_content
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import TurnPlan
from pytest_arena.loading.tree import pack_mark, planted
from pytest_arena.results.attached_file import AttachedFile
from pytest_arena.results.content import content_of
from pytest_arena.results.request_response import Message
from pytest_arena.schema.content import files_of, said_in

Prompt = str | Sequence[str | Message]
"""A text, its parts (`["Which colour?", {"image": "red.png"}]`), or messages with `role` and
`content`."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said before an answer: the messages, the last of them the user's."""

    messages: tuple[Message, ...] = ()
    documents: tuple[str, ...] = ()
    files: Mapping[str, AttachedFile] = field(default_factory=dict)
    """The files that messages refer to, by their hashes."""

    @classmethod
    def of(
        cls,
        prompt: Prompt | None,
        place: Location,
        context: LoadContext,
        *,
        system: str | None = None,
        documents: str | Sequence[str] = (),
    ) -> Conversation:
        """Return what a prompt stands for; what is none is a `UserError`.

        Files are found from the folder of the code that names them.
        """
        kept = (documents,) if isinstance(documents, str) else tuple(documents)
        said = cls((), kept)
        if system:
            said = said._with({"role": "system", "content": system}, place, context)
        for message in _messages(prompt):
            said = said._with(message, place, context)
        return said

    def _with(self, given: Any, place: Location, context: LoadContext) -> Conversation:
        if not _has_role(given) or "content" not in given:
            raise UserError(
                Problem(
                    f"{shorten(repr(given))} is not a message",
                    place,
                    expected="a prompt, or messages with role and content",
                    fix='write it like [{"role": "user", "content": "Hello"}]',
                )
            )
        message, files = dict(given), self.files
        if isinstance(given["content"], (list, tuple)):
            parts = [{"text": one} if isinstance(one, str) else one for one in given["content"]]
            mark = pack_mark(0, place.line, place.column)
            tree = planted({"content": parts}, context.files, mark)
            content = build_content(tree, "content", "the prompt", context)
            context.problems.raise_if_any()
            message["content"] = content_of(said_in(content))
            files = {**files, **files_of(content)}
        return replace(self, messages=(*self.messages, message), files=files)

    @property
    def system(self) -> str | None:
        """The system prompt, where one comes first."""
        first = self.messages[0] if self.messages else {}
        return first["content"] if first.get("role") == "system" else None

    @property
    def turn(self) -> TurnPlan | None:
        """The user's last message with all that was said before it; None where there is none."""
        if not self.messages or self.messages[-1]["role"] != "user":
            return None
        before = self.messages[1:-1] if self.system is not None else self.messages[:-1]
        said = self.messages[-1]["content"]
        return TurnPlan(tuple(said) if isinstance(said, list) else said, before=before)


def _messages(prompt: Prompt | None) -> Sequence[Any]:
    if prompt is None:
        return ()
    if isinstance(prompt, str) or (prompt and not any(_has_role(one) for one in prompt)):
        return ({"role": "user", "content": prompt},)
    return prompt


def _has_role(given: Any) -> bool:
    return isinstance(given, Mapping) and "role" in given
