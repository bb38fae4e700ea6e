"""Prompt files to a PromptPack: what `arena pack` reads, and the pack that it writes.

`read_sources` takes files of every kind to the prompts in them, `pack_of` makes one pack of these,
in the shape of schema 1.4 (`pack_schema`), and `read_back` reads that as anybody would: what a pack
cannot hold is refused with its place.
"""

from pytest_arena.packing.differences import differences
from pytest_arena.packing.pack_writer import pack_of
from pytest_arena.packing.read_back import pack_text
from pytest_arena.packing.sources import Sources, read_sources

__all__ = ["Sources", "differences", "pack_of", "pack_text", "read_sources"]
