"""What is sent for a row: the template of a run, the messages that it sent, or what a row has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_arena.importing.made import LeftOutError
from pytest_arena.importing.openai_evals.hosted.grader import ours
from pytest_arena.importing.openai_evals.hosted.questions import Questions, Row
from pytest_arena.importing.openai_evals.hosted.templates import (
    found,
    is_there,
    read_template,
)
from pytest_arena.importing.openai_evals.messages import Said, read_messages, sent
from pytest_arena.judging.detectors.secrets import find_secrets
from pytest_arena.light_dataclass import dataclass
from pytest_arena.loading.tree import YamlMap, plain

_USUAL = (
    "input", "messages", "question", "query", "prompt", "instruction", "text", "user_input",
    "task", "q",
)  # fmt: skip
SENT = "sent"
"""The variable that holds the messages which a run sent."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a case sends, and what of the row it needs."""

    said: tuple[Said, ...]
    missing: tuple[str, ...] = ()
    """The paths that the row does not have, which are empty."""
    takes_sent: bool = False
    """Whether it sends what a run sent, which the row holds then."""

    @property
    def case(self) -> dict[str, Any]:
        return sent(self.said)


def prompt_of(row: Row, questions: Questions) -> Prompt:
    """Return what is sent for a row; what cannot be is a `LeftOutError`."""
    asked = questions.asked
    if isinstance(asked, YamlMap):
        kind = asked.get("type", "template")
        if kind == "template" or "template" in asked:
            return _of_template(plain(asked.get("template")), row.item)
        if kind == "item_reference":
            path = str(asked.get("item_reference")).strip().strip("{} ")
            return _of_list(path if path.startswith("item") else f"item.{path}", row.item)
        raise LeftOutError(f"input_messages of the type {kind!r}")
    if row.sent:
        return _listed(SENT, row.sent, takes_sent=True)
    for name in _USUAL:
        value = row.item.get(name)
        if isinstance(value, str) and value.strip():
            return Prompt((Said("user", f"{{{{ item.{name} }}}}"),))
        if isinstance(value, list) and value:
            try:
                return _of_list(f"item.{name}", row.item)
            except LeftOutError:
                continue
    return Prompt((Said("user", "{{ item }}"),))


def _of_template(written: Any, item: Mapping[str, Any]) -> Prompt:
    said: list[Said] = []
    missing: list[str] = []
    for message in read_messages(written):
        template = read_template(message.text)
        if find_secrets(message.text):
            raise LeftOutError("it holds what looks like a key", "write it without")
        if any(template.of("sample")):
            raise LeftOutError("a prompt that names the sample, which is not there yet")
        whole = template.only
        listed = found(whole, item) if whole is not None else None
        if isinstance(listed, list) and whole is not None and _are_messages(listed):
            said += _of_list(whole, item).said
            continue
        missing += [path for path in template.paths if not is_there(path, item)]
        kept = template.replaced(
            lambda path: "" if not is_there(path, item) else f"{{{{ {path} }}}}"
        )
        # a text that is one path alone would keep the value's type, and be no text
        end = "\n" if isinstance(listed, (list, dict)) else ""
        said.append(Said(message.role, ours(read_template(kept)) + end))
    return Prompt(tuple(said), tuple(missing))


def _are_messages(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(one, dict) and "content" in one for one in value)


def _of_list(path: str, item: Mapping[str, Any]) -> Prompt:
    """Return the messages that a path leads to, which are filled in one by one."""
    value = found(path, item)
    if isinstance(value, str):
        return Prompt((Said("user", f"{{{{ {path} }}}}"),))
    if not isinstance(value, list):
        return Prompt((Said("user", ""),), (path,))
    return _listed(path, read_messages(value), value)


def _listed(
    path: str, said: list[Said], value: list[Any] | None = None, *, takes_sent: bool = False
) -> Prompt:
    templates = []
    for index, one in enumerate(said):
        content = value[index].get("content") if value is not None else one.text
        way = f"{path}[{index}].content"
        if isinstance(content, list):
            texts = [f"{{{{ {way}[{part}].text }}}}" for part in range(len(content))]
        elif isinstance(content, Mapping):
            texts = [f"{{{{ {way}.text }}}}"]
        else:
            texts = [f"{{{{ {way} }}}}"]
        templates.append(Said(one.role, "\n".join(texts)))
    return Prompt(tuple(templates), takes_sent=takes_sent)
