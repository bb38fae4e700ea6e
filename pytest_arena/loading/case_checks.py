"""What must hold of a case beyond the shape of its keys."""

from __future__ import annotations

import re
from collections.abc import Callable

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.problems import ProblemList, one_of
from pytest_arena.loading.tree import YamlMap
from pytest_arena.results.request_response import SYSTEM_ROLES
from pytest_arena.schema import Assertion, CaseSpec, Guardrail, NoteSpec, PersonaTurnSpec
from pytest_arena.text.numbers import counted

LOAD_KEYS = ("concurrent", "duration", "concurrent_users", "messages_per_user")
_SOURCES = ("prompt", "prompts", "conversation", "messages")
_ONE_SOURCE = "one of prompt, prompts, conversation and messages"
_TAG = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


def is_load_case(case: YamlMap) -> bool:
    """Return whether a case asks for load."""
    return any(key in case for key in LOAD_KEYS)


def check_tags(spec: CaseSpec, case: YamlMap, problems: ProblemList) -> None:
    """Refuse tags that cannot be marks."""
    for index, tag in enumerate(spec.tags):
        if not _TAG.fullmatch(tag):
            better = re.sub(r"[^\w-]+", "_", tag, flags=re.ASCII).strip("_-")
            problems.add(
                f"bad tag {shorten(tag)!r}",
                case["tags"].value_place(index),
                expected="letters, digits, '_' and '-', beginning with a letter or '_', "
                "since tags are marks for -m",
                fix=f"write it like {better}" if _TAG.fullmatch(better) else "write another tag",
            )


def check_source(
    spec: CaseSpec, case: YamlMap, owner: str, problems: ProblemList, *, whole: bool
) -> None:
    """Refuse a case that sends nothing, or several things at once.

    Where parts of it were refused (it is not `whole`), that they are missing is no further mistake.
    """
    given = [key for key in _SOURCES if getattr(spec, key) is not None]
    if len(given) > 1:
        problems.add(
            f"{owner} has {' and '.join(map(repr, given))}",
            case.key_place(given[1]),
            expected=_ONE_SOURCE,
            fix="keep one, or make two cases of it",
        )
    elif not given and not is_load_case(case):
        problems.add(
            f"{owner} has no prompt",
            case.place,
            expected=_ONE_SOURCE,
            fix="add prompt: …",
        )
    elif whole and given and not getattr(spec, given[0]) and given[0] != "prompt":
        problems.add(
            f"{given[0]!r} of {owner} is empty",
            case.value_place(given[0]),
            expected="at least one entry",
            fix="add one, or write prompt: …",
        )


def check_length(
    spec: CaseSpec, case: YamlMap, owner: str, default: int | None, problems: ProblemList
) -> None:
    """Refuse a conversation that is longer than it may be, and a limit on what is none."""
    most = spec.max_messages or default
    if most is not None and (messages := _messages_of(spec)) > most:
        problems.add(
            f"{owner} has {messages} messages with their answers, and max_messages is {most}",
            case.key_place("conversation"),
            expected=f"at most {counted(most // 2, 'turn')}",
            fix=f"raise max_messages to {messages}, or leave turns out",
        )
    for key in ("max_messages", "continue_on_failure"):
        if spec.conversation is None and getattr(spec, key) is not None:
            problems.add(
                f"{owner} has {key!r} and no conversation",
                case.key_place(key),
                expected="a case with turns under conversation:",
                fix=f"remove {key!r}, or write the prompt as a turn: conversation: [{{user: …}}]",
            )
    if is_load_case(case) and spec.continue_on_failure is not None:
        problems.add(
            f"{owner} is a load case and has 'continue_on_failure'",
            case.key_place("continue_on_failure"),
            expected="no such key: what users of a load say is judged when the load is over",
            fix="remove 'continue_on_failure'",
        )


def _messages_of(spec: CaseSpec) -> int:
    """Return how many messages a conversation has at least, with their answers."""
    notes = sum(isinstance(each, NoteSpec) for each in spec.conversation or ())
    talked = sum(turn.least for turn in spec.persona_turns)
    return 2 * (len(spec.turns) + talked) + notes


def check_personas(spec: CaseSpec, case: YamlMap, owner: str, problems: ProblemList) -> None:
    """Refuse simulated users where what they say would have to be known before."""
    if not spec.persona_turns:
        return
    for key, why in (
        ("attacks", "attacks wrap what a user says, and nobody knows what a persona will say"),
        *(
            (key, "a load is timed, and a persona's own calls are no part of it")
            for key in LOAD_KEYS
        ),
    ):
        if case.get(key) is not None:
            problems.add(
                f"{owner} has a persona and {key!r}",
                case.key_place(key),
                expected=f"scripted turns: {why}",
                fix=f"remove {key!r}, or write the turns as {{user: …}}",
            )


