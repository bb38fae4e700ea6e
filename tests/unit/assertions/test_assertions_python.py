"""`python` assertions: what a function takes and returns, where it is found, how it fails."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pytest_arena.assertions.evaluate import evaluate_async, needs_loop
from pytest_arena.schema import CheckContext

CHECKS = """
import pytest
from pytest_arena import Outcome

def yes(output): return output == "Hello."
def everything(output, trial, context, variables, prompt, messages):
    return prompt.startswith("How") and trial.output == output and messages[0]["role"] == "user"
def keywords(**given): return len(given) == 6
def score(): return 0.6
def full(): return 1
def summed(): return sum([0.7, 0.2, 0.1])
def told(output): return {"passed": False, "score": 0.25, "reason": "too curt"}
def outcome(): return Outcome.of(True, "as it should be")
def nothing(output): pass
def text(output): return "looks fine"
def odd(): return {"pass": True}
def nan(): return float("nan")
def wants(surprise): return True
def raises(output):
    raise KeyError("order")
def asserts(output):
    assert "billing" in output
def gives_up(): pytest.fail("no")
def leaves(): raise SystemExit(3)
def asserts_with_words(output): assert len(output) > 99, "too curt"
async def later(output): return output == "Hello."
async def asserts_later(output): assert output == "Bye.", output
class Judge:
    async def __call__(self, output): return True
judge = Judge()
constant = 7
def never(output):
    while True: pass
def backtracks(output):
    import re
    return bool(re.search(r"(a+)+$", "a" * 60 + "b"))
async def never_later(output):
    import asyncio
    await asyncio.Event().wait()
class Endless(Exception):
    def __str__(self):
        while True: pass
    __repr__ = __str__
def raises_endless(output): raise Endless
async def raises_endless_later(output): raise Endless
def returns_endless(output): return Endless()
def cancels(output):
    import asyncio
    raise asyncio.CancelledError
