"""What text passes wherever it goes in or out: how it is compared, redacted and printed.

Pure functions at the bottom of the layers, used by every package. `folding` says which texts are
the same to a reader, `looking` finds one in another. `redaction` takes keys out of everything that
is written, `key_forms` is the one list of what keys look like and `key_patterns` finds them,
`printable` makes foreign text fit for a terminal and a CI log.
"""
