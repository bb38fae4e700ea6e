"""What all text passes on its way out: redaction of keys, and what may be printed."""
