"""The shape of a PromptPack of schema 1.4, as far as `arena pack` writes one.

Source: https://promptpack.org/schema/v1.4/promptpack.schema.json.
"""

from __future__ import annotations

from typing import Any

URL = "https://promptpack.org/schema/v1.4/promptpack.schema.json"
_PRE = r"(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
VERSION = (
    r"^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    rf"(?:-{_PRE}(?:\.{_PRE})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$"
)
PACK_ID = "^[a-z][a-z0-9-]{0,99}$"
PROMPT_ID = "^[a-z][a-z0-9_-]*$"
VARIABLE = "^[a-zA-Z_][a-zA-Z0-9_]*$"

_TEXT = {"type": "string"}
_SOME_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT}
_FLAG = {"type": "boolean"}
_COUNT = {"type": "integer", "minimum": 1}
_ANYTHING = {"type": "object"}


def _mapping(needed: list[str], /, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": needed,
        "properties": properties,
        "additionalProperties": False,
    }


_PARAMETERS = _mapping(
    [],
    temperature={"type": "number", "minimum": 0, "maximum": 2},
    max_tokens=_COUNT,
    top_p={"type": "number", "minimum": 0, "maximum": 1},
    top_k={"type": ["integer", "null"], "minimum": 1},
    frequency_penalty={"type": "number", "minimum": -2, "maximum": 2},
    presence_penalty={"type": "number", "minimum": -2, "maximum": 2},
)
_VARIABLE = _mapping(
    ["name", "type", "required"],
    name={"type": "string", "pattern": VARIABLE},
    type=_TEXT,
    required=_FLAG,
    default={},
    description=_TEXT,
    example={},
    validation=_mapping(
        [],
        pattern=_TEXT,
        min_length={"type": "integer", "minimum": 0},
        max_length=_COUNT,
        minimum={"type": "number"},
        maximum={"type": "number"},
        enum={"type": "array"},
    ),
    binding=_ANYTHING,
)
_VALIDATOR = _mapping(
    ["type"],
    type=_SOME_TEXT,
    enabled=_FLAG,
    message=_TEXT,
    fail_on_violation=_FLAG,
    params=_ANYTHING,
)
_EVAL = _mapping(
    ["id", "type", "trigger"],
    id=_SOME_TEXT,
    description=_TEXT,
    type=_SOME_TEXT,
    trigger=_TEXT,
    sample_percentage={"type": "number", "minimum": 0, "maximum": 100},
    enabled=_FLAG,
    params=_ANYTHING,
    metric=_ANYTHING,
    threshold=_mapping([], operator=_TEXT, value={"type": "number"}),
    message=_TEXT,
    when=_ANYTHING,
    groups=_TEXTS,
)
EVALS: dict[str, Any] = {"type": "array", "items": _EVAL}
PROMPT: dict[str, Any] = _mapping(
    ["id", "name", "version", "system_template"],
    id={"type": "string", "pattern": PROMPT_ID},
    name=_SOME_TEXT,
    description=_TEXT,
    version={"type": "string", "pattern": VERSION},
    system_template=_SOME_TEXT,
    variables={"type": "array", "items": _VARIABLE},
    tools=_TEXTS,
    tool_policy=_mapping(
        [],
        tool_choice={"type": "string", "enum": ["auto", "required", "none"]},
        max_rounds=_COUNT,
        max_tool_calls_per_turn=_COUNT,
        blocklist=_TEXTS,
    ),
    pipeline=_mapping(["stages"], stages=_TEXTS, middleware={"type": "array"}),
    parameters=_PARAMETERS,
    validators={"type": "array", "items": _VALIDATOR},
    evals=EVALS,
    tested_models={"type": "array", "items": _ANYTHING},
    model_overrides={
        "type": "object",
        "additionalProperties": _mapping(
            [],
            system_template_prefix=_TEXT,
            system_template_suffix=_TEXT,
            system_template=_TEXT,
            parameters=_PARAMETERS,
        ),
    },
    media=_ANYTHING,
)
TOOL: dict[str, Any] = _mapping(
    ["name", "description"],
    name={"type": "string", "pattern": VARIABLE},
    description=_SOME_TEXT,
    parameters={"type": "object", "required": ["type", "properties"]},
)
