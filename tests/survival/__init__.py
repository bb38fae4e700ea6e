"""Runs that are killed at random moments and taken up again, each call counted by who was asked."""

from survival.killed_runs import kill_and_resume
from survival.processes import is_alive, parent_of, process_group, wait_until

__all__ = ["is_alive", "kill_and_resume", "parent_of", "process_group", "wait_until"]
