"""Files of task chains: which are read, what is refused at its place, and what is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.builtins import register
from pytest_arena.errors import ArenaFileError
from pytest_arena.loading import Arena, load_arena
from pytest_arena.loading.task_chain_plans import TaskChainPlan
from pytest_arena.prompts.chain_macros import go_time
from pytest_arena.registry import Registry

ARENA = """\
providers: [{name: m, provider: mock, model: any}, {name: n, provider: mock, model: any}]
tools: {find: {mock: {result: sent}}}
targets: {t: {type: task_chain, file: %s}}
tests: [{name: A, target: t, prompt: Hi, assertions: [{type: success}]}]
"""
Load = Callable[..., Arena]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    registry = Registry()
    register(registry)

    def load_text(chain: Any, name: str = "c.yaml", arena: str = "") -> Arena:
        text = chain if isinstance(chain, str) else json.dumps(chain, indent=1)
        (tmp_path / name).write_text(text)
        (tmp_path / "arena.yaml").write_text(arena or ARENA % name)
        return load_arena(tmp_path / "arena.yaml", root=tmp_path, registry=registry)

    return load_text


def plan(arena: Arena) -> TaskChainPlan:
    found = arena.cells[0].case.workflow
    assert isinstance(found, TaskChainPlan)
    return found


def one(**more: Any) -> dict[str, Any]:
    """Return a chain of one task."""
    return {"id": "c", "tasks": [{"id": "a", "handler": "noop", **more}]}


def ways(*branches: dict[str, str], **more: str) -> dict[str, Any]:
    return {"transition": {"branches": list(branches), **more}}


def test_a_chain_has_the_same_plan_in_json_and_in_yaml(load: Load) -> None:
    chain = one(**ways({"operator": "equals", "when": "noop", "goto": "a"}))
    as_json = plan(load(chain, "c.json"))
    as_yaml = plan(
        load(
            "id: c\ntasks:\n- id: a\n  handler: noop\n  transition:\n    branches:\n"
            "    - {operator: equals, when: noop, goto: a}\n"
        )
    )
    assert as_json.facts({}) == as_yaml.facts({})
    tabs = json.dumps(chain, indent="\t")
    assert plan(load(tabs, "t.json")).facts({}) == as_json.facts({})


def test_an_older_chain_is_read_in_its_own_keys(load: Load) -> None:
    chain = """\
input: Is it?
inputType: string
chain:
  id: sky
  tasks:
    - id: check
      handler: condition_key
      systemInstruction: Say yes or no.
      validConditions: {yes: true, no: true}
      retryOnFailure: 1
      promptTemplate: Is this one? {{.input}}: say
      transition:
        onFailure: bye
        onFailureAlert: look
        branches:
          - {when: yes, goto: length}
          - {when: default, goto: bye}
    - id: length
      type: parse_range
      inputVar: input
      executeConfig: {model: m, hooks: [find], maxTokens: 5}
      transition: {branches: [{operator: in_range, when: 5-7, goto: bye}, {operator: gt, when: 7}]}
    - id: bye
      type: hook
      hook: {type: find, args: {number: "1"}}
