"""Prompt chains: verdicts and records, what is asked of whom, in one process and over two."""

from __future__ import annotations

import pytest
from conftest import Project

STEPS = """
def shout(text):
    return text.upper()

async def fails(text):
    raise ValueError("no such order")

def in_bytes(text):
    return text.encode()

def as_error(text):
    return ValueError("It is lost")

def in_a_circle(text):
    found = {}
    found["order"] = found
    return found

def too_long(text):
    return "é" * (9 << 20)

class Undecided:
    def __bool__(self):
        raise ValueError("neither yes nor no")

def undecided(step, output):
    return Undecided(), "", None

def two(a, b):
    return True, "", None

def of_names(*, text):
    return text

def some(text, *, loud=False):
    return text.upper()
"""
TESTS = """\
tests:
  - name: Order
    prompt: Where is 7?
    mock:
      right: {steps: [order 7, {tool_calls: [{name: find, arguments: {number: "7"}}]}, It is lost]}
      wrong: {steps: [nothing, It is here]}
    assertions:
      - {type: step_output, step: sort, assertions: [{type: contains, value: order 7}]}
      - {type: step_output, step: 2, assertions: [{type: contains, value: ORDER}]}
      - {type: tools_called, tools: [find]}
      - {type: contains, value: lost}
"""


def arena(step: str = '{python: "chain_steps:shout"}', tests: str = TESTS) -> str:
    return f"""\
providers:
  - {{name: right, provider: mock, model: any}}
  - {{name: wrong, provider: mock, model: any}}
tools:
  find:
    parameters: {{properties: {{number: {{type: string}}}}, required: [number]}}
    mock: {{status: lost}}
targets:
  desk:
    type: chain
    instructions:
      - {{name: sort, text: "Sort this: {{input}}"}}
      - {step}
      - {{agentic: Answer., max_internal_steps: 3}}
defaults: {{target: desk}}
{tests}"""


def test_a_chain_answers_and_its_steps_are_judged(
    project: Project, spread: tuple[str, ...]
) -> None:
    project.pytester.makepyfile(chain_steps=STEPS)
    project.write(arena=arena())
    project.run(*spread).assert_outcomes(passed=1, failed=1)
    (response,) = project.columns()["right"]["trials"][0]["responses"]
    assert [step["kind"] for step in response["steps"]] == [
        *("instruction", "model", "instruction", "instruction"),
        *("model", "tool", "model"),
    ]
    assert response["tool_calls"][0]["result"] == {"status": "lost"}
    assert response["attempts"] == 3


def test_a_step_that_fails_is_an_error_that_names_it(project: Project) -> None:
    project.pytester.makepyfile(chain_steps=STEPS)
    project.write(arena=arena('{name: check, python: "chain_steps:fails"}'))
    project.run().assert_outcomes(errors=2)
    trial = project.columns()["right"]["trials"][0]
    assert trial["verdict"] == "error"
    assert trial["error"]["message"].startswith("step 2 (check) of the chain 'desk': ")
    assert "ValueError" in trial["error"]["message"]
    assert trial["responses"][0]["steps"][0]["text"] == "order 7"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("in_bytes", "in_bytes returned bytes\n  expected: a text, as .decode() gives it"),
        (
            "as_error",
            "as_error returned ValueError, an exception\n  expected: a text, or to raise it",
        ),
        (
            "in_a_circle",
            "in_a_circle returned a dict that holds itself\n  expected: what JSON can hold",
        ),
        ("too_long", "too_long returned more than 16 MiB"),
    ],
)
def test_a_step_that_gives_no_text_is_an_error_that_names_it(
    project: Project, name: str, said: str
) -> None:
    project.pytester.makepyfile(chain_steps=STEPS)
    project.write(arena=arena(f'{{python: "chain_steps:{name}"}}'))
    project.run().assert_outcomes(errors=2)
    trial = project.columns()["right"]["trials"][0]
    assert f"step 2 of the chain 'desk': chain_steps:{said}" in trial["error"]["message"]


