"""Defaults that help texts and pages name in sentences are those of the code."""

from __future__ import annotations

import re

import make_reference
import pytest
from docs_trials import ROOT

from pytest_arena.cli.parser import build_parser
from pytest_arena.options import OPTIONS
from pytest_arena.schema import ProviderSpec
from pytest_arena.schema.describing import field_docs


@pytest.mark.parametrize("key", ["timeout", "retries", "retry_for"])
def test_a_key_names_the_default_that_the_engine_has(key: str) -> None:
    assert f"default {make_reference.FACTS[key]}" in " ".join(field_docs(ProviderSpec)[key].split())


def test_an_option_names_the_default_that_it_has() -> None:
    named = {o.name: re.search(r"\(default:? ([^)]+)\)", o.help) for o in OPTIONS}
    told = {name: match[1] for name, match in named.items() if match}
    for option in OPTIONS:
        if option.name in told and isinstance(option.default, (int, float)) and option.default:
            assert told[option.name] == str(option.default)
        elif option.name in told and isinstance(option.default, (tuple, str)):
            words = [option.default] if isinstance(option.default, str) else option.default
            assert told[option.name] in (" ".join(words), ",".join(words))
    assert len(told) > 5


def test_every_command_is_in_its_table() -> None:
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    commands = next(a for a in build_parser()._actions if a.dest == "command")
    assert [name for name in commands.choices or () if f"`arena {name}" not in page] == []


def test_the_line_for_editors_is_the_one_that_init_writes() -> None:
    from pytest_arena.cli.init import STARTER

    page = (ROOT / "docs" / "arena-file.md").read_text(encoding="utf-8")
    assert STARTER.splitlines()[0] in page
