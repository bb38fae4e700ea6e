"""What tools give: mocked ones and Python functions, checked, in time, again, and bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.loading import load_arena
from pytest_arena.loading.agent_plans import ToolPlan
from pytest_arena.loading.plans import CasePlan
from pytest_arena.providers.base import ProviderEnvironment
from pytest_arena.registry import Registry
from pytest_arena.running import user_code
from pytest_arena.tools import ToolContext, ToolEnvironment, ToolResult
from pytest_arena.tools.mcp import ConversationTools
from pytest_arena.tools.result_size import MOST_CHARACTERS, bounded
from pytest_arena.tools.toolbox import Toolbox

SHOP = '''
import asyncio
import datetime
import errno
import threading

class ToolContext: ...

def refund(number: str, amount: float, state) -> dict:
    """Pay back."""
    state.setdefault("refunds", []).append(number)
    return {"number": number, "amount": amount}

async def find(number: str, on: datetime.date | None = None):
    await asyncio.sleep(0)
    return {"number": number, "year": on and on.year}

def live_in(state: str) -> str:
    return state

def about(context: ToolContext, number: str) -> str:
    return f"{context.case} {number}"

class Desk:
    def __init__(self) -> None:
        self.closed = 0

    def close(self, reason: str) -> str:
        self.closed += 1
        return f"{reason} {self.closed}"

def broken(number: str) -> None:
    raise LookupError("no such order")

def ends() -> None:
    raise SystemExit(3)

def without_files() -> None:
    raise OSError(errno.EMFILE, "Too many open files")

def hangs() -> None:
    threading.Event().wait()

tries = []

def flaky() -> str:
    tries.append(1)
    if len(tries) < 3:
        raise OSError("not yet")
    return "there"

def parts():
    yield "a"
    yield "b"

def dirty():
    return {"a": ["canary \\0 \\ud800"]}

async def home() -> int:
    return id(asyncio.get_running_loop())

def thread() -> int:
    return threading.get_ident()

async def endless():
    while True:
        yield "x" * 1000

def endless_within():
    return {"rows": ("x" * 1000 for _ in iter(int, 1))}

def nested():
    found = []
    for _ in range(100_000):
        found = [found]
    return found

class Untold:
    def __str__(self) -> str:
        raise ValueError("no text")

def untold() -> None:
    raise Exception(Untold())

async def blocks(number: int) -> int:
    if not number:
        threading.Event().wait()
    return number

def odd() -> object:
    return {"at": datetime.date(2026, 1, 2), "not": float("nan")}
'''
ARENA = """\
providers: [{{name: m, provider: mock, model: any}}]
variables: {{shop: Acme, state: Bonn}}
tools: {tools}
targets: {{agent: {{type: agent}}}}
tests: [{{name: A, target: agent, prompt: Hi, mock: x, assertions: [{{type: contains, value: x}}]}}]
"""


def case_of(folder: Path, tools: str) -> CasePlan:
    from pytest_arena.builtins import register

    registry = Registry()
    register(registry)
    (folder / "shop_of_tools.py").write_text(SHOP)
    (folder / "arena.yaml").write_text(ARENA.format(tools=tools))
    arena = load_arena(folder / "arena.yaml", root=folder, registry=registry)
    return arena.cells[0].case


@pytest.fixture(scope="module")
def outside() -> Iterator[ProviderEnvironment]:
    """What all tools of this file share: a guard of programs, some of which end a little later."""
    environment = ProviderEnvironment()
    yield environment
    environment.process_guard.stop_if_idle()


@pytest.fixture
def run(tmp_path: Path, outside: ProviderEnvironment) -> Callable[..., Any]:
    """Call the one tool of an arena several times, with one set of arguments after another."""

    def run(tool: str, *arguments: Any, mocked: bool = False, hide: Any = str) -> Any:
        case = case_of(tmp_path, f"{{t: {tool}}}")
        assert case.agent is not None
        environment = ToolEnvironment(outside, mocked, hide)
        tools = ConversationTools(Toolbox(case.agent.tools, environment), "")
        state: dict[str, Any] = {}

        async def all_calls() -> list[ToolResult]:
            found = []
            for number, given in enumerate(arguments or ({},)):
                context = ToolContext("A", variables=case.variables, state=state, call=number)
                refused = await tools.refusal("t", given)
                if refused is not None:
                    found.append(ToolResult(error=refused))
                else:
                    found.append(await tools.run("t", given, context))
            await environment.close()
            return found

        results = asyncio.run(all_calls())
        told = [one.error if one.error is not None else one.value for one in results]
        return told[0] if len(told) == 1 else told

    return run


def test_what_this_process_lacks_is_no_error_of_the_tool_s(run: Callable[..., Any]) -> None:
    with pytest.raises(ProviderError, match="no file was left to open") as raised:
        run("{python: shop_of_tools:without_files}")
    assert raised.value.kind is ErrorKind.OPEN_FILES


@pytest.mark.parametrize(
    ("mock", "given"),
    [
        ("shipped", "shipped"),
        ("7", 7),
        ("null", None),
        ("{status: shipped, by: DHL}", {"status": "shipped", "by": "DHL"}),
        ("{result: {result: 7}}", {"result": 7}),
        ("{result: [1, 2]}", [1, 2]),
        ("{error: unknown order}", "unknown order"),
        ("{fail: true}", "the tool failed"),
        ('"order of {{ shop }}"', "order of Acme"),
        ('{number: "{{ call }}"}', {"number": 1}),
        (r'"\\{{ call }}"', "{{ call }}"),
    ],
)
def test_a_mock_gives_a_value_or_fails(run: Callable[..., Any], mock: str, given: Any) -> None:
    assert run(f"{{mock: {mock}}}") == given


def test_a_list_has_an_answer_for_each_call_and_the_last_repeats(run: Callable[..., Any]) -> None:
    assert run("{mock: [{fail: down}, up, [1]]}", {}, {}, {}, {}) == ["down", "up", [1], [1]]


def test_a_mock_chooses_by_its_arguments(run: Callable[..., Any]) -> None:
    schema = "parameters: {properties: {n: {type: integer}, to: {type: object}, flag: {}}}"
    mock = "{when: {n: 1}, result: one, otherwise: {when: {to: {city: Bonn}}, result: Bonn}}"
    tool = f"{{{schema}, mock: {mock}}}"
    given = [{"n": 1}, {"n": 2, "to": {"city": "Bonn", "zip": "5"}}, {"n": 2}]
    assert run(tool, *given) == ["one", "Bonn", "the mock has no answer for these arguments"]
    several = f"{{{schema}, mock: [{{when: {{flag: 1}}, result: a}}, {{result: b}}]}}"
    assert run(several, {"flag": 1}, {"flag": True}) == ["a", "b"]


def test_what_a_mock_says_of_an_argument_that_was_left_out_is_empty(
    run: Callable[..., Any],
) -> None:
    schema = "parameters: {properties: {n: {type: string}, to: {type: string, default: Bonn}}}"
    tool = f'{{{schema}, mock: "{{{{ arguments.n }}}}/{{{{ arguments.to }}}}"}}'
    assert run(tool, {"n": "7"}, {}) == ["7/Bonn", "/Bonn"]


def test_what_fills_a_mock_is_not_filled_in_again(run: Callable[..., Any]) -> None:
    schema = "parameters: {properties: {n: {type: string}}}"
    tool = f'{{{schema}, mock: "{{{{ arguments.n }}}}"}}'
    assert run(tool, {"n": "{{ shop }}"}) == "{{ shop }}"


def test_a_function_is_called_as_its_types_want_it(run: Callable[..., Any]) -> None:
    assert run("shop_of_tools:refund", {"number": "7", "amount": 3}) == {
        "number": "7",
        "amount": 3.0,
    }
    given = {"number": "7", "on": "2026-01-02"}
    assert run("shop_of_tools:find", given) == {"number": "7", "year": 2026}
    assert run("shop_of_tools:live_in", {"state": "Ohio"}) == "Ohio"
    assert run("shop_of_tools:about", {"number": "7"}) == "A 7"
    assert run("shop_of_tools:parts") == ["a", "b"]
    assert run("shop_of_tools:Desk.close", {"reason": "a"}, {"reason": "b"}) == ["a 1", "b 1"]
    assert run("shop_of_tools:odd") == {"at": "2026-01-02", "not": None}


NUMBER = "parameters: {properties: {n: {type: string}, m: {type: string}}}"


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("[cat]", {"n": "7"}),
        ("[sh, -c, 'cat', 'arguments of {{ call }}']", {"n": "7"}),
        ('[echo, "{{ arguments.n }};{{ arguments.m }};{{ shop }}"]', "7;;Acme"),
        ("[printf, '[1, 2]']", [1, 2]),
        ("[sh, -c, 'echo no; exit 3']", "ended with status 3"),
        ("[no-such-program-here]", "it cannot be started: "),
        ("[sh, -c, 'echo $SHOP']", "Acme"),
    ],
)
def test_a_program_gives_what_it_writes(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, command: str, given: Any
) -> None:
    monkeypatch.setenv("SHOP_OF_TOOLS", "Acme")
    tool = f"{{{NUMBER}, exec: {{command: {command}, env: {{SHOP: '${{SHOP_OF_TOOLS}}'}}}}}}"
    found = run(tool, {"n": "7"})
    assert found == given or (isinstance(given, str) and found.startswith(given))


def test_no_argument_is_read_by_a_shell(run: Callable[..., Any]) -> None:
    tool = f'{{{NUMBER}, exec: {{command: [echo, "{{{{ arguments.n }}}}"]}}}}'
    assert run(tool, {"n": "$(id); `id` | cat"}) == "$(id); `id` | cat"


def test_a_program_that_hangs_is_killed(run: Callable[..., Any]) -> None:
    tool = "{exec: {command: [sleep, '1000']}, timeout: 50ms}"
    assert run(tool) == "no result within 0.05 s"


def test_a_program_is_not_run_under_arena_mock(run: Callable[..., Any]) -> None:
    with pytest.raises(ProviderError, match="is a program and has no mock"):
        run("{exec: {command: [cat]}}", mocked=True)
    assert run("{exec: {command: [cat]}, mock: here}", mocked=True) == "here"


def test_what_a_function_raises_is_its_error(run: Callable[..., Any]) -> None:
    assert run("shop_of_tools:broken", {"number": "7"}) == "LookupError: no such order"
    assert run("shop_of_tools:ends") == "SystemExit: 3"


@pytest.mark.parametrize(
    "arguments",
    [{}, {"number": 7, "amount": 1}, {"number": "7", "amount": "a lot"}, "7", None, [1]],
)
def test_arguments_that_do_not_fit_are_refused_before_the_tool_runs(
    run: Callable[..., Any], arguments: Any
) -> None:
    assert "the arguments " in run("shop_of_tools:refund", arguments)


def test_tools_of_all_cases_run_on_one_loop_and_in_the_same_threads(tmp_path: Path) -> None:
    async def calls() -> list[set[Any]]:
        environment = ToolEnvironment()
        found = []
        for name in ("home", "thread"):
            agent = case_of(tmp_path, f"{{t: shop_of_tools:{name}}}").agent
            assert agent is not None
            boxes = [Toolbox(agent.tools, environment) for _ in range(3)]
            results = [await box.run("t", {}, ToolContext()) for box in boxes]
            found.append({result.value for result in results})
        await environment.close()
        return found

    assert [len(values) for values in asyncio.run(calls())] == [1, 1]


def test_a_tool_that_hangs_fails_when_its_time_is_over(run: Callable[..., Any]) -> None:
    assert run("{python: shop_of_tools:hangs, timeout: 50ms}") == "no result within 0.05 s"
    assert run("{mock: {delay: 1h, result: x}, timeout: 50ms}") == "no result within 0.05 s"


def test_a_tool_that_fails_is_run_again_so_many_times(run: Callable[..., Any]) -> None:
    given = run("{python: shop_of_tools:flaky, retries: 1}", {}, {})
    assert given == ["OSError: not yet", "there"]


def test_a_mock_stands_in_for_a_function_under_arena_mock_alone(run: Callable[..., Any]) -> None:
    tool = "{python: shop_of_tools:refund, mock: not really, irreversible: true}"
    given = {"number": "7", "amount": 1}
    assert run(tool, given, mocked=True) == "not really"
    assert run(tool, given) == {"number": "7", "amount": 1.0}


def test_nothing_irreversible_is_done_under_arena_mock(run: Callable[..., Any]) -> None:
    tool = "{python: shop_of_tools:refund, irreversible: true}"
    with pytest.raises(ProviderError, match="is irreversible and has no mock"):
        run(tool, {"number": "7", "amount": 1}, mocked=True)


def test_results_lose_secrets_and_what_no_file_can_hold(run: Callable[..., Any]) -> None:
    def hide(text: str) -> str:
        return text.replace("canary", "***")

    assert run("shop_of_tools:dirty", hide=hide) == {"a": ["*** \ufffd \ufffd"]}


def test_a_flood_is_cut() -> None:
    short: Any = {"a": "x" * 100}
    assert bounded(short) is short
    cut = bounded(["x" * MOST_CHARACTERS])
    assert cut.endswith("… (4 more characters were left out)")


@pytest.mark.parametrize("call", ["endless", "endless_within"])
def test_what_has_no_end_is_cut(run: Callable[..., Any], call: str) -> None:
    cut = run(f"shop_of_tools:{call}")
    assert cut.endswith("… (more was left out)")
    assert MOST_CHARACTERS < len(cut) < MOST_CHARACTERS + 100


def test_a_secret_across_the_end_of_what_is_kept_is_taken_out(run: Callable[..., Any]) -> None:
    mock = "{mock: '" + "x" * (MOST_CHARACTERS - 3) + "canary'}"
    assert "can" not in run(mock, hide=lambda text: text.replace("canary", "***"))


def test_what_no_text_can_tell_is_the_tool_s_error(run: Callable[..., Any]) -> None:
    assert run("shop_of_tools:nested") == "what it gave is nested too deeply"
    assert run("shop_of_tools:untold") == "Exception: (its text cannot be told)"


def test_an_async_function_that_blocks_holds_up_no_later_one(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_code, "_SIGN_OF_LIFE_S", 0.0)
    told = run("{python: 'shop_of_tools:blocks', timeout: 500ms}", {"number": 0}, {"number": 7})
    assert told == ["no result within 0.5 s", 7]


def test_what_decides_what_an_agent_does_is_in_the_hash(tmp_path: Path) -> None:
    from pytest_arena.loading.hashing import Hasher

    base = "{t: {mock: a}}"
    others = [
        "{t: {mock: b}}",
        "{t: {mock: a, irreversible: true}}",
        "{t: {mock: a, timeout: 3s}}",
        '{t: {mock: "{{ shop }}"}}',
        "{t: {description: x, mock: a}}",
    ]
    hashes = {Hasher().prompt(case_of(tmp_path, tools)) for tools in [base, *others]}
    assert len(hashes) == 6
    assert Hasher().prompt(case_of(tmp_path, base)) in hashes
    plan = case_of(tmp_path, "{t: shop_of_tools:refund}").agent
    assert plan is not None
    made: ToolPlan = plan.tools["t" if "t" in plan.tools else "refund"]
    assert made.code
