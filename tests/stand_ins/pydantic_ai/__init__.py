"""Stands in for pydantic_ai."""
