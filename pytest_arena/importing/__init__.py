"""Files of other tools, turned into arena files: what `arena import` does.

One folder a format. Each importer reads a file's tree and gives an arena with a list of what was
kept, changed and left out, each with its place; nothing is dropped silently, and no file is refused
whole for one thing in it.
"""

from pytest_arena.importing.findings import ALIKE, EXACT, LEFT_OUT, Fidelity, Finding, Findings
from pytest_arena.importing.importer import Imported, Importer, Source, read_source

__all__ = [
    "ALIKE",
    "EXACT",
    "LEFT_OUT",
    "Fidelity",
    "Finding",
    "Findings",
    "Imported",
    "Importer",
    "Source",
    "read_source",
]
