"""The suites that are measured: arena files with many cells, and plain tests."""

from __future__ import annotations

from pathlib import Path

import yaml

MODELS = {
    "openai": "provider: openai, model: gpt-4o-mini, api_base: '{url}/v1'",
    "litellm": "provider: anthropic, model: claude-haiku-4-5, api_base: '{url}'",
    "mock": "provider: mock, model: any, responses: {{default: All is well.}}",
}


def write_arena(folder: Path, model: str, cells: int, url: str = "", extra: str = "") -> None:
    """Write an arena with one provider and so many cases."""
    settings = MODELS[model].format(url=url) + extra
    _write_cases(folder, f"{{name: model, {settings}}}", cells, "all is well")


def write_recording(folder: Path, model: str, cells: int) -> None:
    """Write the recording of such an arena, with answers of some 800 characters."""
    from pytest_arena.recording.entries import entry_of
    from pytest_arena.recording.keys import key_of, request_facts
    from pytest_arena.results.request_response import Request, Response
    from pytest_arena.results.serialize import to_line
    from pytest_arena.schema import ProviderSpec

    settings = yaml.safe_load(f"{{name: model, {MODELS[model].format(url='http://localhost')}}}")
    spec = ProviderSpec.model_validate(settings)
    lines = []
    for number in range(cells):
        asked = Request(messages=[{"role": "user", "content": f"Question {number}?"}])
        facts = request_facts(spec, asked)
        answer = Response("All is well. " * 60, "stop", latency_ms=812.4, cost_usd=0.00005)
        lines.append(to_line(entry_of(key_of(facts), facts, answer)))
    (folder / "recordings").mkdir(exist_ok=True)
    text = "".join(f"{line}\n" for line in sorted(lines))
    (folder / "recordings" / "arena.jsonl").write_text(text, encoding="utf-8")


def write_tests(folder: Path, tests: int) -> None:
    """Write so many ordinary tests that do nothing."""
    body = (
        "import pytest\n\n@pytest.mark.parametrize('n', range({}))\ndef test_nothing(n):\n    pass"
    )
    _write(folder, "test_nothing.py", body.format(tests))


def _write(folder: Path, name: str, text: str) -> None:
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    (folder / name).write_text(text + "\n", encoding="utf-8")


_LONG_ANSWERS = """
import random

def answer(prompt):
    draw = random.Random(prompt)
    words = ("order", "refund", "customer", "policy", "shipping", "address")
    said = (f"{draw.choice(words)}{draw.randrange(10000)}" for _ in range(8700))
    return "Hello " + " ".join(said)
"""


def write_long_answers(folder: Path, cells: int) -> None:
    """Write an arena whose answers, of a function, have 100 kB each and are all different."""
    _write(folder, "long_answers.py", _LONG_ANSWERS)
    provider = '{name: own, provider: python, call: "long_answers:answer"}'
    _write_cases(folder, provider, cells, "Hello")


def _write_cases(folder: Path, provider: str, cells: int, word: str) -> None:
    """Write an arena with one provider and so many cases, whose answers hold a word."""
    lines = ["providers:", f"  - {provider}", "tests:"]
    for number in range(cells):
        lines += [
            f"  - name: Case {number:05}",
            f"    prompt: Question {number}?",
            f"    assertions: [{{type: contains, value: {word}}}]",
        ]
    _write(folder, "arena.yaml", "\n".join(lines))
