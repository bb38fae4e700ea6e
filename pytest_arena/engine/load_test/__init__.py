"""Load cases: virtual users, their figures, and the verdict over all of their calls."""
