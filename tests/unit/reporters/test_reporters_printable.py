"""Foreign text loses what a terminal or a CI service would obey, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_arena.text.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b]0;x\x07title", "title"),
        ("\x1b]0;x\x1b\\title", "title"),
        ("\x9d0;x\x9ctitle", "title"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;UFdORUQ=\x07", ""),
        ("\x1b]0;never ended", "0;never ended"),
        ("\x1b[2J\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[?1049hscreen", "screen"),
        ("\x9b31mred", "red"),
        ("\x1bPq#0\x1b\\after", "after"),
        ("\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\x", "tmux;x"),
        ("\x1bcreset", "reset"),
        ("\x1b", ""),
        ("over\rwritten", "overwritten"),
        ("a\r\nb", "a\nb"),
        ("\x00\x08\x0b\x7f\x85", ""),
        ("user\u202etxt.exe\u2066\u200f\u061c", "usertxt.exe"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("Grüße, 世界 🙂 e\u0301", "Grüße, 世界 🙂 e\u0301"),
    ],
)
def test_control_sequences_go_as_a_whole(text: str, shown: str) -> None:
    assert printable(text, ci=False) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ": :error::x"),
        (" ::error::x", " : :error::x"),
        ("\t\u00a0::error::x", "\t\u00a0: :error::x"),
        ("one\n::stop-commands::t", "one\n: :stop-commands::t"),
        ("std::vector stays", "std::vector stays"),
        ("a ##[add-mask]b", "a ## [add-mask]b"),
        ("##vso[task.setvariable]x", "## vso[task.setvariable]x"),
        ("## a heading", "## a heading"),
        ("\x1b[0m::error::x", ": :error::x"),
        ("\r::error::x", ": :error::x"),
    ],
)
def test_commands_to_a_ci_service_are_broken_on_ci_only(text: str, shown: str) -> None:
    assert printable(text, ci=True) == shown
    assert "::" in printable(text, ci=False) or "##" in printable(text, ci=False)


@pytest.mark.parametrize("name", ["GITHUB_ACTIONS", "TF_BUILD", "CI"])
def test_the_environment_tells_whether_this_is_ci(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("GITHUB_ACTIONS", "TF_BUILD", "CI"):
        monkeypatch.delenv(other, raising=False)
    assert printable("::error::x") == "::error::x"
    monkeypatch.setenv(name, "true")
    assert printable("::error::x") == ": :error::x"
    monkeypatch.setenv(name, "false")
    assert printable("::error::x") == "::error::x"


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
PIECES = ["\x1b", "[", "]", "0;x", "\x07", "\\", "\x9b", "m", "P", "\x9c", "a", "\n", ":", "#", " "]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join) | st.text())
def test_nothing_is_left_to_obey_and_twice_is_as_good_as_once(text: str) -> None:
    shown = printable(text, ci=True)
    assert not CONTROL.search(shown)
    assert not re.search(r"^\s*::", shown, re.MULTILINE)
    assert "##[" not in shown
    assert printable(shown, ci=True) == shown
