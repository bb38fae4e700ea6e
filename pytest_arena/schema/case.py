"""One entry of `tests:` as it is written in the file."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from pytest_arena.schema.assertion import Assertion
from pytest_arena.schema.base import ArenaModel, Duration, PromptText, Texts
from pytest_arena.schema.chaos import Chaos
from pytest_arena.schema.content import PromptContent
from pytest_arena.schema.conversation import MessageSpec, NoteSpec, TurnSpec
from pytest_arena.schema.data_file import DataSpec
from pytest_arena.schema.limits import BudgetSpec
from pytest_arena.schema.mock import CaseMock
from pytest_arena.schema.persona import PersonaTurnSpec
from pytest_arena.schema.predicted import Label, Predicted
from pytest_arena.schema.tool import ToolSpec
from pytest_arena.schema.transform import Transform


def _named(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


DataFile = Annotated[DataSpec, BeforeValidator(_named)]
"""A data file by its name alone, or with how it is read."""


_NO = frozenset({"false", "no", "n", "off", "0"})


def says_no(value: object) -> bool:
    """Return whether a value stands for no, as `off`, `No`, false and 0 do."""
    if isinstance(value, (bool, int, float)):
        return not value
    return isinstance(value, str) and value.strip().lower() in _NO


def _reasons(value: object) -> object:
    """Return a reason, or one for each provider; refuse what is neither.

    Nothing and a blank text, as most rows of a table have it, are none.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, (str, int, float)) and not (isinstance(value, bool) or says_no(value)):
        return str(value)
    if isinstance(value, Mapping) and value:
        reasons = {str(name): text for name, text in value.items() if isinstance(text, str)}
        if len(reasons) == len(value) and not any(map(says_no, reasons.values())):
            return {name: text for name, text in reasons.items() if text.strip()}
    raise _no_reason(value)


def _quoted(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, (int, float, str)) else "this"


def _no_reason(value: object) -> PydanticCustomError:
    inside = value.values() if isinstance(value, Mapping) else (value,)
    no = next((one for one in inside if says_no(one)), None)
    shown = no if no is not None else value
    fix = 'say why, as in "waits for the new model", or for whom, as in {name: why}'
    return PydanticCustomError(
        "reason",
        "{given} is no reason",
        {
            "given": _quoted(shown),
            "expected": "a text, or a mapping from providers or groups to texts",
            "fix": fix if no is None else f"leave it out where it holds for none; else {fix}",
        },
    )


Reasons = Annotated[
    str | dict[str, str] | None,
    PlainValidator(_reasons),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "additionalProperties": {"type": "string"}},
            ]
        }
    ),
]
"""A reason that holds for every provider, or one for each provider or group by name."""


