"""Functions of one's own as columns: what they take, what they return, how they fail."""

from __future__ import annotations

import sys
import textwrap

import pytest
from conftest import Project

BOT = """
import asyncio, dataclasses, os, sys, threading, time

seen = []


def hello(prompt):
    return f"hello {prompt}"


async def later(messages, session):
    await asyncio.sleep(0)
    return f"hello {messages[-1]['content']} {len(session)}"


def pieces(prompt):
    yield "hello "
    yield prompt


async def apieces(prompt):
    yield "hello "
    yield {"usage": {"input_tokens": 3, "output_tokens": 4, "cost_usd": 0.25}}


def only(question):
    return f"hello {question}"


def known(variables, case, config):
    return f"hello {variables['who']} {case['name']} {config['tone']}"


def whole(prompt):
    call = {"name": "find", "arguments": {"n": 1}, "result": "shipped", "latency_ms": 4}
    usage = {"input_tokens": 3, "output_tokens": 4, "cost_usd": 0.25}
    return {"output": "hello", "tool_calls": [call], "usage": usage, "context": ["a document"],
            "reasoning": "why", "latency_ms": 12.5}


@dataclasses.dataclass
class Answer:
    output: str


class Bot:
    def __init__(self):
        self.name = "hello"

    def answer(self, prompt):
        return Answer(self.name)

    @staticmethod
    def aside(prompt):
        return "hello"

    def __call__(self, prompt):
        return self.name


ready = Bot()


def endless(prompt):
    found = {"output": "hello"}
    found["tool_calls"] = [{"name": "find", "arguments": found}]
    return found


def unreadable(prompt):
    class Lazy:
        @property
        def output(self):
            raise OSError("the connection is closed")

    return Lazy()


def raises(prompt):
    raise ValueError("no order of that number")


async def araises(prompt):
    raise KeyError("order")


def hangs(prompt):
    threading.Event().wait()


async def blocks(prompt):
    threading.Event().wait()


def nothing(prompt):
    return None


def exits(prompt):
    sys.exit(3)


async def aexits(prompt):
    async def inner():
        sys.exit(3)
    await asyncio.gather(asyncio.create_task(inner()))


def large(prompt):
    return "hello " + "é" * 600_000


def large_call(prompt):
    return {"output": "hello", "tool_calls": [{"name": "find", "result": "x" * 1_100_000}]}


def without_end(prompt):
    while True:
        yield "hello " * 1000


async def without_an_end(prompt):
    while True:
        yield "hello " * 1000
        await asyncio.sleep(0)


async def gives_up(prompt):
    raise asyncio.CancelledError


async def blocks_for_one(prompt):
    if prompt == "block":
        threading.Event().wait()
    await asyncio.sleep(0.05)
    return "hello"


async def cancels_all_for_one(prompt):
    if prompt == "block":
        await cancels_all(prompt)
    await asyncio.sleep(0.05)
    return "hello"


async def cancels_itself(prompt):
    asyncio.current_task().cancel()
    await asyncio.sleep(0)  # of itself


async def cancels_all(prompt):
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(0)  # of all


async def stops_the_loop(prompt):
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0.01)
    return "hello"


def prints(prompt):
    sys.stdout.write("x" * 3_000_000)
    return "hello"


def forks(prompt):
    if os.fork() == 0:
        return "hello from the child"
    return "hello"


def leaves_a_thread(prompt):
    threading.Thread(target=threading.Event().wait).start()
    return "hello"


def number(prompt):
    return 42


def no_cost(prompt):
    return {"output": "hello", "usage": {"cost_usd": "free"}}


def many_tokens(prompt):
    return {"output": "hello", "usage": {"input_tokens": 1e308, "output_tokens": 1e308}}


def endless_tokens(prompt):
    return {"output": "hello", "usage": {"output_tokens": 10**400}}


def endless_cost(prompt):
    return {"output": "hello", "cost_usd": 10**400}


def says_error(prompt):
    return {"error": "the database is down"}
"""


