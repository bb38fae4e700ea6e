"""An application that is not given all that a case says is not judged by its answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from conftest import Project
from servers.service import BotService

BOT = """
def alone(prompt): return "hello"
def told(messages): return "hello"
def all_of_it(**given): return "hello"
def remembers(prompt, session): return "hello"
"""
CHECK = "    assertions: [{type: contains, value: hello}]\n"
SYSTEM = f"tests:\n  - name: A\n    system: Be brief.\n    prompt: you\n{CHECK}"
EARLIER = (
    "tests:\n  - name: A\n    messages:\n      - {role: user, content: I am Ann.}\n"
    f"      - {{role: assistant, content: Hello!}}\n      - {{role: user, content: you}}\n{CHECK}"
)
TALK = f"tests:\n  - name: A\n    conversation: [{{user: one}}, {{user: two}}]\n{CHECK}"


@pytest.fixture
def service() -> Iterator[BotService]:
    with BotService() as started:
        yield started


def python(**calls: str) -> str:
    entries = (
        f'  - {{name: {name}, provider: python, call: "{call}}}\n' for name, call in calls.items()
    )
    return "providers:\n" + "".join(entries)


def errors(project: Project) -> dict[str, str]:
    return {
        cell["provider"]: cell["trials"][0]["error"]["message"].split("\n")[0]
        for cell in project.cells().values()
        if cell["verdict"] == "error"
    }


def test_a_function_sees_the_system_prompt_in_messages_or_has_one_of_its_own(
    project: Project,
) -> None:
    project.pytester.makepyfile(bot=BOT)
    other = f", venv: {sys.executable}"
    entries = python(
        **{
            "alone": 'bot:alone"',
            "other": f'bot:alone"{other}',
            "remembers": 'bot:remembers"',
            "told": 'bot:told"',
            "told-there": f'bot:told"{other}',
            "all": 'bot:all_of_it"',
            "own": 'bot:alone", without: [system]',
        }
    )
    project.write(arena=entries + SYSTEM)
    project.run_apart().assert_outcomes(passed=4, errors=3)
    said = "is not given the system prompt: it does not ask for messages"
    assert errors(project) == {
        name: f"provider {name!r} {said}" for name in ("alone", "other", "remembers")
    }
    message = project.first_trials()["alone"]["error"]["message"]
    assert message.split("\n")[1:] == [
        "  expected: an application that is given all that the case says",
        "  fix: give bot:alone a parameter 'messages', or without: [system] where it has a system "
        "prompt of its own",
    ]


def test_a_function_that_remembers_saw_the_turns_before_and_no_others(project: Project) -> None:
    project.pytester.makepyfile(bot=BOT)
    entries = python(
        alone='bot:alone"',
        remembers='bot:remembers"',
        told='bot:told"',
        own='bot:alone", without: [history]',
    )
    project.write(arena=entries + TALK)
    project.run().assert_outcomes(passed=3, errors=1)
    said = "provider 'alone' is not given the turns before: it does not ask for session or messages"
    assert errors(project) == {"alone": said}
    assert len(project.first_trials()["alone"]["responses"]) == 1
    project.write(arena=entries + EARLIER)
    project.run().assert_outcomes(passed=2, errors=2)
    said = "is not given the messages before the prompt: it does not ask for messages"
    assert errors(project) == {name: f"provider {name!r} {said}" for name in ("alone", "remembers")}


def test_a_service_knows_the_turns_before_by_a_session_or_its_cookies(
    project: Project, service: BotService
) -> None:
    project.write(
        arena=f"""\
providers:
  - {{name: alone, provider: http, url: "{service.url}/chat"}}
  - {{name: body, provider: http, url: "{service.url}/chat",
      body: {{message: "{{{{ prompt }}}}", thread: "{{{{ session }}}}"}}}}
  - {{name: header, provider: http, url: "{service.url}/chat",
      headers: {{X-Thread: "{{{{ session }}}}"}}}}
  - {{name: cookie, provider: http, url: "{service.url}/remembers"}}
"""
        + TALK.replace("hello", "two")
    )
    project.run().assert_outcomes(passed=3, errors=1)
    assert list(errors(project)) == ["alone"]


@pytest.mark.parametrize("case", [SYSTEM, EARLIER])
def test_an_entry_that_cannot_show_it_is_refused_before_any_call(
    project: Project, service: BotService, case: str
) -> None:
    entries = (
        f'  - {{name: a, provider: http, url: "{service.url}/chat"}}\n'
        "  - {name: b, provider: exec, command: [echo, hello]}\n"
        '  - {name: c, provider: exec, command: [echo, "hello {{ messages }}"]}\n'
        "  - {name: d, provider: exec, command: [echo, hello], without: [system, history]}\n"
    )
    project.write(arena="providers:\n" + entries + case)
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    part = "system prompt" if case is SYSTEM else "messages before the prompt"
    result.stdout.fnmatch_lines(
        [
            f"arena.yaml:2:5: provider 'a' is not given the {part} of case 'A': it does not ask *",
            "  fix: write {{ messages }} where it takes it, or without: *",
            f"arena.yaml:3:5: provider 'b' is not given the {part} of case 'A': it does not ask *",
        ]
    )
    assert "provider 'c'" not in result.stdout.str()
    assert "provider 'd'" not in result.stdout.str()
    assert service.requests == []
    project.write(arena="providers:\n" + "".join(entries.splitlines(keepends=True)[2:]) + case)
    project.run().assert_outcomes(passed=2)
    project.write(arena="providers:\n" + entries + case + "    skip: {a: not yet, b: its own}\n")
    project.run().assert_outcomes(passed=2, skipped=2)
