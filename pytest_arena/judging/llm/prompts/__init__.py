"""The prompts that judges get: text files whose first line holds their version."""