def test_a_breaker_whose_word_cannot_be_read_is_an_error_that_names_it(project: Project) -> None:
    project.pytester.makepyfile(chain_steps=STEPS)
    project.write(
        arena=arena().replace(
            "    type: chain\n", '    type: chain\n    chainbreakers: "chain_steps:undecided"\n'
        )
    )
    project.run().assert_outcomes(errors=2)
    message = project.columns()["right"]["trials"][0]["error"]["message"]
    assert message.startswith("step 1 (sort) of the chain 'desk': chain_steps:undecided raised ")
    assert "ValueError" in message


@pytest.mark.parametrize(
    ("step", "breaker", "why"),
    [
        ("two", "two", "chain_steps:two(a, b) cannot be called: missing a required argument: 'b'"),
        (
            *("of_names", "two"),
            "chain_steps:of_names(*, text) cannot be called: too many positional arguments",
        ),
        (
            *("some", "shout"),
            "chain_steps:shout(text) cannot be called: too many positional arguments",
        ),
    ],
)
def test_a_function_that_a_chain_cannot_call_is_refused(
    project: Project, step: str, breaker: str, why: str
) -> None:
    project.pytester.makepyfile(chain_steps=STEPS)
    text = arena(f'{{python: "chain_steps:{step}"}}').replace(
        "    type: chain\n", f'    type: chain\n    chainbreakers: "chain_steps:{breaker}"\n'
    )
    project.write(arena=text)
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    said = result.stderr.str() + result.stdout.str()
    assert said.count(f"chain 'desk': {why}\n  expected: a function that takes ") == 1
    assert "fix: give all other parameters a default" in said


def test_functions_that_a_chain_can_call_are_taken(project: Project) -> None:
    project.pytester.makepyfile(chain_steps=STEPS)
    project.write(arena=arena('{python: "chain_steps:some"}'))
    project.run().assert_outcomes(passed=1, failed=1)


def test_assertions_on_steps_that_there_are_not_are_refused(project: Project) -> None:
    inner = "assertions: [{type: contains, value: x}]"
    project.write(
        arena=arena(
            '"{input}"',
            "tests:\n"
            + "".join(
                f"  - {{name: {name}, prompt: Hi, assertions: [{{type: contains, value: x}}, "
                f"{{type: step_output, step: {step}, {inner}}}]{more}}}\n"
                for name, step, more in (
                    ("A", "4", ""),
                    ("B", "srt", ""),
                    ("C", "true", ""),
                )
            )
            + "  - {name: D, prompt: Hi, target: bare, assertions: "
            f"[{{type: step_output, step: 1, {inner}}}]}}\n",
        ).replace("targets:\n", "targets:\n  bare: {type: prompt}\n")
    )
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "*unknown step '4' in assertion 'step_output' of case 'A'*",
            "*expected: a number from 1 to 3, or one of sort*",
            "*unknown step 'srt' in assertion 'step_output' of case 'B'*",
            "*did you mean 'sort'?*",
            "*'step_output' of case 'D' looks at a step, and the case has no chain*",
        ]
    )
    assert result.ret != 0


def test_models_of_steps_are_called_with_recordings_and_counted(project: Project) -> None:
    chain = """\
providers:
  - {name: small, provider: mock, model: any}
  - {name: large, provider: mock, model: any}
defaults: {target: both, providers: [small]}
targets: {both: {type: chain, models: [$provider, large], instructions: ["{input}", "{input}"]}}
"""
    tests = """\
tests:
  - name: A
    prompt: Hi
    mock: {small: one, large: two}
    assertions:
      - {type: equals, value: two}
      - {type: step_output, step: 1, assertions: [{type: equals, value: one}]}
      - {type: llm_turns, min: 2, max: 2}
"""
    project.write(arena=chain + tests)
    project.run().assert_outcomes(passed=1)
    project.write(arena=chain + "budget: {max_calls: 1}\n" + tests)
    project.run()
    assert project.verdicts() == {"A[small]": "skipped"}
