"""What assertions and guardrails share: patterns, words, similarity, refusals."""
