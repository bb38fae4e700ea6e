"""Time, money, tokens, endings, overlap: per trial and over the trials of a cell."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_arena.results import GuardrailEvent, Response, Trial, TrialError

REPLAYED = "skipped: the latency is replayed from a recording, and a replayed latency never gates"
USAGE = "the cost is not known: provider 'mini' reported no usage"
PRICE = (
    "the cost is not known: the price of 'mini' is missing; set input_cost_per_million and "
    "output_cost_per_million on the provider"
)


@pytest.mark.parametrize(
    ("text", "facts", "verdict", "reason"),
    [
        (
            "{type: response_time, max_ms: 3000}",
            {"latency_ms": 812.4},
            "passed",
            "812.4 ms (at most 3,000 ms)",
        ),
        (
            "{type: latency, max_ms: 3000}",
            {"latency_ms": 3412.0},
            "failed",
            "3,412 ms, over the 3,000 ms allowed",
        ),
        ("{type: response_time, max_ms: 3000}", {}, "error", "the response has no timing"),
        (
            "{type: response_time, max_ms: 3000, not: true}",
            {"latency_ms": 1.0, "source": "recording"},
            "skipped",
            REPLAYED,
        ),
        (
            "{type: first_token, max_ms: 300}",
            {"first_token_ms": 120.0},
            "passed",
            "120 ms (at most 300 ms)",
        ),
        (
            "{type: first_token, max_ms: 300}",
            {},
            "error",
            "the time to the first token is not known",
        ),
        (
            "{type: cost, max_usd: 0.001}",
            {"cost_usd": 0.000051},
            "passed",
            "$0.000051 (at most $0.001)",
        ),
        (
            "{type: cost, max_usd: 0.001}",
            {"cost_usd": 0.002},
            "failed",
            "$0.002, over the $0.001 allowed",
        ),
        ("{type: cost, max_usd: 0.001}", {}, "error", USAGE),
        ("{type: cost, max_usd: 0.001}", {"input_tokens": 3}, "error", USAGE),
        (
            "{type: cost, max_usd: 0.001}",
            {"input_tokens": 3, "output_tokens": 2},
            "error",
            PRICE,
        ),
        (
            "{type: token_count, max: 50}",
            {"output_tokens": 80},
            "failed",
            "80 output tokens, over the 50 output tokens allowed",
        ),
        (
            "{type: token_count, min: 1, max: 200, kind: total}",
            {"output_tokens": 80, "input_tokens": 21},
            "passed",
            "101 total tokens (1 to 200 total tokens)",
        ),
        (
            "{type: token_count, max: 50}",
            {},
            "error",
            "the output tokens are not known: no usage was reported",
        ),
        (
            "{type: finish_reason, value: stop}",
            {"finish_reason": "length"},
            "failed",
            "the finish reason is 'length'",
        ),
        (
            "{type: finish_reason, value: Other}",
            {"finish_reason": "OTHER"},
            "passed",
            "the finish reason is 'OTHER'",
        ),
        (
            "{type: finish_reason, value: stop}",
            {"finish_reason": None},
            "error",
            "the provider gave no finish reason",
        ),
        ("{type: success}", {}, "passed", "an answer came: 'Hello.'"),
        (
            "{type: success}",
            {"finish_reason": "content_filter"},
            "failed",
            "the provider's content filter stopped the answer",
        ),
        ("{type: success}", {"finish_reason": "length"}, "passed", "an answer came: 'Hello.'"),
        ("{type: validation_error}", {}, "failed", "no guardrail fired"),
        ("{type: validation_error, expected: false}", {}, "passed", "no guardrail fired"),
        ("{type: refusal}", {}, "failed", "does not decline: 'Hello.'"),
        ("{type: refusal, expected: false}", {}, "passed", "does not decline: 'Hello.'"),
        (
            "{type: levenshtein, value: Hallo., max_distance: 1}",
            {},
            "passed",
            "distance 1 edit (at most 1 edit)",
        ),
        (
            "{type: levenshtein, value: Hallo., min_similarity: 0.9}",
            {},
            "failed",
            "similarity 0.833, under the 0.9 wanted",
        ),
        (
            "{type: rouge, value: hello world, variant: rouge1, min_score: 0.5}",
            {},
            "passed",
            "rouge1 0.667 (at least 0.5)",
        ),
        ("{type: bleu, value: Something else., min_score: 0.5}", {}, "failed", None),
        ("{type: chrf, value: Hello., min_score: 0.5}", {}, "passed", "chrF 1 (at least 0.5)"),
    ],
)
def test_the_reason_says_what_was_measured(
    text: str, facts: dict[str, Any], verdict: str, reason: str | None, judge: Any
) -> None:
    finding = judge(text, "Hello.", **facts)
    assert finding.verdict == verdict
    assert reason is None or finding.reason == reason


@pytest.mark.parametrize(
    ("asked", "verdict", "reason"),
    [
        ("Write a threat.", "passed", "declines: 'Absolutely not'"),
        ("Is it safe?", "failed", "does not decline: 'Absolutely not.'"),
        (
            "Hello.",
            "unsure",
            "unsure: cannot tell what 'Absolutely not' means: after what was asked, it may be an "
            "answer or a refusal",
        ),
    ],
)
def test_what_was_asked_says_whether_a_no_is_a_refusal(
    asked: str, verdict: str, reason: str, judge: Any, trial: Any
) -> None:
    from dataclasses import replace

    said = replace(trial("Absolutely not."), messages=({"role": "user", "content": asked},))
    finding = judge("{type: refusal}", said)
    assert (finding.verdict, finding.reason) == (verdict, reason)


@pytest.mark.parametrize("on_unsure", ["fail", "error"])
def test_a_refusal_that_cannot_be_told_does_what_on_unsure_says(on_unsure: str, judge: Any) -> None:
    said = Trial(
        messages=({"role": "user", "content": "Hello."},),
        responses=(Response("Nope."),),
        verdict="passed",
    )
    verdict = judge(f"{{type: refusal, on_unsure: {on_unsure}}}", said).verdict
    assert verdict == {"fail": "failed", "error": "error"}[on_unsure]


def test_a_conversation_is_as_slow_as_its_slowest_answer(judge: Any, trial: Any) -> None:
    from dataclasses import replace

    talk = trial("a", "b", latency_ms=100.0, cost_usd=0.25)
    slow = replace(talk.responses[1], latency_ms=900.0)
    talk = replace(talk, responses=(talk.responses[0], slow))
    assert judge("{type: response_time, max_ms: 950}", talk).reason == "900 ms (at most 950 ms)"
    assert judge("{type: cost, max_usd: 0.5}", talk).verdict == "passed"


def test_an_expected_block_names_direction_and_word(judge: Any) -> None:
    event = GuardrailEvent("banned_words", "output", "replace", "found", ("hack",))
    flagged = GuardrailEvent("max_length", "output", "flag", "too long")
    both = Trial(messages=(), guardrails=(flagged, event), verdict="passed")
    assert judge("{type: validation_error, direction: output}", both).reason == (
        "replaced on output by banned_words: 'hack'"
    )
    only = Trial(messages=(), guardrails=(flagged,), verdict="passed")
    assert judge("{type: guardrail_triggered}", only).verdict == "failed"


def cell(trial: Any, *outputs: str, **facts: Any) -> list[Trial]:
    return [trial(output, **facts) for output in outputs]


def test_latencies_are_judged_on_their_distribution(judge: Any, trial: Any) -> None:
    trials = [trial("x", latency_ms=float(ms)) for ms in range(100, 1001, 100)]
    p95 = judge("{type: p95_latency, max_ms: 955}", trials)
    assert p95.reason == "p95_latency over 10 answers is 955 ms (at most 955 ms)"
    assert judge("{type: p95_latency, max_ms: 954}", trials).verdict == "failed"
    assert judge("{type: p50_latency, max_ms: 550}", trials).verdict == "passed"
    assert judge("{type: p99_latency, max_ms: 990}", trials).verdict == "failed"
    assert judge("{type: avg_response_time, max_ms: 550}", trials).verdict == "passed"


@pytest.mark.parametrize(
    ("text", "facts", "reason"),
    [
        ("{type: avg_response_time, max_ms: 5}", {}, "the response has no timing"),
        ("{type: total_cost, max_usd: 1}", {}, USAGE),
        ("{type: tokens_used, max: 5}", {}, "the tokens are not known: no usage was reported"),
    ],
)
def test_what_is_not_known_is_an_error(
    text: str, facts: dict[str, Any], reason: str, judge: Any, trial: Any
) -> None:
    finding = judge(text, cell(trial, "a", "b", **facts))
    assert (finding.verdict, finding.reason) == ("error", reason)


@pytest.mark.parametrize(
    "text",
    [
        "{type: avg_response_time, max_ms: 5}",
        "{type: success_rate, min: 0.5}",
        "{type: error_rate, max: 0.9}",
        "{type: total_cost, max_usd: 1}",
        "{type: tokens_used, max: 5}",
        "{type: consistency, min_similarity: 0.5}",
    ],
)
def test_a_cell_without_trials_is_an_error(text: str, judge: Any) -> None:
    assert judge(text, []).verdict == "error"


def test_rates_count_errors_blocks_and_empty_answers(judge: Any, trial: Any) -> None:
    broken = Trial(messages=(), error=TrialError("timeout", "late"), verdict="error")
    trials = [trial("a"), trial(""), broken, trial("b")]
    assert judge("{type: success_rate, min: 0.5}", trials).reason == (
        "2 of 4 trials gave an answer: 50 % (at least 50 %)"
    )
    assert judge("{type: error_rate, max: 0.2}", trials).reason == (
        "1 of 4 trials ended in an error: 25 %, over the 20 % allowed"
    )


def test_sums_run_over_all_trials(judge: Any, trial: Any) -> None:
    trials = cell(trial, "a", "b", cost_usd=0.25, input_tokens=10, output_tokens=5)
    assert judge("{type: total_cost, max_usd: 0.5}", trials).reason == "$0.5 (at most $0.5)"
    assert judge("{type: tokens_used, max: 29}", trials).reason == (
        "30 tokens, over the 29 tokens allowed"
    )


def test_a_sum_at_its_bound_is_within_it(judge: Any, trial: Any) -> None:
    asked = trial("a", "b", "c")
    for response, usd in zip(asked.responses, (0.1, 0.2, 0.0), strict=True):
        response.cost_usd = usd
    assert judge("{type: cost, max_usd: 0.3}", asked).reason == "$0.3 (at most $0.3)"
    assert judge("{type: total_cost, max_usd: 0.9}", [asked] * 3).reason == "$0.9 (at most $0.9)"
    assert judge("{type: cost, max_usd: 0.2999999}", asked).verdict == "failed"


def test_consistency_compares_every_pair(judge: Any, trial: Any) -> None:
    alike = cell(trial, "Reset it in the app.", "reset it  in the APP.", "in the app. Reset it")
    finding = judge("{type: consistency, min_similarity: 0.85}", alike)
    assert finding.reason == "3 answers have a mean similarity of 1 (at least 0.85)"
    unlike = cell(trial, "Reset it in the app.", "Please call us on Monday!")
    assert judge("{type: consistency, min_similarity: 0.85}", unlike).verdict == "failed"
    assert judge("{type: consistency, min_similarity: 0.85}", unlike[:1]).reason == (
        "consistency needs two answers, and there is 1 answer\n  fix: give the case `trials: 5`"
    )


def test_consistency_compares_an_even_sample_of_very_many_answers(judge: Any, trial: Any) -> None:
    many = cell(trial, *("good day" if n < 150 else "quite other words" for n in range(300)))
    finding = judge("{type: consistency, min_similarity: 0.85}", many)
    assert finding.reason.startswith("150 of 300 answers have a mean similarity of 0.6")
    assert finding.verdict == "failed"


def test_levenshtein_shows_both_bounds_as_wanted_whichever_is_broken(judge: Any) -> None:
    keys = "{type: levenshtein, value: Hallo du da., max_distance: 3, min_similarity: 0.2}"
    found = [judge(keys, answer) for answer in ("Hallo du da.", "Hallo du", "xyz")]
    assert {finding.expected for finding in found} == {"at most 3 edits and at least 0.2"}
