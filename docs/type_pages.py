"""The pages `assertions.md` and `guardrails.md`, from the docstrings of the classes that ship."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping

from key_tables import key_table
from pydantic.fields import FieldInfo

from pytest_arena import assertions, guardrails
from pytest_arena.schema import Assertion, Guardrail
from pytest_arena.schema.describing import described_fields

_EXAMPLE = re.compile(r"(?:^ {4}.*\n?)+", re.MULTILINE)
_MARKER = "<!-- test: example -->"
"""Says to the tests of the documentation how an example is tried."""

_ASSERTIONS = """# Assertions

An assertion checks one answer, or all trials of a cell, and finds `passed`, `failed` or `error`,
with a score from 0 to 1 and a reason. This page is written from the code by
`python docs/make_reference.py`.

Every assertion also takes these keys:

{shared}

`when` takes `tool_called` (the name of a tool), `tool_called_pattern`, `any_tool_called`,
`min_tool_calls`, `output_contains` (a text, as `contains` finds it) and `state` (of a workflow,
which gave the answer); an assertion whose `when` does not hold is `skipped`, which is counted and
shown.

Without an answer (a guardrail blocked it) an assertion fails, unless it asks for just that:
`validation_error`, `success`, or a group that holds them. `not` turns around what was passed or
failed, never an `error`, a skip, or a missing answer. When every assertion of a trial was skipped,
the trial is an `error`: nothing was judged. A check on JSON fails with and without `not` where
the answer has no JSON that parses: there was nothing to look at.

A score, a cost or a sum that differs from its bound by no more than binary fractions do
(0.1 + 0.2 and 0.3) is at its bound, which holds. A null in the place of what is compared with (an
empty key, or a `{{ name }}` whose row has none) is a mistake, but for `equals` and `contains`,
which may look for it.

A check that forbids something (`not_contains`, `content_excludes`, `banned_words`, `not_matches`,
`pii_leakage`, `secrets`, `profanity`, `prompt_injection`, `prompt_leak`) also looks at the tool
calls of an answer: their names, their keys, and each value by itself (`look_at`). With `not`, so do
`contains`, `contains_any`, `contains_all` and `matches`. All other checks on text look at the text
alone, and where there is none they say so: the model called tools and gave no text.

## Answers that a filter cut

Where the provider's content filter stopped an answer (`finish_reason: content_filter`, Azure's
filter results, Gemini's `SAFETY`, Anthropic's `refusal`), what came of it is a part. A part shows
that something was said: `contains` holds, and `not_contains` fails. That nothing was said it does
not show: what forbids or limits, what reads the whole answer (JSON, similarity, tone, judges), and
`not` before what demands, are an `error` there and never hold. `content_filter`, `finish_reason`
and `success` judge the cut itself, and `refusal` what was declined before it. A `when` that a part
does not meet is an `error`, too, a baseline keeps no part, and `preferred_over` compares with none.
What your own `max_tokens` cut (`finish_reason: length`) is the answer that you asked for, and
judged as it is.

## What is folded

Texts are compared as a reader would compare them. On both sides, in the answer and in what is
looked for, these are the same:

- curly and straight quotes, primes, hyphens and dashes of every kind, `…` and three dots; an acute
  accent, or a backtick between two letters that ends no code span, is an apostrophe;
- blanks of every kind (no-break ones, too), and any run of white space, line ends included, is one
  blank;
- with and without soft hyphens, zero-width characters, byte order marks and marks of direction;
- a letter with an accent in one character or in two (NFC);
- upper and lower case, unless `case_sensitive` tells them apart;
- in lists of words and in detectors, also full-width letters, letters in circles and squares,
  letters of another script in a Latin word, and `_` around a word (`_hack_`).

The line break that YAML's `|` and `>` put at a text's end is no part of it. A blank at the end of a
text in quotes stands for a word's border: `" ass "` is not found in "class". A text of nothing but
marks is compared as written where it has a blank or is on no keyboard: `—` finds dashes, not
hyphens. Digits stay what they are: `1,000`, `1000` and `1.000` are three texts.

Lengths count what a reader sees: not soft hyphens, zero-width characters, byte order marks and
their like. A letter and its accents are one character, and so are a consonant and its vowel sign,
an emoji with its parts, a flag (Unicode's grapheme clusters), and the two of a Windows line end.

So do `contains` and its kin, `starts_with`, `ends_with`, `banned_words`, `when`, the `contains` of
`json_path`, `levenshtein` and `similar`, the quotes of judges, the detectors and the guardrails.
`exact: true` and `equals` compare as written, but for accents, kinds of line ends, and what is
blank around the whole; `equals` and `levenshtein` with `exact: true` take every character as it is.
Patterns see the answer as written (in NFC) unless `fold: true`; `rouge`, `bleu` and `chrf` take
texts as their definitions say.
"""

_GUARDRAILS = """# Guardrails

A guardrail looks at what is sent (`input`) and at what comes back (`output`). On input it blocks
before any call is made; on output it blocks, replaces, or lets pass with a mark (`flag`). A block
that no `validation_error` expects fails the case. This page is written from the code by
`python docs/make_reference.py`.

Of an answer that calls tools, the names, the keys and each value of the arguments are looked at,
too (`look_at`); `max_length`, `language`, `refusal` and `required_pattern` look at the text alone
unless they are told otherwise. In arguments values can be replaced; a name or a key is blocked.
Of an input with [files](files.md) the texts are looked at, text files among them; what a picture
shows is not.
With `look_at: tool_results` it is what tools gave back to an application: the place where an
injection comes in, and where data goes to a model that should not have it.

Words and detectors see texts [folded](assertions.md#what-is-folded): curly quotes, no-break blanks
or soft hyphens hide nothing. Patterns see them as written (in NFC).

Entries of `guardrails: rules:` all take these keys:

{shared}
"""


def page(
    intro: str,
    base: type[Assertion] | type[Guardrail],
    classes: tuple[type[Assertion], ...] | tuple[type[Guardrail], ...],
) -> str:
    """Return a whole page: the shared keys, a list of names, and a section for each class."""
    names = ", ".join(f"[{cls.type}](#{cls.type})" for cls in classes)
    sections = (section(cls, base) for cls in classes)
    return "\n".join([intro.format(shared=_keys(described_fields(base))), names, "", *sections])


def section(cls: type[Assertion] | type[Guardrail], base: type[Assertion] | type[Guardrail]) -> str:
    """Return one class's part of the page: its docstring, its example, its own keys."""
    text = _EXAMPLE.sub(
        lambda match: f"{_MARKER}\n```yaml\n{textwrap.dedent(match[0]).strip()}\n```\n",
        inspect.getdoc(cls) or "",
    )
    also = f"Also written {', '.join(f'`{alias}`' for alias in cls.aliases)}.\n\n"
    own = {
        name: field
        for name, field in described_fields(cls).items()
        if name not in base.model_fields or name in cls.__annotations__
    }
    listed = f"{_keys(own)}\n" if own else "It has no keys of its own.\n"
    return f"## {cls.type}\n\n{text}\n\n{also if cls.aliases else ''}{listed}"


def pages() -> dict[str, str]:
    """Return the text of each page by its file's name."""
    return {
        "assertions.md": page(_ASSERTIONS, Assertion, [one.load() for one in assertions.BUILTINS]),
        "guardrails.md": page(_GUARDRAILS, Guardrail, [one.load() for one in guardrails.BUILTINS]),
    }


def _keys(fields: Mapping[str, FieldInfo]) -> str:
    return key_table(fields, "arena-file.md")
