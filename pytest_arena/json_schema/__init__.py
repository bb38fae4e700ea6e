"""JSON Schemas as files have them: checked when they are loaded, and values held against them.

`validation` is the way in. A schema never fetches another one, never hangs on a pattern, and a
keyword or format that nobody would check is refused (`keywords`, `formats`).
"""

from pytest_arena.json_schema.validation import (
    SchemaUnusableError,
    check_schema,
    mismatches,
    schema_fault,
)

__all__ = ["SchemaUnusableError", "check_schema", "mismatches", "schema_fault"]
