"""What a case says to the model, turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_arena.errors import shorten
from pytest_arena.loading.assertions import build_assertions, build_named
from pytest_arena.loading.content import build_content
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.personas import Personas, check_known
from pytest_arena.loading.plans import NotePlan, PersonaPlan, TurnPlan
from pytest_arena.loading.targets import Prompt
from pytest_arena.loading.tree import YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.prompts.notes import operator_messages
from pytest_arena.results.attached_file import AttachedFile
from pytest_arena.results.content import Said, content_of, files_in, text_in
from pytest_arena.results.request_response import SYSTEM_ROLES, Message
from pytest_arena.schema import Assertion, CaseSpec, Content, NoteSpec, PersonaTurnSpec, TurnSpec
from pytest_arena.schema.content import files_of, said_in

GREETING = "Hello!"
"""What a load case sends that has no prompt; every other case must have one."""


def dialogues_of(
    spec: CaseSpec,
    prompt: Prompt,
    variables: Mapping[str, Any],
    context: LoadContext,
    personas: Personas | None = None,
    max_messages: int | None = None,
) -> tuple[tuple[TurnPlan, ...], ...]:
    """Return each prompt of a case, or its conversation, as the turns of a dialogue."""

    def turn(content: str | Content) -> Said:
        return said_under(prompt, said_in(content), variables, context)

    if spec.messages:
        *before, _ = said_by(spec)
        return ((TurnPlan(turn(spec.messages[-1].content), before=tuple(before)),),)
    if spec.conversation is not None:
        longest = iter(_longest_talks(spec, spec.max_messages or max_messages))

        def played(said: PersonaTurnSpec) -> PersonaPlan | None:
            owner, most = f"case {shorten(spec.name, 60)!r}", next(longest)
            return personas.plan(said, most, variables, owner) if personas is not None else None

        return (tuple(_turns(spec.conversation, turn, played)),)
    prompts = (spec.prompt,) if spec.prompt is not None else spec.prompts or (GREETING,)
    return tuple((TurnPlan(turn(text)),) for text in prompts)


def said_under(
    prompt: Prompt, said: Said, variables: Mapping[str, Any], context: LoadContext
) -> Said:
    """Return what a user says, as the template of a prompt puts it."""
    if prompt.user is None:
        return said
    text = prompt.user.filled({**variables, "prompt": text_in(said)}, context)
    files = files_in(said)
    return ({"type": "text", "text": text}, *files) if files else text


def _turns(
    conversation: Iterable[TurnSpec | NoteSpec | PersonaTurnSpec],
    turn: Callable[[str | Content], Said],
    played: Callable[[PersonaTurnSpec], PersonaPlan | None],
) -> Iterator[TurnPlan]:
    """Yield the user's turns, each with the notes before it and those while it is worked at."""
    before: list[NoteSpec] = []
    plan: TurnPlan | None = None
    for said in conversation:
        if not isinstance(said, NoteSpec):
            if plan is not None:
                yield plan
            told: list[Message] = []
            if before:
                text = operator_messages((note.kind, note.inject) for note in before)
                told.append({"role": "user", "content": text})
            user, persona = (
                (turn(said.user), None) if isinstance(said, TurnSpec) else ("", played(said))
            )
            plan = TurnPlan(user, said.assertions, before=tuple(told), persona=persona)
            before = []
        elif said.after is None:
            before.append(said)
        elif plan is not None:
            text = operator_messages([(said.kind, said.inject)])
            notes = sorted([*plan.notes, NotePlan(text, said.after)], key=lambda note: note.after)
            plan = replace(plan, notes=tuple(notes))
    if plan is not None:
        yield plan


def _longest_talks(spec: CaseSpec, max_messages: int | None) -> Iterator[int]:
    """Yield how many messages each persona may send, so that the conversation is no longer than it
    may be: the first takes what the others need not have."""
    turns = spec.persona_turns
    if max_messages is None:
        yield from (turn.most for turn in turns)
        return
    notes = len(spec.conversation or ()) - len(spec.turns) - len(turns)
    left = (max_messages - notes) // 2 - len(spec.turns) - sum(turn.least for turn in turns)
    for turn in turns:
        more = min(turn.most - turn.least, max(left, 0))
        left -= more
        yield turn.least + more


