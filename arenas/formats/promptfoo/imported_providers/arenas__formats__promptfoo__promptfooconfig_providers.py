"""Code of promptfooconfig.yaml, as its arena calls it; written by arena import."""

from pytest_arena.promptfoo import answering, function_in

provider_1 = answering(function_in(__file__, "../shop.py", "call_api"), config={"style": "brief"})

provider_2 = answering(function_in(__file__, "../shop.py", "call_api"), config={"style": "full"})
