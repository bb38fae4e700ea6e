"""Files in prompts: sent in each provider's form, kept by hash, and never left out unseen."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import Project
from sample_files import pdf, png, wav
from servers.formats import Reply
from servers.service import BotService
from servers.wire import WireRequest, WireServer

PICTURE, SOUND, DOCUMENT = (base64.b64encode(each()).decode() for each in (png, wav, pdf))


pytestmark = pytest.mark.usefixtures("clients")


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


@pytest.fixture
def sending(project: Project) -> Project:
    """A project with a file of each kind."""
    for name, data in (("a.png", png()), ("d.pdf", pdf()), ("s.wav", wav())):
        (project.path / name).write_bytes(data)
    return project


def asks(server: WireServer, part: str, *more: str) -> str:
    url = server.url
    return f"""\
providers:
  - {{name: direct, provider: openai, model: m, api_base: "{url}/v1"}}
  - {{name: claude, provider: anthropic, model: claude-haiku-4-5, api_base: "{url}"}}
  - {{name: gemini, provider: gemini, model: gemini-2.5-pro, api_base: "{url}"}}
  - {{name: llava, provider: ollama_chat, model: llava, api_base: "{url}"}}
  - {{name: mistral, provider: mistral, model: mistral-large-latest, api_base: "{url}/v1"}}
tests:
  - name: Seen
    prompt: [Look, {part}]
    assertions: [{{type: contains, value: ok}}]
{"".join(more)}"""


def last_parts(server: WireServer) -> dict[str, Any]:
    """Return what each vendor was sent as the second part, by what its body is like."""
    found = {}
    for request in server.requests:
        if "contents" in request.body:
            found["gemini"] = request.body["contents"][-1]["parts"][1]
        elif "images" in request.body["messages"][-1]:
            found["ollama"] = request.body["messages"][-1]["images"]
        else:
            part = request.body["messages"][-1]["content"][1]
            found["anthropic" if "source" in part else "openai"] = part
    return found


def test_a_picture_goes_out_in_each_vendors_form(sending: Project, server: WireServer) -> None:
    sending.write(arena=asks(server, "{image: a.png}"))
    sending.run().assert_outcomes(passed=5)
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    assert last_parts(server) == {
        "openai": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
        "anthropic": {"type": "image", "source": source},
        "gemini": {"inline_data": {"data": PICTURE, "mime_type": "image/png"}},
        "ollama": [PICTURE],
    }
    report = sending.path / "arena-report"
    assert PICTURE not in "".join(path.read_text() for path in report.iterdir() if path.is_file())
    cell = sending.cells()["arena.yaml::Seen[direct]"]
    assert cell["trials"][0]["messages"][0]["content"][1]["name"] == "a.png"


def test_a_document_goes_out_where_there_is_a_place_for_it(
    sending: Project, server: WireServer
) -> None:
    sending.write(arena=asks(server, "{pdf: d.pdf}"))
    sending.run().assert_outcomes(passed=4, errors=1)
    found = last_parts(server)
    url = f"data:application/pdf;base64,{DOCUMENT}"
    assert found["openai"]["file"] == {"filename": "d.pdf", "file_data": url}
    assert found["anthropic"]["type"] == "document"
    assert found["gemini"]["inline_data"]["mime_type"] == "application/pdf"


def test_a_recording_is_never_left_out_of_what_is_asked(
    sending: Project, server: WireServer
) -> None:
    sending.write(arena=asks(server, "{audio: s.wav}"))
    sending.run().assert_outcomes(passed=2, errors=3)
    errors = {
        cell["provider"]: cell["trials"][0]["error"]["message"].split("\n")[0]
        for cell in sending.cells().values()
        if cell["verdict"] == "error"
    }
    assert errors["claude"].endswith(
        "[audio s.wav 204 B]: anthropic/claude-haiku-4-5 takes no recordings"
    )
    assert errors["llava"].endswith("ollama_chat/llava takes no recordings")
    assert "provider 'mistral' was not sent [audio s.wav 204 B]" in errors["mistral"]


def test_many_cells_send_one_file_and_workers_agree(
    sending: Project, server: WireServer, spread: tuple[str, ...]
) -> None:
    rows = "".join(
        f"  - {{name: c{n}, prompt: [Look {n}, {{image: a.png}}], "
        "assertions: [{type: contains, value: ok}]}\n"
        for n in range(6)
    )
    sending.write(arena=asks(server, "{image: a.png}", rows))
    sending.run("--arena-provider=direct", *spread).assert_outcomes(passed=7)
    assert all(PICTURE in json.dumps(request.body) for request in server.requests)


def test_a_recording_knows_a_file_by_what_it_holds(sending: Project, server: WireServer) -> None:
    sending.write(arena=asks(server, "{image: a.png}"))
    sending.run("--arena-provider=direct", "--arena-record=once").assert_outcomes(passed=1)
    Path(sending.path / "a.png").rename(sending.path / "b.png")
    sending.write(arena=asks(server, "{image: b.png}"))
    sending.run("--arena-provider=direct", "--arena-record=none").assert_outcomes(passed=1)
    (sending.path / "b.png").write_bytes(png(color=(0, 0, 0)))
    sending.run("--arena-provider=direct", "--arena-record=none").assert_outcomes(errors=1)
    kept = "".join(path.read_text() for path in (sending.path / "recordings").rglob("*.*"))
    assert PICTURE not in kept


def test_an_application_gets_parts_in_openais_shape(sending: Project) -> None:
    sending.pytester.makepyfile(
        bot="""
        def answer(prompt, messages):
            text, picture = messages[-1]["content"]
            return f"{prompt}: {picture['image_url']['url']}"
        """
    )
    sending.write(
        arena=f"""\
