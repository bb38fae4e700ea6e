"""What is sent to a provider and what comes back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt

from pytest_arena.light_dataclass import dataclass
from pytest_arena.results.allowance import Allowance
from pytest_arena.results.attached_file import AttachedFile, with_files
from pytest_arena.results.content import Part, files_in
from pytest_arena.results.step import Step
from pytest_arena.results.trace import Trace

Source = Literal["call", "recording", "cache", "mock", "outputs", "echo"]
REPLAYED: frozenset[Source] = frozenset(("recording", "cache"))
"""Sources of answers that were given before: their latencies say nothing of today."""
WITHOUT_CALL: frozenset[Source] = frozenset(("mock", "outputs", "echo"))
"""Sources that are no replay of a call either: asked again, they say the same."""
Message = dict[str, Any]
"""One message in OpenAI's chat form: `role` and `content`, and what tools need."""
SYSTEM_ROLES = ("system", "developer")
"""Whose messages are a system prompt."""
Tool = dict[str, Any]
"""One tool that a model is offered, in OpenAI's form: `type: function`, and the `function`."""


def tool_name(tool: Any) -> str | None:
    """Return the name that a tool is called by; None of a vendor's own, which has none."""
    function = tool.get("function", tool) if isinstance(tool, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool: what was asked for, and what came of it where it was run.

    Arguments are the parsed JSON: an object, unless the model gave something else. What does not
    parse is kept as the text that it is. `result` and `error` are None where nobody told them, as
    of a bare model, which asks for calls and runs none.
    """

    name: str
    arguments: Any
    id: str = ""
    result: Any = None
    """What the tool gave, as JSON or text."""
    error: str | None = None
    """Why the tool failed."""
    latency_ms: NonNegativeFloat | None = None
    """The time that the tool took."""
    parent: str | None = None
    """The `id` of the call within which this one was made, as of an agent called as a tool."""
    irreversible: bool = False
    """Whether the tool does what nobody can undo, by its `irreversible:`."""


def called_by_model(call: ToolCall) -> dict[str, Any]:
    """Return a call as it stands in a model's message, in OpenAI's form."""
    given = call.arguments
    arguments = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


@dataclass(slots=True)
class Request:
    """What one provider call shall send; a hook may change it in place.

    `params` are generation parameters (temperature, max_tokens, …). `file` (the arena file, from
    the root directory), `case`, `provider`, `variant`, `trial`, `turn` and `attempt` (all from
    0) tell which call of the run this is; `turns` is how many the dialogue has, `dialogues` how
    many dialogues the case has, which its trials take in turn. `purpose` says what a call is for
    that is not the case's own: `judge` where an answer is being judged, `persona` where a
    simulated user is asked what it says, `embedding` where the messages are texts to embed;
    `provider` is the judge or the persona then, `case` and `trial` are the judged ones.
    `json_only` asks for a reply that is one JSON object, where the provider knows how to ask for
    that. `mock` holds the case's `CaseMock` and `mock_responses` its file's `MockResponses`, for
    the mock provider.
    """

    messages: list[Message]
    params: dict[str, Any] = field(default_factory=dict)
    timeout_s: float = 60.0
    stream: bool = False
    tools: list[Tool] | None = None
    file: str = ""
    case: str = ""
    provider: str = ""
    variant: str | None = None
    purpose: str = ""
    trial: int = 0
    dialogues: int = 1
    turn: int = 0
    turns: int = 1
    column: str = ""
    """The column that a persona talks with; `provider` is the persona then."""
    place: int = 0
    """Which turn of the case's conversation is the persona's, from 0."""
    step: int = 0
    """Which model call of the turn it is, from 0, where an agent of ours makes several."""
    answered: int = 0
    """How many calls of the dialogue were answered before it, those within turns among them."""
    attempt: int = 0
    mock: Any = None
    mock_responses: Any = None
    session_id: str | None = None
    session: str = ""
    """One text for all turns of a dialogue, another for each trial; for systems that remember."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """The case's variables, for systems that take them."""
    json_only: bool = False
    traceparent: str = ""
    """W3C's header by which an application takes part in the trial's trace."""
    otel_endpoint: str = ""
    """Where the run receives an application's spans, where its entry asks for that."""
    under_load: bool = False
    """Whether it is a call of a load case, so that one of many trials is like another."""
    files: Mapping[str, AttachedFile] = field(default_factory=dict)
    """What parts of messages stand for, by its hash."""
    _openai_messages: list[Message] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    @property
    def goes_on(self) -> bool:
        """Whether it is made for a trial that has had an answer: a further turn, a judgement."""
        return self.answered > 0 or bool(self.purpose)

    @property
    def file_parts(self) -> list[Part]:
        """The parts of all messages that stand for files."""
        contents = [message.get("content") for message in self.messages]
        listed = [one for one in contents if not isinstance(one, str)]
        return [part for one in listed for part in files_in(one)] if listed else []

    @property
    def openai_messages(self) -> list[Message]:
        """The messages in OpenAI's form, with what their files hold, in base64.

        Reads the files when it is first asked for, which the engine does in a thread.
        """
        if self._openai_messages is not None:
            return self._openai_messages
        if not self.file_parts:
            return self.messages
        self._openai_messages = with_files(self.messages, self.files)
        return self._openai_messages

    def drop_files(self) -> None:
        """Forget what files hold, so that no more of them is in memory than is in flight."""
        self._openai_messages = None


@dataclass(slots=True)
class Response:
    """What one provider call gave; a hook may change it in place.

    Latencies are in milliseconds and cover the provider call alone. Tokens and cost are None
    where they are not known.
    """

    output: str
    finish_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    latency_ms: NonNegativeFloat | None = None
    first_token_ms: NonNegativeFloat | None = None
    input_tokens: NonNegativeInt | None = None
    output_tokens: NonNegativeInt | None = None
    cost_usd: NonNegativeFloat | None = None
    attempts: NonNegativeInt = 1
    source: Source = "call"
    model: str | None = None
    allowance: Annotated[Allowance | None, Field(exclude=True)] = field(
        default=None, compare=False, repr=False
    )
    """What the provider said of its rate limits, for the engine; no part of the results."""
    answered_by: str | None = None
    """The provider that answered in place of the one that was asked."""
    reasoning: str | None = None
    """What the model thought before it answered, as far as it was told; no part of `output`."""
    reasoning_tokens: int | None = None
    """Those of `output_tokens` that were thoughts, where the provider tells them apart."""
    refusal: str | None = None
    """What the provider marked as a refusal; it is the output as well where there is no other."""
    filtered: bool | None = None
    """Whether the provider's content filter stepped in; None where the provider does not say."""
    tells_tools: bool = True
    """Whether the provider says which tools were called; False where `tool_calls` is empty because
    nobody told, as of a system that returns a text alone."""
    context: tuple[str, ...] = ()
    """The documents that a system says its answer rests on."""
    reported_latency_ms: NonNegativeFloat | None = None
    """The time that a system says it took itself."""
    system_fingerprint: str | None = None
    """The build of the model that answered, by the provider's own name for it."""
    trace: Trace | None = None
    """What a system says it did meanwhile; None where it says nothing of it."""
    message: Message | None = None
    """The model's message as it is sent back in a tool loop: OpenAI's form, and what the provider
    wants to see again, such as signed thoughts. None where text and tool calls say it all."""
    steps: tuple[Step, ...] = ()
    """What an agent that we run did in this turn, in order; empty where one call gave the
    answer."""
    transcript: tuple[Message, ...] = ()
    """All that an agent of ours added to the conversation in this turn, in OpenAI's form: messages
    with tool calls, their results, and the last message."""
    state: Any = None
    """What the tools keep after this turn, as JSON."""
    stopped: str | None = None
    """The limit that ended an agent before it had answered, and how it did."""
    started_ms: NonNegativeFloat | None = None
    """When the turn was asked, in milliseconds since the trial began."""
    transformed: Any = None
    """What `transform:` made of `output`, as JSON: what assertions look at in its place."""

    @property
    def as_seen(self) -> Self:
        """The answer as assertions look at it: with the text of what was made of it."""
        if self.transformed is None:
            return self
        made = self.transformed
        text = made if isinstance(made, str) else json.dumps(made, ensure_ascii=False)
        return replace(self, output=text)

    @property
    def is_cut_by_filter(self) -> bool:
        """Whether what came is a part of an answer that the provider's content filter stopped."""
        return self.filtered is True or self.finish_reason == "content_filter"

    @property
    def in_words(self) -> str:
        """The text and, in words, the tool calls with what came of them, as judges read it."""
        calls = [_called(call) for call in self.tool_calls]
        return "\n".join([self.output, *calls] if self.output else calls)


def _called(call: ToolCall) -> str:
    said = f"calls the tool {call.name} with {json.dumps(call.arguments, ensure_ascii=False)}"
    if call.error is not None:
        said += f", which fails: {call.error}"
    elif call.result is not None:
        given = json.dumps(call.result, ensure_ascii=False, default=str)
        said += f", which gives {given}"
    return f"({said})"


def source_of(responses: Iterable[Response]) -> Source | None:
    """Return where answers came from; those of a provider go before replayed ones."""
    sources = {response.source for response in responses}
    order: tuple[Source, ...] = ("call", "mock", "echo", "outputs", "recording", "cache")
    return next((source for source in order if source in sources), None)