def arena(*names: str, further: str = "", case: str = "") -> str:
    entries = "\n".join(
        f'  - {{name: {name.replace(".", "-")}, provider: python, call: "bot:{name}"{further}}}'
        for name in names
    )
    return (
        f"providers:\n{entries}\n"
        "variables: {who: you}\n"
        f"tests:\n  - name: Hi\n    prompt: you\n{case}"
        "    assertions: [{type: contains, value: hello}]\n"
    )


@pytest.fixture
def bots(project: Project) -> Project:
    project.pytester.makepyfile(bot=BOT)
    return project


GOOD = (
    "hello", "later", "pieces", "apieces", "only", "known", "whole", "Bot.answer", "Bot.aside",
    "Bot", "ready", "ready.answer", "prints", "forks", "leaves_a_thread", "stops_the_loop",
)  # fmt: skip


@pytest.mark.real_workers
def test_functions_of_all_kinds_answer(bots: Project, spread: tuple[str, ...]) -> None:
    bots.write(arena=arena(*GOOD, further=", config: {tone: kind}"))
    bots.run_apart(*spread).assert_outcomes(passed=len(GOOD))


def test_what_a_function_returns_stands_in_the_results(bots: Project) -> None:
    bots.write(arena=arena("whole", "known", "apieces", "later", further=", config: {tone: kind}"))
    bots.run().assert_outcomes(passed=4)
    trial = bots.first_trials()["whole"]
    assert (trial["input_tokens"], trial["output_tokens"], trial["cost_usd"]) == (3, 4, 0.25)
    assert (trial["reasoning"], trial["reported_latency_ms"]) == ("why", 12.5)
    assert list(trial["context"]) == ["a document"]
    (call,) = trial["tool_calls"]
    assert (call["name"], call["arguments"], call["result"]) == ("find", {"n": 1}, "shipped")
    assert trial.get("tells_tools", True) is True
    # a text alone does not say that no tool was called
    assert bots.first_trials()["known"]["tells_tools"] is False
    assert bots.first_trials()["known"]["output"] == "hello you Hi kind"
    streamed = bots.first_trials()["apieces"]
    assert streamed["first_token_ms"] is not None
    assert streamed["cost_usd"] == 0.25
    assert bots.first_trials()["later"]["output"] == "hello you 32"


def line_of(text: str) -> int:
    """Return the line of `bot.py` that holds a text."""
    return next(n for n, line in enumerate(BOT.strip().splitlines(), 1) if text in line)


FAULTS = {
    "raises": f"bot:raises raised ValueError in bot.py:{line_of('raise ValueError')}: no order",
    "araises": f"bot:araises raised KeyError in bot.py:{line_of('raise KeyError')}: 'order'",
    "nothing": "bot:nothing returned None",
    "endless": "bot:endless returned a dict that cannot be read: RecursionError",
    "unreadable": "bot:unreadable returned a Lazy that cannot be read: OSError: the connection is",
    "exits": f"bot:exits raised SystemExit in bot.py:{line_of('sys.exit')}: 3",
    "gives_up": f"bot:gives_up raised CancelledError in bot.py:{line_of('raise asyncio')}",
    "cancels_itself": "bot:cancels_itself raised CancelledError in bot.py:"
    f"{line_of('# of itself')}",
    "cancels_all": f"bot:cancels_all raised CancelledError in bot.py:{line_of('# of all')}",
    "number": "bot:number returned int",
    "no_cost": "bot:no_cost returned cost_usd: 'free', which is no usable number",
    "many_tokens": "bot:many_tokens returned input_tokens: 1e+308, which is no usable number",
    "endless_tokens": "bot:endless_tokens returned output_tokens: 1000",
    "endless_cost": "bot:endless_cost returned cost_usd: 1000",
    "says_error": "bot:says_error returned an error: the database is down",
    "hangs": "no answer within 0.4 s",
    "blocks": "no answer within 0.4 s",
    "aexits": "bot:aexits raised SystemExit in bot.py:",
}


