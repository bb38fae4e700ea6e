"""What text passes wherever it goes in or out: how it is compared, redacted and printed.

Pure functions at the bottom of the layers, used by every package. `redaction` takes keys out of
everything that is written, `key_patterns` is the one list of what keys look like, `printable`
makes foreign text fit for a terminal and a CI log.
"""
