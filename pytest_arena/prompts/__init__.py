"""Prompts and their templates."""

from pytest_arena.prompts.templates import TemplateError, render_text

__all__ = ["TemplateError", "render_text"]
