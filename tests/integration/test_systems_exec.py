"""Programs of one's own as columns: what they are given, what they write, how they fail."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import INTERRUPTIBLE, Project
from survival import is_alive, parent_of, process_group, wait_until

PYTHON = f"{sys.executable}, -S"
LINES = """
import json, os, sys, threading

mode = sys.argv[1]
for line in sys.stdin:
    given = json.loads(line)
    answer = {"id": given["id"], "output": f"hello {given['prompt']} {os.getpid()}"}
    if mode == "dies" and given["case"]["trial"] == 0:
        print("out of memory", file=sys.stderr)
        os._exit(7)
    if mode == "killed":
        os.kill(os.getpid(), 9)
    if mode == "closes":
        os.close(1)
        threading.Event().wait()
    if mode == "broken":
        print('{"id": 1, "output": "hel')
        continue
    if mode == "no_object":
        print('"hello"')
        continue
    if mode == "other_id":
        answer["id"] = "another"
    if mode == "twice" and given["case"]["trial"] == 0:
        print(json.dumps(answer))
    if mode == "hangs":
        threading.Event().wait()
    if mode == "endless":
        while True:
            sys.stdout.write("x" * 1_000_000)
    if mode == "returns_none":
        answer["output"] = None
    if mode == "says_error":
        answer = {"id": given["id"], "error": "the database is down"}
    if mode == "large":
        answer["output"] = "hello" + "x" * 3_000_000 + given["variables"]["long"][:1]
    if mode == "marked":
        answer["output"] = "hello"
        sys.stdout.write("\\ufeff")
    if mode == "forks" and os.fork() == 0:
        threading.Event().wait()
    if mode == "whole":
        answer = {"id": given["id"], "output": "hello", "context": ["a document"],
                  "tool_calls": [{"name": "find", "arguments": {"n": 1}}],
                  "usage": {"input_tokens": 3, "output_tokens": 4, "cost_usd": 0.25}}
    if mode == "given":
        answer["output"] = f"hello {given['variables']['who']} {given['config']['tone']}"
    print(json.dumps(answer))
