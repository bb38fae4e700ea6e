"""The arena file that an import writes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pytest_arena.loading.tree import WrittenFloat, WrittenInt
from pytest_arena.loading.yaml_scalars import resolve_scalar
from pytest_arena.running.interrupts import held


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if not isinstance(resolve_scalar(text), str):
        # by YAML 1.2, as arenas are read, which knows more numbers than what writes here
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'")
    # blanks at the ends of lines cannot stand in a block
    block = "\n" in text and not any(line != line.rstrip() for line in text.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else None)


def _number(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    """Write a number as it was written: a version 1.10 is no 1.1."""
    kind = "int" if isinstance(value, int) else "float"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", str(value))


_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(str, _text)
_Dumper.add_representer(WrittenFloat, _number)
_Dumper.add_representer(WrittenInt, _number)


def arena_text(arena: Mapping[str, Any], comment: str) -> str:
    """Return an arena as YAML, under a comment of a line or more."""
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    body = yaml.dump(dict(arena), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return f"{head}{body}"


def escaped(text: str) -> str:
    """Return a text in which no `{{` stands for a variable of the arena's."""
    return text.replace("{{", "\\{{")


def write_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write files below a folder, and return their paths."""
    written = []
    with held():
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            temporary.write_text(text, "utf-8", newline="\n")
            os.replace(temporary, path)
            written.append(path)
    return written
