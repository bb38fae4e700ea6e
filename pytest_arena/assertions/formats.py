"""Assertions on the form of an answer: JSON, XML, SQL."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.cut_sql import what_is_cut
from pytest_arena.errors import suggest
from pytest_arena.judging.detectors.messages import quoted
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome
from pytest_arena.schema.base import NotNull
from pytest_arena.text.json_text import (
    NotJsonError,
    UnreadableJsonError,
    fenced,
    find_json,
    holds_json,
    json_in_nfc,
    parse_json,
)

_MOST_SQL = 100_000


class IsJson(Assertion):
    """Holds when the answer is JSON, or with `extract: true` has a JSON object or list in it.

        - type: is_json
          extract: true

    Strict: `NaN`, comments and trailing commas are not JSON. What is inside of broken JSON, of a
    thought (`<think>`) or of a fence of another language is not found.

    Error: when the JSON is nested too deeply to be read.
    """

    type: ClassVar[str] = "is_json"
    reads_text: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = ("is_valid_json",)

    extract: bool = False
    """Take the JSON object or list in a code fence or in prose."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        try:
            value = parse_json(trial.output or "", extract=self.extract)
        except UnreadableJsonError as error:
            return Outcome.error(str(error))
        except NotJsonError as error:
            return Outcome.of(False, f"{error}: {quoted(trial.output or '')}", expected="JSON")
        return Outcome.of(True, f"is JSON ({_kind(value)})", expected="JSON")


class IsXml(Assertion):
    """Holds when the answer is one well-formed XML document.

        - type: is_xml
          extract: true

    A document that declares entities does not hold: such declarations can grow without bound.

    Error: never.
    """

    type: ClassVar[str] = "is_xml"
    reads_text: ClassVar[bool] = True

    extract: bool = False
    """Take the inside of a code fence, where there is one: of the language, else of the first."""

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        output = trial.output or ""
        xml = fenced(output, "xml", "html", "svg") if self.extract else output
        problem = _xml_problem(xml.strip())
        return Outcome.of(problem is None, problem or "is XML", expected="XML")


class IsSql(Assertion):
    """Holds when the answer is SQL: one or more whole statements in a dialect.

        - type: is_sql
          dialect: postgres
          extract: true

    Error: when the parser cannot tell (a statement that it knows by name only), or when the
    answer has more than 100,000 characters.
    """

    type: ClassVar[str] = "is_sql"
    reads_text: ClassVar[bool] = True

    dialect: str | None = None
    """A dialect that sqlglot knows: postgres, mysql, sqlite, bigquery, … (default: its own)."""
    extract: bool = False
    """Take the inside of a code fence, where there is one: of the language, else of the first."""

    @field_validator("dialect")
    @classmethod
    def _is_known(cls, dialect: str | None) -> str | None:
        if dialect is not None:
            from sqlglot.dialects import Dialect

            if not dialect or dialect.lower() not in Dialect.classes:
                near = suggest(dialect.lower(), Dialect.classes)
                raise PydanticCustomError(
                    "sql_dialect",
                    "unknown SQL dialect {given}",
                    {
                        "given": repr(dialect),
                        "expected": f"one of {', '.join(sorted(n for n in Dialect.classes if n))}",
                        **({"fix": near} if near else {}),
                    },
                )
        return dialect

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        output = trial.output or ""
        sql = fenced(output, "sql", self.dialect or "sql") if self.extract else output
        if len(sql) > _MOST_SQL:
            return Outcome.error(f"an answer of {len(sql):,} characters is too long to be parsed")
        return _parsed_sql(sql, self.dialect)


