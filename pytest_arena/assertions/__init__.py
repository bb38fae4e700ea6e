"""Assertions that ship with the plugin: one class each, listed in `BUILTINS`."""

from pytest_arena.assertions.groups import AllOf, AnyOf
from pytest_arena.assertions.json_path import JsonPath
from pytest_arena.assertions.json_schema import JsonSchema
from pytest_arena.assertions.judged import ContextAware, Relevance, Sentiment, Tone
from pytest_arena.assertions.length import (
    Length,
    MaxLength,
    MaxSentences,
    MaxWords,
    MinLength,
    MinSentences,
    MinWords,
)
from pytest_arena.assertions.measures import Cost, FirstToken, ResponseTime, TokenCount
from pytest_arena.assertions.outcome import FinishReason, Refusal, Success, ValidationError
from pytest_arena.assertions.over_trials import (
    AvgResponseTime,
    Consistency,
    ErrorRate,
    P50Latency,
    P95Latency,
    P99Latency,
    SuccessRate,
    TokensUsed,
    TotalCost,
)
from pytest_arena.assertions.overlap import Bleu, Chrf, Levenshtein, Rouge
from pytest_arena.assertions.pattern import Matches, NotMatches
from pytest_arena.assertions.python import Python
from pytest_arena.assertions.structure import ContainsJson, IsJson, IsSql, IsXml
from pytest_arena.assertions.text import (
    BannedWords,
    Contains,
    ContainsAll,
    ContainsAny,
    ContentExcludes,
    EndsWith,
    Equals,
    NotContains,
    StartsWith,
)
from pytest_arena.schema.assertion import Assertion

BUILTINS: tuple[type[Assertion], ...] = (
    Contains,
    ContainsAny,
    ContainsAll,
    NotContains,
    ContentExcludes,
    BannedWords,
    Equals,
    StartsWith,
    EndsWith,
    Matches,
    NotMatches,
    MinLength,
    MaxLength,
    Length,
    MinWords,
    MaxWords,
    MinSentences,
    MaxSentences,
    IsJson,
    JsonSchema,
    JsonPath,
    ContainsJson,
    IsXml,
    IsSql,
    Levenshtein,
    Rouge,
    Bleu,
    Chrf,
    ResponseTime,
    FirstToken,
    Cost,
    TokenCount,
    FinishReason,
    Refusal,
    ValidationError,
    Success,
    Python,
    AnyOf,
    AllOf,
    Tone,
    Sentiment,
    Relevance,
    ContextAware,
    AvgResponseTime,
    P50Latency,
    P95Latency,
    P99Latency,
    SuccessRate,
    ErrorRate,
    TotalCost,
    TokensUsed,
    Consistency,
)

__all__ = ["BUILTINS"]
