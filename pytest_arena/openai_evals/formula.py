"""`calculate_output` of a grader that combines others: a formula over their scores."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

_LONGEST = 2_000
_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}


class BadFormulaError(Exception):
    """A formula that cannot be read or worked out; the text says why."""


class Formula:
    """A formula of numbers, names, `+ - * / ^`, and min, max, abs, floor, ceil, exp, sqrt, log."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > _LONGEST:
            raise BadFormulaError(f"a formula of {len(text):,} characters")
        try:
            self._body = ast.parse(text.strip().replace("^", "**"), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            said = error.msg if isinstance(error, SyntaxError) else str(error)
            raise BadFormulaError(f"{text!r} cannot be read: {said}") from None
        self.names = frozenset(_names(self._body))

    def value(self, scores: Mapping[str, float]) -> float:
        """Return what it comes to; what has no value (a division by 0) is a `BadFormulaError`."""
        try:
            found = float(_value(self._body, scores))
        except (ArithmeticError, ValueError, TypeError) as error:
            raise BadFormulaError(f"{self.text} has no value: {error}") from None
        if not math.isfinite(found):
            raise BadFormulaError(f"{self.text} comes to {found}")
        return found

    def weights(self) -> dict[str, float] | None:
        """Return the weight of each name where the formula is no more than a weighted sum of
        them, None where it is anything else."""
        zero = dict.fromkeys(self.names, 0.0)
        try:
            if not _is_linear(self._body) or self.value(zero) != 0:
                return None
            return {name: self.value({**zero, name: 1.0}) for name in self.names}
        except BadFormulaError:
            return None


def _is_linear(node: ast.AST) -> bool:
    """Return whether nothing but sums, differences, and products or quotients with numbers are
    in a formula."""
    if isinstance(node, (ast.Constant, ast.Name)):
        return True
    if isinstance(node, ast.UnaryOp):
        return _is_linear(node.operand)
    if not isinstance(node, ast.BinOp) or not (_is_linear(node.left) and _is_linear(node.right)):
        return False
    if isinstance(node.op, (ast.Add, ast.Sub)):
        return True
    named = [bool(list(_names(side))) for side in (node.left, node.right)]
    return (isinstance(node.op, ast.Mult) and not all(named)) or (
        isinstance(node.op, ast.Div) and not named[1]
    )


def _names(node: ast.AST) -> list[str]:
    """Return the names of a formula; what a formula does not have is a `BadFormulaError`."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Constant):
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return []
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        return _names(node.operand)
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return [*_names(node.left), *_names(node.right)]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id in _FUNCTIONS and node.args:
            return [name for argument in node.args for name in _names(argument)]
        raise BadFormulaError(f"no function {node.func.id!r}")
    raise BadFormulaError(f"{ast.unparse(node)!r} is nothing that a formula has")


def _value(node: ast.AST, scores: Mapping[str, float]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in scores:
            raise BadFormulaError(f"no grader is called {node.id!r}")
        return scores[node.id]
    if isinstance(node, ast.UnaryOp):
        found = _value(node.operand, scores)
        return -found if isinstance(node.op, ast.USub) else found
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, scores), _value(node.right, scores))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        given = [_value(argument, scores) for argument in node.args]
        return (
            given[0]
            if len(given) == 1 and node.func.id in ("min", "max")
            else _FUNCTIONS[node.func.id](*given)
        )
    raise BadFormulaError(f"{ast.unparse(node)!r} is nothing that a formula has")
