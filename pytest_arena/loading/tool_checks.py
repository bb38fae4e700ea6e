"""The tools of a case beside those of its columns, and the names of tools in its assertions."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_arena.errors import Location, shorten, suggest
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.plans import CasePlan, every_assertion
from pytest_arena.loading.problems import one_of
from pytest_arena.results.request_response import tool_name
from pytest_arena.schema import ProviderSpec
from pytest_arena.text.tool_names import means_tool


def check_tools(case: CasePlan, columns: Iterable[ProviderSpec], context: LoadContext) -> None:
    """Refuse tools that a provider's params offer again, and names that no offered tool has.

    An application may have tools that the file does not know of, so that a case which runs on one
    may name any.
    """
    line = Location(case.source, case.line, 1)
    names = {tool_name(tool) for tool in case.tools}
    known: set[str | None] = set(names)
    # which tools a server has, it says when it runs
    is_known = not case.has_servers
    for spec in columns:
        own = spec.params.get("tools") or ()
        if case.tools and not isinstance(own, (list, tuple)):
            context.problems.add(
                f"'tools' in params of provider {shorten(spec.name)!r} is not a list",
                spec.place or line,
                expected="a list of tools in OpenAI's form, beside those under tools:",
                fix="write it like params: {tools: [{type: function, function: {…}}]}",
            )
            continue
        for name in names & {tool_name(tool) for tool in own}:
            context.problems.add(
                f"tool {shorten(str(name))!r} is offered twice to provider {shorten(spec.name)!r}",
                spec.place or line,
                expected="a tool under tools:, or in params of the provider",
                fix="remove it from params",
            )
        known |= {tool_name(tool) for tool in own}
        is_known = is_known and spec.system is None and not spec.asks_nobody
        is_known = is_known and bool(case.tools or own)
    if is_known and known and None not in known:
        _check_names(case, line, {str(name) for name in known}, context)


def _check_names(case: CasePlan, line: Location, known: set[str], context: LoadContext) -> None:
    for assertion in every_assertion(case):
        for name in assertion.tool_names:
            if not any(means_tool(name, one) for one in known):
                context.problems.add(
                    f"unknown tool {shorten(name)!r} in assertion {assertion.type!r} "
                    f"of case {shorten(case.name, 60)!r}",
                    assertion.place or line,
                    expected=one_of(name, sorted(known), "a tool that is offered"),
                    fix=suggest(name, known) or "name one of these, or add it to tools:",
                )