def test_each_fault_is_an_error_with_its_message(bots: Project) -> None:
    text = arena(*FAULTS, "hello", further=", timeout: 60s, retries: 0")
    for name in ("hangs", "blocks"):
        before, call, after = text.partition(f"bot:{name}")
        text = before + call + after.replace("timeout: 60s", "timeout: 400ms", 1)
    bots.write(arena=text)
    result = bots.run_apart()
    result.assert_outcomes(errors=len(FAULTS), passed=1)
    assert set(bots.verdicts().values()) == {"error", "passed"}
    found = bots.first_trials()
    for name, said in FAULTS.items():
        message = str(found[name]["error"]["message"])
        assert said in message, (name, message)


@pytest.mark.parametrize("name", ["blocks_for_one", "cancels_all_for_one"])
def test_one_that_harms_the_others_is_an_error_and_they_are_not(bots: Project, name: str) -> None:
    who = [str(number) for number in range(20)]
    text = arena(name, further=", timeout: 1200ms, retries: 0")
    bots.write(
        arena=text.replace("variables: {who: you}\n", "").replace(
            "name: Hi\n    prompt: you\n",
            f"name: '{{{{ who }}}}'\n    matrix: {{who: [block, {', '.join(who)}]}}\n"
            "    prompt: '{{ who }}'\n",
        )
    )
    result = bots.run_apart()
    result.assert_outcomes(errors=1, passed=len(who))
    result.stdout.no_fnmatch_line("*was not called*")


def test_what_is_raised_is_told_with_the_frames_of_ones_own(bots: Project) -> None:
    bots.write(arena=arena("raises"))
    bots.run()
    message = str(bots.first_trials()["raises"]["error"]["message"])
    line = line_of("raise ValueError")
    assert message == (
        f"bot:raises raised ValueError in bot.py:{line}: no order of that number\n"
        f'  bot.py:{line} in raises: raise ValueError("no order of that number")'
    )


@pytest.mark.parametrize(
    ("code", "call", "said"),
    [
        (
            "def answer(name, age): ...",
            "bot:answer",
            "arena.yaml:2:5: provider 'x': bot:answer(name, age) takes nothing that a case can "
            "give\n"
            "  expected: a function that takes some of prompt, messages, variables, case, session, "
            "config, traceparent, otel_endpoint, or the prompt alone",
        ),
        (
            "def answer(prompt, age): ...",
            "bot:answer",
            "provider 'x': nothing can be given for 'age' of bot:answer(prompt, age)",
        ),
        ("def answer(): ...", "bot:answer", "bot:answer() takes nothing that a case can give"),
        (
            "class Bot:\n    def __init__(self, url): ...\n    def answer(self, prompt): ...",
            "bot:Bot.answer",
            "bot:Bot.answer: Bot() needs 'url'",
        ),
        ("class Bot: ...", "bot:Bot", "bot:Bot is a class whose objects cannot be called"),
        ("def answer(prompt): ...", "bot:anser", "did you mean 'answer'?"),
        ("answer = 3", "bot:answer", "bot:answer is no function: it is 3"),
        ("", "shop.bot:answer", "there is no module 'shop.bot'"),
        (
            "",
            "bot.py:answer",
            "expected: the name of a module, not of its file\n  fix: write bot:…",
        ),
        (
            "import os\nraise ValueError('no key')",
            "bot:answer",
            "the module 'bot' cannot be imported: ValueError in bot.py:2: no key\n"
            "  bot.py:2 in <module>: raise ValueError('no key')",
        ),
        ("raise SystemExit(2)", "bot:answer", "cannot be imported: SystemExit in bot.py:1: 2"),
        ("import no_such_framework", "bot:answer", "No module named 'no_such_framework'"),
        ("def answer(:", "bot:answer", "cannot be imported: SyntaxError in bot.py:1"),
    ],
)
def test_what_cannot_be_called_is_refused_before_the_run(
    project: Project, code: str, call: str, said: str
) -> None:
    project.pytester.makepyfile(bot=code)
    project.write(
        arena="providers:\n"
        f'  - {{name: x, provider: python, call: "{call}"}}\n'
        "tests: [{name: A, prompt: Hi, assertions: [{type: contains, value: a}]}]\n"
    )
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_an_application_is_not_imported_where_it_is_not_called(project: Project) -> None:
    project.pytester.makepyfile(bot="raise ValueError('imported')")
    project.write(
        arena='providers: [{name: x, provider: python, call: "bot:answer"}]\n'
        "tests: [{name: A, prompt: Hi, mock: an a, assertions: [{type: contains, value: a}]}]\n"
    )
    project.run("--arena-mock").assert_outcomes(passed=1)


