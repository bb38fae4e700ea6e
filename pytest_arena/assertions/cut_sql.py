"""What of SQL is missing or too much, which sqlglot's parser lets pass."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

_CUT_AT = frozenset(
    (
        "AS", "BY", "ORDER", "ORDER BY", "GROUP", "GROUP BY", "PARTITION BY", "SET", "FROM",
        "WHERE", "HAVING", "JOIN", "INTO", "AND", "OR", "NOT", "UNION", ",", "=",
    )
)  # fmt: skip
"""Words and signs behind which something must follow."""
_CUT_COMMA = frozenset(("FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", ")"))
_LOOSE_COMMAS = frozenset(("bigquery", "clickhouse", "databricks", "duckdb", "snowflake"))
_CONDITIONS = frozenset(("WHERE", "AND", "OR", "NOT", "ON", "HAVING"))
_SIDES = frozenset(("LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL"))
_JOINS = (["JOIN"], ["OUTER"])
_BEHIND_CONDITIONS = frozenset(("WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "UNION"))
_FROM_ALONE = "duckdb"
_DELETES_WITHOUT_FROM = frozenset(("bigquery", "fabric", "oracle", "tsql"))
_MODES = frozenset(("ISOLATION", "READ", "NOT", "DEFERRABLE", "WITH", "WRITE"))


def what_is_cut(sql: str, statements: list[Any], dialect: str | None) -> str | None:
    """Return what is wrong with statements that were parsed, or None."""
    named = (dialect or "").lower()
    for words in _words(sql, dialect):
        if (problem := _cut_words(words, named)) is not None:
            return problem
    for statement in statements:
        for node in statement.walk():
            if (problem := _cut_node(node, named)) is not None:
                return problem
    return None


def _words(sql: str, dialect: str | None) -> Iterator[list[str]]:
    """Yield the words and signs of each statement; names and texts in quotes are empty."""
    import sqlglot
    from sqlglot import TokenType

    words: list[str] = []
    for token in sqlglot.tokenize(sql, read=dialect):
        if token.token_type is TokenType.SEMICOLON:
            yield words
            words = []
        else:
            kind = token.token_type
            is_quoted = kind is TokenType.IDENTIFIER or kind.name.endswith("STRING")
            words.append("" if is_quoted else " ".join(token.text.upper().split()))
    yield words


def _cut_words(words: list[str], dialect: str) -> str | None:
    if not words:
        return None
    if words[-1] in _CUT_AT and words[0] not in ("COMMIT", "ROLLBACK", "SHOW", "PRAGMA"):
        return f"nothing follows {words[-1]}"
    for one, other in pairwise(words):
        if (problem := _odd_pair(one, other, dialect)) is not None:
            return problem
    for index, (one, other) in enumerate(pairwise(words)):
        if one in _CONDITIONS and other in _SIDES and words[index + 2 : index + 3] in _JOINS:
            return f"nothing stands between {one} and {other} JOIN"
    if words[0] in ("SELECT", "WITH") and words[-1] == "ON" and "JOIN" in words:
        return "nothing follows ON"
    if words[:3] == ["INSERT", "INTO", "("] and words[3:4] not in (["SELECT"], ["WITH"]):
        return "INSERT names no table"
    goes_on = {"SELECT", "INSERT", "|>"} & set(words)
    if words[0] == "FROM" and not goes_on and dialect != _FROM_ALONE:
        return "nothing is selected"
    if words[0] == "COPY" and not {"FROM", "TO", "INTO"} & set(words):
        return "COPY says neither from where nor to where"
    return None


def _odd_pair(one: str, other: str, dialect: str) -> str | None:
    """Return what is wrong with two words or signs that follow each other, or None."""
    if other == "," and one in ("SELECT", ",", "("):
        return "nothing stands before a comma"
    if one == "," and other in _CUT_COMMA and dialect not in _LOOSE_COMMAS:
        return "nothing follows a comma"
    if one == "FROM" == other:
        return "nothing stands between FROM and FROM"
    if one == "ON" and other in _BEHIND_CONDITIONS:
        return f"nothing stands between ON and {other}"
    return None


def _cut_node(node: Any, dialect: str) -> str | None:
    from sqlglot import exp

    if isinstance(node, exp.Select) and not node.expressions:
        # PostgreSQL selects rows without columns
        if not node.args.get("from_") and not node.args.get("from"):
            return "nothing is selected"
    elif isinstance(node, exp.Update) and isinstance(node.parent, (type(None), exp.With)):
        if not node.expressions:
            return "nothing is set"
        idle = next((one for one in node.expressions if isinstance(one, exp.Column)), None)
        return f"nothing is assigned to {idle.name}" if idle is not None else None
    elif isinstance(node, exp.Insert) and node.parent is None:
        given = ("expression", "default", "source", "settings")
        if not any(node.args.get(key) for key in given):
            return "nothing is inserted"
    elif isinstance(node, exp.Delete) and node.parent is None:
        is_whole = node.args.get("this") or node.args.get("where")
        if not is_whole and dialect not in _DELETES_WITHOUT_FROM:
            return "DELETE has no FROM"
    elif isinstance(node, exp.Transaction):
        modes = node.args.get("modes") or ()
        odd = next((str(one) for one in modes if str(one).upper().split()[0] not in _MODES), None)
        return f"{odd} is no mode of a transaction" if odd else None
    return None
