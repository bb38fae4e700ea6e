"""What the assertions on words, patterns and lengths say, whole."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

RESET = "Click 'Forgot Password' and we will send you an email."


@pytest.mark.parametrize(
    ("text", "answer", "verdict", "reason"),
    [
        (
            "{type: contains, value: forgot password}",
            RESET,
            "passed",
            "found 'forgot password'",
        ),
        (
            "{type: contains, value: billing}",
            "You were charged twice.",
            "failed",
            "did not find 'billing' in 'You were charged twice.'",
        ),
        (
            "{type: contains, value: Email, case_sensitive: true}",
            RESET,
            "failed",
            f"did not find 'Email' in {RESET!r}",
        ),
        ("{type: contains, value: STRASSE}", "Die Straße", "passed", "found 'STRASSE'"),
        ('{type: contains, value: "caf\\u00e9"}', "cafe\u0301", "passed", "found 'café'"),
        (
            "{type: content_includes, patterns: [email, fax]}",
            RESET,
            "failed",
            f"did not find 'fax' in {RESET!r}",
        ),
        ("{type: contains_any, values: [fax, email]}", RESET, "passed", "found 'email'"),
        (
            "{type: contains_any, values: [fax, telex]}",
            "no",
            "failed",
            "did not find 'fax', 'telex' in 'no'",
        ),
        ("{type: not_contains, value: fax}", RESET, "passed", "did not find 'fax'"),
        ("{type: not_contains, values: [fax, Email]}", RESET, "failed", "found 'Email'"),
        ("{type: equals, value: '42'}", " 42\n", "passed", "is '42'"),
        ("{type: equals, value: '42', exact: true}", " 42", "failed", "is ' 42'"),
        (
            '{type: equals, value: "caf\\u00e9", exact: true}',
            "cafe\u0301",
            "failed",
            "is 'cafe\u0301'",
        ),
        ("{type: equals, value: '', exact: true}", "", "passed", "is ''"),
        ("{type: equals, value: Sure}", "sure", "failed", "is 'sure'"),
        ("{type: equals, value: Sure, case_sensitive: false}", "sure", "passed", "is 'Sure'"),
        (
            "{type: starts_with, value: click}",
            RESET,
            "passed",
            "begins with \"Click 'Forgot Password' a\"",
        ),
        (
            "{type: ends_with, value: email}",
            RESET,
            "failed",
            "ends with 'e will send you an email.'",
        ),
        (
            "{type: banned_words, words: [hack]}",
            "A hackathon!",
            "passed",
            "did not find 'hack'",
        ),
        ("{type: banned_words, words: [hack]}", "Hack it", "failed", "found 'Hack'"),
        (
            "{type: matches, pattern: 'order #\\d+'}",
            "your order #12",
            "passed",
            "'order #\\d+' matches 'order #12'",
        ),
        (
            "{type: not_matches, pattern: '\\d{4}'}",
            "no digits",
            "passed",
            "'\\d{4}' does not match in 'no digits'",
        ),
        (
            "{type: max_length, value: 5}",
            "123456",
            "failed",
            "6 characters, over the 5 characters allowed",
        ),
        (
            "{type: min_length, value: 5}",
            "1",
            "failed",
            "1 character, under the 5 characters wanted",
        ),
        ("{type: length, min: 2, max: 5}", "123", "passed", "3 characters (2 to 5 characters)"),
        ("{type: max_words, value: 2}", "one – two", "passed", "2 words (at most 2 words)"),
        ("{type: min_words, value: 3}", "one two", "failed", "2 words, under the 3 words wanted"),
        (
            "{type: max_sentences, value: 1}",
            "One. Two!",
            "failed",
            "2 sentences, over the 1 sentence allowed",
        ),
    ],
)
def test_the_reason_says_what_was_found(
    text: str, answer: str, verdict: str, reason: str, judge: Any
) -> None:
    finding = judge(text, answer)
    assert (finding.verdict, finding.reason) == (verdict, reason)


UNSEEN = "\ufeffzero\u200bwidth so\u00adft\u2060 \u200b a\u0301.\u200b Two.\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "{type: length, min: 24, max: 24}",
        "{type: min_length, value: 24}",
        "{type: max_length, value: 24}",
        "{type: max_words, value: 4}",
        "{type: max_words, value: 0, not: true}",
        "{type: min_sentences, value: 2}",
    ],
)
def test_what_no_reader_sees_has_no_length(text: str, judge: Any) -> None:
    assert judge(text, UNSEEN).verdict == "passed"
    assert judge("{type: min_length, value: 1}", "\u200b\ufeff\u00ad").verdict == "failed"
    assert judge("{type: min_words, value: 1}", "\u3164 \u3164").verdict == "failed"


@pytest.mark.parametrize(
    "character",
    [
        "a\u0301",
        "e\u0323\u0301",
        "x\u0302",
        "\u0915\u094d\u0937\u093f",
        "\uac01",
        "\U0001f1e9\U0001f1ea",
        "\U0001f44d\U0001f3fd",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f",
        "\r\n",
    ],
)
def test_what_a_reader_sees_as_one_character_is_one(character: str, judge: Any) -> None:
    finding = judge("{type: length, min: 3, max: 3}", f"a{character}\u00e4")
    assert finding.reason == "3 characters (3 to 3 characters)"


@pytest.mark.parametrize(
    "text",
    [
        "{type: contains, value: don't}",
        "{type: contains, value: don`t}",
        "{type: starts_with, value: I don´t}",
        "{type: matches, pattern: 'don`t \\w+', fold: true}",
        "{type: matches, pattern: '\\bdon''t', fold: true}",
        "{type: not_contains, value: don‵t, not: true}",
        "{type: banned_words, words: [don't], not: true}",
        "{type: contains, value: '`ls`'}",
        "{type: contains, value: '`git log`'}",
        "{type: matches, pattern: '\\w+ \\b`l', fold: true, not: true}",
    ],
)
def test_a_backtick_between_two_letters_is_an_apostrophe(text: str, judge: Any) -> None:
    assert judge(text, "I don`t know `git log`s flags, nor `ls`.").verdict == "passed"


def test_a_bound_gives_a_graded_score(judge: Any) -> None:
    assert judge("{type: max_length, value: 50}", "x" * 100).score == 0.5
    assert judge("{type: min_words, value: 4}", "one").score == 0.25
    assert judge("{type: contains_all, values: [a, b, c, z]}", "abc").score == 0.75
    assert judge("{type: max_length, value: 50, threshold: 0.4}", "x" * 100).verdict == "passed"


def test_content_excludes_looks_at_every_answer(judge: Any, trial: Any) -> None:
    talk = trial("This is SECRET.", "Good bye.")
    finding = judge("{type: content_excludes, patterns: [secret]}", talk)
    assert (finding.verdict, finding.reason) == ("failed", "found 'secret' in answer 1")
    assert judge("{type: not_contains, patterns: [secret]}", talk).verdict == "passed"


@pytest.mark.timeout(60)
def test_a_pattern_that_runs_away_is_an_error_within_its_limit(judge: Any) -> None:
    hostile = r"{type: matches, pattern: '^(a|aa)+$'}"
    finding = judge(hostile, "a" * 20_000 + "b" * 2)
    assert (finding.verdict, finding.reason) == (
        "error",
        "the pattern '^(a|aa)+$' took longer than 1 s; "
        "write it without nested repetition such as '(a+)+'",
    )


@pytest.mark.timeout(60)
def test_the_classic_catastrophe_is_judged_or_an_error_in_time(judge: Any) -> None:
    finding = judge("{type: matches, pattern: '(a+)+$'}", "a" * 30 + "!")
    assert finding.verdict in ("failed", "error")


def test_a_bad_pattern_is_refused_when_it_is_loaded(build: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        build("{type: matches, pattern: '(a'}")
    (error,) = caught.value.errors()
    assert error["loc"] == ("pattern",)
    assert error["msg"] == "bad regular expression '(a': missing ) at position 2"
    assert error["ctx"]["expected"] == "a regular expression as Python's `regex` package reads it"


def test_contains_without_a_text_is_refused(build: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        build("{type: contains}")
    (error,) = caught.value.errors()
    assert error["msg"] == "contains has no text to look for"
    assert error["ctx"]["expected"] == "`value` or `values`"


def test_an_empty_text_in_a_list_is_refused_once(build: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        build("{type: contains_any, values: [a, '']}")
    (error,) = caught.value.errors()
    assert (error["loc"], error["msg"]) == (("values",), "an empty text in the list")


def test_bounds_that_never_hold_are_refused(build: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        build("{type: length, min: 5, max: 2}")
    assert caught.value.errors()[0]["msg"] == "length can never hold: min 5 is over max 2"


def test_reasons_cut_long_answers_in_the_middle(judge: Any) -> None:
    reason = judge("{type: contains, value: x}", "a" * 500 + "b" * 500).reason
    assert reason.startswith("did not find 'x' in 'aaa")
    assert "…" in reason
    assert len(reason) < 100


@pytest.mark.parametrize(
    ("text", "answer", "verdict"),
    [
        ('{type: contains, value: "don\'t ship"}', "We don’t ship there.", "passed"),
        ("{type: contains, value: 100 EUR}", "It is 100\u00a0EUR.", "passed"),
        ("{type: contains_any, values: [e-mail]}", "by e\u2011mail", "passed"),
        ('{type: contains, value: "don\'t", exact: true}', "We don’t", "failed"),
        ("{type: not_contains, value: internal only}", "internal\nonly", "failed"),
        ('{type: content_excludes, patterns: ["internal only\\n"]}', "internal only!", "failed"),
        ("{type: starts_with, value: Dear Sir}", "\ufeffDear\u00a0Sir", "passed"),
        ("{type: ends_with, value: regards}", "regards\u200b", "passed"),
        ('{type: banned_words, words: ["can\'t"]}', "I can’t say", "failed"),
        ("{type: banned_words, words: [café]}", "the cafe\u0301", "failed"),
        ("{type: banned_words, words: [hack]}", "_hack_ or ｈａｃｋ", "failed"),
        ("{type: banned_words, words: [—]}", "a — b", "failed"),
        ("{type: banned_words, words: [—]}", "a - b", "passed"),
        ('{type: equals, value: "don\'t"}', "don’t", "failed"),
        ('{type: equals, value: "don\'t", fold: true}', "don’t", "passed"),
        ('{type: equals, value: "a\\nb\\n"}', "\ufeffa\r\nb\u200b", "passed"),
        ('{type: matches, pattern: "don\'t"}', "don’t", "failed"),
        ('{type: matches, pattern: "don\'t", fold: true}', "don’t", "passed"),
        ('{type: matches, pattern: "caf\\u00e9"}', "cafe\u0301", "passed"),
        ("{type: matches, pattern: 'so…$', fold: true}", "so...", "passed"),
        ("{type: matches, pattern: 'so…$', fold: true}", "so long", "failed"),
        ("{type: matches, pattern: '[a–z]', fold: true}", "k", "failed"),
        (r"{type: not_matches, pattern: '[\u2013\u2014]', fold: true}", "a – b", "failed"),
        (r"{type: not_matches, pattern: '\N{EN DASH}', fold: true}", "a – b", "failed"),
        (r"{type: matches, pattern: 'a\xa0b', fold: true}", "a\u00a0b", "passed"),
        (r"{type: matches, pattern: 'a[\u2010-\u2015]b', fold: true}", "a–b", "passed"),
        (r"{type: matches, pattern: '[\u2015-\u2019]s', fold: true}", "it’s", "passed"),
        (r"{type: matches, pattern: 'so\U00002026$', fold: true}", "so…", "passed"),
        (r"{type: matches, pattern: 'a\r?\n\nb', fold: true}", "a\n\nb", "passed"),
        (r"{type: matches, pattern: 'a\u200b?b[\s\u200b]', fold: true}", "ab c", "passed"),
        (r"{type: not_matches, pattern: '[^\x00-\x7f]', fold: true}", "a–b", "passed"),
        (r"{type: not_matches, pattern: '[^\n]{4}|\\u2013', fold: true}", "a–b", "passed"),
        ("{type: not_matches, pattern: 'a b', fold: true}", "a\nb", "failed"),
        ('{type: not_matches, pattern: "[0-9]{4}\\n"}', "pin 1234 here", "failed"),
        ('{type: levenshtein, value: "it\'s", max_distance: 0}', "it’s", "passed"),
        ('{type: levenshtein, value: "it\'s", max_distance: 0, exact: true}', "it’s", "failed"),
        ("{type: levenshtein, value: ok, max_distance: 0, exact: true}", "ok ", "failed"),
        ('{type: levenshtein, value: "a  b", max_distance: 0, exact: true}', "a  b", "passed"),
        ("{type: levenshtein, value: é, min_similarity: 1, exact: true}", "e\u0301", "failed"),
        ('{type: similar, value: "it\'s so", min_similarity: 1}', "it’s\u00a0so", "passed"),
        ('{type: finish_reason, value: "stop\\n"}', "x", "passed"),
        ('{type: json_path, path: a, contains: "in only\\n"}', '{"a": "in\u00a0only"}', "passed"),
        ('{type: json_path, path: a, equals: "open\\n"}', '{"a": "open"}', "passed"),
        (
            '{type: contains, value: x, when: {output_contains: "can\'t\\n"}}',
            "I can’t x",
            "passed",
        ),
    ],
)
def test_texts_are_compared_as_a_reader_would(
    text: str, answer: str, verdict: str, judge: Any
) -> None:
    assert judge(text, answer).verdict == verdict


@pytest.mark.parametrize(
    "pattern", [r"\u200b", r"a[\u200b\ufeff]b", r"\u00ad+", "a\\N{SOFT HYPHEN}{2}"]
)
def test_what_no_folded_text_has_is_refused(pattern: str, build: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        build(f"{{type: not_matches, pattern: '{pattern}', fold: true}}")
    (error,) = caught.value.errors()
    assert error["msg"] == (
        f"the pattern {pattern!r} is found in no folded text, so that this checks nothing"
    ).replace("\\\\", "\\")
    assert error["ctx"]["fix"] == "leave `fold` out to look for invisible characters"
    build(f"{{type: not_matches, pattern: '{pattern}'}}")
