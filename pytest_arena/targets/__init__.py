"""How a case reaches a provider: one file a target.

A target drives the turns of a trial and is handed a function that makes one call; it knows
neither limits nor retries. `dialogue` is a prompt, or a conversation under the guardrails;
`agent` works at its turns where it is one of ours, and is imported there alone.
"""

from pytest_arena.targets.dialogue import DialogueRun, GoesOn

__all__ = ["DialogueRun", "GoesOn"]
