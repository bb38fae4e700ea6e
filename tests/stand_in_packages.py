"""The packages in `stand_ins`, where tests find them: behind the real ones, where these are."""

from __future__ import annotations

import sys
from pathlib import Path

STAND_INS = Path(__file__).resolve().parent / "stand_ins"


def add_stand_ins() -> None:
    """Let imports find the stand-ins of metric packages that are not installed."""
    if str(STAND_INS) not in sys.path:
        sys.path.append(str(STAND_INS))
