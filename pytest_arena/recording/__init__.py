"""Answers that were given before: recordings in the repository, and a cache for local work."""
