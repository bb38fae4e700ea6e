"""Pictures that stand in the arena file itself, as `data:` URLs."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from sample_files import pdf, png

from pytest_arena.results import Cell, Response, Trial
from pytest_arena.results.attached_file import AttachedFile
from pytest_arena_reporters.html.pictures import pictures_of

PNG = base64.b64encode(png()).decode()
WRAPPED = "\n".join(f"          {PNG[i : i + 40]}" for i in range(0, len(PNG), 40))


def cell_of(file: AttachedFile, *, arena: str = "a.yaml", defined_in: str | None = None) -> Cell:
    trial = Trial(({"role": "user", "content": [file.part]},), (Response("red"),), verdict="passed")
    return Cell("id", arena, "Seen", "m", None, "passed", trials=(trial,), defined_in=defined_in)


@pytest.mark.parametrize(
    "text",
    [
        f'prompt: [{{image: "data:image/png;base64,{PNG}"}}]\n',
        f"prompt:\n  - image: data:image/png;base64,{PNG}\nassertions: []\n",
        f"prompt:\n  - image: data:image/png;base64,{PNG}\n",
        f"prompt:\n  - image: >-\n      data:image/png;base64,\n{WRAPPED}\n    detail: low\n",
        f'{{"image": "data:image/png;base64,{PNG}"}}',
    ],
)
def test_a_picture_is_found_in_the_arena_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    file = AttachedFile.of("image", "image/png", png())
    found = pictures_of([cell_of(file)], 100_000, (tmp_path,))
    assert found == {file.sha256: f"data:image/png;base64,{PNG}"}


def test_it_is_looked_for_in_the_file_that_the_case_stands_in(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("include: [b.yaml]\n")
    (tmp_path / "b.yaml").write_text(f"image: data:image/png;base64,{PNG}\n")
    file = AttachedFile.of("image", "image/png", png())
    assert pictures_of([cell_of(file, defined_in="b.yaml")], 100_000, (tmp_path,))
    assert not pictures_of([cell_of(file)], 100_000, (tmp_path,))


def test_what_is_another_one_too_large_elsewhere_or_no_picture_is_not_shown(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.yaml").write_text(
        f"image: data:image/png;base64,{PNG}\nodd: data:image/x;base64,a"
    )
    picture = AttachedFile.of("image", "image/png", png())
    other = AttachedFile.of("image", "image/png", png(color=(0, 0, 0)))
    document = AttachedFile.of("pdf", "application/pdf", pdf())
    assert not pictures_of([cell_of(other), cell_of(document)], 100_000, (tmp_path,))
    assert not pictures_of([cell_of(picture)], 50, (tmp_path,))
    inner = tmp_path / "inner"
    inner.mkdir()
    for place in ("../a.yaml", str(tmp_path / "a.yaml"), "none.yaml", "a\0.yaml"):
        assert not pictures_of([cell_of(picture, arena=place)], 100_000, (inner,))
