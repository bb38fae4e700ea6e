"""What a user gets to read for each mistake: whole texts, all at once, in line order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_arena.schema import ProviderSpec

Refused = Callable[..., str]

NEAREST_TO_PROMT = "one of prompt, prompts, …"
TYPES = (
    "one of any_of, contains, contains_any, finish_reason, json_path, json_schema, max_length, "
    "response_time"
)
PROVIDER_KEYS = sorted(({*ProviderSpec.model_fields} - {"options"}) | {"latency", "responses"})
CHECK = "assertions: [{type: contains, value: x}]"

# The case's lines begin at line 5, below `providers:` (three lines) and `tests:`.
CASES = {
    "typo in a key": (
        f"  - {{name: A, promt: hi, {CHECK}}}",
        f"arena.yaml:5:15: unknown key 'promt' in case 'A'\n  expected: {NEAREST_TO_PROMT}\n"
        "  fix: did you mean 'prompt'?",
    ),
    "unknown assertion": (
        "  - {name: A, prompt: hi, assertions: [{type: contians, value: x}]}",
        f"arena.yaml:5:47: unknown assertion type 'contians'\n  expected: {TYPES}\n"
        "  fix: did you mean 'contains'?",
    ),
    "unknown assertion in a group": (
        "  - {name: A, prompt: hi, assertions: [{type: any_of, assertions: [{type: contian}]}]}",
        f"arena.yaml:5:75: unknown assertion type 'contian'\n  expected: {TYPES}\n"
        "  fix: did you mean 'contains'?",
    ),
    "typo in an assertion's key": (
        "  - {name: A, prompt: hi, assertions: [{type: contains, value: x, case_sensitiv: true}]}",
        "arena.yaml:5:67: unknown key 'case_sensitiv' in assertion 'contains'\n"
        "  expected: one of not, weight, metric, threshold, pass_threshold, when, transform, "
        "value, case_sensitive\n"
        "  fix: did you mean 'case_sensitive'?",
    ),
    "missing key": (
        "  - {name: A, prompt: hi, assertions: [{type: contains}]}",
        "arena.yaml:5:40: assertion 'contains' has no 'value'\n"
        "  expected: the text\n  fix: add value: …",
    ),
    "true for a number": (
        "  - {name: A, prompt: hi, assertions: [{type: response_time, max_ms: true}]}",
        "arena.yaml:5:70: 'max_ms' of assertion 'response_time' cannot be true\n"
        "  expected: a number of milliseconds\n  fix: write it like max_ms: 3000",
    ),
    "a time without end": (
        "  - {name: A, prompt: hi, assertions: [{type: response_time, max_ms: .inf}]}",
        "arena.yaml:5:70: 'max_ms' of assertion 'response_time' cannot be inf\n"
        "  expected: a number of milliseconds\n  fix: write it like max_ms: 3000",
    ),
    "a weight that is no number": (
        "  - {name: A, prompt: hi, assertions: [{type: contains, value: x, weight: .nan}]}",
        "arena.yaml:5:75: 'weight' of assertion 'contains' cannot be nan\n"
        "  expected: a number\n  fix: write it like weight: 0.5",
    ),
    "a word for a number": (
        "  - {name: A, prompt: hi, assertions: [{type: max_length, value: yes}]}",
        "arena.yaml:5:66: 'value' of assertion 'max_length' cannot be 'yes'\n"
        "  expected: a whole number\n  fix: write it like value: 3",
    ),
    "true for a text": (
        "  - {name: A, prompt: hi, assertions: [{type: contains, value: true}]}",
        "arena.yaml:5:64: 'value' of assertion 'contains' cannot be true\n"
        '  expected: a text\n  fix: quote it: "true"',
    ),
    "a text for a list": (
        "  - {name: A, prompt: hi, assertions: [{type: contains_any, values: glad}]}",
        "arena.yaml:5:69: 'values' of assertion 'contains_any' cannot be 'glad'\n"
        "  expected: a list\n  fix: write it like values: [glad]",
    ),
    "out of bounds": (
        f"  - {{name: A, prompt: hi, runs: 0, {CHECK}}}",
        "arena.yaml:5:33: 'runs' of case 'A' cannot be 0\n"
        "  expected: more than 0\n  fix: give runs a value that is more than 0",
    ),
    "none of the words": (
        "  - {name: A, prompt: hi, assertions: [{type: finish_reason, value: stopp}]}",
        "arena.yaml:5:69: 'value' of assertion 'finish_reason' cannot be 'stopp'\n"
        "  expected: one of stop, length\n  fix: did you mean 'stop'?",
    ),
    "two names for one key": (
        f"  - {{name: A, prompt: hi, runs: 3, trials: 4, {CHECK}}}",
        "arena.yaml:5:36: case 'A' has both 'runs' and 'trials'\n"
        "  expected: one of the two, since they mean the same\n  fix: remove 'trials'",
    ),
    "bad duration": (
        f"  - {{name: A, prompt: hi, timeout: 5 parsecs, {CHECK}}}",
        "arena.yaml:5:36: bad duration '5 parsecs' for 'timeout' of case 'A'\n"
        "  expected: a number with a unit: 250ms, 30s, 5m, 1h\n"
        "  fix: write it like timeout: 30s",
    ),
    "duplicate case": (
        f"  - {{name: A, prompt: hi, {CHECK}}}\n  - {{name: A, prompt: ho, {CHECK}}}",
        "arena.yaml:6:12: duplicate case 'A'\n"
        "  expected: a name of its own; the other stands at arena.yaml:5:12\n"
        "  fix: rename one of them",
    ),
    "duplicate key": (
        f"  - {{name: A, prompt: hi, prompt: ho, {CHECK}}}",
        "arena.yaml:5:27: duplicate key 'prompt'\n"
        "  expected: each key once in a mapping\n  fix: remove it here or in line 5",
    ),
    "undefined variable": (
        f'  - {{name: A, prompt: "Hi {{{{ nmae }}}}", variables: {{name: Al}}, {CHECK}}}',
        "arena.yaml:5:23: undefined variable 'nmae'\n"
        "  expected: one of name\n  fix: did you mean 'name'?",
    ),
    "missing data file": (
        f"  - {{name: A, prompt: hi, data: rows.csv, {CHECK}}}",
        "arena.yaml:5:33: data file 'rows.csv' does not exist\n"
        "  expected: a file in .\n  fix: write the file, or mend its name",
    ),
    "data file outside": (
        f"  - {{name: A, prompt: hi, data: ../../etc/passwd, {CHECK}}}",
        "arena.yaml:5:33: data file '../../etc/passwd' is outside the root directory\n"
        "  expected: a file inside the root directory, links followed\n"
        "  fix: move the file into the project",
    ),
    "no check": (
        "  - {name: A, prompt: hi}",
        "arena.yaml:5:5: case 'A' checks nothing: it could only pass\n"
        "  expected: an assertion with a weight, or a guardrail that blocks\n"
        "  fix: add assertions: [{type: contains, value: …}]",
    ),
    "no prompt": (
        f"  - {{name: A, {CHECK}}}",
        "arena.yaml:5:5: case 'A' has no prompt\n"
        "  expected: one of prompt, prompts, conversation and messages\n  fix: add prompt: …",
    ),
    "two prompts": (
        f"  - {{name: A, prompt: hi, prompts: [ho], {CHECK}}}",
        "arena.yaml:5:27: case 'A' has 'prompt' and 'prompts'\n"
        "  expected: one of prompt, prompts, conversation and messages\n"
        "  fix: keep one, or make two cases of it",
    ),
    "half a load": (
        f"  - {{name: A, concurrent: 10, {CHECK}}}",
        "arena.yaml:5:15: case 'A' has 'concurrent' without 'duration'\n"
        "  expected: concurrent with duration, or concurrent_users with messages_per_user\n"
        "  fix: add duration: 30s",
    ),
    "mixed load": (
        f"  - {{name: A, concurrent: 10, messages_per_user: 3, {CHECK}}}",
        "arena.yaml:5:15: case 'A' mixes 'concurrent' and 'messages_per_user'\n"
        "  expected: concurrent with duration, or concurrent_users with messages_per_user\n"
        "  fix: keep one of the two pairs",
    ),
    "trials of a load": (
        f"  - {{name: A, concurrent: 10, duration: 1s, runs: 3, {CHECK}}}",
        "arena.yaml:5:45: case 'A' is a load case and has 'runs'\n"
        "  expected: no number of trials: the load says how many calls there are\n"
        "  fix: remove 'runs'",
    ),
    "half a conversation under load": (
        "  - {name: A, conversation: [{user: a}, {user: b}], concurrent_users: 2, "
        f"messages_per_user: 5, {CHECK}}}",
        "arena.yaml:5:93: case 'A' has 2 turns, and 5 messages a user end in the middle of the "
        "conversation\n"
        "  expected: a multiple of 2\n"
        "  fix: write messages_per_user: 6",
    ),
    "too much load": (
        f"  - {{name: A, concurrent_users: 1000, messages_per_user: 201, {CHECK}}}",
        "arena.yaml:5:58: case 'A' would send 201,000 messages\n"
        "  expected: at most 200,000, users times messages\n"
        "  fix: write a smaller number of either",
    ),
    "load that checks nothing": (
        "  - {name: A, concurrent: 10, duration: 30s}",
        "arena.yaml:5:5: case 'A' checks nothing: it could only pass\n"
        "  expected: an assertion with a weight, or a guardrail that blocks\n"
        "  fix: add assertions: [{type: contains, value: …}]",
    ),
    "bad name": (
        f'  - {{name: "A::b", prompt: hi, {CHECK}}}',
        "arena.yaml:5:12: bad case name 'A::b'\n"
        "  expected: one line of text without '::'\n  fix: rename the case",
    ),
    "bad tag": (
        f"  - {{name: A, prompt: hi, tags: [slow one], {CHECK}}}",
        "arena.yaml:5:34: bad tag 'slow one'\n"
        "  expected: letters, digits, '_' and '-', beginning with a letter or '_', since tags "
        "are marks for -m\n  fix: write it like slow_one",
    ),
    "unknown provider of a case": (
        f"  - {{name: A, prompt: hi, providers: [gold], {CHECK}}}",
        "arena.yaml:5:39: unknown provider 'gold' in case 'A'\n"
        "  expected: one of cheap, default, fast, good\n  fix: did you mean 'good'?",
    ),
    "no providers of a case": (
        f"  - {{name: A, prompt: hi, providers: [], {CHECK}}}",
        "arena.yaml:5:38: case 'A' names no providers, so that it would never run\n"
        "  expected: one of cheap, default, fast, good\n  fix: name one, or remove 'providers'",
    ),
    "true for a number further in": (
        f"  - {{name: A, prompt: hi, mock: [{{text: a}}, {{output_tokens: true}}], {CHECK}}}",
        "arena.yaml:5:61: 'output_tokens' of 'default' of 'mock' of case 'A' cannot be true\n"
        "  expected: a whole number\n  fix: write it like output_tokens: 3",
    ),
    "unknown provider in a mock": (
        f"  - {{name: A, prompt: hi, mock: {{fsat: hi, default: ho}}, {CHECK}}}",
        "arena.yaml:5:34: unknown provider 'fsat' in mock answers\n"
        "  expected: one of fast, good\n  fix: did you mean 'fast'?",
    ),
    "typo in a mock answer": (
        f"  - {{name: A, prompt: hi, mock: {{text: hi, latncy: 2s}}, {CHECK}}}",
        "arena.yaml:5:44: unknown key 'latncy' in 'default' of 'mock' of case 'A'\n"
        "  expected: one of content, tool_calls, finish_reason, latency, first_token, "
        "input_tokens, output_tokens, error, retry_after, times, steps\n"
        "  fix: did you mean 'latency'?",
    ),
    "skip without a reason": (
        f"  - {{name: A, prompt: hi, skip: true, {CHECK}}}",
        "arena.yaml:5:33: true is no reason for 'skip' of case 'A'\n"
        "  expected: a text, or a mapping from providers or groups to texts\n"
        '  fix: say why, as in "waits for the new model", or for whom, as in {name: why}',
    ),
    "a reason for nobody": (
        f"  - {{name: A, prompt: hi, xfail: {{}}, {CHECK}}}",
        "arena.yaml:5:34: this is no reason for 'xfail' of case 'A'\n"
        "  expected: a text, or a mapping from providers or groups to texts\n"
        '  fix: say why, as in "waits for the new model", or for whom, as in {name: why}',
    ),
    "an xfail that says no": (
        f"  - {{name: A, prompt: hi, xfail: no, {CHECK}}}",
        "arena.yaml:5:34: 'no' is no reason for 'xfail' of case 'A'\n"
        "  expected: a text, or a mapping from providers or groups to texts\n"
        "  fix: leave it out where it holds for none; else say why, as in "
        '"waits for the new model", or for whom, as in {name: why}',
    ),
    "a skip that is off": (
        f"  - {{name: A, prompt: hi, skip: Off, {CHECK}}}",
        "arena.yaml:5:33: 'Off' is no reason for 'skip' of case 'A'\n"
        "  expected: a text, or a mapping from providers or groups to texts\n"
        "  fix: leave it out where it holds for none; else say why, as in "
        '"waits for the new model", or for whom, as in {name: why}',
    ),
    "an xfail of zero": (
        f"  - {{name: A, prompt: hi, xfail: 0, {CHECK}}}",
        "arena.yaml:5:34: 0 is no reason for 'xfail' of case 'A'\n"
        "  expected: a text, or a mapping from providers or groups to texts\n"
        "  fix: leave it out where it holds for none; else say why, as in "
        '"waits for the new model", or for whom, as in {name: why}',
    ),
    "an xfail that is false": (
        f"  - {{name: A, prompt: hi, xfail: false, {CHECK}}}",
        "arena.yaml:5:34: false is no reason for 'xfail' of case 'A'\n"
        "  expected: a text, or a mapping from providers or groups to texts\n"
        "  fix: leave it out where it holds for none; else say why, as in "
        '"waits for the new model", or for whom, as in {name: why}',
    ),
    "an xfail that is false for one": (
        f"  - {{name: A, prompt: hi, xfail: {{fast: n}}, {CHECK}}}",
        "arena.yaml:5:34: 'n' is no reason for 'xfail' of case 'A'\n"
        "  expected: a text, or a mapping from providers or groups to texts\n"
        "  fix: leave it out where it holds for none; else say why, as in "
        '"waits for the new model", or for whom, as in {name: why}',
    ),
    "a skip that is false for one": (
        f"  - {{name: A, prompt: hi, skip: {{fast: false}}, {CHECK}}}",
        "arena.yaml:5:33: false is no reason for 'skip' of case 'A'\n"
        "  expected: a text, or a mapping from providers or groups to texts\n"
        "  fix: leave it out where it holds for none; else say why, as in "
        '"waits for the new model", or for whom, as in {name: why}',
    ),
    "a reason for an unknown provider": (
        f"  - {{name: A, prompt: hi, xfail: {{godo: slow}}, {CHECK}}}",
        "arena.yaml:5:35: unknown provider 'godo' in 'xfail' of case 'A'\n"
        "  expected: one of cheap, default, fast, good\n  fix: did you mean 'good'?",
    ),
    "messages that the model ends": (
        f"  - {{name: A, messages: [{{role: user, content: a}}, {{role: assistant, content: b}}], "
        f"{CHECK}}}",
        "arena.yaml:5:52: the last of the messages of case 'A' is assistant's\n"
        "  expected: a message of the user's, which the model answers\n"
        "  fix: end with {role: user, content: …}; what an answer must hold is for assertions:",
    ),
    "two system prompts": (
        "  - {name: A, system: s, messages: [{role: system, content: a}, "
        f"{{role: user, content: b}}], {CHECK}}}",
        "arena.yaml:5:37: case 'A' has 'system' and a system message\n"
        "  expected: one system prompt\n  fix: keep one of the two",
    ),
    "a message without a role": (
        f"  - {{name: A, messages: [{{content: a}}], {CHECK}}}",
        "arena.yaml:5:26: 'messages' of case 'A' has no 'role'\n"
        "  expected: who said it\n  fix: add role: …",
    ),
    "a message of a stranger": (
        f"  - {{name: A, messages: [{{role: usr, content: a}}], {CHECK}}}",
        "arena.yaml:5:33: 'role' of 'messages' of case 'A' cannot be 'usr'\n"
        "  expected: one of system, developer, user, assistant\n  fix: did you mean 'user'?",
    ),
    "no messages": (
        f"  - {{name: A, messages: [], {CHECK}}}",
        "arena.yaml:5:25: 'messages' of case 'A' is empty\n"
        "  expected: at least one entry\n  fix: add one, or write prompt: …",
    ),
    "unknown target": (
        f"  - {{name: A, prompt: hi, target: bot, {CHECK}}}",
        "arena.yaml:5:35: unknown target 'bot'\n"
        "  expected: an entry of targets:\n  fix: define it under targets:",
    ),
    "an assertion that is a word": (
        "  - {name: A, prompt: hi, assertions: [contains]}",
        "arena.yaml:5:40: 'contains' is not an assertion\n"
        "  expected: a mapping with a type\n  fix: write it like {type: contains}",
    ),
    "an empty matrix": (
        f"  - {{name: A, prompt: hi, matrix: {{a: []}}, {CHECK}}}",
        "arena.yaml:5:39: 'matrix' has no values for 'a'\n"
        "  expected: a list of values, each for a case of its own\n"
        "  fix: write it like a: [one, two]",
    ),
    "a huge matrix": (
        f"  - {{name: A, prompt: hi, matrix: {{a: &v [1, 2, 3, 4, 5, 6, 7, 8, 9, 0], b: *v, c: *v,"
        f" d: *v, e: *v, f: *v}}, {CHECK}}}",
        "arena.yaml:5:27: 'matrix' makes 1,000,000 cases of this one\n"
        "  expected: at most 100,000\n  fix: leave some values out",
    ),
}


@pytest.mark.parametrize("mistake", list(CASES))
def test_a_mistake_in_a_case_is_told_whole(mistake: str, refused: Refused) -> None:
    text, expected = CASES[mistake]
    assert refused(f"tests:\n{text}\n") == expected


FILES = {
    "typo in a top-level key": (
        "tsts: []\ntests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:4:1: unknown key 'tsts' in the arena\n"
        "  expected: one of tests, …\n"
        "  fix: did you mean 'tests'?",
    ),
    "bad duration of the defaults": (
        "defaults: {timeout: soon}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:4:21: bad duration 'soon' for 'timeout' of 'defaults'\n"
        "  expected: a number with a unit: 250ms, 30s, 5m, 1h\n"
        "  fix: write it like timeout: 30s",
    ),
    "true for a number of the defaults": (
        "defaults: {retries: true}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:4:21: 'retries' of 'defaults' cannot be true\n"
        "  expected: a whole number\n  fix: write it like retries: 3",
    ),
    "unknown target of the defaults": (
        "targets: {bot: {type: prompt}}\ndefaults: {target: bto}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:5:20: unknown target 'bto'\n  expected: one of bot\n  fix: did you mean 'bot'?",
    ),
    "half of a pair of escapes": (
        'tests: [{name: A, prompt: "\\ud83d x", assertions: [{type: contains, value: x}]}]',
        "arena.yaml:4:30: an escape that stands for no character\n"
        "  expected: valid YAML\n"
        "  fix: write the character itself, both halves of a pair like \\ud83d\\ude00, or single "
        "quotes",
    ),
    "missing responses file": (
        "mock: answers.yaml\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:4:7: responses file 'answers.yaml' does not exist\n"
        "  expected: a file in .\n  fix: write the file, or mend its name",
    ),
    "missing include": (
        "include: [more.arena.yml]\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:4:11: included file 'more.arena.yml' does not exist\n"
        "  expected: a file in .\n  fix: write the file, or mend its name",
    ),
    "include that matches nothing": (
        "include: [more/*.yaml]\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:4:11: no file matches 'more/*.yaml'\n"
        "  expected: a pattern that fits files beside this one\n"
        "  fix: mend the pattern, or remove it",
    ),
    "unknown guardrail": (
        "guardrails: {rules: [{type: baned_words}]}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:4:29: unknown guardrail type 'baned_words'\n"
        "  expected: one of banned_words, forbidden_pattern, max_length, required_pattern\n"
        "  fix: did you mean 'banned_words'?",
    ),
    "a replaced input": (
        "guardrails: {rules: [{type: max_length, value: 3, direction: input, "
        "on_violation: replace}]}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:4:22: max_length cannot replace inputs, and its direction is input\n"
        "  expected: `direction: output` beside `on_violation: replace`\n"
        "  fix: mend the keys of guardrail 'max_length'",
    ),
    "no cases": (
        "name: x",
        "arena.yaml:1:1: the arena has no cases\n"
        "  expected: a list of cases under tests:\n"
        "  fix: write it like tests: [{name: Greeting, prompt: Hello!, assertions: […]}]",
    ),
    "unknown provider": (
        "providers:\n  - {name: a, provider: opnai, model: m}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:2:25: unknown provider 'opnai'\n"
        "  expected: one of mock, or any that litellm knows\n"
        "  fix: did you mean 'openai'?",
    ),
    "no provider": (
        "providers:\n  - {name: a, model: gpt-4o}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:2:22: provider 'a' does not say which provider it is\n"
        "  expected: a provider, or a model written provider/model\n"
        "  fix: add provider: openai, or write it like model: openai/gpt-5.4-mini",
    ),
    "no model": (
        "providers:\n  - {name: a, provider: openai}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:2:5: provider 'a' has no 'model'\n"
        "  expected: the model's name, as the provider writes it\n  fix: add model: …",
    ),
    "typo in an option": (
        "providers:\n  - {name: a, provider: mock, respnses: {default: x}}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:2:31: unknown key 'respnses' in provider 'a'\n"
        "  expected: one of responses, …\n"
        "  fix: did you mean 'responses'?",
    ),
    "a parameter beside params": (
        "providers:\n  - {name: a, provider: mock, temprature: 0}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:2:31: unknown key 'temprature' in provider 'a'\n"
        f"  expected: one of {', '.join(PROVIDER_KEYS)}\n"
        "  fix: write params: {temperature: …}",
    ),
    "a price without end": (
        "providers:\n  - {name: a, provider: mock, input_cost_per_million: 0, "
        "output_cost_per_million: .inf}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:2:83: 'output_cost_per_million' of provider 'a' cannot be inf\n"
        "  expected: a number\n  fix: write it like output_cost_per_million: 0.5",
    ),
    "duplicate provider": (
        "providers:\n  - {name: a, provider: mock}\n  - {name: a, provider: mock}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:3:12: duplicate provider 'a'\n"
        "  expected: a name of its own; the other stands at arena.yaml:2:12\n"
        "  fix: rename one of them",
    ),
    "a key in a header": (
        "providers:\n  - {name: a, provider: mock, headers: {Authorization: [sk-secret]}}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]",
        "arena.yaml:2:56: 'Authorization' of 'headers' of provider 'a' cannot be this value\n"
        '  expected: a text\n  fix: write it like Authorization: "some text"',
    ),
}


@pytest.mark.parametrize("mistake", list(FILES))
def test_a_mistake_in_the_file_is_told_whole(mistake: str, refused: Refused) -> None:
    text, expected = FILES[mistake]
    assert refused(text) == expected


def test_an_empty_file_says_how_to_begin(refused: Refused) -> None:
    assert refused("# providers:\n") == (
        "arena.yaml:1:1: the file is empty\n"
        "  expected: an arena: a mapping with providers and tests\n"
        "  fix: begin with providers: and tests:, or run arena init for a first arena"
    )


def test_all_problems_of_a_file_come_at_once_in_line_order(refused: Refused) -> None:
    lines = [text for text, _ in CASES.values() if "name: A, promt" in text or "runs: 0" in text]
    text = "tests:\n" + "\n".join(lines).replace("name: A, runs", "name: B, runs") + "\nbad: 1\n"
    first_lines = [line for line in refused(text).splitlines() if not line.startswith("  ")]
    assert first_lines == [
        "arena.yaml:5:15: unknown key 'promt' in case 'A'",
        "arena.yaml:6:33: 'runs' of case 'A' cannot be 0",
        "arena.yaml:7:1: unknown key 'bad' in the arena",
    ]


def test_problems_of_an_included_file_stand_in_that_file(refused: Refused) -> None:
    text = f"include: [more/b.yaml]\ntests: [{{name: A, prompt: hi, {CHECK}}}]\n"
    more = "tests:\n  - {name: B, prompt: hi, assertions: [{type: contians}]}\n"
    assert refused(text, {"more/b.yaml": more}) == (
        f"more/b.yaml:2:47: unknown assertion type 'contians'\n  expected: {TYPES}\n"
        "  fix: did you mean 'contains'?"
    )


def test_includes_in_a_circle_are_refused(refused: Refused) -> None:
    text = f"include: [b.yaml]\ntests: [{{name: A, prompt: hi, {CHECK}}}]\n"
    assert refused(text, {"b.yaml": "include: [arena.yaml]\n"}) == (
        "b.yaml:1:11: the includes go round in a circle: arena.yaml → b.yaml → arena.yaml\n"
        "  expected: files that do not include each other\n"
        "  fix: remove this include, or move what both need to a third file"
    )


def test_problems_of_a_responses_file_stand_in_that_file(refused: Refused) -> None:
    text = f"tests: [{{name: A, prompt: hi, {CHECK}}}]\n"
    assert refused(text, {"arena.mock.yaml": "default: hi\nscenarois: {}\n"}) == (
        "arena.mock.yaml:2:1: unknown key 'scenarois' in mock responses\n"
        "  expected: one of default, scenarios, patterns, providers, counted\n"
        "  fix: did you mean 'scenarios'?"
    )


def test_rows_that_give_one_name_twice_are_told_how_to_differ(refused: Refused) -> None:
    text = f"tests:\n  - {{name: 'A {{{{ a }}}}', prompt: hi, matrix: {{a: [1, 1]}}, {CHECK}}}\n"
    assert refused(text) == (
        "arena.yaml:5:12: duplicate case 'A 1'\n"
        "  expected: a name of its own; the other stands at arena.yaml:5:12\n"
        "  fix: put a variable that differs into the name, like name: Case {{ name }}"
    )


@pytest.mark.parametrize(("given", "missing"), [("input", "output"), ("output", "input")])
@pytest.mark.parametrize("provider", ["mock", "openai"])
def test_half_a_price_needs_the_other(
    given: str, missing: str, provider: str, refused: Refused
) -> None:
    text = (
        "providers:\n"
        f"  - {{name: a, provider: {provider}, model: ours, {given}_cost_per_million: 3}}\n"
        f"  - {{name: b, provider: {provider}, model: gpt-4o, {given}_cost_per_million: 3}}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]"
    )
    column = text.splitlines()[1].index(f"{given}_cost") + 1
    assert refused(text) == (
        f"arena.yaml:2:{column}: provider 'a' has '{given}_cost_per_million' without "
        f"'{missing}_cost_per_million', and no price is known of its model\n"
        "  expected: US dollars for a million tokens, in and out\n"
        f"  fix: add {missing}_cost_per_million: … (0 where those tokens are free)"
    )


PRICED = """\
providers:
  - {{name: a, provider: openai, model: ours{provider}}}
  - {{name: b, provider: mock, model: any}}