def sent_files(spec: CaseSpec) -> dict[str, AttachedFile]:
    """Return the files that a case sends, by their hashes."""
    contents = [
        spec.prompt,
        *(spec.prompts or ()),
        *(turn.user for turn in spec.turns),
        *(message.content for message in spec.messages or ()),
    ]
    return {name: file for content in contents for name, file in files_of(content).items()}


def said_by(spec: CaseSpec) -> list[Message]:
    """Return what `messages:` of a case says, but for the system prompt that begins it."""
    said = [
        {"role": one.role, "content": content_of(said_in(one.content))}
        for one in spec.messages or ()
    ]
    return said[1:] if system_of(spec) is not None and spec.system is None else said


def system_of(spec: CaseSpec) -> str | None:
    """Return the system prompt that a case has of its own, under `system:` or as first message."""
    if spec.system is None and spec.messages and spec.messages[0].role in SYSTEM_ROLES:
        return text_in(said_in(spec.messages[0].content))
    return spec.system


def build_conversation(case: YamlMap, owner: str, context: LoadContext) -> Any:
    """Build the turns under `conversation:`; what is no list is left for the model to refuse."""
    written = case["conversation"]
    if not isinstance(written, YamlList):
        return written
    if written and all(isinstance(turn, YamlMap) and "role" in turn for turn in written):
        context.problems.add(
            f"'conversation' of {owner} holds messages",
            case.value_place("conversation"),
            expected="turns of the user's, each of which the model answers",
            fix="write messages: for what was said before, or {user: …} for each turn",
        )
        return ()
    turns: list[TurnSpec | NoteSpec | PersonaTurnSpec | None] = []
    for index, turn in enumerate(written):
        named = f"turn {index + 1} of {owner}"
        if isinstance(turn, YamlMap) and "inject" in turn:
            turns.append(build_model(NoteSpec, turn, context.problems, named))
        elif isinstance(turn, YamlMap) and "persona" in turn:
            turns.append(_persona_turn(turn, named, context))
        elif isinstance(turn, YamlMap):
            turns.append(_turn(turn, named, context))
        else:
            context.problems.add(
                f"turn {index + 1} of {owner} is not a mapping",
                written.value_place(index),
                expected="a mapping with user, and assertions where some must hold",
                fix="write it like {user: Hello!, assertions: […]}",
            )
    return tuple(turn for turn in turns if turn is not None)


def _persona_turn(turn: YamlMap, owner: str, context: LoadContext) -> PersonaTurnSpec | None:
    values: dict[str, Any] = {**turn, "assertions": _checks(turn, context)}
    built = build_model(PersonaTurnSpec, turn, context.problems, owner, values)
    if built is not None and not check_known(built.persona, turn.value_place("persona"), context):
        return None
    return built


def build_messages(case: YamlMap, owner: str, context: LoadContext) -> Any:
    """Build the parts that messages under `messages:` say; all else is left for the model."""
    written = case["messages"]
    if not isinstance(written, YamlList):
        return written
    built: list[Any] = []
    for index, message in enumerate(written):
        if isinstance(message, YamlMap) and "content" in message:
            content = build_content(message, "content", f"message {index + 1} of {owner}", context)
            if isinstance(content, Content) and content.files and message.get("role") != "user":
                context.problems.add(
                    f"message {index + 1} of {owner} sends a file, and is not the user's",
                    message.value_place("content"),
                    expected="files in messages of the user's, as vendors take them",
                    fix="write role: user, or leave the file out",
                )
            message = {**message, "content": content}
        built.append(message)
    return built


def _turn(turn: YamlMap, owner: str, context: LoadContext) -> TurnSpec | None:
    values: dict[str, Any] = dict(turn)
    if "user" in turn:
        values["user"] = build_content(turn, "user", owner, context)
    values["assertions"] = _checks(turn, context)
    return build_model(TurnSpec, turn, context.problems, owner, values)


def _checks(turn: YamlMap, context: LoadContext) -> tuple[Assertion, ...]:
    """Return the assertions of a turn, with that of its `expected_response`."""
    assertions = build_assertions(turn.get("assertions"), turn.value_place("assertions"), context)
    if turn.get("expected_response") is not None:
        mark = turn.marks["expected_response"]
        wanted = YamlMap(turn.files, turn.key_marks["expected_response"])
        wanted.put("value", turn["expected_response"], mark)
        contains = build_named("contains", wanted, context)
        assertions = (*assertions, contains) if contains else assertions
    return assertions
