"""How a case reaches a provider: one file a target."""

from pytest_arena.targets.dialogue import DialogueRun

__all__ = ["DialogueRun"]
