"""Parts of a prompt or a message: texts, and files that are found, looked at and hashed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pytest_arena.errors import Location, shorten
from pytest_arena.loading.context import LoadContext
from pytest_arena.loading.file_kinds import KINDS, kind_of
from pytest_arena.loading.files import display_name, read_limited
from pytest_arena.loading.tree import Filled, YamlList, YamlMap
from pytest_arena.loading.validate import build_model
from pytest_arena.results.attached_file import AttachedFile
from pytest_arena.results.content import said_of
from pytest_arena.schema.content import Content, PartSpec

MAX_FILE_BYTES = 20_000_000
MAX_TEXT_BYTES = 2_000_000
_KEYS = ("text", *KINDS, "file")
_OF_VENDORS = ("image_url", "input_image", "input_audio", "input_file", "input_text", "document")
_TYPES = (*_KEYS, *_OF_VENDORS)
_OF_FORMS = ("type", "detail", "path", "source", "file", "filename", "file_data", *_OF_VENDORS)
_DATA = re.compile(r"data:(?:[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*?;base64,(.*)", re.DOTALL)
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SENT = "a path from the arena file's folder, or a data: URL with base64"


def build_content(tree: YamlMap | YamlList, key: Any, owner: str, context: LoadContext) -> Any:
    """Return the content of a value that is a list of parts; any other value as it is."""
    written = tree[key]
    if not isinstance(written, YamlList) or not _are_parts(written, tree, key):
        return written
    builder = _Builder(f"a part of {owner}", context)
    parts = [part for index in range(len(written)) for part in builder.parts(written, index)]
    return Content(said_of(parts), tuple(builder.files.values()))


def _are_parts(written: YamlList, tree: YamlMap | YamlList, key: Any) -> bool:
    """Return whether a list holds parts: one that a template left may be any list of a row's."""
    maps = [part for part in written if isinstance(part, YamlMap)]
    if not isinstance((tree.spellings or {}).get(key), Filled):
        return bool(maps)
    texts = sum(isinstance(part, str) for part in written)
    return bool(maps) and len(maps) + texts == len(written) and all(map(_is_like_a_part, maps))


def _is_like_a_part(entry: YamlMap) -> bool:
    return entry.get("type") in _TYPES or (bool(entry) and entry.keys() <= {*_KEYS, *_OF_FORMS})


