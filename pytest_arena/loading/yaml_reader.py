"""YAML text to a tree with places, from libyaml's events, with caps on what it may cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yaml import SafeLoader, YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from pytest_arena.errors import ArenaFileError, Location, Problem, shorten
from pytest_arena.loading.json_escapes import PairParser, needs_pairs
from pytest_arena.loading.problems import ProblemList
from pytest_arena.loading.tree import LINE_SHIFT, YamlList, YamlMap, pack_mark, place_at
from pytest_arena.loading.yaml_errors import decode, is_depth_limit, syntax_problem
from pytest_arena.loading.yaml_scalars import resolve_scalar

MAX_BYTES = 20_000_000
MAX_DEPTH = 60
MAX_ALIASED = 1_000_000
"""Nodes that aliases may stand for in all, counted as if each were written out."""

_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = {_TAG + name for name in ("int", "float", "bool", "null")}
_TEXT_TAGS = {"!", _TAG + "str"}
_CONTAINER_TAGS = {None, "!", _TAG + "map", _TAG + "seq"}
_NO_KEY: Any = object()
_MERGE: Any = object()


def read_yaml(data: bytes, files: list[str], problems: ProblemList) -> Any:
    """Return the tree of a YAML document; `files[-1]` is its name in messages.

    Mistakes that leave a tree (duplicate keys, tags) are added to `problems`; one that leaves none
    is raised as `ArenaFileError`.
    """
    name = files[-1]
    if len(data) > MAX_BYTES:
        raise ArenaFileError(
            Problem(
                f"the file is too large: {len(data):,} bytes",
                Location(name, 1, 1),
                f"at most {MAX_BYTES:,} bytes",
                "split it, and name the parts under include:",
            )
        )
    text = decode(data, name)
    try:
        return _TreeBuilder(files, problems).build(CParser(text))
    except YAMLError as error:
        if is_depth_limit(error):
            # libyaml reads ahead and has a limit of its own; its slow twin stops at ours, sooner
            _TreeBuilder(files, problems).build(SafeLoader(text))
        if needs_pairs(error, text):
            return _read_with_pairs(text, files, problems)
        raise ArenaFileError(syntax_problem(error, text, name)) from None


def _read_with_pairs(text: str, files: list[str], problems: ProblemList) -> Any:
    try:
        return _TreeBuilder(files, problems).build(PairParser(text))
    except YAMLError as error:
        raise ArenaFileError(syntax_problem(error, text, files[-1])) from None


class _Frame:
    """One mapping or list that is still open."""

    __slots__ = ("anchor", "container", "height", "is_map", "key", "merges", "start")

    def __init__(self, container: Any, anchor: str | None, start: int) -> None:
        self.container = container
        self.is_map = type(container) is YamlMap
        self.anchor = anchor
        self.start = start
        self.height = 1
        self.key: Any = _NO_KEY
        self.merges: list[tuple[Any, int]] | None = None


class _Anchor:
    """What an alias may stand for: its value, its nodes and levels, and its written form."""

    __slots__ = ("height", "nodes", "spelling", "value")

    def __init__(self, value: Any, nodes: int, height: int, spelling: str | None = None) -> None:
        self.value = value
        self.nodes = nodes
        self.height = height
        self.spelling = spelling


class _TreeBuilder:
    def __init__(self, files: list[str], problems: ProblemList) -> None:
        self._files = files
        self._file = len(files) - 1
        self._base = pack_mark(self._file, 0, 0)
        self._problems = problems
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchor | None] = {}
        self._documents = 0
        self._nodes = 0
        self._aliased = 0
        self._plain: dict[str, Any] = {}
        self._root: Any = None

    def build(self, parser: CParser | SafeLoader | PairParser) -> Any:
        named = {
            ScalarEvent.__name__: self._scalar,
            MappingStartEvent.__name__: self._start,
            SequenceStartEvent.__name__: self._start,
            MappingEndEvent.__name__: self._end,
            SequenceEndEvent.__name__: self._end,
            AliasEvent.__name__: self._alias,
            DocumentStartEvent.__name__: self._document,
        }
        handlers: dict[type, Callable[[Any], None] | None] = {}
        next_event = parser.get_event
        while (event := next_event()) is not None:
            kind = type(event)
            if kind not in handlers:
                # By name: where Python modules are loaded anew (pytester does it), libyaml's
                # extension module goes on making events of the old classes.
                handlers[kind] = named.get(kind.__name__)
            handle = handlers[kind]
            if handle is not None:
                handle(event)
        return self._root

    def _scalar(self, event: Any) -> None:
        # The hot path of loading: plain keys and values of mappings make no further call.
        self._nodes += 1
        text: str = event.value
        if event.tag is not None or event.anchor is not None:
            self._rare_scalar(event)
            return
        value: Any = text
        frame = self._stack[-1] if self._stack else None
        if not event.style:
            value = self._plain.get(text, _NO_KEY)
            if value is _NO_KEY:
                value = self._plain[text] = resolve_scalar(text)
        start = event.start_mark
        mark = self._base | (start.line + 1) << LINE_SHIFT | start.column + 1
        if frame is None or not frame.is_map:
            self._put(frame, value, mark, None if type(value) is str else text, event)
            return
        container, key = frame.container, frame.key
        if key is _NO_KEY:
            if value in container or (text == "<<" and not event.style):
                self._take_key(frame, _MERGE if text == "<<" else value, mark, event)
            else:
                frame.key = value
                container.key_marks[value] = mark
        elif key is _MERGE:
            self._put(frame, value, mark, None, event)
        else:
            frame.key = _NO_KEY
            container[key] = value
            container.marks[key] = mark
            if type(value) is not str:
                container.spellings = container.spellings or {}
                container.spellings[key] = text

    def _rare_scalar(self, event: Any) -> None:
        value: Any = event.value
        if event.tag in _SCALAR_TAGS or (event.tag is None and not event.style):
            value = resolve_scalar(event.value)
        elif event.tag is not None and event.tag not in _TEXT_TAGS:
            self._refuse_tag(event.tag, event)
        spelling = None if type(value) is str else event.value
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, 1, 0, spelling)
        self._put(
            self._stack[-1] if self._stack else None, value, self._mark(event), spelling, event
        )

    def _start(self, event: Any) -> None:
        self._nodes += 1
        if event.tag not in _CONTAINER_TAGS:
            self._refuse_tag(event.tag, event)
        if len(self._stack) >= MAX_DEPTH:
            raise self._too_deep(event)
        mark = self._mark(event)
        new: YamlMap | YamlList
        if type(event) is MappingStartEvent:
            new = YamlMap(self._files, mark)
        else:
            new = YamlList(self._files, mark)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._put(self._stack[-1] if self._stack else None, new, mark, None, event)
        self._stack.append(_Frame(new, event.anchor, self._nodes - 1))

    def _end(self, event: Any) -> None:
        frame = self._stack.pop()
        if frame.merges is not None:
            self._merge(frame.container, frame.merges)
        if frame.anchor is not None:
            nodes = self._nodes - frame.start
            self._anchors[frame.anchor] = _Anchor(frame.container, nodes, frame.height)
        if self._stack:
            parent = self._stack[-1]
            parent.height = max(parent.height, frame.height + 1)

    def _alias(self, event: Any) -> None:
        name = event.anchor
        anchor = self._anchors.get(name, _NO_KEY)
        if anchor is _NO_KEY:
            raise self._error(
                event,
                f"unknown alias '*{name}'",
                f"an anchor '&{name}' above it",
                "define it above, or quote the text if it begins with '*'",
            )
        if anchor is None:
            raise self._error(
                event,
                f"alias '*{name}' stands inside what it names",
                "an anchor that ends before its alias",
                "write the part out instead of naming it",
            )
        self._nodes += anchor.nodes
        self._aliased += anchor.nodes
        if self._aliased > MAX_ALIASED:
            raise self._error(
                event,
                "the aliases stand for too much",
                f"aliases for at most {MAX_ALIASED:,} nodes in all",
                "write fewer aliases of aliases",
            )
        if len(self._stack) + anchor.height > MAX_DEPTH:
            raise self._too_deep(event)
        frame = self._stack[-1]
        frame.height = max(frame.height, anchor.height + 1)
        self._put(frame, anchor.value, self._mark(event), anchor.spelling, event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._error(
                event,
                "a second YAML document begins here",
                "one document in a file",
                "remove the '---', or make it a file of its own",
            )

    def _put(
        self, frame: _Frame | None, value: Any, mark: int, spelling: str | None, event: Any
    ) -> None:
        if frame is None:
            self._root = value
        elif not frame.is_map:
            frame.container.put(value, mark, spelling)
        elif frame.key is _NO_KEY:
            self._take_key(frame, value, mark, event)
        else:
            key, frame.key = frame.key, _NO_KEY
            if key is _MERGE:
                # Taken at the mapping's end, when a list of mappings is complete.
                frame.merges = [*(frame.merges or ()), (value, mark)]
                return
            frame.container[key] = value
            frame.container.marks[key] = mark
            if spelling is not None:
                frame.container.spellings = frame.container.spellings or {}
                frame.container.spellings[key] = spelling

    def _take_key(self, frame: _Frame, key: Any, mark: int, event: Any) -> None:
        if isinstance(key, (YamlMap, YamlList)):
            raise self._error(
                event,
                "a mapping or list stands where a key should",
                "a text as the key",
                "quote it if '{' or '[' begins a text",
            )
        frame.key = key
        if key in frame.container or (key is _MERGE and frame.merges):
            shown = "<<" if key is _MERGE else shorten(str(key))
            first = frame.container.key_place(key).line
            self._problems.add(
                f"duplicate key {shown!r}",
                self._place(event),
                expected="each key once in a mapping",
                fix=f"remove it here or in line {first}",
            )
        elif key is not _MERGE:
            frame.container.key_marks[key] = mark

    def _merge(self, container: Any, merges: list[tuple[Any, int]]) -> None:
        for value, mark in merges:
            for source in value if isinstance(value, YamlList) else [value]:
                if not isinstance(source, YamlMap):
                    self._problems.add(
                        "'<<' merges something that is not a mapping",
                        place_at(mark, self._files),
                        expected="an alias of a mapping, or a list of them",
                        fix="write it like <<: *name",
                    )
                    continue
                for key in source:
                    if key not in container:
                        container.adopt(key, source)

    def _refuse_tag(self, tag: str, event: Any) -> None:
        short = "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag
        self._problems.add(
            f"YAML tag {shorten(short)!r} is not allowed",
            self._place(event),
            expected="plain YAML: texts, numbers, lists and mappings",
            fix="remove the tag",
        )

    def _too_deep(self, event: Any) -> ArenaFileError:
        return self._error(
            event, "nested too deep", f"at most {MAX_DEPTH} levels", "write it flatter"
        )

    def _error(
        self, event: Any, what: str, expected: str | None, fix: str | None
    ) -> ArenaFileError:
        return ArenaFileError(Problem(what, self._place(event), expected, fix))

    def _mark(self, event: Any) -> int:
        mark = event.start_mark
        return pack_mark(self._file, mark.line + 1, mark.column + 1)

    def _place(self, event: Any) -> Location:
        mark = event.start_mark
        return Location(self._files[self._file], mark.line + 1, mark.column + 1)
