"""Mistakes in keys and URLs are told before a run, and a redirected endpoint within it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Project
from servers.wire import WireServer

from pytest_arena.cli import main
from pytest_arena.providers.litellm_data import model_entries

ARENA = """\
providers:
  - {name: p, provider: openai, model: m%s}
tests:
  - {name: A, prompt: hi, assertions: [{type: contains, value: ok}]}
"""


def test_a_bad_url_is_a_usage_error_and_found_by_validate(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write(arena=ARENA % ', api_base: "127.0.0.1:1/v1"')
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = result.stderr.str() + result.stdout.str()
    assert "arena.yaml:2:5: api_base of provider 'p' has no scheme" in said
    assert "fix: write http://127.0.0.1:1/v1" in said
    assert main(["validate", str(Path(project.path, "arena.yaml"))]) == 1
    assert "api_base of provider 'p' has no scheme" in capsys.readouterr().out
    assert project.run("--arena-mock").ret != pytest.ExitCode.USAGE_ERROR


def test_the_url_of_a_provider_that_is_not_asked_keeps_nothing_from_running(
    project: Project, spread: tuple[str, ...]
) -> None:
    text = ARENA % ', api_base: "127.0.0.1:1/v1"}\n  - {name: free, provider: mock'
    project.write(arena=text.replace("prompt: hi", "prompt: hi, mock: ok"))
    project.run("-k", "free", *spread).assert_outcomes(passed=1)
    assert project.run("-k", "A", *spread).ret == pytest.ExitCode.USAGE_ERROR


def test_the_run_says_where_a_variable_sends_its_calls(
    project: Project, spread: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(arena=ARENA % "")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-dummy-0123456789")
    with WireServer() as server:
        monkeypatch.setenv("OPENAI_API_BASE", f"{server.url}/v1")
        result = project.run(*spread)
        assert server.calls == 1
    result.assert_outcomes(passed=1)
    said = " ".join(result.stdout.str().split())
    assert f"provider 'p' calls {server.url}/v1, as OPENAI_API_BASE says" in said


@pytest.mark.parametrize("how", ["warn", "error", "off"])
def test_a_model_that_is_switched_off_is_told_as_asked(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    how: str,
) -> None:
    entry = {"litellm_provider": "openai", "deprecation_date": "2020-01-01"}
    monkeypatch.setitem(model_entries(), "old-1", entry)
    told = "provider 'p': openai/old-1 is switched off since 2020-01-01"
    with WireServer() as server:
        text = ARENA.replace("model: m", "model: old-1") % f", api_base: {server.url}/v1"
        project.write(arena=text)
        result = project.run(f"--arena-retiring={how}")
        assert server.calls == (0 if how == "error" else 1)
        assert project.run(f"--arena-retiring={how}", "-k", "nobody").ret == 5
    said = " ".join((result.stdout.str() + result.stderr.str()).split())
    assert (told in said) is (how != "off")
    assert (result.ret == pytest.ExitCode.USAGE_ERROR) is (how == "error")
    assert main(["validate", str(Path(project.path, "arena.yaml"))]) == 0
    assert f"warning: {told}" in capsys.readouterr().out
