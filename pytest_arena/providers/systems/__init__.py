"""Columns that are applications: a function, a program or a service that somebody built.

Each of these providers hands a turn to an application and makes a `Response` of what comes back.
`shapes` tells the objects of the usual frameworks by their shape, without importing them, and is
plain Python without a dependency: `serve` runs it in interpreters in which this package need not
be installed. An application's code never runs on the engine's event loop: functions run in threads
or on a loop of their own, programs are processes in a group of their own, which is killed however
a run ends.
"""
