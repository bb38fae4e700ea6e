"""Suites of PromptArena, brought into the form of an arena file: `kind: Arena` and what it names.

Source of the format: the JSON Schemas and the documentation of PromptKit (v1alpha1).
"""
