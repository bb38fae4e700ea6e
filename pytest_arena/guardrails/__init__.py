"""Rules on inputs and outputs that can block: one file each."""