def test_modules_lie_beside_the_arena_below_python_path_and_below_the_root(
    project: Project,
) -> None:
    for path, word in (
        ("beside/first.py", "beside"),
        ("lib/second.py", "lib"),
        ("third.py", "root"),
    ):
        file = project.path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"def answer(prompt):\n    return 'from {word}'\n")
    (project.path / "beside" / "arena.yaml").write_text(
        textwrap.dedent("""\
        providers:
          - {name: beside, provider: python, call: "first:answer"}
          - {name: lib, provider: python, call: "second:answer", python_path: [../lib]}
          - {name: root, provider: python, call: "third:answer"}
        tests: [{name: A, prompt: Hi, assertions: [{type: contains, value: from}]}]
        """)
    )
    project.run().assert_outcomes(passed=3)
    outputs = {key.split("[")[1]: c["trials"][0]["output"] for key, c in project.cells().items()}
    assert outputs == {"beside]": "from beside", "lib]": "from lib", "root]": "from root"}


def test_the_current_folder_on_the_path_is_no_other_place(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.path / "bot.py").write_text("def answer(prompt):\n    return 'hello'\n")
    project.write(
        arena='providers: [{name: a, provider: python, call: "bot:answer"}]\n'
        "tests: [{name: A, prompt: Hi, assertions: [{type: equals, value: hello}]}]\n"
    )
    # as `python -c` has it, of which workers are made
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    project.run().assert_outcomes(passed=1)


def test_two_versions_of_one_module_are_never_mixed_up(project: Project) -> None:
    for version in ("v1", "v2"):
        folder = project.path / version
        folder.mkdir()
        (folder / "bot.py").write_text(f"def answer(prompt):\n    return '{version}'\n")
    project.write(
        arena="providers:\n"
        '  - {name: a, provider: python, call: "bot:answer", python_path: [v1]}\n'
        '  - {name: b, provider: python, call: "bot:answer", python_path: [v2]}\n'
        "tests: [{name: A, prompt: Hi, assertions: [{type: contains, value: v}]}]\n"
    )
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*provider 'b': bot:answer cannot be imported here*'bot'*"])


def test_a_session_is_one_for_all_turns_and_another_for_each_trial(project: Project) -> None:
    project.pytester.makepyfile(
        bot="""
        import collections
        turns = collections.defaultdict(list)
        def answer(prompt, session):
            turns[session].append(prompt)
            return " ".join(turns[session])
        """
    )
    project.write(
        arena='providers: [{name: x, provider: python, call: "bot:answer"}]\n'
        "tests:\n  - name: A\n    trials: 2\n    conversation: [{user: one}, {user: two}]\n"
        "    assertions: [{type: equals, value: one two}]\n"
    )
    project.run().assert_outcomes(passed=1)


LARGE = ("large", "large_call", "without_end", "without_an_end")


def test_an_answer_that_is_too_long_is_an_error(bots: Project) -> None:
    bots.write(arena=arena(*LARGE, "hello", further=", max_response_mb: 1"))
    bots.run_apart().assert_outcomes(errors=len(LARGE), passed=1)
    found = bots.first_trials()
    for name in LARGE:
        assert found[name]["error"]["message"] == f"bot:{name} sent more than 1 MiB in one answer"


def test_an_answer_may_be_as_long_as_its_provider_says(bots: Project) -> None:
    bots.write(arena=arena("large", "large_call", further=", max_response_mb: 2"))
    bots.run_apart().assert_outcomes(passed=2)
