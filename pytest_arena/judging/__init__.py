"""What judges texts, for assertions and guardrails alike.

`detectors` find things in a text by rules, `tone` and `similarity` measure it without asking
anybody, `llm` asks another model and reads what it replies. Each says *unsure* where it cannot
tell; what that means for a verdict is decided by who asked. Texts are looked at as `words` folds
them. Nothing here makes a call by itself: `llm` is given a function that asks.
"""