class ContainsJson(Assertion):
    """Holds when JSON anywhere in the answer holds a value, or fits a schema.

        - type: contains_json
          value: {status: shipped, items: [{id: 7}]}

    An object holds the keys that `value` names, a list an element of its own for each of its
    elements; without `value` and `schema` any JSON object or list will do. What is inside of broken
    JSON, of a thought (`<think>`) or of a fence of another language is not found; where JSON is
    broken, `not` does not hold.

    Error: when the JSON is nested too deeply to be read, or a pattern of the schema needs more
    than a second.
    """

    type: ClassVar[str] = "contains_json"
    reads_text: ClassVar[bool] = True

    value: Annotated[Any, NotNull] = None
    """A part of the JSON that is looked for."""
    schema_: Annotated[Any, NotNull] = Field(default=None, alias="schema")
    """A JSON Schema that it must fit."""

    @field_validator("value")
    @classmethod
    def _is_in_nfc(cls, wanted: Any) -> Any:
        return json_in_nfc(wanted)

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: Any) -> Any:
        from pytest_arena.json_schema import check_schema

        return check_schema(schema)

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        from pytest_arena.json_schema import SchemaUnusableError, mismatches

        expected = f"JSON with {quoted(str(self.value))}" if self.value is not None else "JSON"
        problem = "there is no JSON in the answer"
        looks_for_any = self.value is None and self.schema_ is None
        try:
            found = find_json(trial.output or "")
            for value in found.values:
                if looks_for_any and not isinstance(value, (dict, list)):
                    problem = f"{quoted(str(value))} is {_kind(value)}, no object and no list"
                    continue
                if self.value is not None and not holds_json(value, self.value):
                    problem = f"{quoted(str(value))} does not hold {quoted(str(self.value))}"
                    continue
                mismatch = mismatches(value, self.schema_) if self.schema_ is not None else None
                if mismatch is None:
                    return Outcome.of(True, f"found {quoted(str(value))}", expected=expected)
                problem = mismatch
        except (UnreadableJsonError, SchemaUnusableError) as error:
            return Outcome.error(str(error))
        if found.broken:
            return Outcome.unseen(
                f"{found.broken}: {quoted(trial.output or '')}", expected=expected
            )
        return Outcome.of(False, problem, expected=expected)


def _kind(value: Any) -> str:
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return kinds.get(type(value), "null" if value is None else "a number")


def _xml_problem(text: str) -> str | None:
    from xml.parsers import expat

    declared: list[str] = []

    def refuse(name: str, *_rest: object) -> None:
        declared.append(name)
        raise ValueError(name)

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = refuse
    try:
        # Surrogates cannot be encoded; a text that holds one is no XML anyway.
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        return f"not XML: {what} at line {error.lineno}, column {error.offset + 1}"
    except ValueError:
        if declared:
            return f"declares the entity {declared[0]!r}, which is refused"
        return "not XML: it holds characters that cannot be encoded"
    return None


def _parsed_sql(sql: str, dialect: str | None) -> Outcome:
    import logging

    import sqlglot
    from sqlglot import exp

    expected = f"SQL ({dialect})" if dialect else "SQL"
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        statements = [s for s in sqlglot.parse(sql, read=dialect) if s is not None]
    except (sqlglot.errors.ParseError, sqlglot.errors.TokenError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Outcome.of(False, f"not SQL: {_plain(first)}", expected=expected)
    except RecursionError:
        return Outcome.error("the SQL is nested too deeply to be parsed")
    finally:
        logger.disabled = before
    if not statements:
        return Outcome.of(False, "not SQL: there is no statement", expected=expected)
    for statement in statements:
        if isinstance(statement, exp.Command):
            named = quoted(statement.sql(dialect=dialect))
            return Outcome.error(f"the parser knows this statement by name only: {named}")
        if not isinstance(statement, _statement_kinds()):
            shown = quoted(statement.sql(dialect=dialect))
            return Outcome.of(False, f"not SQL: {shown} is no statement", expected=expected)
    if (cut := what_is_cut(sql, statements, dialect)) is not None:
        return Outcome.of(False, f"not SQL: {cut}", expected=expected)
    names = ", ".join(statement.key for statement in statements[:5])
    return Outcome.of(True, f"is SQL ({names})", expected=expected)


def _statement_kinds() -> tuple[type, ...]:
    from sqlglot import exp

    names = (
        "Query", "DML", "DDL", "Alter", "Drop", "Use", "Set", "Transaction", "Commit", "Rollback",
        "Describe", "Show", "Pragma", "TruncateTable", "Analyze", "Comment", "Grant", "Revoke",
        "Merge", "Refresh", "Cache", "Uncache", "LoadData", "Copy", "Kill", "Attach", "Detach",
        "Values", "MultitableInserts",
    )  # fmt: skip
    return tuple(getattr(exp, name) for name in names if hasattr(exp, name))


def _plain(text: str) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)
