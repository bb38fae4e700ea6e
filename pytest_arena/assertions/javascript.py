"""Assert by JavaScript, as promptfoo's configurations do."""

import re
from typing import Any, ClassVar, Self

from pydantic import AliasChoices, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.grading_results import outcome_of_javascript
from pytest_arena.errors import shorten
from pytest_arena.javascript import Given, NotRunError, Source, Thrown, run
from pytest_arena.results.cleaning import clean_text, clean_value
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.schema.javascript import check_javascript

_GIVEN = re.compile(r"\\u|\b(output|context|arguments|eval|Function)\b")
"""What code can get at what it is given by."""


class JavaScript(Assertion):
    """Holds when JavaScript says so, by promptfoo's rules.

        - type: javascript
          code: output.length <= context.vars.limit

    One line is an expression, several are the body of a function with `return`. It sees `output`
    (a text, or what `transform:` made of it) and `context`: `vars`, `prompt`, `config`, `test` and
    `provider`. `file:` names a file whose export is called with the two, by `function` where it
    exports several.

    True holds. A number is the score, and holds when it is at least `threshold`, or above 0 without
    one. An object has `pass`, `score` and `reason`, and may have `componentResults`. Anything else
    but a text, and an exception, fails, with `not`, too. A promise is waited for.

    It needs `pip install 'pytest-arena[javascript]'`, and runs without files, network, `require`,
    `fetch`, timers and `Intl`.

    Error: when it gives a text, needs what is not there, runs for more than 2 seconds, or needs
    more than 128 MB.
    """

    type: ClassVar[str] = "javascript"
    graded: ClassVar[bool] = True
    takes_code_file: ClassVar[bool] = True
    applies_threshold: ClassVar[bool] = True

    code: str | None = Field(
        default=None, validation_alias=AliasChoices("code", "value"), min_length=1
    )
    """An expression in one line, or the body of a function in several."""
    file: str | None = None
    """A file beside the arena file (`.js`, `.cjs` or `.mjs`), instead of `code`."""
    function: str | None = None
    """The function that is called, of those that the file exports."""
    config: dict[str, Any] = Field(default_factory=dict)
    """Values of your own: `context.config`."""
    threshold: float | None = None
    """The least number that holds, instead of anything above 0."""

    @field_validator("function")
    @classmethod
    def _is_a_name(cls, function: str | None) -> str | None:
        if function is not None and not function.strip():
            raise PydanticCustomError(
                "function", "an empty function", {"expected": "a name that the file exports"}
            )
        return function

    @model_validator(mode="after")
    def _can_be_run(self) -> Self:
        if self.code is None:
            raise PydanticCustomError(
                "no_code",
                "an assertion without code",
                {"expected": "code: or file:", "fix": "add code: output.length > 0"},
            )
        if self.function is not None and self.file is None:
            raise PydanticCustomError(
                "function",
                "a function without a file",
                {"expected": "function: beside file:", "fix": "add file:, or leave it out"},
            )
        check_javascript(self._source)
        return self

    @property
    def _source(self) -> Source:
        return Source(self.code or "", self.file is not None, self.function)

    def cannot_fail_within(self, most_bytes: int, longest_s: float) -> str | None:
        if self.file is not None or _GIVEN.search(self.code or ""):
            return None
        return (
            "the code reads neither output nor context, so that every answer gets the same "
            "verdict, and this checks nothing"
        )

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        last = trial.last
        output = trial.output or ""
        made = output if last is None or last.transformed is None else last.transformed
        try:
            found = run(self._source, [made, self._context(trial, context)])
        except NotRunError as error:
            return Outcome.error(f"{self._name} {error}")
        if isinstance(found, Thrown):
            return Outcome.unseen(f"{self._name} threw {shorten(clean_text(found.text), 300)}")
        return self._read(found)

    @property
    def _name(self) -> str:
        return f"{self.file}" if self.file else "the code"

    def _context(self, trial: Trial, context: CheckContext) -> dict[str, Any]:
        variables = dict(context.variables)
        return {
            "prompt": trial.last_prompt,
            "vars": variables,
            "config": self.config,
            "test": {"description": context.case, "vars": variables},
            "provider": {"id": context.provider, "label": context.provider},
        }

    def _read(self, found: Given) -> Outcome:
        value = clean_value(found.value) if found.kind != "number" else found.value
        return outcome_of_javascript(self._name, found.kind, value, self.type, self.threshold)
