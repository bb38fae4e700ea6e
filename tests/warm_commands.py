"""Commands named `pytest` and `arena` for scripts of a shell, which have forks do what they do."""

from __future__ import annotations

import sys
from pathlib import Path

from warm_programs import FOLDER, WARM

COMMAND = """\
#!{python} -SE
import os, sys
sys.path[0] = {folder!r}
from warm_forks import Order
order = Order(["{name}", *sys.argv[1:]], os.getcwd(), dict(os.environ))
sys.exit(order.sent({address!r}, [0, 1, 2]).wait())
"""


def write_commands(folder: Path) -> Path:
    """Write the commands to a folder, which is to be the first on the PATH."""
    folder.mkdir()
    for name in ("pytest", "arena"):
        command = folder / name
        values = {"python": sys.executable, "folder": str(FOLDER), "address": WARM.address()}
        command.write_text(COMMAND.format(name=name, **values), "utf-8")
        command.chmod(0o755)
    return folder
