"""Assertions on the trace that an application told: how many spans, how long, any failed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from pytest_arena.assertions.messages import bounded
from pytest_arena.assertions.of_turns import OfTurns
from pytest_arena.assertions.within_bounds import WithinBounds
from pytest_arena.errors import shorten
from pytest_arena.results.trace import Span
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import CheckContext, Outcome
from pytest_arena.text.numbers import counted, stays_within
from pytest_arena.text.printable import printable
from pytest_arena.text.wildcards import fits

Spans = Sequence[Span]
_MOST_TOLD = 5


class SpanAssertion(OfTurns):
    """An assertion on the spans of a trace; subclass it and write `judge_spans`."""

    name: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Look at spans of this name alone; `*` stands for any text."""

    def judge_spans(self, spans: Spans, every: Spans) -> Outcome:
        """Judge the spans of the name that is looked at, of `every` one that was told."""
        raise NotImplementedError(f"{type(self).__name__} has no judge_spans()")

    def check(self, trial: Trial, context: CheckContext) -> Outcome:
        responses = self.answers(trial, context)
        if isinstance(responses, Outcome):
            return responses
        traces = [response.trace for response in responses]
        told = [trace for trace in traces if trace is not None]
        if len(told) < len(traces) or not traces:
            return Outcome.error("the application returned no trace")
        if (problem := next((trace.problem for trace in told if trace.problem), "")) != "":
            return Outcome.error(problem)
        if (left_out := sum(trace.left_out for trace in told)) > 0:
            return Outcome.error(f"the trace is not whole: {left_out:,} of its spans were too many")
        every = [span for trace in told for span in trace.spans]
        return self.judge_spans([span for span in every if self._is_meant(span)], every)

    def _is_meant(self, span: Span) -> bool:
        return self.name is None or fits(self.name, span.name)

    @property
    def _of_name(self) -> str:
        return f" called {printable(shorten(self.name, 60))}" if self.name is not None else ""


class SpanCount(SpanAssertion, WithinBounds):
    """Holds when the trace has as many spans as is allowed.

        - type: span_count
          name: "chat *"
          max: 3

    Error: when the application told no trace, not the whole of one, or more spans than are kept.
    """

    type: ClassVar[str] = "span_count"

    graded: ClassVar[bool] = True

    def judge_spans(self, spans: Spans, every: Spans) -> Outcome:
        found = bounded(len(spans), self._counted, minimum=self.min, maximum=self.max)
        return replace(found, reason=f"{found.reason}; {_names(every)}")

    def _counted(self, spans: float) -> str:
        return counted(spans, "span") + self._of_name


class SpanDuration(SpanAssertion):
    """Holds when no span took longer than is allowed.

        - type: span_duration
          name: search
          max_ms: 800

    Error: when the application told no trace, not the whole of one, or more spans than are kept;
    when it does not tell how long a span took; and when there is no such span.
    """

    type: ClassVar[str] = "span_duration"

    max_ms: float = Field(gt=0)
    """The most milliseconds that a span may take."""

    def judge_spans(self, spans: Spans, every: Spans) -> Outcome:
        if not spans:
            return Outcome.error(f"there is no span{self._of_name}; {_names(every)}")
        untimed = next((span for span in spans if span.duration_ms is None), None)
        took = [(span.duration_ms, span) for span in spans if span.duration_ms is not None]
        longest_ms, longest = max(took, key=lambda one: one[0], default=(0.0, spans[0]))
        holds = stays_within(longest_ms, self.max_ms)
        if holds and untimed is not None:
            return Outcome.error(f"nobody told how long the span {_shown(untimed)} took")
        reason = f"{_shown(longest)} took {longest_ms:,.0f} ms"
        return Outcome.of(holds, reason, expected=f"at most {self.max_ms:,.0f} ms")


class NoErrorSpans(SpanAssertion):
    """Holds when no span of the trace failed.

        - type: no_error_spans

    A span failed where its status is an error, or where it says `error` or `error.type`.

    Error: when the application told no trace, not the whole of one, or more spans than are kept;
    and with `name`, when there is no such span.
    """

    type: ClassVar[str] = "no_error_spans"

    def judge_spans(self, spans: Spans, every: Spans) -> Outcome:
        if not spans and self.name is not None:
            return Outcome.error(f"there is no span{self._of_name}; {_names(every)}")
        failed = [span for span in spans if span.error is not None]
        expected = f"no failed span{self._of_name}"
        if not failed:
            return Outcome.of(True, f"none of {len(spans)} spans failed", expected=expected)
        said = printable(shorten(failed[0].error or "", 120))
        further = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        return Outcome.of(False, f"{_shown(failed[0])} failed: {said}{further}", expected=expected)


def _shown(span: Span) -> str:
    return printable(shorten(span.name, 60))


def _names(spans: Spans) -> str:
    """Return what the trace holds, by name."""
    if not spans:
        return "the trace is empty"
    names = list(dict.fromkeys(map(_shown, spans)))
    further = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    return f"the trace has {', '.join(names[:_MOST_TOLD])}{further}"
