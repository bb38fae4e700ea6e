"""What is found in a text by rules: personal data, secrets, profanity, injections, refusals.

A detector (`base.Detector`) is a set of keys that an assertion and a guardrail share, and a
method that looks at a text and returns what it saw and where. All of them are linear in the
length of the text, run in milliseconds and are measured: their pages in the documentation name
figures and the data that these are of.
"""