"""
    arena = load(chain)
    made = plan(arena)
    check, length, bye = made.states.values()
    assert (made.id, made.entry) == ("sky", "check")
    assert (check.handler, check.conditions) == ("prompt_to_condition", ("yes", "no"))
    assert (check.system, check.retries, check.on_failure) == ("Say yes or no.", 1, "bye")
    assert [(one.operator, one.when) for one in check.branches] == [
        ("equals", "yes"),
        ("default", "default"),
    ]
    assert (length.handler, length.input_var) == ("prompt_to_range", "input")
    assert (list(length.agent.tools), length.params["max_tokens"]) == (["find"], 5)
    assert [branch.label for branch in length.branches] == ["in_range 5-7", "gt 7"]
    assert bye.call is not None
    assert bye.call.names == ("find",)
    assert arena.warnings == (
        "c.yaml:11:23: a template with a colon stands without quotes; it is read as "
        'promptTemplate: "Is this one? {{.input}}: say"',
        "arena.yaml:3:39: chain c.yaml is run without 'input' (c.yaml:1:1); 'inputType' "
        "(c.yaml:2:1); 'on_failure_alert' of 'transition' (c.yaml:14:9); 'model' of "
        "'execute_config' (c.yaml:21:23)",
    )


@pytest.mark.parametrize(
    "line",
    [
        "promptTemplate: Answer: {{.input}}",
        "- prompt_template: Say: it",
        "  print: a: b",
        "system_instruction: You: me:",
    ],
)
def test_a_template_without_quotes_is_given_them(load: Load, line: str) -> None:
    key = line.strip().removeprefix("- ")
    chain = f"tasks:\n- id: a\n  handler: noop\n  {key}\n"
    (warning,) = load(chain).warnings
    assert warning.startswith("c.yaml:4:")
    assert key.partition(": ")[2] in warning


def test_yaml_that_quotes_do_not_mend_is_refused_as_it_is(load: Load) -> None:
    with pytest.raises(ArenaFileError, match=r"c\.yaml:2:8: a ':' stands where no value"):
        load("tasks:\n- id: a: b\n  handler: noop\n")


def test_what_is_null_or_an_extension_stops_no_chain(load: Load) -> None:
    chain = one(
        execute_config=None,
        tools={"name": "", "tool_name": ""},
        valid_conditions=None,
        **{"x-icon": {"x": 1}},
        transition={"branches": None, "on_failure": "", "x-label": "x"},
    )
    arena = load({**chain, "token_limit": -1, "x-more": 1})
    assert plan(arena).token_limit == 0
    assert arena.warnings == (
        "arena.yaml:3:39: chain c.yaml is run without 'x-more' (c.yaml:24:2); 'x-icon' of task "
        "'a' (c.yaml:13:4); 'x-label' of 'transition' (c.yaml:19:5)",
    )


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        (one(systm="x"), "unknown key 'systm' in task 'a' of chain c.yaml"),
        (one(icon=1), "unknown key 'icon' in task 'a' of chain c.yaml"),
        (one() | {"label": "x"}, "unknown key 'label' in chain c.yaml"),
        (one(execute_config={"wisdom": 1}), "unknown key 'wisdom' in 'execute_config'"),
        (one(transition={"label": "x"}), "unknown key 'label' in 'transition'"),
        (
            one(transition={"branches": [{"operator": "default", "goto": "end", "why": "x"}]}),
            "unknown key 'why' in a branch",
        ),
        ({"chain": one(), "inptu": "x"}, "unknown key 'inptu' in chain c.yaml"),
    ],
)
def test_a_key_that_the_format_does_not_have_is_refused(load: Load, chain: Any, told: str) -> None:
    with pytest.raises(ArenaFileError) as raised:
        load(chain)
    assert f": {told}\n  expected: " in str(raised.value)


NO_TASK = "\n  expected: one of a, end\n  fix: "


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        ("- a", "c.yaml:1:1: chain file c.yaml is not a mapping"),
        ("id: x", "c.yaml:1:1: chain file c.yaml has no tasks"),
        ("tasks: []", "c.yaml:1:8: 'tasks' of chain c.yaml is no list of tasks"),
        ("tasks: [a]", "c.yaml:1:9: a task of chain c.yaml is not a mapping"),
        (
            "tasks: [{id: a}]",
            "c.yaml:1:9: task 'a' of chain c.yaml has no 'handler'",
        ),
        (
            "tasks: [{id: a, handler: chat_complete}]",
            "c.yaml:1:26: 'handler' of task 'a' of chain c.yaml cannot be 'chat_complete'",
        ),
        (
            "tasks: [{id: a, handler: noop, promt_template: x}]",
            "c.yaml:1:32: unknown key 'promt_template' in task 'a' of chain c.yaml",
        ),
        (
            "tasks: [{id: a, handler: chat_completion, execute_config: {temprature: 1}}]",
            "c.yaml:1:60: unknown key 'temprature' in 'execute_config'",
        ),
        (
            "tasks: [{id: end, handler: noop}]",
            "c.yaml:1:14: a task is called 'end', which is what ends a chain",
        ),
        (
            "tasks: [{id: a, handler: noop}, {id: a, handler: noop}]",
            "c.yaml:1:38: chain c.yaml has two tasks 'a'",
        ),
        (
            "tasks: [{id: a, handler: noop, transition: {branches: [{when: noop, goto: a}]}}]",
            "c.yaml:1:56: a branch of task 'a' of chain c.yaml has no 'operator'",
        ),
        (
            one(**ways({"operator": "default", "goto": "b"})),
            f"c.yaml:11:15: a branch of task 'a' of chain c.yaml names an unknown task 'b'{NO_TASK}"
            "name one of these",
        ),
        (
            one(**ways(on_failure="__next_step__")),
            "c.yaml:9:19: 'on_failure' of task 'a' of chain c.yaml names an unknown task "
            "'__next_step__'\n  expected: one of a\n  fix: name one of these",
        ),
        (
            one(**ways({"operator": "edge_traversed_at_least", "when": "1", "edge": "a-b"})),
            "c.yaml:12:15: a branch of task 'a' of chain c.yaml counts a bad edge 'a-b'",
        ),
        (
            one(**ways({"operator": "edge_traversed_at_least", "when": "1", "edge": "a->b"})),
            "c.yaml:12:15: 'edge' of a branch of task 'a' of chain c.yaml names an unknown task",
        ),
        (
            one(**ways({"operator": "edge_traversed_at_least", "when": "x", "edge": "a->a"})),
            "c.yaml:11:15: a branch of task 'a' of chain c.yaml counts an edge up to 'x'",
        ),
        (
            one(**ways({"operator": "in_range", "when": "9-5", "goto": "a"})),
            "c.yaml:11:15: bad range '9-5' in a branch of task 'a' of chain c.yaml",
        ),
        (
            one(**ways({"operator": ">", "when": "many", "goto": "a"})),
            "c.yaml:11:15: a branch of task 'a' of chain c.yaml compares with 'many'",
        ),
        (
            one(input_var="inputt"),
            "c.yaml:7:17: task 'a' of chain c.yaml asks for 'inputt', which nothing in the chain "
            "gives\n  expected: one of input, previous_output, a\n  fix: did you mean 'input'?",
        ),
        (
            one(prompt_template="Hi {{.inptu}}"),
            "c.yaml:7:23: 'prompt_template' of task 'a' of chain c.yaml asks for 'inptu'",
        ),
        (
            one(prompt_template="Hi {{if}"),
            "c.yaml:7:23: 'prompt_template' of task 'a' of chain c.yaml: '{{' is never closed",
        ),
        (
            one(output_template="{{ now | date }}", handler="tools", tools={"name": "find"}),
            "c.yaml:7:23: task 'a' of chain c.yaml: unknown function 'now'\n"
            "  expected: a function of Go's templates or of Sprig\n",
        ),
        (one(timeout="soon"), "c.yaml:7:15: bad timeout 'soon' of task 'a' of chain c.yaml"),
        (
            one(handler="route"),
            "c.yaml:6:15: task 'a' of chain c.yaml routes, and has no label to choose",
        ),
        (
            one(handler="tools"),
            "c.yaml:6:15: task 'a' of chain c.yaml calls a tool, and does not say which",
        ),
        (
            one(handler="tools", tools={"name": "fnd"}),
            "c.yaml:8:13: task 'a' of chain c.yaml calls the tool 'fnd', which the arena does not "
            "have\n  expected: one of find\n  fix: did you mean 'find'?",
        ),
        (
            one(handler="prompt_to_condition"),
            "c.yaml:6:15: task 'a' of chain c.yaml has no 'valid_conditions'",
        ),
        (
            one(system_instruction="{{var:goal}}"),
            "c.yaml:7:26: task 'a' of chain c.yaml wants the variable 'goal', which is not set, or "
            "empty\n  expected: a variable of the arena or the case\n"
            "  fix: add variables: {goal: …}",
        ),
        (
            one(execute_config={"max_tokens": "{{var:x|many}}"}),
            "c.yaml:8:19: 'max_tokens' of task 'a' is 'many'",
        ),
    ],
)
def test_what_no_run_could_go_by_is_refused_at_its_place(load: Load, chain: Any, told: str) -> None:
    with pytest.raises(ArenaFileError) as raised:
        load(chain)
    assert str(raised.value).startswith(told)


@pytest.mark.parametrize(
    ("chain", "told"),
    [
        (
            one(**ways({"operator": "equals", "when": "yes", "goto": "a"})),
            "c.yaml:11:15: a branch of task 'a' of chain c.yaml waits for 'yes' and is never "
            "taken: noop gives noop",
        ),
        (
            one(handler="chat_completion", **ways({"operator": "gt", "when": "5", "goto": "a"})),
            "c.yaml:11:15: a branch of task 'a' of chain c.yaml waits for 'gt 5' and is never "
            "taken: chat_completion gives tool_call, executed",
        ),
        (
            one(**ways(on_failure="end")),
            "c.yaml:9:19: 'on_failure' of task 'a' of chain c.yaml is 'end', which is no task: "
            "where the task fails, the trial is an error",
        ),
        (
            one(handler="embedding"),
            "c.yaml:6:15: task 'a' of chain c.yaml makes an embedding, which no arena does within "
            "a chain: where the chain comes to it, the trial is an error",
        ),
        (
            {"tasks": [*one()["tasks"], {"id": "b", "handler": "noop"}]},
            "c.yaml:8:10: task 'b' of chain c.yaml is never come to",
        ),
        (
            one(system_instruction="{{env:HOME}}"),
            "c.yaml:7:26: {{env:HOME}} in the system instruction of task 'a' is no macro of a "
            "chain, and is sent as it is",
        ),
        (
            one(execute_config={"tools": ["local_fs", "find"]}),
            "c.yaml:8:14: task 'a' may call local_fs, and the arena has no tool and no MCP server "
            "of that name, so that its model is not offered any",
        ),
    ],
)
def test_what_a_chain_does_otherwise_than_it_seems_is_told(
    load: Load, chain: Any, told: str
) -> None:
    assert told in load(chain).warnings


def test_a_target_of_a_chain_is_checked(load: Load) -> None:
    arena = ARENA % "c.yaml, models: {b: n, a: x}, max_step: 3"
    with pytest.raises(ArenaFileError, match=r"arena\.yaml:3:.*: unknown key 'max_step'"):
        load(one(), arena=arena)
    with pytest.raises(ArenaFileError) as raised:
        load(one(), arena=arena.replace(", max_step: 3", ""))
    assert str(raised.value) == (
        "arena.yaml:3:56: 'models' of target 't' names an unknown task 'b'\n"
        "  expected: one of a\n  fix: name one of these\n"
        "arena.yaml:3:65: unknown provider 'x' in 'models' of target 't'\n"
        "  expected: one of $provider, m, n\n"
        "  fix: name one of these, or add it to providers:"
    )


@pytest.mark.parametrize(
    ("written", "fix"),
    [("file: c.yaml", "task_chain"), ("file: c.yaml, agent: a", "chain"), ("pack: p", "workflow")],
)
def test_a_target_without_a_type_is_told_the_likely_one(load: Load, written: str, fix: str) -> None:
    arena = (ARENA % "c.yaml").replace("type: task_chain, file: c.yaml", written)
    with pytest.raises(ArenaFileError, match=f"fix: add type: {fix}$"):
        load(one(), arena=arena)


@pytest.mark.parametrize("kind", ["workflow", "chain"])
def test_a_target_of_another_type_is_told_the_right_one(load: Load, kind: str) -> None:
    arena = (ARENA % "c.yaml").replace("task_chain", kind)
    with pytest.raises(ArenaFileError, match=r"fix: write type: task_chain$"):
        load(one(), arena=arena)


def test_assertions_name_tasks_of_the_chain(load: Load) -> None:
    members = "[{type: success}]"
    path = "{type: workflow_path, path: [b]}, {type: step_output, step: c, assertions: %s}"
    path %= members
    with pytest.raises(ArenaFileError) as raised:
        load(one(), arena=(ARENA % "c.yaml").replace("{type: success}", path))
    told = str(raised.value)
    assert "unknown state 'b' in assertion 'workflow_path' of case 'A'" in told


def test_tasks_and_their_edges_are_counted_by_coverage(load: Load) -> None:
    chain = {
        "tasks": [
            {
                "id": "a",
                "handler": "chat_completion",
                **ways(
                    {"operator": "equals", "when": "tool_call", "goto": "b"},
                    {"operator": "default", "goto": "end"},
                    on_failure="b",
                ),
            },
            {"id": "b", "handler": "noop"},
        ]
    }
    found = load(chain).inventory
    assert found["states"] == ["t/a", "t/b"]
    assert found["transitions"] == [
        "t/a → b (tool_call)",
        "t/a → b (on_failure)",
    ]


def test_the_calls_of_a_chain_are_bounded_by_its_edges(load: Load) -> None:
    chat = {"id": "a", "handler": "chat_completion"}
    assert plan(load({"tasks": [chat]})).most_calls == 1
    back = {"operator": "equals", "when": "tool_call", "goto": "a"}
    assert plan(load({"tasks": [{**chat, **ways(back)}]})).most_calls == 200
    cap = {"operator": "edge_traversed_at_least", "edge": "a->a", "when": "5"}
    assert plan(load({"tasks": [{**chat, **ways(cap, back)}]})).most_calls == 6


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("2006-01-02", "2026-03-07"),
        ("Mon, 02 Jan 2006 15:04:05", "Sat, 07 Mar 2026 16:05:09"),
        ("Monday 2 January 06 3:04PM", "Saturday 7 March 26 4:05PM"),
        ("15:04:05.000Z07:00", "16:05:09.120+02:00"),
        ("_2 -0700 -07 .999", " 7 +0200 +02 .12"),
    ],
)
def test_times_are_written_as_gos_layouts_say(layout: str, text: str) -> None:
    from datetime import datetime, timedelta, timezone

    when = datetime(2026, 3, 7, 16, 5, 9, 120000, timezone(timedelta(hours=2)))
    assert go_time(layout, when) == text
