"""Stands in for pydantic_evals."""