providers: [{{name: bot, provider: python, call: "bot:answer"}}]
tests:
  - name: Seen
    prompt: [Look, {{image: a.png}}]
    assertions: [{{type: equals, value: "Look: data:image/png;base64,{PICTURE}"}}]
"""
    )
    sending.run().assert_outcomes(passed=1)


LINES = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    kinds = [part["type"] for part in asked["messages"][-1]["content"]]
    print(json.dumps({"id": asked["id"], "output": " ".join(kinds)}), flush=True)
"""


def test_an_application_that_is_not_given_a_file_is_not_asked(
    sending: Project, server: WireServer
) -> None:
    sending.pytester.makepyfile(bot="def answer(prompt):\n    return 'text image_url'")
    sending.pytester.makepyfile(lines=LINES)
    url = f"{server.url}/v1/chat/completions"
    command = f"[{sys.executable}, lines.py]"
    sending.write(
        arena=f"""\
providers:
  - {{name: function, provider: python, call: "bot:answer"}}
  - {{name: half, provider: http, url: '{url}', body: {{q: "{{{{ prompt }}}}"}}}}
  - name: whole
    provider: http
    url: '{url}'
    body: {{model: m, messages: "{{{{ messages }}}}"}}
    output: choices[0].message.content
  - {{name: once, provider: exec, command: {command}}}
  - {{name: lines, provider: exec, command: {command}, persistent: true}}
tests:
  - name: Seen
    prompt: [Look, {{image: a.png}}]
    assertions: [{{type: contains_any, values: [ok, text image_url]}}]
"""
    )
    sending.run().assert_outcomes(passed=2, errors=3)
    errors = {
        cell["provider"]: cell["trials"][0]["error"]["message"].split("\n")[0]
        for cell in sending.cells().values()
        if cell["verdict"] == "error"
    }
    said = "is not given [image a.png 74 B]: it does not ask for messages"
    assert errors == {name: f"provider {name!r} {said}" for name in ("function", "half", "once")}


def test_a_service_gets_the_files_of_the_turn_in_a_form(sending: Project) -> None:
    with BotService() as service:
        sending.write(
            arena=f"""\
providers:
  - name: service
    provider: http
    url: "{service.url}/upload"
    multipart:
      message: "{{{{ prompt }}}}"
      file: "{{{{ files }}}}"
      user: "{{{{ variables.user }}}}"
      thread: "{{{{ session }}}}"
variables: {{user: {{name: Ann é}}}}
tests:
  - name: Both
    prompt: [Which colour?, {{image: a.png}}, {{pdf: d.pdf}}]
    assertions: [{{type: contains, value: parts}}]
  - name: Turns
    conversation: [{{user: [One, {{image: a.png}}]}}, {{user: Two}}]
    assertions: [{{type: contains, value: parts}}]
"""
        )
        sending.run().assert_outcomes(passed=2)
    trials = {key.partition("::")[2]: cell["trials"][0] for key, cell in sending.cells().items()}
    parts = json.loads(trials["Both[service]"]["output"])["parts"]
    assert parts[:4] == [
        ["message", None, "text/plain", "Which colour?"],
        ["file", "a.png", "image/png", sha256(png()).hexdigest()],
        ["file", "d.pdf", "application/pdf", sha256(pdf()).hexdigest()],
        ["user", None, "text/plain", '{"name": "Ann é"}'],
    ]
    asked = [json.loads(one["output"])["parts"] for one in trials["Turns[service]"]["responses"]]
    assert [[part[0] for part in parts] for parts in asked] == [
        ["message", "file", "user", "thread"],
        ["message", "user", "thread"],
    ]


