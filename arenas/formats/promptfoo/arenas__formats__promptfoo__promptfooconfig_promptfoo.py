"""Code of promptfooconfig.yaml, as its arena calls it; written by arena import."""

from pytest_arena.promptfoo import asserting, function_in

assertion_1 = asserting(function_in(__file__, "checks.py", "known_order"))
