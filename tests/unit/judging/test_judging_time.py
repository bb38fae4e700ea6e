"""What detectors, and the reading of judges' replies, take on texts made to be slow: about as
much as their length."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.judging.detectors.spans import DisjointSpans

resource = pytest.importorskip("resource", reason="limits of CPU time are POSIX")

UNITS = [
    *(
        "a@",
        "a@a.",
        "a.b@",
        "\n",
        "\n ",
        ". ",
        "``` ",
        '"a',
        "| ",
        "* ",
        "A",
        "1",
        "1 ",
        "1.",
        "::",
    ),
    *("a=> ::", "# xXf*@", "f*", "f u ", "+1 ", "(1) ", "key=", "password: ", "eyJa.", "sk-a"),
    *("ignore all previous ", "I cannot ", "you your endless ", "- \n", "\u200b", "\u0301", "<a "),
    *("<level>", "_", "level: ", '{"level": ', "{'a': '", "/*", "“", '" ', "```\n", "[1] "),
]
LOOK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (10, 45))
from pytest_arena.judging import words
from pytest_arena.judging.detectors import injection, pii, profanity, prompt_leak, refusal, secrets
from pytest_arena.judging.llm.levels import Level, Levels
from pytest_arena.judging.llm.prompt import Material
from pytest_arena.judging.llm.quotes import stands_in
from pytest_arena.judging.llm.reply import read_reply
from pytest_arena.judging.llm.reply_json import BadReplyError
from pytest_arena.judging.similarity.lexical import similarity
from pytest_arena.judging.tone.judgement import judge_tone
def read(text):
    form, material = Levels((Level("yes", 1), Level("no", 0))), (Material("answer", text),)
    try:
        read_reply(text, form, material)
    except BadReplyError:
        pass
looks = [
    read, lambda text: stands_in(text[:-1] + "x", text),
    lambda text: judge_tone(text, "polite"), pii.find_pii, profanity.find_profanity,
    injection.injection_patterns, refusal.find_refusal, secrets.find_secrets, words.count_sentences,
    lambda text: prompt_leak.prompt_overlap(text, "You are the assistant of a shop."),
    lambda text: similarity(text, "You can return it within 30 days."),
]
secrets.find_secrets("PASSWORD=" * 50_000)
prompt_leak.prompt_overlap("the cat " * 50_000, "the cat " * 50_000)
resource.setrlimit(resource.RLIMIT_CPU, (45, 45))
for unit in eval(sys.argv[1]):
    text = (unit * 10_000)[:10_000]
    for look in looks:
        look(text)
"""


@pytest.mark.slow
def test_no_detector_takes_more_than_its_texts_length_accounts_for() -> None:
    # All of it takes some seconds of CPU. A pattern that grows by the square or the cube takes
    # hours on one of these texts, and the system ends the process at its limit.
    done = subprocess.run(
        [sys.executable, "-c", LOOK, repr(UNITS)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 6)), max_size=30))
def test_disjoint_spans_keep_what_meets_none_before(given_spans: list[tuple[int, int]]) -> None:
    spans, kept = DisjointSpans(), set()
    for start, length in given_spans:
        end = start + length
        meets = any(start < stop and end > begin for begin, stop in kept)
        assert spans.meets(start, end) is meets
        assert spans.add(start, end) is not meets
        if not meets:
            kept.add((start, end))
