"""Parts of prompts and messages: how they may be written, what becomes of files, and mistakes."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sample_files import pdf, png, wav

from pytest_arena.loading import Arena, CasePlan
from pytest_arena.loading.hashing import Hasher
from pytest_arena.loading.versions import earlier_version
from pytest_arena.results.content import shown

CHECKED = "mock: x, assertions: [{type: contains, value: x}]"
DATA, SOUND = (base64.b64encode(data).decode() for data in (png(), wav()))
URL = f"data:image/png;base64,{DATA}"
PDF_URL = f"data:application/pdf;base64,{base64.b64encode(pdf()).decode()}"


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """The folder of the arena file, with a file of each kind in it."""
    (tmp_path / "photos").mkdir()
    for name, data in {
        "photos/a.png": png(),
        "photos/b.png": png(color=(0, 0, 0)),
        "d.pdf": pdf(),
        "s.wav": wav(),
        "n.md": b"# Notes {{ x }}\n",
        "logo.svg": b"<svg/>",
        "empty.png": b"",
        "junk.bin": b"\0\xff\0",
    }.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.fixture
def first(load: Callable[..., Arena], samples: Path) -> Callable[[str], CasePlan]:
    """Return the first case of a file with one case, of which this is written."""
    return lambda written: load(f"tests: [{{name: A, {written}, {CHECKED}}}]").cells[0].case


def kinds(said: Any) -> list[str]:
    return [part["type"] for part in said]


@pytest.mark.parametrize(
    "part",
    [
        "{image: photos/a.png}",
        "{file: photos/a.png}",
        "{type: image, path: photos/a.png}",
        "{type: image, image: photos/a.png}",
        f"{{image: '{URL}'}}",
        f"{{type: image_url, image_url: {{url: '{URL}'}}}}",
        f"{{type: image_url, image_url: '{URL}'}}",
        f"{{type: input_image, image_url: '{URL}'}}",
        f"{{type: image, source: {{type: base64, media_type: image/png, data: '{DATA}'}}}}",
    ],
)
def test_a_picture_is_the_same_however_it_is_written(
    first: Callable[[str], CasePlan], part: str
) -> None:
    case = first(f"prompt: [What is this?, {part}]")
    text, picture = case.dialogues[0][0].user
    assert text == {"type": "text", "text": "What is this?"}
    assert (picture["type"], picture["media_type"]) == ("image", "image/png")
    assert case.files[picture["sha256"]].read() == png()


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("{pdf: d.pdf}", "pdf"),
        ("{type: file, path: d.pdf}", "pdf"),
        (
            f"{{type: file, file: {{filename: d.pdf, file_data: '{PDF_URL}'}}}}",
            "pdf",
        ),
        ("{audio: s.wav}", "audio"),
        (
            f"{{type: input_audio, input_audio: {{format: wav, data: '{SOUND}'}}}}",
            "audio",
        ),
    ],
)
def test_documents_and_recordings_are_parts_too(
    first: Callable[[str], CasePlan], part: str, kind: str
) -> None:
    case = first(f"prompt: [Look, {part}]")
    assert kinds(case.dialogues[0][0].user) == ["text", kind]
    assert len(case.files) == 1


def test_a_text_file_is_sent_as_the_text_that_it_is(first: Callable[[str], CasePlan]) -> None:
    case = first("prompt: [Read, {file: n.md}]")
    assert case.dialogues[0][0].user == "Read\n# Notes {{ x }}\n"
    assert case.files == {}


def test_texts_alone_are_one_text(first: Callable[[str], CasePlan]) -> None:
    case = first("prompt: [{text: One}, {type: text, text: two}, 3]")
    assert case.dialogues[0][0].user == "One\ntwo\n3"


def test_templates_are_filled_in_in_texts_and_paths(
    load: Callable[..., Arena], samples: Path
) -> None:
    arena = load(
        "tests: [{name: '{{ id }}', data: rows.csv, prompt: ['What is {{ id }}?', "
        f"{{image: 'photos/{{{{ photo }}}}'}}], {CHECKED}}}]",
        {"rows.csv": "id,photo\none,a.png\ntwo,b.png\n"},
    )
    said = {plan.case.name: shown(plan.case.dialogues[0][0].user) for plan in arena.cells}
    assert said == {
        "one": "What is one?\n[image a.png 74 B]",
        "two": "What is two?\n[image b.png 69 B]",
    }


def test_a_row_may_bring_messages_with_parts(load: Callable[..., Arena], samples: Path) -> None:
    row = (
        '{"id": "1", "said": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, '
        f'{{"type": "image_url", "image_url": {{"url": "{URL}"}}}}]}}]}}\n'
    )
    text = (
        f"tests: [{{name: '{{{{ id }}}}', data: r.jsonl, messages: '{{{{ said }}}}', {CHECKED}}}]"
    )
    plan = load(text, {"r.jsonl": row}).cells[0]
    assert kinds(plan.case.dialogues[0][0].user) == ["text", "image"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("[Look, {image: photos/a.png}]", "Look\n[image a.png 74 B]"),
        ("[{text: One}, {text: two}]", "One\ntwo"),
        ("[{id: 1}]", '[{"id": 1}]'),
        ("[{text: One, title: T}]", '[{"text": "One", "title": "T"}]'),
        ("[One, 2]", '["One", 2]'),
    ],
)
def test_a_list_of_a_variables_is_of_parts_where_it_looks_so_and_json_else(
    load: Callable[..., Arena], samples: Path, value: str, said: str
) -> None:
    text = f"variables: {{v: {value}}}\ntests: [{{name: A, prompt: '{{{{ v }}}}', {CHECKED}}}]"
    assert shown(load(text).cells[0].case.dialogues[0][0].user) == said


def test_a_part_of_a_row_with_a_key_that_nobody_knows_is_refused(
    refused: Callable[..., str], samples: Path
) -> None:
    value = "[{type: text, text: One, cache_control: {}}]"
    text = f"variables: {{v: {value}}}\ntests: [{{name: A, prompt: '{{{{ v }}}}', {CHECKED}}}]"
    assert "unknown key 'cache_control' in a part of case 'A'" in refused(text)


def test_turns_messages_and_prompts_have_parts(first: Callable[[str], CasePlan]) -> None:
    picture = "{image: photos/a.png}"
    turns = first(f"conversation: [{{user: [Look, {picture}]}}, {{user: And?}}]").dialogues[0]
    assert kinds(turns[0].user) == ["text", "image"]
    several = first(f"prompts: [Hello, [Look, {picture}]]").dialogues
    assert kinds(several[1][0].user) == ["text", "image"]
    said = first(
        f"messages: [{{role: user, content: [Look, {picture}]}}, {{role: assistant, content: Yes}},"
        " {role: user, content: And?}]"
    )
    assert kinds(said.dialogues[0][0].before[0]["content"]) == ["text", "image"]
    assert len(said.files) == 1


def test_a_target_wraps_what_is_said_and_keeps_the_files(
    load: Callable[..., Arena], samples: Path
) -> None:
    arena = load(
        "prompts: {p: {user: 'Please: {{ prompt }}'}}\ntargets: {t: {type: prompt, prompt: p}}\n"
        "tests: [{name: A, target: t, prompt: [Look, {image: photos/a.png}], attacks: [], "
        f"{CHECKED}}}]"
    )
    said = arena.cells[0].case.dialogues[0][0].user
    assert shown(said) == "Please: Look\n[image a.png 74 B]"


def test_an_attack_wraps_what_is_said_and_keeps_the_files(
    load: Callable[..., Arena], samples: Path
) -> None:
    attack = "attacks: [{name: hurry, template: 'Quick! {prompt}'}]"
    text = f"tests: [{{name: A, prompt: [Look, {{image: photos/a.png}}], {attack}, {CHECKED}}}]"
    case = load(text).cells[-1].case
    assert shown(case.dialogues[0][0].user) == "Quick! Look\n[image a.png 74 B]"
    assert len(case.files) == 1


def test_what_a_file_holds_is_the_version_and_not_where_it_lies(
    first: Callable[[str], CasePlan], samples: Path
) -> None:
    hasher = Hasher()
    prompt = hasher.prompt(first("prompt: [Look, {image: photos/a.png}]"))
    (samples / "moved.png").write_bytes(png())
    assert hasher.prompt(first("prompt: [Look, {image: moved.png}]")) == prompt
    assert hasher.prompt(first("prompt: [Look, {image: photos/b.png}]")) != prompt


def test_an_earlier_prompt_with_the_same_file_can_be_asked(
    load: Callable[..., Arena], samples: Path
) -> None:
    text = "tests: [{{name: A, system: {}, prompt: [Look, {{image: photos/a.png}}], {}}}]"
    before = load(text.format("Old", CHECKED)).cells[0]
    now = load(text.format("New", CHECKED)).cells[0]
    kept = [("system", "Old"), ("user", "Look\n[image a.png 74 B]")]
    old = earlier_version(now, before.hashes, kept, None)
    assert old is not None
    assert (old.case.system, old.case.dialogues[0][0].user) == (
        "Old",
        now.case.dialogues[0][0].user,
    )


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (
            "{image: photos/c.png}",
            ":36: image 'photos/c.png' does not exist\n  expected: a file in .\n"
            "  fix: did you mean 'b.png'?",
        ),
        (
            "{image: logo.svg}",
            ":36: 'logo.svg' is no image\n  expected: a picture as PNG, JPEG, GIF or WebP\n"
            "  fix: convert it, or name another file",
        ),
        (
            "{pdf: photos/a.png}",
            ":34: 'photos/a.png' is no pdf\n  expected: a PDF document\n  fix: write image: …",
        ),
        (
            "{image: empty.png}",
            ":36: 'empty.png' is empty\n  expected: a file that holds something\n  fix: write it",
        ),
        (
            "{file: junk.bin}",
            ":35: 'junk.bin' is no file that can be sent\n  expected: a picture as PNG, JPEG, GIF "
            "or WebP, a PDF document, a recording as WAV, MP3, FLAC or Ogg, or UTF-8 text\n"
            "  fix: convert it, or name another file",
        ),
        (
            "{image: 'https://a.b/c.png'}",
            ":36: a part of case 'A' is at a remote address: 'https://a.b/c.png'\n"
            "  expected: a path from the arena file's folder, or a data: URL with base64\n"
            "  fix: download it into the project: what stands at an address may change",
        ),
        (
            "{image: 'data:image/png;base64,@'}",
            ":36: a part of case 'A' is no data: URL: 'data:image/png;base64,@'\n"
            "  expected: data:image/png;base64, and the bytes in base64\n"
            "  fix: mend it, or write the data to a file and name that",
        ),
        (
            "{image: ../a.png}",
            ":36: image '../a.png' is outside the root directory\n"
            "  expected: a file inside the root directory, links followed\n"
            "  fix: move the file into the project",
        ),
        (
            "{image: pipe}",
            ":36: image 'pipe' is not a regular file\n  expected: a regular file\n"
            "  fix: name a file, not a pipe or a device",
        ),
        (
            "{imge: a.png}",
            ":29: unknown key 'imge' in a part of case 'A'\n"
            "  expected: one of text, image, pdf, audio, file, detail\n"
            "  fix: did you mean 'image'?",
        ),
        (
            "{image: photos/a.png, text: Hi}",
            ":28: a part of case 'A' has 'text' and 'image'\n"
            "  expected: one of text, image, pdf, audio, file\n"
            "  fix: write it like - image: photos/a.png, or - text: What is this?",
        ),
        (
            "{type: video, path: v.mp4}",
            ":35: a part of case 'A' has an unknown type 'video'\n"
            "  expected: one of text, image, pdf, audio, file\n"
            "  fix: write it like - image: photos/a.png, or - text: What is this?",
        ),
    ],
)
def test_a_part_that_cannot_be_sent_is_refused(
    refused: Callable[..., str], samples: Path, part: str, problem: str
) -> None:
    os.mkfifo(samples / "pipe")
    text = f"tests: [{{name: A, prompt: [{part}], {CHECKED}}}]"
    assert refused(text) == f"arena.yaml:4{problem}"


def test_a_file_that_is_too_large_is_refused(refused: Callable[..., str], samples: Path) -> None:
    with (samples / "huge.png").open("wb") as file:
        file.truncate(20_000_001)
    text = f"tests: [{{name: A, prompt: [{{image: huge.png}}], {CHECKED}}}]"
    assert "'huge.png' is too large\n  expected: at most 20,000,000 bytes" in refused(text)


def test_a_file_of_anyone_but_the_user_is_refused(
    refused: Callable[..., str], samples: Path
) -> None:
    text = (
        "tests: [{name: A, messages: [{role: assistant, content: [{image: photos/a.png}]}, "
        f"{{role: user, content: Hi}}], {CHECKED}}}]"
    )
    assert "message 1 of case 'A' sends a file, and is not the user's" in refused(text)


def test_a_missing_file_of_a_row_is_told_at_the_row(
    refused: Callable[..., str], samples: Path
) -> None:
    own = "name: '{{ p }}', data: r.csv, prompt: [{image: '{{ p }}'}]"
    text = f"tests: [{{{own}, {CHECKED}}}]"
    assert refused(text, {"r.csv": "p\nphotos/a.png\nphotos/x.png\n"}).startswith("r.csv:3:1:")
