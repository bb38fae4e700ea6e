"""One pattern for any of many texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_arena.text.any_of import any_of
from pytest_arena.text.key_forms import KEY_FORMS


@given(st.lists(st.text("ab.|(*", min_size=1, max_size=4), min_size=1), st.text("ab.|(*"))
def test_it_finds_one_where_one_stands(texts: list[str], searched: str) -> None:
    assert bool(re.search(any_of(texts), searched)) == any(text in searched for text in texts)


@pytest.mark.parametrize("hint", sorted({hint for form in KEY_FORMS for hint in form.hints}))
def test_each_hint_of_a_key_is_found(hint: str) -> None:
    every = any_of(hint for form in KEY_FORMS for hint in form.hints)
    assert re.search(every, f"0{hint}0")
