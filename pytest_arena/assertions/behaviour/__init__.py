"""Assertions on how an agent works: the path it takes, how long it takes, whether it gets on.

They read what a column tells of its tool calls and steps, whether it is an agent that we run, an
application, or a mock. Each module is an assertion or a family of them, or what several share.
"""
