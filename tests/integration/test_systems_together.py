"""Applications of every kind and a bare model in one file: what a team would compare.

Runs where FastAPI, uvicorn and pydantic-ai are installed; none of them is needed to develop this
plugin.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Project
from servers.formats import Reply
from servers.wire import WireServer

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytest.importorskip("pydantic_ai")

SERVICE = """
import sys, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

class Question(BaseModel):
    message: str
    session: str

app = FastAPI()

@app.post("/chat")
async def chat(question: Question):
    steps = [{"kind": "tool", "name": "find_order", "args": {"number": "48213"}}]
    return {"reply": {"text": "Order 48213 has shipped."}, "steps": steps, "cost": 0.0002}

config = uvicorn.Config(app, port=0, log_level="error", lifespan="off")
server = uvicorn.Server(config)
sock = config.bind_socket()
print(sock.getsockname()[1], flush=True)
server.run(sockets=[sock])
"""
AGENT = """
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

agent = Agent(TestModel(custom_output_text="Order 48213 has shipped."))


@agent.tool_plain
def find_order(number: str) -> str:
    return "shipped"


@agent.tool_plain
def refund_policy() -> str:
    return "30 days"


async def answer(prompt):
    return await agent.run(prompt)
"""
CLI = """
import sys
question = sys.stdin.read()
print("Order 48213 has shipped." if "48213" in question else "Please call us.")
"""
ARENA = """\
name: Which one answers our customers?
providers:
  - name: service
    provider: http
    url: "{service}/chat"
    body: {{message: "{{{{ prompt }}}}", session: "{{{{ session }}}}"}}
    output: reply.text
    tool_calls: "steps[?kind=='tool'].{{name: name, arguments: args}}"
    usage: {{cost_usd: cost}}
  - {{name: agent, provider: python, call: "agent:answer"}}
  - {{name: cli, provider: exec, command: [{python}, cli.py]}}
  - {{name: old, provider: python, call: "shop:answer", venv: old}}
  - {{name: new, provider: python, call: "shop:answer", venv: new}}
  - {{name: bare, provider: openai, model: any, api_base: "{model}/v1"}}
tests:
  - name: Late order
    prompt: Where is order 48213?
    assertions:
      - {{type: contains, value: shipped}}
      - {{type: max_words, value: 20}}
  - name: Looks it up
    providers: [service, agent]
    prompt: Where is order 48213?
    assertions:
      - {{type: tools_called, tools: [find_order]}}
"""


@contextmanager
def fastapi_service(folder: Path) -> Iterator[str]:
    (folder / "service.py").write_text(SERVICE)
    process = subprocess.Popen(
        [sys.executable, "service.py"], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_service_an_agent_a_program_two_versions_and_a_model_in_one_file(
    project: Project, spread: tuple[str, ...]
) -> None:
    for name, text in (("agent.py", AGENT), ("cli.py", CLI)):
        (project.path / name).write_text(text)
    for version, said in (("old", "Please call us."), ("new", "Order 48213 has shipped.")):
        venv.create(project.path / version, with_pip=False, symlinks=True)
        (packages,) = (project.path / version).glob("lib/python*/site-packages")
        (packages / "shop.py").write_text(f"def answer(prompt):\n    return {said!r}\n")
    with (
        fastapi_service(project.path) as service,
        WireServer(lambda _request: Reply(text="I cannot know that.")) as model,
    ):
        text = ARENA.format(service=service, model=model.url, python=sys.executable)
        assert len(text.splitlines()) <= 40
        project.write(arena=text)
        project.run_apart(*spread).assert_outcomes(passed=6, failed=2)
    verdicts = project.verdicts()
    assert {name for name, verdict in verdicts.items() if verdict == "failed"} == {
        "Late order[old]",
        "Late order[bare]",
    }
