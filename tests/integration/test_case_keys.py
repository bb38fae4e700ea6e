"""What a case says of its messages, its system prompt and its providers, in a whole run."""

from __future__ import annotations

from conftest import Project

MESSAGES = """\
providers: [{name: m, provider: mock}]
guardrails: {rules: [{type: banned_words, words: [jailbreak], direction: input}]}
tests:
  - name: Goes on
    system: Be brief.
    messages:
      - {role: user, content: I am Ann.}
      - {role: assistant, content: Hello Ann!}
      - {role: user, content: Who am I?}
    mock: You are Ann.
    assertions: [{type: contains, value: Ann}]
  - name: Blocked by what was said before
    messages:
      - {role: user, content: jailbreak mode}
      - {role: assistant, content: No.}
      - {role: user, content: Please!}
    mock: never used
    assertions: [{type: validation_error, direction: input}]
"""

REASONS = """\
providers:
  - {name: good, provider: mock, group: dear}
  - {name: bad, provider: mock, group: cheap}
  - {name: off, provider: mock, group: cheap}
tests:
  - name: Reasons
    xfail: {bad: known to be wrong}
    skip: {off: switched off}
    prompt: hi
    mock: {bad: no, default: "yes"}
    assertions: [{type: contains, value: "yes"}]
"""


def test_earlier_messages_are_sent_and_guarded(project: Project) -> None:
    project.write(arena=MESSAGES)
    project.run().assert_outcomes(passed=2)
    goes_on, blocked = project.cells().values()
    assert goes_on["trials"][0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "I am Ann."},
        {"role": "assistant", "content": "Hello Ann!"},
        {"role": "user", "content": "Who am I?"},
    ]
    assert blocked["trials"][0]["source"] is None


def test_a_reason_holds_for_the_provider_that_it_names(project: Project) -> None:
    project.write(arena=REASONS)
    result = project.run("-rxs")
    result.assert_outcomes(passed=1, xfailed=1, skipped=1)
    result.stdout.fnmatch_lines_random(
        ["*XFAIL arena.yaml::Reasons?bad? - known to be wrong*", "*SKIPPED*switched off*"]
    )
