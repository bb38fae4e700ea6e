"""Checks on trials: one file each, families of one-liners together."""
