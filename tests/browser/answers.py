"""Runs whose answers a test chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from synthetic_run import HOSTILE, synthetic_run

from pytest_arena.results import Cell, Response, RunResult

CALM = "calm"
HOSTILE_ANSWERS = (
    *HOSTILE,
    "# <img src=x onerror=\"document.title='PWNED'\">\n\n- <b>bold</b>\n- `</code><script>`",
    "![x](http://evil.example/x.png) [y](javascript:document.title='PWNED') <style>*{display:none}"
    "</style>",
    "![x](data:image/svg+xml;base64,PHN2Zy8+) data:text/html,<script>alert(1)</script>",
    "| <img src=x> | b |\n|---|---|\n| </td></table><iframe src=//evil.example> | 2 |",
    '{"html": "<img src=x onerror=alert(1)>", "__proto__": {"a": 1}}',
    "```html\n<script>document.title='PWNED'</script>\n```",
    "`" * 20_000,
    "[" * 20_000,
    "[" * 10_000 + "]" * 10_000,
    "\n".join(" " * depth + "- deep" for depth in range(1_000)),
    "- " * 10_000,
    "> " * 10_000,
    "**a " * 5_000,
    "| " * 10_000 + "\n" + "|-" * 10_000,
    " " * 30_000 + "|",
    "\n" * 30_000 + "|",
    "[a][1] ![b][1] [c]\n\n[1]: javascript:document.title='PWNED' \"a title\"\n[c]: //evil.example",
    "<javascript:document.title='PWNED'> <https://evil.example> www.evil.example a@evil.example",
    "[a](http://evil.example \"onmouseover=alert(1)\") [b](<javascript:alert(1)> 'x') "
    "[c](java\tscript:alert(1)) [d](javascript&colon;alert(1)) [e](&#106;avascript:alert(1))",
    "&lt;script&gt;document.title='PWNED'&lt;/script&gt; &#x3C;img src=x "
    "onerror=alert(1)&#62; **&amp;**",
    "# t\n<svg><animate onbegin=alert(1) attributeName=x dur=1s><use "
    "href=data:image/svg+xml,x /></svg>",
    "- a\n\n<style>@import url(//evil.example/x.css);body{display:none}</style><link "
    "rel=stylesheet "
    "href=//evil.example><meta http-equiv=refresh content='0;url=//evil.example'><base "
    "href=//evil.example>",
    "> <form action=//evil.example><input autofocus onfocus=alert(1)><button "
    "formaction=javascript:1>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 "
    "onerror=alert(1)&gt;'>",
    "</pre></div></section><h1>All passed</h1><!-- <![CDATA[ ]]> "
    "{{constructor.constructor('alert(1)')()}}",
    "[\u202egnp.exe\u2066](http://evil.example/\u202e) \u2028\u2029\u200b\u00ad "
    "**\u202ebold** `\u2067x`",
    "a" + "\u0301" * 3_000 + " ## " + "\ud7ff\ufffe",
    "~~~ <script>\n</script><script>document.title='PWNED'</script>\n" * 200,
    '[{"</script>": "\u202e<img src=x>", "constructor": {"prototype": null}, "n": 1e999999}]',
    "| a " * 2_000 + "|\n" + "|-" * 2_000 + "|\n" + "| b " * 2_000 + "|",
    "[a](" * 5_000,
    "![" * 5_000 + "](x)" * 5_000,
    "".join("`" * (1 + n % 40) + "x" for n in range(2_000)),
    "*a _b " * 3_000,
    "\n".join("\t" * min(depth, 40) + f"{depth}. deep" for depth in range(10_000)),
    "#" * 30_000 + " x\n" + "=" * 30_000 + "\n" + "-" * 30_000,
    "x" * 250_000,
)
"""What a model may answer, to make markup, a request or a long wait of it."""


def in_rows(texts: Sequence[str], columns: int) -> list[list[str]]:
    """Return rows of so many texts, the last one filled up."""
    missing = [CALM] * (-len(texts) % columns)
    every = [*texts, *missing]
    return [every[start : start + columns] for start in range(0, len(every), columns)]


def answered(texts: Sequence[Sequence[str]], **changes: Any) -> RunResult:
    """Return a run with a case for each row of texts, and a column for each text of a row."""
    run = synthetic_run(len(texts), len(texts[0]), rich=False)
    said = [text for row in texts for text in row]
    cells = [answering(cell, text) for cell, text in zip(run.cells, said, strict=True)]
    return replace(run, cells=tuple(replace(cell, **changes) for cell in cells))


def answering(cell: Cell, text: str, **changes: Any) -> Cell:
    """Return a cell whose one trial got this answer."""
    (trial,) = cell.trials
    response = replace(trial.responses[-1] if trial.responses else Response(""), output=text)
    told = replace(trial, responses=(replace(response, **changes),), error=None)
    return replace(cell, trials=(told,))


def address(cell: Cell) -> str:
    return f"#cell?id={quote(f'{cell.file}::{cell.case}[{cell.column}]', safe='')}"
