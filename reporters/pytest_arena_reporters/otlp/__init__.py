"""The traces of a run as OTLP JSON lines, by OpenTelemetry's conventions for generative AI.

`reporter` is the way in: a line for each trial, as a collector's file exporter writes them.
`trial_spans` makes a trial's tree of spans, `attributes` names what they say, `messages` writes
what was said in the conventions' form, and `span` is the wire format.
"""

from pytest_arena_reporters.otlp.reporter import OtlpReporter

__all__ = ["OtlpReporter"]