def test_a_form_with_files_has_a_type_of_its_own(sending: Project) -> None:
    sending.write(
        arena="""\
providers:
  - name: service
    provider: http
    url: "http://127.0.0.1:9/"
    headers: {content-type: multipart/form-data}
    multipart: {file: "{{ files }}"}
tests:
  - {name: A, prompt: [{image: a.png}], assertions: [{type: contains, value: a}]}
"""
    )
    result = sending.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*provider 'service' has 'multipart' and a Content-Type*"])


def test_a_large_picture_goes_out_whole(sending: Project, server: WireServer) -> None:
    (sending.path / "large.png").write_bytes(png() + bytes(1_200_000))
    url = f"{server.url}/v1"
    sending.write(
        arena=f"""\
providers:
  - {{name: direct, provider: openai, model: m, api_base: "{url}"}}
  - name: service
    provider: http
    url: "{url}/chat/completions"
    body: {{model: m, messages: "{{{{ messages }}}}"}}
    output: choices[0].message.content
tests:
  - name: Seen
    prompt: [Look, {{image: large.png}}]
    assertions: [{{type: contains, value: ok}}]
"""
    )
    sending.run().assert_outcomes(passed=2)
    assert [len(json.dumps(request.body)) > 1_600_000 for request in server.requests] == [True] * 2


def test_a_judge_is_sent_the_picture_and_one_that_takes_none_gives_no_verdict(
    sending: Project, server: WireServer
) -> None:
    verdict = {"evidence": [], "reasoning": "It is red.", "level": "fully"}
    server.script = lambda request: Reply(
        text=json.dumps(verdict) if "You judge" in json.dumps(request.body) else "ok"
    )
    sending.write(
        arena=f"""\
providers:
  - {{name: seeing, provider: openai, model: m, api_base: "{server.url}/v1", group: judges}}
  - {{name: blind, provider: ollama_chat, model: llama3, api_base: "{server.url}", group: judges}}
  - {{name: m, provider: mock}}
defaults: {{providers: [m]}}
tests:
  - name: Seen
    prompt: [Look, {{image: a.png}}]
    mock: It is red.
    assertions:
      - {{type: llm_judge, criteria: Names the colour., see_files: true, judge: seeing}}
      - {{type: llm_judge, criteria: Names the colour., see_files: true, judge: blind}}
      - {{type: llm_judge, criteria: Names the colour., judge: seeing}}
"""
    )
    sending.run().assert_outcomes(errors=1)
    (cell,) = sending.cells().values()
    found = cell["trials"][0]["assertions"]
    assert [one["verdict"] for one in found] == ["passed", "error", "passed"]
    assert "ollama_chat/llama3 takes no pictures" in found[1]["reason"]
    assert [PICTURE in json.dumps(request.body) for request in server.requests] in (
        [True, False],
        [False, True],
    )


@pytest.mark.slow
def test_the_gate_asks_with_the_old_picture_beside_the_new_one(
    sending: Project, server: WireServer
) -> None:
    blue = png(color=(0, 0, 255))
    names = {PICTURE: "red", base64.b64encode(blue).decode(): "blue"}

    def look(request: WireRequest) -> Reply:
        body = json.dumps(request.body)
        return Reply(text=f"ok, {next(name for data, name in names.items() if data in body)}")

    server.script = look
    text = asks(server, "{image: a.png}").replace("value: ok", "value: red")
    sending.write(arena=text)
    sending.run("--arena-provider=direct", "--arena-update-baseline").assert_outcomes(passed=1)
    named = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "a.png", "arena.yaml"), ("commit", "-qm", "old")):
        subprocess.run(("git", *named, *command), cwd=sending.path, check=True)
    (sending.path / "a.png").write_bytes(blue)
    gate = ("--arena-baseline=.arena/baseline.jsonl", "--arena-fail-on=regression")
    sending.run("--arena-provider=direct", *gate, "--arena-old=git:HEAD")
    (cell,) = sending.cells().values()
    assert cell["standing"]["status"] == "regressed"
    assert cell["standing"]["differences"] == ["files: a.png changed"]
    assert "the old one 4 of 4 in the same minutes" in cell["standing"]["reason"]


def test_guardrails_look_at_texts_and_text_files(sending: Project) -> None:
    (sending.path / "n.md").write_text("how to hack it")
    sending.write(
        arena="""\
providers: [{name: m, provider: mock}]
guardrails: {banned_words: [hack]}
tests:
  - name: Hidden
    prompt: [Read this, {file: n.md}, {image: a.png}]
    mock: fine
    assertions: [{type: validation_error, direction: input}]
"""
    )
    sending.run().assert_outcomes(passed=1)
