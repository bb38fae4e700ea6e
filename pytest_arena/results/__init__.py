"""Models of trial, cell and run, and their file format; knows nothing of how they came about."""

from pytest_arena.results.cell import Cell, Count, GateFinding
from pytest_arena.results.load_test import LoadTestResult, LoadTestSpan
from pytest_arena.results.reading import read_run
from pytest_arena.results.request_response import Message, Request, Response, Source, ToolCall
from pytest_arena.results.run import Gate, RunInfo, RunResult
from pytest_arena.results.trial import (
    Finding,
    FindingVerdict,
    GuardrailEvent,
    Trial,
    TrialError,
    Verdict,
)

__all__ = [
    "Cell",
    "Count",
    "Finding",
    "FindingVerdict",
    "Gate",
    "GateFinding",
    "GuardrailEvent",
    "LoadTestResult",
    "LoadTestSpan",
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