tests: [{{name: A, prompt: hi{case}, assertions: [{{type: contains, value: x}}]}}]
"""


@pytest.mark.parametrize(
    ("whole", "provider", "case"),
    [
        ("budget: {max_cost_usd: 2}\n", "", ""),
        ("", ", budget: {max_cost_usd: 2}", ""),
        ("", "", ", budget: {max_cost_usd: 2}"),
    ],
)
def test_a_budget_in_dollars_needs_the_price_of_what_it_covers(
    whole: str, provider: str, case: str, refused: Refused
) -> None:
    text = PRICED.format(provider=provider, case=case) + whole
    assert refused(text) == (
        "arena.yaml:2:5: the price of provider 'a' (openai/ours) is not known, so that "
        "a budget in dollars cannot hold\n"
        "  expected: US dollars for a million tokens, in and out\n"
        "  fix: add input_cost_per_million: … and output_cost_per_million: … to the provider"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "budget: {on_exceeded: warn}\n",
            "arena.yaml:5:9: a budget without a limit for 'budget' of the arena\n"
            "  expected: one of max_cost_usd, max_calls, max_tokens, max_wall_time\n"
            "  fix: add one, as in max_cost_usd: 2.0",
        ),
        (
            "budget: {max_cost: 2}\n",
            "arena.yaml:5:10: unknown key 'max_cost' in 'budget'\n"
            "  expected: one of max_cost_usd, max_calls, max_tokens, max_wall_time, on_exceeded\n"
            "  fix: did you mean 'max_cost_usd'?",
        ),
    ],
)
def test_a_budget_says_what_is_limited(text: str, said: str, refused: Refused) -> None:
    assert refused(PRICED.format(provider="", case="") + text) == said


def test_a_rate_limit_says_what_is_limited(refused: Refused) -> None:
    text = PRICED.format(provider=", rate_limit: {}", case="")
    assert refused(text) == (
        "arena.yaml:2:58: a rate limit without a limit for 'rate_limit' of provider 'a'\n"
        "  expected: requests_per_minute, tokens_per_minute, or both\n"
        "  fix: add one, as in requests_per_minute: 500"
    )


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            "fallbacks: [godo]",
            "arena.yaml:2:5: provider 'a' falls back to the unknown provider 'godo'\n"
            "  expected: one of good\n  fix: did you mean 'good'?",
        ),
        (
            "fallbacks: [a]",
            "arena.yaml:2:5: provider 'a' falls back to itself\n"
            "  expected: one of good\n  fix: name another entry of providers:",
        ),
        (
            "load_balance: weighted",
            "arena.yaml:2:5: provider 'a' has load_balance without endpoints\n"
            "  expected: endpoints:\n  fix: add endpoints: […]",
        ),
        (
            "endpoints: [{weight: 2}]",
            "arena.yaml:2:5: provider 'a' has weights that nothing looks at\n"
            "  expected: load_balance: weighted beside them\n  fix: add load_balance: weighted",
        ),
    ],
)
def test_who_answers_instead_must_make_sense(keys: str, said: str, refused: Refused) -> None:
    text = (
        f"providers:\n  - {{name: a, provider: mock, {keys}}}\n  - {{name: good, provider: mock}}\n"
        "tests: [{name: A, prompt: hi, assertions: [{type: contains, value: x}]}]\n"
    )
    assert refused(text) == said
