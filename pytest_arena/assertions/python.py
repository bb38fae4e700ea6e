"""Assert by a Python function of the project: `module:function`, sync or async."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import math
import re
import site
import sys
import sysconfig
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from pydantic import AliasChoices, Field, field_validator
from pydantic_core import PydanticCustomError

from pytest_arena.assertions.messages import number
from pytest_arena.errors import ArenaError, shorten, suggest
from pytest_arena.results.trial import Trial
from pytest_arena.schema.assertion import Assertion, CheckContext, Outcome

_IMPORTING = threading.RLock()


class UnresolvedError(ArenaError):
    """Report that a `module:function` cannot be found or called, and why."""


def resolve(call: str, root: Path) -> Callable[..., Any]:
    """Return the function of `module:function`, importing its module when it is first asked for.

    Raises `UnresolvedError`; an exception in the module itself is one too, with its place.
    """
    name, _, path = call.partition(":")
    module = _module(name, root.resolve())
    found: Any = module
    for part in path.split("."):
        if not hasattr(found, part):
            near = suggest(part, [n for n in dir(found) if not n.startswith("_")])
            fix = f"\n  fix: {near}" if near else ""
            raise UnresolvedError(f"{call}: the module {name!r} has no {path!r}{fix}")
        found = getattr(found, part)
    if not callable(found):
        raise UnresolvedError(f"{call} is no function: it is {shorten(repr(found))}")
    return found  # type: ignore[no-any-return]  # a callable of the user's


def _module(name: str, root: Path) -> ModuleType:
    own = _file_below(name, root)
    loaded = sys.modules.get(name)
    if loaded is not None and (own is None or _is_file(loaded, own)):
        _refuse_stranger(name, getattr(loaded, "__file__", None), root)
        return loaded
    with _IMPORTING, _on_path(root):
        try:
            if loaded is not None and own is not None:
                return _private_copy(name, own)
            spec = importlib.util.find_spec(name)
            if spec is None:
                raise UnresolvedError(_missing(name, root))
            _refuse_stranger(name, spec.origin if spec.has_location else None, root)
            return importlib.import_module(name)
        except UnresolvedError:
            raise
        except ModuleNotFoundError as error:
            if error.name and (name == error.name or name.startswith(f"{error.name}.")):
                raise UnresolvedError(_missing(name, root)) from error
            raise UnresolvedError(_unimportable(name, error)) from error
        except Exception as error:
            raise UnresolvedError(_unimportable(name, error)) from error


def _file_below(name: str, root: Path) -> Path | None:
    base = root.joinpath(*name.split("."))
    for path in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _is_file(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).resolve() == path.resolve()


def _private_copy(name: str, path: Path) -> ModuleType:
    """Load a file whose module name another file has taken, under a name of its own."""
    _refuse_stranger(name, str(path), path.parents[name.count(".") + (path.stem == "__init__")])
    private = f"_pytest_arena_{abs(hash(path.resolve())):x}_{name.replace('.', '_')}"
    if private in sys.modules:
        return sys.modules[private]
    spec = importlib.util.spec_from_file_location(private, path)
    if spec is None or spec.loader is None:
        raise UnresolvedError(f"the module {name!r} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[private] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[private]
        raise
    return module


def _refuse_stranger(name: str, file: str | None, root: Path) -> None:
    if file is None:
        return
    path = Path(file).resolve()
    paths = sysconfig.get_paths()
    homes: set[str] = {paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"]}
    homes |= {*site.getsitepackages(), site.getusersitepackages()}
    if any(path.is_relative_to(Path(home).resolve()) for home in (str(root), *homes)):
        return
    from importlib.metadata import packages_distributions

    # An editable install lives elsewhere; it is installed all the same.
    if name.partition(".")[0] not in packages_distributions():
        raise UnresolvedError(
            f"the module {name!r} is outside the root directory and is not installed\n"
            "  fix: move it below the root directory, or install it"
        )


def _missing(name: str, root: Path) -> str:
    return (
        f"there is no module {name!r}\n"
        f"  expected: {name.replace('.', '/')}.py below the root directory, or an installed package"
    )


def _unimportable(name: str, error: Exception) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    if isinstance(error, SyntaxError) and error.filename:
        place = f" in {Path(error.filename).name}:{error.lineno}"
    said = shorten(str(error).split("\n")[0])
    return f"the module {name!r} cannot be imported: {type(error).__name__}{place}: {said}"


@contextmanager
def _on_path(root: Path) -> Iterator[None]:
    entry = str(root)
    if entry in sys.path:
        yield
        return
    sys.path.insert(0, entry)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if entry in sys.path:
            sys.path.remove(entry)


_CALL = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_RETURNS = "a bool, a score from 0 to 1, a dict with `passed`, `score` and `reason`, or an Outcome"


class Python(Assertion):
    """Holds when a Python function says so.

        - type: python
          call: checks.orders:mentions_the_order

    The function takes, by name, what it needs of `output`, `prompt`, `messages`, `variables`,
    `trial` and `context`. It returns a bool; a score from 0 to 1, which must be 1 unless
    `threshold` says otherwise; a dict with `passed`, `score` (one of them at least) and `reason`;
    or an `Outcome`. It may be async. The module is found in the root directory and among the
    installed packages, nowhere else.

    Error: when the function cannot be found or called, raises, or returns something else; an
    `assert` in it that fails is an error too.
    """

    type: ClassVar[str] = "python"
    graded: ClassVar[bool] = True

    call: str = Field(validation_alias=AliasChoices("call", "value"))
    """The function, as `module:function`."""

    @field_validator("call")
    @classmethod
    def _names_a_function(cls, call: str) -> str:
        if not _CALL.fullmatch(call):
            raise PydanticCustomError(
                "python_call",
                "bad function name {given}",
                {"given": repr(call), "expected": "module:function, as in checks.orders:is_polite"},
            )
        return call

    def is_async(self, context: CheckContext) -> bool:
        """Return whether the function is async; one that cannot be found is not."""
        try:
            function = resolve(self.call, context.root)
        except UnresolvedError:
            return False
        return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - an object with an async __call__
        )

    def check(self, trial: Trial, context: CheckContext) -> Outcome | Awaitable[Outcome]:
        try:
            function = resolve(self.call, context.root)
            arguments = _arguments(self.call, function, trial, context)
        except UnresolvedError as error:
            return Outcome.error(str(error))
        result = function(**arguments)
        if inspect.isawaitable(result):
            return self._awaited(result)
        return self._read(result)

    async def _awaited(self, result: Awaitable[Any]) -> Outcome:
        return self._read(await result)

    def _read(self, result: Any) -> Outcome:
        if isinstance(result, Outcome):
            return result
        if isinstance(result, bool):
            return Outcome.of(result, f"{self.call} returned {result}", expected="true")
        if isinstance(result, (int, float)):
            return self._scored(result, None, None)
        if isinstance(result, Mapping):
            return self._described(result)
        return Outcome.error(f"{self.call} returned {shorten(repr(result))}, not {_RETURNS}")

    def _described(self, result: Mapping[Any, Any]) -> Outcome:
        unknown = [key for key in result if key not in ("passed", "score", "reason")]
        passed, score, reason = (result.get(key) for key in ("passed", "score", "reason"))
        is_sound = (
            not unknown
            and (passed is None or isinstance(passed, bool))
            and (score is None or (isinstance(score, (int, float)) and not isinstance(score, bool)))
            and (reason is None or isinstance(reason, str))
            and (passed is not None or score is not None)
        )
        if not is_sound:
            return Outcome.error(
                f"{self.call} returned {shorten(repr(dict(result)))}, not {_RETURNS}"
            )
        if score is None:
            return Outcome.of(bool(passed), reason or f"{self.call} returned {passed}")
        return self._scored(score, passed, reason)

    def _scored(self, score: float, passed: bool | None, reason: str | None) -> Outcome:
        if not (math.isfinite(score) and 0 <= score <= 1):
            return Outcome.error(f"{self.call} gave the score {score!r}, which is not from 0 to 1")
        told = reason or f"{self.call} gave the score {number(float(score))}"
        holds = score >= 1 if passed is None else passed
        expected = "score 1" if passed is None and self.threshold is None else None
        return Outcome.of(holds, told, score=float(score), expected=expected)


def _arguments(
    call: str, function: Callable[..., Any], trial: Trial, context: CheckContext
) -> dict[str, Any]:
    users = [m.get("content") for m in trial.messages if m.get("role") == "user"]
    offered = {
        "output": trial.output or "",
        "prompt": users[-1] if users else "",
        "messages": list(trial.messages),
        "variables": dict(context.variables),
        "trial": trial,
        "context": context,
    }
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise UnresolvedError(f"{call} has no signature that could be read") from error
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    for parameter in named:
        fits = parameter.name in offered and parameter.kind is not parameter.POSITIONAL_ONLY
        if not fits and parameter.default is parameter.empty:
            raise UnresolvedError(
                f"{call} wants a parameter {parameter.name!r} that there is not\n"
                f"  expected: parameters named {', '.join(offered)}"
            )
    if takes_all:
        return offered
    by_name = {p.name for p in named if p.kind is not p.POSITIONAL_ONLY}
    return {name: value for name, value in offered.items() if name in by_name}
