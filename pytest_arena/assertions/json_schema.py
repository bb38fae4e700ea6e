"""Assert that an answer's JSON fits a JSON Schema."""

from typing import Any, ClassVar

from pydantic import Field, field_validator

from pytest_arena.json_schema import SchemaUnusableError, check_schema, mismatches
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.text.json_text import (
    NotJsonError,
    UnreadableJsonError,
    json_choices,
)


class JsonSchema(Assertion):
    """Holds when the answer is JSON that fits a JSON Schema.

        - type: json_schema
          extract: true
          schema:
            type: object
            required: [status]
            properties:
              status: {enum: [open, closed]}

    The draft is 2020-12 unless `$schema` names another; references are looked up in the schema
    itself only. `format` is checked (email, date, date-time, time, duration, uri, uuid, ipv4, …),
    `multipleOf` counts in decimal, and a keyword or a format that nobody knows is refused when the
    file is loaded. With `extract` the JSON in a fence marked `json` is taken, else of several
    values the first that fits; an answer without JSON fails, with `not`, too.

    Error: when the JSON is nested too deeply, when a reference leads nowhere or in a circle, when a
    pattern of the schema needs more than a second.
    """

    type: ClassVar[str] = "json_schema"
    reads_text: ClassVar[bool] = True

    schema_: Any = Field(alias="schema")
    """The JSON Schema, as a mapping."""
    extract: bool = False
    """Take the JSON object or list in a code fence or in prose."""

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: Any) -> Any:
        return check_schema(schema)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        expected = "JSON that fits the schema"
        try:
            choices = json_choices(trial.output or "", extract=self.extract)
            problems = [mismatches(value, self.schema_) for value in choices]
        except NotJsonError as error:
            return Outcome.unseen(f"{error}: {quoted(trial.output or '')}", expected=expected)
        except (UnreadableJsonError, SchemaUnusableError) as error:
            return Outcome.error(str(error))
        fits = None in problems
        reason = "fits the schema" if fits else str(problems[0])
        return Outcome.of(fits, reason, expected=expected)
