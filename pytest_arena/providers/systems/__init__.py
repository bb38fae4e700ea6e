"""Columns that are applications: a function, a program or a service that somebody built.

Each of these providers hands a turn to an application and makes a `Response` of what comes back.
An application's code never runs on the engine's event loop: functions run in threads or on a loop
of their own, programs are processes in groups of their own, which are killed however a run ends.
`portable` is how a function is called and what it returned is told, in plain Python, since other
interpreters run it as well.
"""
