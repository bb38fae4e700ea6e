"""How code of a user's own runs beside the event loop, which it may not hold up.

Functions run in threads, coroutines on a loop of their own (`user_code`), programs as processes in
groups of their own (`program`), which are killed however a run ends (`process_guard`).
"""