def check_notes(
    spec: CaseSpec, case: YamlMap, owner: str, *, of_an_agent: bool, problems: ProblemList
) -> None:
    """Refuse notes that would reach nobody."""
    said = spec.conversation or ()
    for index, note in enumerate(said):
        if not isinstance(note, NoteSpec):
            continue
        earlier = any(not isinstance(each, NoteSpec) for each in said[:index])
        played = any(isinstance(each, PersonaTurnSpec) for each in said[:index])
        later = any(not isinstance(each, NoteSpec) for each in said[index:])
        if note.after is None and later:
            continue
        place = case["conversation"].value_place(index)
        if note.after is None:
            problems.add(
                f"the note at the end of {owner} reaches nobody",
                place,
                expected="a turn of the user's after it, with which it is sent",
                fix="add {user: …}, or say during which turn it comes: after: 1 (calls of tools)",
            )
        elif not earlier:
            problems.add(
                f"a note of {owner} comes after calls of tools, before anything was asked",
                place,
                expected="the turn that an agent works at, then the note",
                fix="move it below the turn, or leave after: out",
            )
        elif played:
            problems.add(
                f"a note of {owner} comes after calls of tools, and after a persona",
                place,
                expected="after: with scripted turns, since nobody knows at which of its messages "
                "a persona would be told of",
                fix="move it above the persona's turn, or leave after: out",
            )
        elif not of_an_agent:
            problems.add(
                f"a note of {owner} comes after calls of tools, and no agent makes any",
                place,
                expected="after: in a case whose target is of type agent",
                fix="name such a target, or leave after: out, so that the note comes with the next "
                "turn",
            )


def check_messages(spec: CaseSpec, case: YamlMap, owner: str, problems: ProblemList) -> None:
    """Refuse messages that leave nothing to answer, and two system prompts."""
    if not spec.messages:
        return
    if spec.messages[-1].role != "user":
        problems.add(
            f"the last of the messages of {owner} is {spec.messages[-1].role}'s",
            case["messages"].value_place(len(spec.messages) - 1),
            expected="a message of the user's, which the model answers",
            fix="end with {role: user, content: …}; what an answer must hold is for assertions:",
        )
    if spec.system is not None and spec.messages[0].role in SYSTEM_ROLES:
        problems.add(
            f"{owner} has 'system' and a system message",
            case["messages"].value_place(0),
            expected="one system prompt",
            fix="keep one of the two",
        )


def check_checks(
    spec: CaseSpec,
    case: YamlMap,
    owner: str,
    guardrails: tuple[Guardrail, ...],
    problems: ProblemList,
    further: tuple[Assertion, ...] = (),
) -> None:
    """Refuse a case that could only pass; `further` are assertions that it does not say itself."""
    turns = [assertion for turn in spec.turns for assertion in turn.assertions]
    turns += [assertion for turn in spec.persona_turns for assertion in turn.assertions]
    counting = any(assertion.weight > 0 for assertion in (*spec.assertions, *turns, *further))
    if not counting and not any(rule.on_violation == "block" for rule in guardrails):
        problems.add(
            f"{owner} checks nothing: it could only pass",
            case.place,
            expected="an assertion with a weight, or a guardrail that blocks",
            fix="add assertions: [{type: contains, value: …}]",
        )


def check_providers(
    spec: CaseSpec,
    case: YamlMap,
    owner: str,
    providers: set[str],
    groups: set[str],
    in_columns: set[str],
    problems: ProblemList,
) -> None:
    """Refuse providers that the file does not have, and none at all."""
    if spec.providers is None and spec.skip is None and spec.xfail is None:
        return
    known = sorted(providers | groups)
    named = [*known, *sorted(in_columns)]
    what = "provider or variant" if in_columns else "provider"
    for key in ("skip", "xfail"):
        reasons = getattr(spec, key)
        for name in reasons if isinstance(reasons, dict) and providers else ():
            if name not in named:
                problems.add(
                    f"unknown {what} {shorten(name)!r} in {key!r} of {owner}",
                    case[key].key_place(name),
                    expected=one_of(name, named, "an entry of providers:"),
                    fix=suggest(name, named) or "name one of these, or add it to providers:",
                )
    if spec.providers == ():
        problems.add(
            f"{owner} names no providers, so that it would never run",
            case.value_place("providers"),
            expected=one_of("", known, "an entry of providers:"),
            fix="name one, or remove 'providers'",
        )
    for index, name in enumerate(spec.providers or ()):
        # Where the file's providers have problems of their own, theirs are enough.
        if providers and name not in known:
            problems.add(
                f"unknown provider {shorten(name)!r} in {owner}",
                case["providers"].value_place(index),
                expected=one_of(name, known, "an entry of providers:"),
                fix=suggest(name, known) or "name one of these, or add it to providers:",
            )


def check_name(
    name: str,
    case: YamlMap,
    names: dict[str, Callable[[], Location]],
    stands: Callable[[], Location],
    problems: ProblemList,
    *,
    is_variant: bool = False,
) -> None:
    """Refuse a name that a node id cannot hold, or that another case has.

    `names` are those taken so far, with what says where each stands; `stands` says it of this one.
    """
    if not name.strip() or "::" in name or min(name) < " ":
        problems.add(
            f"bad case name {shorten(name)!r}",
            case.value_place("name"),
            expected="one line of text without '::'",
            fix="rename the case",
        )
        return
    first = names.setdefault(name, stands)
    if first is stands:
        return
    fix = "rename one of them"
    if is_variant:
        fix = "put a variable that differs into the name, like name: Case {{ name }}"
    problems.add(
        f"duplicate case {shorten(name)!r}",
        case.value_place("name"),
        expected=f"a name of its own; the other stands at {first()}",
        fix=fix,
    )
