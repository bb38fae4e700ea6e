"""Models of trial, cell and run, and their file format; knows nothing of how they came about."""

from pytest_arena.results.exchange import Message, Request, Response, Source, ToolCall
from pytest_arena.results.models import (
    Cell,
    Finding,
    FindingVerdict,
    GuardrailEvent,
    RunInfo,
    RunResult,
    Trial,
    TrialError,
    Verdict,
)
from pytest_arena.results.reading import read_run

__all__ = [
    "Cell",
    "Finding",
    "FindingVerdict",
    "GuardrailEvent",
    "Message",
    "Request",
    "Response",
    "RunInfo",
    "RunResult",
    "Source",
    "ToolCall",
    "Trial",
    "TrialError",
    "Verdict",
    "read_run",
]
