"""Evals of the repository openai/evals: YAML of its registry with samples in JSON lines."""
