"""What may be registered, and what a class is told that lacks something."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from pytest_arena import Assertion, Guardrail, Provider, Reporter
from pytest_arena.errors import UsageError
from pytest_arena.registry import Registry


class Nameless(Assertion):
    """Has no type."""


class Annotated(Assertion):
    """Has a type that is a key of the file."""

    type: str = "annotated"  # type: ignore[misc]


class BareProvider(Provider):
    """Has no type."""


class BareReporter(Reporter):
    """Has no format."""


class Blank(Guardrail):
    """Has an empty type."""

    type: ClassVar[str] = ""


NAMED = "the name that it is called by, as a class variable"


@pytest.mark.parametrize(
    ("register", "cls", "what", "expected", "fix"),
    [
        (
            "assertion",
            Nameless,
            "class 'Nameless' is registered as an assertion, and has no 'type'",
            NAMED,
            'write type: ClassVar[str] = "nameless" into the class',
        ),
        (
            "assertion",
            Annotated,
            "class 'Annotated' is registered as an assertion, and has no 'type'",
            NAMED,
            'write type: ClassVar[str] = "annotated" into the class',
        ),
        (
            "provider",
            BareProvider,
            "class 'BareProvider' is registered as a provider, and has no 'type'",
            NAMED,
            'write type: ClassVar[str] = "bare_provider" into the class',
        ),
        (
            "reporter",
            BareReporter,
            "class 'BareReporter' is registered as a reporter, and has no 'format'",
            NAMED,
            'write format: ClassVar[str] = "bare_reporter" into the class',
        ),
        (
            "guardrail",
            Blank,
            "class 'Blank' is registered as a guardrail, and has no 'type'",
            NAMED,
            'write type: ClassVar[str] = "blank" into the class',
        ),
        (
            "provider",
            Nameless,
            "class 'Nameless' is registered as a provider, and has no complete()",
            "a class with complete()",
            "register it as what it is, or write the method",
        ),
        (
            "assertion",
            "contains",
            "'contains' is registered as an assertion, and is no class",
            "a class with check()",
            "register the class itself, not an instance or a name",
        ),
    ],
)
def test_a_class_that_lacks_something_is_told(
    register: str, cls: Any, what: str, expected: str, fix: str
) -> None:
    with pytest.raises(UsageError) as caught:
        getattr(Registry(), register)(cls)
    (problem,) = caught.value.problems
    assert (problem.what, problem.expected, problem.fix) == (what, expected, fix)
    if isinstance(cls, type):
        assert problem.place is not None
        assert problem.place.file.endswith("test_registry.py")


def test_what_is_missing_alone_is_added() -> None:
    class First(Provider):
        type: ClassVar[str] = "one"

    class Second(Provider):
        type: ClassVar[str] = "one"

    class Third(Provider):
        type: ClassVar[str] = "two"

    registry, other = Registry(), Registry()
    registry.provider(First)
    other.provider(Second)
    other.provider(Third)
    registry.add_missing(other)
    assert registry.providers.items() == [("one", First), ("two", Third)]
