"""OpenAI Evals: exports of the hosted product, and evals of the repository openai/evals.

`hosted` and `registry` know nothing of each other; what both share stands beside them.
"""
