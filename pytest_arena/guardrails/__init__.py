"""Rules on inputs and outputs that can block or replace an answer."""

from pytest_arena.registry import Shipped

_HERE = __name__

BUILTINS = (
    Shipped("banned_words", f"{_HERE}.banned_words:BannedWords"),
    Shipped("max_length", f"{_HERE}.max_length:MaxLength"),
    Shipped("required_pattern", f"{_HERE}.patterns:RequiredPattern"),
    Shipped("forbidden_pattern", f"{_HERE}.patterns:ForbiddenPattern"),
)

__all__ = ["BUILTINS"]
