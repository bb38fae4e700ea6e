"""Models of trial, cell and run, and their file format; knows nothing of how they came about."""

from pytest_arena.results.exchange import Message, Request, Response, Source, ToolCall
from pytest_arena.results.load import Load, LoadSpan
from pytest_arena.results.models import (
    Cell,
    Count,
    Finding,
    FindingVerdict,
    Gate,
    GuardrailEvent,
    RunInfo,
    RunResult,
    Standing,
    Trial,
    TrialError,
    Verdict,
)
from pytest_arena.results.reading import read_run

__all__ = [
    "Cell",
    "Count",
    "Finding",
    "FindingVerdict",
    "Gate",
    "GuardrailEvent",
    "Load",
    "LoadSpan",
    "Message",
    "Request",
    "Response",
    "RunInfo",
    "RunResult",
    "Source",
    "Standing",
    "ToolCall",
    "Trial",
    "TrialError",
    "Verdict",
    "read_run",
]