"""


def arena(entries: dict[str, str], *, case: str = "", further: str = "") -> str:
    lines = [f"  - {{name: {name}, provider: exec, {keys}}}" for name, keys in entries.items()]
    return "\n".join(
        [
            "providers:",
            *lines,
            f"variables: {{who: you, long: {'y' * 200_000}}}",
            f"tests:\n  - name: Hi\n    prompt: you\n{case}",
            "    assertions: [{type: contains, value: hello}]",
            further,
        ]
    )


def shell(script: str, *arguments: str) -> str:
    return f"command: {json.dumps(['sh', '-c', script, *arguments])}"


def lines(mode: str) -> str:
    return f"command: [{PYTHON}, lines.py, {mode}], persistent: true"


@pytest.fixture
def programs(project: Project) -> Project:
    (project.path / "lines.py").write_text(LINES)
    return project


def trial_of(project: Project, name: str, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = project.columns()[name]["trials"][number]
    return found


GOOD = {
    "stdin": shell("echo hello $(cat)"),
    "argument": shell('echo "hello $1"; cat', "sh", "{{ prompt }}"),
    "variable": "command: [echo, 'hello {{ variables.who }} {{ case.name }} {{ session }}']",
    "environment": shell("echo $GREETING") + ", env: {GREETING: hello}",
    "json_text": shell("""echo '{"hello": 1}'""") + ", stdout: text",
    "json_within": shell("""echo '{"answer": "hello"}'"""),
    "json": shell("""echo '{"answer": "hello"}'""") + ", stdout: json",
    "never_reads": shell("echo hello") + ", version: '1'",
    "reads_late": shell("head -c 300000 /dev/zero | tr '\\0' a; wc -c; echo hello"),
    "holds_the_pipe": shell("sleep 600 & echo hello"),
    "noisy": shell("head -c 300000 /dev/zero >&2; echo hello"),
    "lines": lines("plain"),
    "large": lines("large"),
    "marked": shell("""printf '\\357\\273\\277{"output": "hello", "tool_calls": []}'"""),
    "marked_text": shell("printf '\\357\\273\\277hello'"),
    "marked_lines": lines("marked"),
    "forks": lines("forks"),
    "given": lines("given") + ", config: {tone: kind}",
}


def test_programs_of_all_kinds_answer(programs: Project, spread: tuple[str, ...]) -> None:
    programs.write(arena=arena(GOOD))
    programs.run_apart(*spread).assert_outcomes(passed=len(GOOD))
    outputs = {name: trial_of(programs, name)["output"] for name in GOOD}
    assert outputs["stdin"] == "hello you"
    assert outputs["argument"] == "hello you"
    assert outputs["variable"].startswith("hello you Hi ")
    assert outputs["json_within"] == '{"answer": "hello"}'
    assert outputs["json"] == "hello"
    assert outputs["holds_the_pipe"] == "hello"
    assert outputs["given"] == "hello you kind"
    assert outputs["marked"] == outputs["marked_text"] == outputs["marked_lines"] == "hello"
    assert trial_of(programs, "marked").get("tells_tools", True) is True


FAULTS = {
    "exits": (shell("echo hello; echo oops >&2; exit 3"), "ended with status 3\n  oops"),
    "killed": (shell("kill -9 $$"), "was ended by SIGKILL"),
    "nothing": (shell("exit 0"), "wrote nothing on standard output"),
    "hangs": (shell("sleep 600"), "no answer within 0.8 s"),
    "endless": (shell("yes hello"), "wrote more than 16 MiB on standard output"),
    "closes": (shell("exec >&-; sleep 600"), "no answer within 0.8 s"),
    "not_json": (shell("echo hello") + ", stdout: json", "wrote no JSON object: 'hello'"),
    "says_error": (shell("""echo '{"error": "no stock"}'"""), "returned an error: no stock"),
    "no_cost": (
        shell("""echo '{"output": "hello", "usage": {"cost_usd": "free"}}'"""),
        "returned cost_usd: 'free', which is no usable number",
    ),
    "unnamed_call": (
        shell("""echo '{"output": "hello", "tool_calls": ["refund"]}'"""),
        "returned a tool call without a name: 'refund'\n"
        "  expected: tool_calls as a list of {name, arguments}",
    ),
    "no_variable": ("command: [echo, '{{ variables.age }}']", "undefined variable"),
    "unset": (shell("echo hello") + ", env: {A: '${NO_SUCH_ONE}'}", "variable NO_SUCH_ONE"),
    "not_started": ("command: [./data.txt]", "cannot be started"),
    "p_killed": (lines("killed"), "killed was ended by SIGKILL"),
    "p_closes": (lines("closes"), "closed its standard output"),
    "p_broken": (lines("broken"), 'wrote a line that is not JSON: \'{"id": 1, "output": "hel\''),
    "p_no_object": (lines("no_object"), "wrote a line that is no JSON object"),
    "p_other_id": (lines("other_id"), "wrote no answer with the id 'Hi/p_other_id/0/0/0'"),
    "p_hangs": (lines("hangs"), "no answer within 0.8 s"),
    "p_endless": (lines("endless"), "wrote more than 16 MiB on standard output"),
    "p_none": (lines("returns_none"), "returned dict with output: no text was found in it"),
    "p_error": (lines("says_error"), "returned an error: the database is down"),
}


def test_each_fault_is_an_error_with_its_message(programs: Project) -> None:
    # it can be run, as far as anybody sees, and is no program
    (programs.path / "data.txt").write_text("#!/no/such/interpreter\n")
    (programs.path / "data.txt").chmod(0o755)
    entries = {
        name: keys + (", timeout: 800ms, retries: 0" if said.startswith("no answer") else "")
        for name, (keys, said) in FAULTS.items()
    }
    programs.write(arena=arena({**entries, "well": shell("echo hello")}))
    programs.run_apart().assert_outcomes(errors=len(FAULTS), passed=1)
    assert set(programs.verdicts().values()) == {"error", "passed"}
    for name, (_, said) in FAULTS.items():
        message = str(trial_of(programs, name)["error"]["message"])
        assert said in message, (name, message)


def test_a_program_that_dies_is_started_again(programs: Project) -> None:
    programs.write(
        arena=arena(
            {"x": lines("dies") + ", concurrency: 1"},
            case="    trials: 4\n    pass_threshold: 0.7\n",
        )
    )
    programs.run()
    (cell,) = programs.cells().values()
    assert [trial["verdict"] for trial in cell["trials"]] == ["error", *["passed"] * 3]
    message = str(cell["trials"][0]["error"]["message"])
    assert message.endswith("lines.py dies ended with status 7\n  out of memory")
    # one process has answered all that came after it
    assert len({trial["output"] for trial in cell["trials"][1:]}) == 1


def test_an_answer_too_many_is_never_taken_for_the_next_one(programs: Project) -> None:
    entry = lines("twice") + ", concurrency: 1"
    programs.write(arena=arena({"x": entry}, case="    trials: 3\n    pass_threshold: 0.6\n"))
    programs.run()
    (cell,) = programs.cells().values()
    assert [trial["verdict"] for trial in cell["trials"]] == ["passed", "error", "passed"]
    message = str(cell["trials"][1]["error"]["message"])
    assert "wrote no answer with the id 'Hi/x/1/0/0'" in message
    assert "fix: write all else to standard error" in message


def test_what_a_program_writes_as_json_stands_in_the_results(programs: Project) -> None:
    programs.write(arena=arena({"x": lines("whole")}))
    programs.run().assert_outcomes(passed=1)
    trial = trial_of(programs, "x")
    assert (trial["input_tokens"], trial["output_tokens"], trial["cost_usd"]) == (3, 4, 0.25)
    assert trial["tool_calls"][0]["name"] == "find"
    assert list(trial["context"]) == ["a document"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("command: []", "command"),
        (
            "command: 'mybot --ask \"x y\" {{ prompt }} -n 3 true'",
            "'mybot --ask \"x y\" {{ prompt }} -n 3 true' for 'command' of provider 'x'\n"
            "  expected: a list of the program and its arguments\n"
            '  fix: write it like command: [mybot, --ask, "x y", "{{prompt}}", -n, "3", "true"]',
        ),
        ("command: 'sh -c \"echo'", "fix: write it like command: [mybot, --ask]"),
        (
            "command: [echo, '{{ promt }}']",
            "undefined variable 'promt' for 'command' of provider 'x'\n"
            "  expected: one of case, config, messages, otel_endpoint, prompt, session, "
            "traceparent, variables\n"
            "  fix: did you mean 'prompt'?",
        ),
        ("command: [echo, '{{ prompt']", "'{{' is never closed"),
        ("command: [echo, '{{ case.nam }}']", "did you mean 'case.name'?"),
        ("command: [echo, '${HOME}']", "no shell fills in '${HOME}'"),
        (
            "command: [echo, '{{ prompt }}'], persistent: true",
            "a persistent program is started before there is a prompt",
        ),
        ("command: [cat], persistent: true, stdout: text", "answers with lines of JSON"),
        ("command: [cat], stdout: yaml", "'stdout' of provider 'x' cannot be 'yaml'"),
        ("command: [cat], model: m", "'model' of provider 'x' is for models"),
        ("command: [cat], comand: [cat]", "did you mean 'command'?"),
    ],
)
def test_what_no_program_could_be_run_with_is_refused(
    project: Project, keys: str, said: str
) -> None:
    project.write(arena=arena({"x": keys}))
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert said in result.stdout.str()


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("no-such-bot", "a program that can be run, on the PATH"),
        ("./bot", "a program that can be run, its path from the arena file's folder"),
    ],
)
def test_a_program_that_is_not_there_is_told_before_the_run(
    project: Project, program: str, expected: str
) -> None:
    project.write(arena=arena({"x": f"command: [{program}]"}))
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (
        f"arena.yaml:2:5: provider 'x': there is no program '{program}'\n"
        f"  expected: {expected}\n  fix: correct command, or install it"
    ) in result.stderr.str()


def test_a_file_that_cannot_be_executed_is_told_as_one(project: Project) -> None:
    (project.path / "bot.py").write_text("print('hello')\n")
    project.write(arena=arena({"x": "command: [./bot.py]"}))
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert (
        "arena.yaml:2:5: provider 'x': './bot.py' is a file that cannot be executed\n"
        "  expected: a program that can be run, its path from the arena file's folder\n"
        "  fix: chmod +x ./bot.py, or name the program that runs it before it"
    ) in result.stderr.str()


def test_paths_are_those_of_the_arenas_folder(project: Project) -> None:
    bot = project.path / "bots" / "bot.sh"
    bot.parent.mkdir()
    bot.write_text("#!/bin/sh\necho hello from $(basename $(pwd))\n")
    bot.chmod(0o755)
    (project.path / "bots" / "arena.yaml").write_text(arena({"x": "command: [./bot.sh]"}))
    project.run().assert_outcomes(passed=1)
    assert trial_of(project, "x")["output"] == "hello from bots"


def test_no_secret_of_the_environment_gets_into_what_is_written(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "canary-of-the-run")
    script = 'echo "$A $BOT_TOKEN" >&2; echo "hello $A $BOT_TOKEN $2"; test "$1" = good'
    env = "env: {A: '${CANARY}', BOT_TOKEN: canary-of-the-file}, version: '1'"
    env += ", config: {api_key: canary-of-the-config, tone: kind}"
    entries = {
        name: f"{shell(script, 'sh', name, '{{ config.api_key }}')}, {env}"
        for name in ("good", "bad")
    }
    project.write(arena=arena(entries))
    project.run("--arena-record=new").assert_outcomes(passed=1, errors=1)
    assert "[REDACTED]" in trial_of(project, "bad")["error"]["message"]
    arena_file = project.path / "arena.yaml"
    for file in project.path.rglob("*"):
        if file.is_file() and file != arena_file:
            assert b"canary-of-the" not in file.read_bytes(), file


def test_answers_are_recorded_under_a_version_and_the_environment(project: Project) -> None:
    def entry(greeting: str) -> dict[str, str]:
        return {"x": shell("echo $GREETING") + f", version: '1', env: {{GREETING: {greeting}}}"}

    project.write(arena=arena(entry("hello")))
    project.run("--arena-record=once").assert_outcomes(passed=1)
    project.run("--arena-record=none").assert_outcomes(passed=1)
    assert trial_of(project, "x")["source"] == "recording"
    project.write(arena=arena(entry("hi")))
    project.run("--arena-record=none").assert_outcomes(errors=1)


STAYS = """
import os, sys, threading

