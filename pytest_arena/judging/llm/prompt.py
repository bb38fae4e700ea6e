"""The prompt that a judge gets: a text file filled in, with all material fenced as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cache
from hashlib import sha256
from importlib.resources import files

from pytest_arena.light_dataclass import dataclass
from pytest_arena.prompts import render_text
from pytest_arena.results.request_response import Message

LONGEST_MATERIAL = 200_000
"""The most characters that are sent to a judge; nothing is cut, since a cut text is another one."""


@dataclass(frozen=True, slots=True)
class Material:
    """One text that the judge reads as data: its name, such as `answer`, and itself."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One of the prompts that ship: its name, its version, and its template."""

    name: str
    version: str
    template: str

    @property
    def label(self) -> str:
        return f"{self.name}/{self.version}"


@cache
def prompt_file(name: str) -> PromptFile:
    """Return a prompt by the name of its file, whose first line is `version N`."""
    text = files("pytest_arena.judging.llm.prompts").joinpath(f"{name}.txt").read_text("utf-8")
    version, _, template = text.partition("\n")
    return PromptFile(name, version.removeprefix("version ").strip(), template.strip())


@dataclass(frozen=True, slots=True)
class Task:
    """What a judge shall do: a prompt by name, what its `{{ }}` stand for, and the reply.

    `values` come from the arena file and are trusted; `reply` names the prompt that describes the
    reply, filled with `reply_values`.
    """

    prompt: str
    values: Mapping[str, str] = field(default_factory=dict)
    reply: str = "levels_reply"
    reply_values: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The prompt's name and version, as results and recordings show it."""
        return prompt_file(self.prompt).label

    def fingerprint(self) -> str:
        """Return a text that differs wherever this task would be asked in other words."""
        parts = [prompt_file(name).template for name in ("rules", "task", self.prompt, self.reply)]
        for values in (self.values, self.reply_values):
            parts += [f"{key}={values[key]}" for key in sorted(values)]
        return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()

    def messages(self, material: Sequence[Material]) -> list[Message]:
        """Return the messages that ask a judge to do it."""
        fence = fence_for(material)
        system = render_text(
            prompt_file("rules").template,
            {
                "fence": fence,
                "reply": render_text(prompt_file(self.reply).template, self.reply_values),
            },
        )
        user = render_text(
            prompt_file("task").template,
            {
                "task": render_text(prompt_file(self.prompt).template, self.values),
                "material": "\n\n".join(_fenced(piece, fence) for piece in material),
            },
        )
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def fence_for(material: Sequence[Material]) -> str:
    """Return a word that stands in none of these texts, and the same one for the same texts.

    It is a hash of all of them, so that no text can hold its own; equal prompts stay equal, which
    recordings need.
    """
    digest = sha256()
    for piece in material:
        encoded = piece.text.encode("utf-8", "replace")
        digest.update(f"{piece.name}\0{len(encoded)}\0".encode() + encoded)
    fence = digest.hexdigest()[:20]
    while any(fence in piece.text for piece in material):
        digest.update(b"again")
        fence = digest.hexdigest()[:20]
    return fence


def _fenced(piece: Material, fence: str) -> str:
    return f"<<<{piece.name} {fence}>>>\n{piece.text}\n<<<end of {piece.name} {fence}>>>"
