"""Models of request, response, trial, cell and run, and their file format.

These dataclasses are what everything else hands on: the engine fills them, workers send them,
journals and `results.jsonl` keep them, comparison and reporters read them. Each field is
described once, where it is declared; reading, checking and writing follow from that. Modules of
dataclasses that lines hold do not postpone their annotations: each would be compiled anew.

Files of results come from other machines and are data from strangers: sizes are capped, shapes
are checked, and a wrong line is told by number and path (`reading`). Text of models is cleaned
once, where it enters (`cleaning`). Nothing here knows how a result came about.
"""

from pytest_arena.results.cell import Cell, Count, GateFinding
from pytest_arena.results.load_test import LoadTestResult, LoadTestSpan
from pytest_arena.results.persona import PersonaMessage
from pytest_arena.results.reading import read_run
from pytest_arena.results.request_response import Message, Request, Response, Source, ToolCall
from pytest_arena.results.run import Gate, RunInfo, RunResult
from pytest_arena.results.step import Step
from pytest_arena.results.trace import Span, Trace
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
    "PersonaMessage",
    "Request",
    "Response",
    "RunInfo",
    "RunResult",
    "Source",
    "Span",
    "Step",
    "ToolCall",
    "Trace",
    "Trial",
    "TrialError",
    "Verdict",
    "read_run",
]
