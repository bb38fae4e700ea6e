"""Assertions on the tools that an answer called: which, how often, with what, and what came of it.

`base` says which calls are looked at and how they are told in reasons; the other modules are a
family each.
"""
