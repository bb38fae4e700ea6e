"""The HTML report and its page."""

from pytest_arena_reporters.html.reporter import HtmlReporter

__all__ = ["HtmlReporter"]
