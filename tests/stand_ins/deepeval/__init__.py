"""Stands in for deepeval."""
