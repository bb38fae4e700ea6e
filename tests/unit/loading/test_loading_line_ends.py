"""Files whose lines end as on Windows are asked and hashed as those of other systems."""

from __future__ import annotations

from pathlib import Path

from pytest_arena.builtins import register
from pytest_arena.loading import load_arena
from pytest_arena.loading.plans import Arena
from pytest_arena.registry import Registry

FILES = {
    "arena.yaml": """\
providers: [{name: m, provider: mock}]
prompts: {p: {path: prompts/p.txt}}
tests:
  - name: Block
    prompt: |
      Line one
      line two
    system: "a
      b"
    assertions: [{type: contains, value: x}]
  - name: CSV
    data: rows.csv
    prompt: "{{ q }}"
    assertions: [{type: contains, value: "{{ a }}"}]
  - name: JSONL
    data: rows.jsonl
    prompt: "{{ q }}"
    assertions: [{type: javascript, file: check.js}]
  - name: File
    prompt: [{file: note.txt}, Sum it up.]
    assertions: [{type: contains, value: x}]
""",
    "rows.csv": 'q,a\none,1\n"two\nlines",2\n',
    "rows.jsonl": '{"q": "x", "a": "1"}\n{"q": "y", "a": "2"}\n',
    "prompts/p.txt": "Hello\nyou: {{ prompt }}\n",
    "check.js": "// a check\noutput.includes('x')\n",
    "note.txt": "one\ntwo\n",
}


def loaded(folder: Path, end: str) -> Arena:
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.replace("\n", end).encode())
    registry = Registry()
    register(registry)
    return load_arena(folder / "arena.yaml", root=folder, registry=registry)


def test_hashes_do_not_depend_on_line_ends(tmp_path: Path) -> None:
    unix, windows = loaded(tmp_path / "unix", "\n"), loaded(tmp_path / "windows", "\r\n")
    assert [plan.name for plan in unix.cells] == [plan.name for plan in windows.cells]
    assert len(unix.cells) == 6
    for one, other in zip(unix.cells, windows.cells, strict=True):
        assert one.hashes == other.hashes, one.name
