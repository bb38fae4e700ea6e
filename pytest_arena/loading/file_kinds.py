"""What a file is, by how its bytes begin: whatever its name says, models look at the bytes."""

from __future__ import annotations

KINDS = {
    "image": "a picture as PNG, JPEG, GIF or WebP",
    "pdf": "a PDF document",
    "audio": "a recording as WAV, MP3, FLAC or Ogg",
}
"""The kinds of files that models take, and what they are."""
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image", "image/png"),
    (b"\xff\xd8\xff", "image", "image/jpeg"),
    (b"GIF87a", "image", "image/gif"),
    (b"GIF89a", "image", "image/gif"),
    (b"ID3", "audio", "audio/mpeg"),
    (b"fLaC", "audio", "audio/flac"),
    (b"OggS", "audio", "audio/ogg"),
)
_PDF_WITHIN = 1024
"""Readers look for a PDF's first line in so many bytes."""


def kind_of(data: bytes) -> tuple[str, str] | None:
    """Return a file's kind and its media type; None of one that models do not take as it is."""
    for beginning, kind, media_type in _BEGINNINGS:
        if data.startswith(beginning):
            return kind, media_type
    if data[:4] == b"RIFF":
        inside = {b"WEBP": ("image", "image/webp"), b"WAVE": ("audio", "audio/wav")}
        return inside.get(data[8:12])
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return "pdf", "application/pdf"
    # a frame of MPEG audio, layer III: eleven bits of sync, then version and layer
    if len(data) > 2 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2:
        return "audio", "audio/mpeg"
    return None
