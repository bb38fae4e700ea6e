"""The mock's answers for who is asked beside the columns: those under its own name alone."""

from __future__ import annotations

from pytest_arena.schema import CaseMock, MockResponses


def own_mock(mock: CaseMock | None, name: str) -> CaseMock | None:
    """Return a case's answers for a judge or a persona: those for all others are the column's."""
    if mock is None or name not in mock.providers:
        return None
    return CaseMock(providers={name: mock.providers[name]})


def own_responses(responses: MockResponses | None, name: str) -> MockResponses | None:
    """Return a file's answers for a judge or a persona."""
    if responses is None or name not in responses.providers:
        return None
    return MockResponses(providers={name: responses.providers[name]})
