"""What a docstring says of the whole and of each parameter, in three ways of writing."""

from __future__ import annotations

import pytest

from pytest_arena.text.docstrings import read_docstring

GOOGLE = """Find an order.

It may take a while.

Args:
    number (str): The number,
        five digits.
    **more: Further filters.

Returns:
    number: not a parameter
"""
NUMPY = """Find an order.

It may take a while.

Parameters
----------
number : str
    The number,
    five digits.
**more
    Further filters.

Returns
-------
number : str
    not a parameter
"""
SPHINX = """Find an order.

It may take a while.

:param str number: The number,
    five digits.
:param more: Further filters.
:returns: not a parameter
"""


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_a_docstring_tells_of_each_parameter(text: str) -> None:
    read = read_docstring(text)
    assert read.summary == "Find an order.\n\nIt may take a while."
    assert {name: " ".join(said.split()) for name, said in read.parameters.items()} == {
        "number": "The number, five digits.",
        "more": "Further filters.",
    }


def test_a_docstring_without_sections_is_all_summary() -> None:
    assert read_docstring("Find it.\nSee: the manual.").summary == "Find it.\nSee: the manual."
    assert read_docstring("").summary == ""
