"""The tree that YAML is read into: mappings and lists that know where everything stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.prompts.templates import as_text

_BITS = 28
LINE_SHIFT = _BITS
_MASK = (1 << _BITS) - 1


def pack_mark(file: int, line: int, column: int) -> int:
    """Return a place as one integer: the file's index, the line and the column (from 1).

    A file of 10,000 cases has 300,000 places; as integers they cost a quarter of the memory that
    objects would.
    """
    return (((file << _BITS) | line) << _BITS) | column


class YamlMap(dict[Any, Any]):
    """A YAML mapping with the places of its keys and values."""

    __slots__ = ("files", "key_marks", "mark", "marks", "spellings")

    def __init__(self, files: list[str], mark: int) -> None:
        super().__init__()
        self.files = files
        self.mark = mark
        self.key_marks: dict[Any, int] = {}
        self.marks: dict[Any, int] = {}
        self.spellings: dict[Any, str] | None = None

    @property
    def place(self) -> Location:
        """Where the mapping starts."""
        return place_at(self.mark, self.files)

    def key_place(self, key: Any) -> Location:
        """Return where a key stands; the mapping's own place where it has no such key."""
        return place_at(self.key_marks.get(key, self.mark), self.files)

    def value_place(self, key: Any) -> Location:
        """Return where a key's value starts; the mapping's own place where it has none."""
        return place_at(self.marks.get(key, self.mark), self.files)

    def spelling(self, key: Any) -> str:
        """Return a scalar as it was written, so that 1.10 stays `1.10` where a text is wanted."""
        return (self.spellings or {}).get(key, str(self[key]))

    def put(self, key: Any, value: Any, mark: int, key_mark: int | None = None) -> None:
        """Set a key with the place that problems with it are shown at."""
        self[key] = value
        self.marks[key] = mark
        self.key_marks[key] = mark if key_mark is None else key_mark

    def adopt(self, key: Any, other: YamlMap) -> None:
        """Take over a key of another mapping with its value, places and spelling."""
        self.put(key, other[key], other.marks[key], other.key_marks[key])
        if other.spellings and key in other.spellings:
            self.spellings = {**(self.spellings or {}), key: other.spellings[key]}

    def only(self, keys: Iterable[Any]) -> YamlMap:
        """Return a mapping with some of the keys, in this mapping's order."""
        wanted = set(keys)
        part = YamlMap(self.files, self.mark)
        for key in self:
            if key in wanted:
                part.adopt(key, self)
        return part

    def like(self) -> YamlMap:
        """Return an empty mapping that has this one's keys' places and spellings."""
        twin = YamlMap(self.files, self.mark)
        twin.key_marks, twin.marks, twin.spellings = self.key_marks, self.marks, self.spellings
        return twin


class YamlList(list[Any]):
    """A YAML list with the places of its entries."""

    __slots__ = ("files", "mark", "marks", "spellings")

    def __init__(self, files: list[str], mark: int) -> None:
        super().__init__()
        self.files = files
        self.mark = mark
        self.marks: list[int] = []
        self.spellings: dict[int, str] | None = None

    @property
    def place(self) -> Location:
        """Where the list starts."""
        return place_at(self.mark, self.files)

    def value_place(self, index: int) -> Location:
        """Return where an entry starts; the list's own place where it has no such entry."""
        known = 0 <= index < len(self.marks)
        return place_at(self.marks[index] if known else self.mark, self.files)

    def spelling(self, index: int) -> str:
        """Return a scalar as it was written."""
        return (self.spellings or {}).get(index, str(self[index]))

    def put(self, value: Any, mark: int, spelling: str | None = None) -> None:
        """Append an entry with its place."""
        if spelling is not None:
            self.spellings = self.spellings or {}
            self.spellings[len(self)] = spelling
        self.append(value)
        self.marks.append(mark)

    def extend_from(self, other: YamlList) -> None:
        """Append another list's entries with their places and spellings."""
        for index, value in enumerate(other):
            self.put(value, other.marks[index], (other.spellings or {}).get(index))

    def like(self) -> YamlList:
        """Return an empty list that has this one's places and spellings."""
        twin = YamlList(self.files, self.mark)
        twin.marks, twin.spellings = self.marks, self.spellings
        return twin


def place_at(mark: int, files: list[str]) -> Location:
    """Return the place that `pack_mark` made an integer of."""
    return Location(files[mark >> (2 * _BITS)], (mark >> _BITS) & _MASK, mark & _MASK)


class Filled(str):
    """How a value reads where a text is wanted, of a template that left it with its type."""

    __slots__ = ()


def planted(value: Any, files: list[str], mark: int) -> Any:
    """Return a value as a tree whose every part stands at one place: that of its template."""
    tree: YamlMap | YamlList
    if isinstance(value, dict):
        tree = YamlMap(files, mark)
        for key, inner in value.items():
            tree.put(key, planted(inner, files, mark), mark)
        entries: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, (list, tuple)):
        tree = YamlList(files, mark)
        for inner in value:
            tree.put(planted(inner, files, mark), mark)
        entries = enumerate(value)
    else:
        return value
    spellings: dict[Any, str] = {
        key: Filled(as_text(of)) for key, of in entries if type(of) is not str
    }
    tree.spellings = spellings
    return tree


class WrittenFloat(float):
    """A number that reads as it was written, so that a version 1.10 is no 1.1."""

    text: str

    def __new__(cls, value: float, text: str) -> WrittenFloat:
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override]  # for copies
        return float(self), self.text

    def __str__(self) -> str:
        return self.text


class WrittenInt(int):
    """A whole number that reads as it was written, so that +49301234 keeps its plus."""

    text: str

    def __new__(cls, value: int, text: str) -> WrittenInt:
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]  # for copies
        return int(self), self.text

    def __str__(self) -> str:
        return self.text


def plain(value: Any) -> Any:
    """Return a value as ordinary dicts and lists, without places; numbers read as written."""
    if isinstance(value, YamlMap):
        return {key: _plain(inner, value, key) for key, inner in value.items()}
    if isinstance(value, YamlList):
        return [_plain(inner, value, number) for number, inner in enumerate(value)]
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def _plain(value: Any, tree: Any, key: Any) -> Any:
    made = _WRITTEN.get(type(value))
    if made is not None:
        written = tree.spelling(key)
        return value if written == str(value) else made(value, written)
    return plain(value) if isinstance(value, (dict, list)) else value


_WRITTEN: dict[type, Callable[[Any, str], Any]] = {float: WrittenFloat, int: WrittenInt}
"""The kinds of numbers, each with the one that knows how it is written."""
