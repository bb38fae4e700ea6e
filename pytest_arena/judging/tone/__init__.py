"""The tone of an English text, by cues and small linear models, without a model to download."""

VERSION = 3
"""Counts up whenever a verdict may change: with the cues, the rules or the weights."""

TONES = (
    "professional",
    "polite",
    "formal",
    "casual",
    "friendly",
    "empathetic",
    "apologetic",
    "neutral",
    "positive",
    "negative",
)
"""The tones that need no judge."""