async def cancels_later(output): cancels(output)
def closes(output): raise GeneratorExit
"""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    before, path = set(sys.modules), list(sys.path)
    (tmp_path / "arena_checks.py").write_text(CHECKS)
    (tmp_path / "broken_checks.py").write_text("x = 1\nimport no_such_thing_at_all\n")
    (tmp_path / "badly_written.py").write_text("def f(:\n")
    yield tmp_path
    for name in set(sys.modules) - before:
        if "checks" in name or "badly" in name:
            del sys.modules[name]
    assert sys.path == path


RETURNS = "a bool, a score from 0 to 1, a dict with `passed`, `score` and `reason`, or an Outcome"


@pytest.mark.parametrize(
    ("name", "verdict", "reason"),
    [
        ("yes", "passed", "arena_checks:yes returned True"),
        ("everything", "passed", "arena_checks:everything returned True"),
        ("keywords", "passed", "arena_checks:keywords returned True"),
        ("score", "failed", "arena_checks:score gave the score 0.6"),
        ("full", "passed", "arena_checks:full gave the score 1"),
        ("summed", "passed", "arena_checks:summed gave the score 1"),
        ("told", "failed", "too curt"),
        ("outcome", "passed", "as it should be"),
        ("nothing", "error", f"arena_checks:nothing returned None, not {RETURNS}"),
        ("text", "error", f"arena_checks:text returned 'looks fine', not {RETURNS}"),
        ("odd", "error", f"arena_checks:odd returned {{'pass': True}}, not {RETURNS}"),
        ("nan", "error", "arena_checks:nan gave the score nan, which is not from 0 to 1"),
        (
            "wants",
            "error",
            "arena_checks:wants wants a parameter 'surprise' that there is not\n"
            "  expected: parameters named output, prompt, messages, variables, trial, context",
        ),
        ("raises", "error", "KeyError in arena_checks.py:20: 'order'"),
        (
            "asserts",
            "failed",
            'arena_checks:asserts asserts in arena_checks.py:22: assert "billing" in output',
        ),
        (
            "asserts_with_words",
            "failed",
            "arena_checks:asserts_with_words asserts in arena_checks.py:25: too curt",
        ),
        ("leaves", "error", "SystemExit in arena_checks.py:24: 3"),
        ("gives_up", "error", "Failed in arena_checks.py:23: no"),
        ("constant", "error", "arena_checks:constant is no function: it is 7"),
        (
            "yess",
            "error",
            "arena_checks:yess: the module 'arena_checks' has no 'yess'\n"
            "  fix: did you mean 'yes'?",
        ),
    ],
)
def test_what_a_function_gives(
    name: str, verdict: str, reason: str, judge: Any, root: Path
) -> None:
    finding = judge(f"{{type: python, call: 'arena_checks:{name}'}}", "Hello.", root=root)
    assert (finding.verdict, finding.reason) == (verdict, reason)


def test_a_score_meets_a_threshold(judge: Any, root: Path) -> None:
    text = "{type: python, call: 'arena_checks:score', threshold: 0.5}"
    assert judge(text, "Hello.", root=root).verdict == "passed"


@pytest.mark.parametrize(
    ("name", "verdict"), [("later", "passed"), ("judge", "passed"), ("asserts_later", "failed")]
)
def test_async_functions_run_on_the_loop(
    name: str, verdict: str, build: Any, trial: Any, root: Path
) -> None:
    assertion = build(f"{{type: python, value: 'arena_checks:{name}'}}")
    context = CheckContext(root=root)
    assert needs_loop(assertion, context.root)
    finding = asyncio.run(evaluate_async(assertion, trial("Hello."), context))
    assert finding.verdict == verdict


def test_sync_functions_do_not_need_the_loop(build: Any, root: Path) -> None:
    for name in ("yes", "no_such_function"):
        assertion = build(f"{{type: python, call: 'arena_checks:{name}'}}")
        assert not needs_loop(assertion, root)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (
            "missing_checks:f",
            "there is no module 'missing_checks'\n"
            "  expected: missing_checks.py below the root directory, or an installed package",
        ),
        (
            "missing_package.checks:f",
            "there is no module 'missing_package.checks'\n"
            "  expected: missing_package/checks.py below the root directory, "
            "or an installed package",
        ),
        (
            "broken_checks:f",
            "the module 'broken_checks' cannot be imported: ModuleNotFoundError in "
            "broken_checks.py:2: No module named 'no_such_thing_at_all'\n"
            "  broken_checks.py:2 in <module>: import no_such_thing_at_all",
        ),
    ],
)
def test_a_module_that_cannot_be_used_is_an_error(
    call: str, reason: str, judge: Any, root: Path
) -> None:
    finding = judge(f"{{type: python, call: '{call}'}}", "Hello.", root=root)
    assert (finding.verdict, finding.reason) == ("error", reason)


def test_a_syntax_error_names_its_line(judge: Any, root: Path) -> None:
    finding = judge("{type: python, call: 'badly_written:f'}", "Hello.", root=root)
    assert finding.reason.startswith(
        "the module 'badly_written' cannot be imported: SyntaxError in badly_written.py:1: "
    )


def test_a_module_outside_the_root_is_refused(
    judge: Any, root: Path, tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "stray_checks.py").write_text("raise SystemExit('ran')\n")
    (root / "linked_checks.py").symlink_to(outside / "stray_checks.py")
    for name in ("stray_checks", "linked_checks"):
        with monkeypatch.context() as patch:
            patch.syspath_prepend(str(outside))
            finding = judge(f"{{type: python, call: '{name}:f'}}", "Hello.", root=root)
        assert (finding.verdict, finding.reason) == (
            "error",
            f"the module '{name}' is outside the root directory and is not installed\n"
            "  fix: move it below the root directory, or install it",
        )


def test_installed_packages_are_found(judge: Any, root: Path) -> None:
    finding = judge("{type: python, call: 'json:loads'}", "Hello.", root=root)
    assert "json:loads wants a parameter 's'" in finding.reason


def test_two_roots_with_a_module_of_one_name_keep_apart(
    judge: Any, root: Path, tmp_path_factory: Any
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "arena_checks.py").write_text("def yes(output): return False\n")
    text = "{type: python, call: 'arena_checks:yes'}"
    for _ in range(2):
        assert judge(text, "Hello.", root=root).verdict == "passed"
        assert judge(text, "Hello.", root=other).verdict == "failed"


def test_a_bad_name_is_refused_when_it_is_loaded(build: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        build("{type: python, call: ../evil.py}")
    (error,) = caught.value.errors()
    assert error["msg"] == "bad function name '../evil.py'"
    assert error["ctx"]["expected"] == "module:function, as in checks.orders:is_polite"


@pytest.mark.parametrize("function", ["never", "backtracks", "raises_endless", "returns_endless"])
def test_a_function_that_does_not_come_back_is_given_up(
    judge: Any, root: Path, function: str
) -> None:
    text = f"{{type: python, call: 'arena_checks:{function}', timeout: 100ms}}"
    found = judge(text, "Hello.", root)
    assert found.verdict == "error"
    assert found.reason == "the check took longer than 0.1 s, and was given up"


@pytest.mark.parametrize(
    "function",
    ["never", "never_later", "raises_endless", "raises_endless_later", "returns_endless"],
)
def test_a_function_is_given_up_beside_the_loop(
    build: Any, trial: Any, root: Path, function: str
) -> None:
    text = f"{{type: python, call: 'arena_checks:{function}', timeout: 100ms}}"
    context = CheckContext(provider="mini", root=root)
    found = asyncio.run(evaluate_async(build(text), trial("Hello."), context))
    assert found.verdict == "error"
    assert found.reason == "the check took longer than 0.1 s, and was given up"


@pytest.mark.parametrize("function", ["cancels", "closes", "cancels_later"])
def test_what_ends_tasks_is_the_checks_own_failure_where_it_raises_it(
    judge: Any, build: Any, trial: Any, root: Path, function: str
) -> None:
    text = f"{{type: python, call: 'arena_checks:{function}'}}"
    context = CheckContext(provider="mini", root=root)
    findings = [asyncio.run(evaluate_async(build(text), trial("Hello."), context))]
    if not function.endswith("later"):
        findings.append(judge(text, "Hello.", root))
    for found in findings:
        assert found.verdict == "error"
        assert found.reason.startswith(("CancelledError in", "GeneratorExit in"))