class _Builder:
    """Builds the parts of one content, and gathers its files."""

    def __init__(self, owner: str, context: LoadContext) -> None:
        self._owner = owner
        self._context = context
        self.files: dict[str, AttachedFile] = {}

    def parts(self, written: YamlList, index: int) -> Iterator[dict[str, Any]]:
        """Yield the part that an entry stands for; none after adding why it is none."""
        entry = written[index]
        if isinstance(entry, (str, int, float)) and not isinstance(entry, bool):
            yield {"type": "text", "text": written.spelling(index)}
            return
        if not isinstance(entry, YamlMap):
            self._refuse("is neither a text nor a mapping", written.value_place(index))
            return
        plain = _plainly(entry)
        kind = plain.get("type")
        if kind is not None and kind not in _TYPES:
            self._refuse(f"has an unknown type {shorten(str(kind))!r}", plain.value_place("type"))
            return
        values = {name: value for name, value in plain.items() if name != "type"}
        spec = build_model(PartSpec, plain, self._context.problems, self._owner, values)
        if spec is None:
            return
        given = [name for name in _KEYS if getattr(spec, name) is not None]
        if len(given) != 1:
            said = f"has {' and '.join(map(repr, given))}" if given else "says nothing"
            self._refuse(said, plain.place)
        elif spec.text is not None:
            yield {"type": "text", "text": spec.text}
        elif spec.detail is not None and given[0] not in ("image", "file"):
            self._refuse("has a 'detail', which pictures have", plain.key_place("detail"))
        else:
            place = plain.value_place(given[0])
            made = self._file(given[0], getattr(spec, given[0]), place)
            if made is not None:
                yield {**made, "detail": spec.detail} if spec.detail else made

    def _file(self, wanted: str, written: str, place: Location) -> dict[str, Any] | None:
        """Return the part of a file; of a text file, its text."""
        if _REMOTE.match(written):
            self._context.problems.add(
                f"{self._owner} is at a remote address: {shorten(written, 60)!r}",
                place,
                expected=_SENT,
                fix="download it into the project: what stands at an address may change",
            )
            return None
        if written.startswith("data:"):
            return self._from_data(wanted, written, place)
        attached = self._context.attached
        with self._context.gathering():
            path = self._context.find(written, place, wanted)
            if path not in attached:
                data = read_limited(path, MAX_FILE_BYTES, place, wanted, "send a smaller one")
                name = display_name(path, self._context.root.resolve())
                made = self._made(wanted, data, place, name, path)
                if made is None:
                    return None
                attached[path] = made
            return self._part(wanted, attached[path], place, shorten(written))
        return None

    def _from_data(self, wanted: str, written: str, place: Location) -> dict[str, Any] | None:
        match = _DATA.fullmatch(written)
        try:
            data = base64.b64decode("".join(match[1].split()), validate=True) if match else b""
        except (binascii.Error, ValueError):
            data = b""
        if not data:
            self._context.problems.add(
                f"{self._owner} is no data: URL: {shorten(written, 40)!r}",
                place,
                expected="data:image/png;base64, and the bytes in base64",
                fix="mend it, or write the data to a file and name that",
            )
            return None
        return self._part(wanted, self._made(wanted, data, place, ""), place, "data: URL")

    def _made(
        self, wanted: str, data: bytes, place: Location, name: str, path: Path | None = None
    ) -> AttachedFile | str | None:
        """Return what bytes are: a file, or a text; None after adding that they are neither."""
        found = kind_of(data)
        shown = repr(name) if name else "the data: URL"
        if not data:
            self._context.problems.add(
                f"{shown} is empty", place, expected="a file that holds something", fix="write it"
            )
        elif found is not None:
            return AttachedFile.of(*found, data, name=name, path=path)
        elif wanted == "file" and len(data) <= MAX_TEXT_BYTES and (text := _as_text(data)):
            return text
        else:
            expected = KINDS.get(wanted) or f"{', '.join(KINDS.values())}, or UTF-8 text"
            self._context.problems.add(
                f"{shown} is no {wanted if wanted != 'file' else 'file that can be sent'}",
                place,
                expected=expected,
                fix="convert it, or name another file",
            )
        return None

    def _part(
        self, wanted: str, made: AttachedFile | str | None, place: Location, shown: str
    ) -> dict[str, Any] | None:
        if made is None:
            return None
        if isinstance(made, str) and wanted == "file":
            return {"type": "text", "text": made}
        kind = made.kind if isinstance(made, AttachedFile) else "text"
        if wanted not in ("file", kind) or isinstance(made, str):
            self._context.problems.add(
                f"{shown!r} is no {wanted}",
                place,
                expected=KINDS[wanted],
                fix=f"write {kind}: …" if kind in KINDS else "write file: …",
            )
            return None
        self.files[made.sha256] = made
        return made.part

    def _refuse(self, what: str, place: Location) -> None:
        self._context.problems.add(
            f"{self._owner} {what}",
            place,
            expected=f"one of {', '.join(_KEYS)}",
            fix="write it like - image: photos/a.png, or - text: What is this?",
        )


def _plainly(entry: YamlMap) -> YamlMap:
    """Return a part in our words: of `{type, path}`, and of the parts that vendors' APIs take."""
    kind = entry.get("type")
    found = _file_of(kind, entry) if isinstance(kind, str) else None
    if found is None:
        return entry
    made = YamlMap(entry.files, entry.mark)
    made.put(found[0], found[1], entry.mark)
    holder = entry.get("image_url")
    for one in (entry, holder):
        if isinstance(one, YamlMap) and "detail" in one:
            made.adopt("detail", one)
    for name in entry:
        if name not in _OF_FORMS:
            made.adopt(name, entry)
    return made


def _file_of(kind: str, entry: YamlMap) -> tuple[str, Any] | None:
    """Return our key and its value for a part with a type; None where it has our keys already.

    Sources: chat completions and responses of OpenAI, messages of Anthropic.
    """
    source, inner = entry.get("source"), entry.get(kind)
    holder = inner if isinstance(inner, YamlMap) else entry
    if isinstance(entry.get("path"), str) and (kind in KINDS or kind == "file"):
        return kind, entry["path"]
    if isinstance(source, YamlMap) and isinstance(source.get("data"), str):
        key = "image" if kind == "image" else "file"
        return key, f"data:{source.get('media_type')};base64,{source['data']}"
    if kind in ("image_url", "input_image"):
        return "image", holder.get("url", entry.get("image_url"))
    if kind == "input_audio":
        return "audio", f"data:audio/{holder.get('format')};base64,{holder.get('data')}"
    if "file_data" in holder:
        return "file", holder["file_data"]
    return None


def _as_text(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