def answer(prompt):
    with open("pids", "a") as file:
        file.write(f"{os.getpid()}\\n")
    if os.fork() == 0:
        with open("pids", "a") as file:
            file.write(f"{os.getpid()}\\n")
    threading.Event().wait()

if __name__ == "__main__":
    answer("")
"""


def pids_in(folder: Path) -> list[int]:
    file = folder / "pids"
    return [int(word) for word in file.read_text().split()] if file.exists() else []


@pytest.mark.parametrize(
    ("arguments", "victim"),
    [((), "run"), ((), "ctrl-c"), (("-n2",), "run"), (("-n2",), "worker"), (("-n2",), "ctrl-c")],
    ids=["one-process", "ctrl-c", "n2-controller", "n2-worker", "n2-ctrl-c"],
)
def test_nothing_is_left_running_however_a_run_ends(
    project: Project, arguments: tuple[str, ...], victim: str
) -> None:
    (project.path / "stays.py").write_text(STAYS)
    command = f"command: [{PYTHON}, stays.py]"
    entries = {"once": command, "lines": f"{command}, persistent: true"}
    other = f'{{name: other, provider: python, call: "stays:answer", venv: {sys.executable}}}'
    project.write(arena=arena(entries).replace("variables:", f"  - {other}\nvariables:", 1))
    run = [sys.executable, "-c", INTERRUPTIBLE, "--arena", "-p", "no:cacheprovider", *arguments]
    with process_group(run, project.path) as process:
        wait_until(lambda: len(pids_in(project.path)) == 6, project.path)
        pids = pids_in(project.path)
        if victim == "worker":
            # the guard of each worker's programs, or the program, has it as its parent
            parents = {parent for pid in pids if (parent := parent_of(pid))} - set(pids)
            for parent in parents:
                os.kill(parent, signal.SIGKILL)
        else:
            # a terminal interrupts the workers as well
            end = os.killpg if victim == "ctrl-c" else os.kill
            end(process.pid, signal.SIGINT if victim == "ctrl-c" else signal.SIGKILL)
        # the programs of a crashed worker are started again by the one in its place, unless the
        # cell counts as the crash's victim
        wait_until(lambda: not any(map(is_alive, pids)), project.path)
        if victim == "worker":
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
    wait_until(lambda: not any(map(is_alive, pids_in(project.path))), project.path)
