"""A suite of PromptArena of one provider, one prompt and one scenario, with further keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from pytest_arena.builtins import register
from pytest_arena.loading import Arena, load_arena
from pytest_arena.registry import Registry

API = "promptkit.altairalabs.ai/v1alpha1"
Load = Callable[..., Arena]


def manifest(kind: str, name: str, spec: dict[str, Any]) -> str:
    whole = {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}
    return yaml.safe_dump(whole, sort_keys=False)


def turn(content: str = "Hi", *assertions: dict[str, Any], **further: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, "assertions": list(assertions), **further}


def check(kind: str, **params: Any) -> dict[str, Any]:
    return {"type": kind, "params": params}


HELLO = check("content_includes", patterns=["hello"])


_BUILTINS = Registry()
register(_BUILTINS)


def suites_in(folder: Path) -> Load:
    """Return what loads a suite from a folder, once it has written it there."""

    def load_suite(
        scenario: dict[str, Any] | None = None,
        *,
        prompt: dict[str, Any] | None = None,
        provider: dict[str, Any] | None = None,
        files: dict[str, str] | None = None,
        **spec: Any,
    ) -> Arena:
        said = {"task_type": "chat", "description": "A chat.", "turns": [turn("Hi", HELLO)]}
        told = {"task_type": "chat", "version": "1", "description": "d", "system_template": "Help."}
        mock = {"id": "mock", "type": "mock", "model": "m"}
        written = {
            "suite.arena.yaml": manifest(
                "Arena",
                "Suite",
                {
                    "providers": [{"file": "p.yaml"}],
                    "prompt_configs": [{"id": "chat", "file": "c.yaml"}],
                    "scenarios": [{"file": "s.yaml"}],
                    **spec,
                },
            ),
            "p.yaml": manifest("Provider", "mock", {**mock, **(provider or {})}),
            "c.yaml": manifest("PromptConfig", "chat", {**told, **(prompt or {})}),
            "s.yaml": manifest("Scenario", "greeting", {**said, **(scenario or {})}),
            "mock-responses.yaml": "defaultResponse: Hello!\n",
            **(files or {}),
        }
        for name, text in written.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        return load_arena(folder / "suite.arena.yaml", root=folder, registry=_BUILTINS)

    return load_suite
