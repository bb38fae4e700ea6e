"""Files of other tools that an arena runs as they are: one folder a format.

Each reads a foreign tree into what loading knows already, with the places of the foreign file, so
that limits, trials, guardrails, recordings and reports need not know where a prompt came from.
"""
