"""Configurations of promptfoo, by the rules of its releases 0.119 to 0.121."""
