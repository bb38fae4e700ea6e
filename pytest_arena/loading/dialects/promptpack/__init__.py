"""PromptPacks: prompts with variables, fragments, validators, evals and tools, and a workflow."""