def _family(value: object) -> object:
    """Return a family's name; an empty cell of a table names none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return (value.strip() or None) if isinstance(value, str) else value


Cluster = Annotated[str | None, BeforeValidator(_family)]
"""The name of a family of cases, as written or from a column."""


class CaseSpec(ArenaModel):
    """One case: a prompt or a conversation, and what must hold of the answer."""

    name: str
    """Unique in the file. With `matrix` or `data` it may hold `{{ name }}` itself."""
    description: str | None = None
    """Shown in reports."""
    prompt: PromptContent | None = None
    """What is sent, a text or parts of which some are files; `{{ name }}` stands for a variable.
    The line break that YAML's `|` and `>` add at the end is not sent, nor is it of other prompts;
    one that ends in several keeps them."""
    prompts: tuple[PromptContent, ...] | None = None
    """Several prompts, each sent on its own; every answer must hold."""
    conversation: tuple[TurnSpec | NoteSpec | PersonaTurnSpec, ...] | None = None
    """Turns of one conversation, each sent with all that was said before, notes of who looks on,
    and simulated users."""
    continue_on_failure: bool | None = None
    """Go on with a conversation after a turn whose assertions failed (default: end it there; what
    was not said is not judged)."""
    max_messages: int | None = Field(default=None, ge=2)
    """The most messages that a conversation may have, the user's and the answers to them."""
    messages: tuple[MessageSpec, ...] | None = None
    """What was said before, answers of the model among it; the last message is the user's, and is
    answered."""
    system: PromptText | None = None
    """The system prompt, instead of the one that the case's target has."""
    target: str | None = None
    """How the case reaches the provider: the name of an entry of `targets:`
    (default: that of `defaults:`)."""
    tools: dict[str, ToolSpec | str] | tuple[Any, ...] | None = None
    """What models are offered in this case alone, instead of the file's tools: names of those, and
    tools as the file has them; an empty list offers none."""
    chaos: Chaos = ()
    """Faults that are planted in the tools of the case's agent, before those of its target."""
    session_id: str | None = None
    """Handed to the provider as the conversation's user id."""
    expected_themes: tuple[str, ...] | None = None
    """What a `relevance` assertion looks for."""
    context: Texts = ()
    """The documents that an answer should rest on, one text or several: what `faithfulness` and
    its kin judge by, and `{{ context }}` in the prompt."""
    variables: dict[str, Any] = Field(default_factory=dict)
    """Values for `{{ name }}`, over the file's own."""
    matrix: dict[str, tuple[Any, ...]] | None = None
    """Variables with several values each; every combination is a case of its own."""
    data: DataFile | None = None
    """A file with rows beside the arena file, by name or as a mapping: each row is a case of its
    own, its columns are variables."""
    attacks: tuple[Any, ...] = ()
    """Attacks that the case is repeated under: names (`base64`, `role_play`, …, or `encodings`,
    `jailbreaks`, `all`), attacks of your own, and `{file: …}` with a list of them."""
    cluster: Cluster = None
    """The family of prompts that the case is of, such as `"{{ topic }}"`: cases of one family share
    their good and bad days, and the regression gate takes them as one observation."""
    providers: tuple[str, ...] | None = None
    """Only these providers or provider groups."""
    variants: tuple[str, ...] | None = None
    """Only these variants."""
    tags: tuple[str, ...] = ()
    """Marks for `-m`, and rows of the report."""
    skip: Reasons = None
    """Why the case is not run, for all providers or by provider, variant or group."""
    xfail: Reasons = None
    """Why the case is expected to fail, for all providers or by provider, variant or group; an
    `error` still fails."""
    label: Label | None = None
    """The label that a right answer gives, as a classifier's answer does: what all cases come to
    stands in [Labels](labels.md)."""
    predicted: Predicted | None = None
    """Where the answer says its label: a JMESPath expression into its JSON (`category`), or a
    regular expression (`'Category: (\\w+)'`), or words to choose from (`yes|no`); as a mapping,
    under `path` or `pattern`. Without it the whole answer is the label."""
    assertions: tuple[Assertion, ...] = ()
    """What must hold of the answer (in a conversation: of the last one, unless an assertion says
    otherwise)."""
    transform: Transform | None = None
    """What is made of each answer before assertions look at it, after what the provider's entry
    makes of it: [Transforms](transforms.md)."""
    threshold: float | None = Field(default=None, gt=0, le=1)
    """Pass when the weighted score of the assertions is at least this, instead of when every one
    holds."""
    trials: int | None = Field(default=None, gt=0, alias="runs")
    """How many times the case is run against each provider (default 1)."""
    pass_threshold: float = Field(default=1.0, gt=0, le=1)
    """The share of trials that must pass."""
    concurrent: int | None = Field(default=None, gt=0, le=1000)
    """With `duration`, a load case: so many users at once, each asking again once answered."""
    duration: Duration | None = None
    """How long the users of a load case go on asking."""
    concurrent_users: int | None = Field(default=None, gt=0, le=1000)
    """With `messages_per_user`, a load case: so many users at once."""
    messages_per_user: int | None = Field(default=None, gt=0)
    """How many messages each user of a load case sends, one after another."""
    timeout: Duration | None = None
    """The most that one attempt may take, over the provider's own."""
    budget: BudgetSpec | None = None
    """What may be spent on this case, over all its providers and trials."""
    mock: CaseMock | None = None
    """Answers for the mock provider and for `--arena-mock`."""

    @property
    def turns(self) -> tuple[TurnSpec, ...]:
        """The scripted turns of its conversation; none without one."""
        return tuple(turn for turn in self.conversation or () if isinstance(turn, TurnSpec))

    @property
    def persona_turns(self) -> tuple[PersonaTurnSpec, ...]:
        """The turns of its conversation in which a simulated user talks."""
        return tuple(turn for turn in self.conversation or () if isinstance(turn, PersonaTurnSpec))
