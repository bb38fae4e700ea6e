"""`expect` in ordinary tests: it fails as an assert does, and shows nothing of our own code."""

from __future__ import annotations

import pytest
from conftest import PLAIN

OWN = """
from pytest_arena import Assertion, Outcome

class Shouts(Assertion):
    type = "shouts"

    def check(self, trial, context):
        return Outcome.of(trial.output.isupper(), "looked at the letters")

def pytest_arena_register(registry):
    registry.assertions.add("shouts", Shouts)
"""
ARENA = """\
providers: [{name: m, provider: mock}]
judge:
  provider: mock
  responses: {default: '{"evidence": ["HELLO"], "reasoning": "Kind.", "level": "fully"}'}
"""
TESTS = """
import unittest

import pytest
from pytest_arena import expect

def test_holds():
    expect("HELLO", llm_judge="is kind", shouts=True)

@pytest.mark.parametrize("word", ["HELLO", "hello"])
def test_word(word):
    expect(word, shouts=True)

def test_expects_the_failure():
    with pytest.raises(AssertionError):
        expect("hello", shouts=True)

def test_mistake():
    expect("HELLO", shuots=True)

class TestOfUnittest(unittest.TestCase):
    def test_holds(self):
        expect("HELLO", contains="hello")
"""


def test_expect_in_tests_of_every_kind(pytester: pytest.Pytester, spread: tuple[str, ...]) -> None:
    pytester.makeini(f"[pytest]\naddopts = {PLAIN}\n")
    pytester.makeconftest(OWN)
    (pytester.path / "arena.yaml").write_text(ARENA)
    pytester.makepyfile(test_app=TESTS)
    result = pytester.runpytest_subprocess("-q", *spread)
    result.assert_outcomes(passed=4, failed=2)
    shown = result.stdout.str()
    assert "pytest_arena.CheckFailed: failed: shouts: looked at the letters" in shown
    assert "unknown assertion type 'shuots'" in shown
    assert "fix: did you mean 'shouts'?" in shown
    assert "checks/expect.py" not in shown
    assert "checks/written.py" not in shown
