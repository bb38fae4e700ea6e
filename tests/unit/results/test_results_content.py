"""What a message's content reads like, and what a file is kept as."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from sample_files import pdf, png, wav

from pytest_arena.errors import ProviderError
from pytest_arena.results import Request
from pytest_arena.results.attached_file import AttachedFile
from pytest_arena.results.content import (
    content_of,
    shown,
    size_in_words,
    text_in,
    what_is_asked,
)

PICTURE = AttachedFile.of("image", "image/png", png(), name="photos/a.png")
SAID = [{"type": "text", "text": "Look"}, PICTURE.part, {"type": "text", "text": "Well?"}]


def test_texts_stand_on_lines_of_their_own_and_files_are_named() -> None:
    assert text_in(SAID) == "Look\nWell?"
    assert shown(SAID) == "Look\n[image a.png 74 B]\nWell?"
    assert (text_in("Hi"), shown("Hi"), text_in(None), shown(None)) == ("Hi", "Hi", "", "")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"type": "image_url", "image_url": {}}, "[image_url]"),
        ("text", "text"),
        (3, "[part]"),
        ({"type": "pdf", "sha256": "0", "size": 1_400_000}, "[pdf 1.4 MB]"),
        ({"type": "audio", "sha256": "0", "name": "a/b.wav"}, "[audio b.wav]"),
    ],
)
def test_a_part_of_any_shape_has_a_name(part: Any, said: str) -> None:
    assert shown([part]) == said


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1_234, "1.2 kB"), (12_345, "12 kB"), (5_071_753, "5.1 MB")],
)
def test_a_size_has_two_or_three_digits(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_what_is_asked_is_what_files_hold_and_not_how_they_are_called() -> None:
    again = AttachedFile.of("image", "image/png", png(), name="b.png")
    assert what_is_asked([PICTURE.part]) == what_is_asked([again.part])
    assert what_is_asked("Hi") == "Hi"
    assert content_of((SAID[0],)) == [SAID[0]]


def test_a_request_gives_files_in_openais_form_and_lets_go_of_them(tmp_path: Path) -> None:
    path = tmp_path / "d.pdf"
    path.write_bytes(pdf())
    files = [
        PICTURE,
        AttachedFile.of("pdf", "application/pdf", pdf(), name="d.pdf", path=path),
        AttachedFile.of("audio", "audio/wav", wav()),
    ]
    said = [{**PICTURE.part, "detail": "low"}, *(file.part for file in files[1:])]
    request = Request([{"role": "user", "content": said}], files={f.sha256: f for f in files})
    picture, document, sound = request.openai_messages[0]["content"]
    encoded = [base64.b64encode(data).decode() for data in (png(), pdf(), wav())]
    url = f"data:image/png;base64,{encoded[0]}"
    assert picture == {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    data = f"data:application/pdf;base64,{encoded[1]}"
    assert document == {"type": "file", "file": {"filename": "d.pdf", "file_data": data}}
    assert sound == {"type": "input_audio", "input_audio": {"data": encoded[2], "format": "wav"}}
    assert request.messages[0]["content"] == said
    path.unlink()
    assert request.openai_messages[0]["content"][1] == document
    request.drop_files()
    with pytest.raises(ProviderError, match=r"'d\.pdf' is not what it was"):
        _ = request.openai_messages


def test_a_file_that_holds_something_else_by_now_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png())
    file = AttachedFile.of("image", "image/png", png(), name="a.png", path=path)
    path.write_bytes(png(color=(0, 0, 0)))
    with pytest.raises(ProviderError, match="it holds something else"):
        file.read()


def test_messages_without_files_are_sent_as_they_are() -> None:
    request = Request([{"role": "user", "content": "Hi"}])
    assert request.openai_messages is request.messages
