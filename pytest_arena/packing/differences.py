"""Where a pack that is written is not the one that its prompt files make now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_arena.errors import Location
from pytest_arena.loading.tree import YamlList, YamlMap, plain


def differences(written: YamlMap, pack: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Yield where a pack that is written is not the one that it would be now."""
    yield from _differences(written, pack, "")


def _differences(written: Any, wanted: Any, way: str) -> Iterator[tuple[Location, str]]:
    if isinstance(written, YamlMap) and isinstance(wanted, Mapping):
        for key, value in wanted.items():
            here = f"{way}.{key}" if way else str(key)
            if key not in written:
                yield written.place, f"{here} is missing"
            elif isinstance(written[key], (YamlMap, YamlList)) and isinstance(value, (dict, list)):
                yield from _differences(written[key], value, here)
            elif plain(written[key]) != value:
                yield written.value_place(key), f"{here} is another one"
        for key in written:
            if key not in wanted:
                here = f"{way}.{key}" if way else str(key)
                yield written.key_place(key), f"{here} is in no file"
    elif isinstance(written, YamlList) and isinstance(wanted, list):
        for index, (one, value) in enumerate(zip(written, wanted, strict=False)):
            here = f"{way}[{index}]"
            if isinstance(one, (YamlMap, YamlList)) and isinstance(value, (dict, list)):
                yield from _differences(one, value, here)
            elif plain(one) != value:
                yield written.value_place(index), f"{here} is another one"
        if len(written) != len(wanted):
            yield written.place, f"{way} has {len(written)} entries, and {len(wanted)} are wanted"
    elif plain(written) != wanted:
        yield written.place, f"{way} is another one"
