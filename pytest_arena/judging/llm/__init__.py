"""Judging by another model: what it is asked, how its reply is read, panels, and pairs."""
