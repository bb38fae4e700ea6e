"""Prompts: their templates, and the texts of known attacks.

Templates are `{{ name }}` with an error for what is undefined; full Jinja runs in the immutable
sandbox only, with limits. Attacks wrap a prompt in a known jailbreak or encoding.
"""

from pytest_arena.prompts.templates import TemplateError, fill_template, render_text

__all__ = ["TemplateError", "fill_template", "render_text"]
