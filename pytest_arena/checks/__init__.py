"""Checks in Python code: an answer that some code already has, judged as an arena's answers are.

`written` turns what a caller writes (`contains="…"`) into the assertions of an arena file,
`surroundings` finds the arena file whose judges they go by, `answers` reads whatever an application
returned, `checker` judges, on the engine where somebody must be asked, and `expect` is the way in.

It knows nothing of pytest's items, and writes nothing down.
"""
