"""Which models are asked with which files, and how it is seen that one was left out."""

from __future__ import annotations

import json

import pytest
from sample_files import pdf, png, wav

from pytest_arena.errors import ErrorKind, ProviderError
from pytest_arena.providers.file_inputs import check_files, lost_files
from pytest_arena.results import Request
from pytest_arena.results.attached_file import AttachedFile
from pytest_arena.schema import ProviderSpec

FILES = {
    "image": AttachedFile.of("image", "image/png", png(), name="a.png"),
    "pdf": AttachedFile.of("pdf", "application/pdf", pdf(), name="d.pdf"),
    "audio": AttachedFile.of("audio", "audio/wav", wav(), name="s.wav"),
    "flac": AttachedFile.of("audio", "audio/flac", b"fLaC", name="s.flac"),
}


def sending(*kinds: str) -> Request:
    files = [FILES[kind] for kind in kinds]
    content = [{"type": "text", "text": "Look"}, *(file.part for file in files)]
    said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}]
    return Request(said, files={file.sha256: file for file in files})


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("openai/gpt-4o-mini", "image"),
        ("openai/gpt-4o-mini", "pdf"),
        ("openai/gpt-audio", "audio"),
        ("openai/a-model-of-tomorrow", "image"),
        ("anthropic/claude-haiku-4-5", "pdf"),
        ("gemini/gemini-2.5-pro", "audio"),
        ("ollama/llava", "image"),
        ("mistral/a-model-of-tomorrow", "pdf"),
    ],
)
def test_a_model_that_takes_a_file_or_of_which_nothing_is_known_is_asked(
    model: str, kind: str
) -> None:
    check_files(ProviderSpec(name="m"), model, sending(kind))


@pytest.mark.parametrize(
    ("model", "kind", "why"),
    [
        ("openai/gpt-3.5-turbo", "image", "openai/gpt-3.5-turbo takes no pictures"),
        ("openai/gpt-4o-mini", "audio", "openai/gpt-4o-mini takes no recordings"),
        ("openai/gpt-audio", "flac", "OpenAI takes recordings as WAV or MP3, not as audio/flac"),
        ("anthropic/a-model-of-tomorrow", "audio", "takes no recordings"),
        ("ollama/llama3", "image", "ollama/llama3 takes no pictures"),
        ("ollama_chat/llama3:latest", "image", "ollama_chat/llama3:latest takes no pictures"),
        ("ollama_chat/llava", "pdf", "ollama_chat/llava takes no PDF documents"),
    ],
)
def test_a_model_that_takes_none_is_not_asked(model: str, kind: str, why: str) -> None:
    with pytest.raises(ProviderError) as caught:
        check_files(ProviderSpec(name="m"), model, sending(kind))
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert why in str(caught.value)


def test_an_endpoint_of_ones_own_is_asked_whatever_its_models_are_called() -> None:
    spec = ProviderSpec(name="m", api_base="http://localhost:1/v1")
    check_files(spec, "openai/gpt-3.5-turbo", sending("image", "flac"))


def test_a_file_that_was_left_out_of_a_body_is_named() -> None:
    request = sending("image", "pdf")
    whole = json.dumps(request.openai_messages).encode()
    assert lost_files(request, whole) is None
    without = json.dumps(request.openai_messages[1]["content"][:2]).encode()
    assert lost_files(request, without) == "[pdf d.pdf 69 B]"
    assert lost_files(sending(), b"{}") is None


def test_pictures_that_begin_alike_are_told_apart() -> None:
    first = AttachedFile.of("image", "image/png", png(64, 64), name="1.png")
    second = AttachedFile.of("image", "image/png", png(64, 64, (1, 2, 3)) + b"\0" * 500, name="2")
    request = Request(
        [{"role": "user", "content": [first.part, second.part]}],
        files={first.sha256: first, second.sha256: second},
    )
    sent = json.dumps(request.openai_messages[0]["content"][:1]).encode()
    assert lost_files(request, sent) == "[image 2 676 B]"
