"""Who answers while a provider is down: other entries of the file, and their answers are marked."""

from __future__ import annotations

from pytest_arena.engine.calling.client import ProviderClient
from pytest_arena.errors import LASTING, RETRYABLE, ErrorKind, ProviderError
from pytest_arena.loading.plans import CellPlan
from pytest_arena.results.request_response import Request, Response, Tool

DOWN = LASTING | RETRYABLE | {ErrorKind.BAD_RESPONSE, ErrorKind.PROVIDER_DOWN}
"""What another provider is asked after. A request that was refused, and a mistake in the file,
would only be hidden."""


async def ask_others(
    client: ProviderClient,
    plan: CellPlan,
    request: Request,
    failure: ProviderError,
) -> Response:
    """Return the answer of the first fallback that has one, marked by its name.

    The request is changed to what was really sent. Where all fail, the provider's own failure is
    raised, with theirs behind it.
    """
    said = [failure.message]
    case = plan.case
    of_servers = _of_servers(plan, request)
    for spec in plan.fallbacks:
        request.provider = spec.name
        request.params, request.tools = case.params_for(spec), case.tools_for(spec)
        if of_servers:
            request.tools = [*(request.tools or ()), *of_servers]
        request.timeout_s = case.timeout_s or spec.longest_s
        try:
            response = await client.call(spec, request)
        except ProviderError as error:
            said.append(f"fallback {spec.name!r}: {error.message}")
            if error.kind in DOWN:
                continue
            break
        response.answered_by = spec.name
        return response
    raise ProviderError(
        failure.kind, "; ".join(said), status=failure.status, attempts=failure.attempts
    ) from failure


def _of_servers(plan: CellPlan, request: Request) -> list[Tool]:
    """Return the tools of MCP servers that a request offers, which no plan knows."""
    if not plan.case.has_servers:
        return []
    known = plan.case.tools_for(plan.provider) or []
    return [tool for tool in request.tools or () if tool not in known]
