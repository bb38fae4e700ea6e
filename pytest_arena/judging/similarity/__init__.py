"""How alike two texts are: by words, by letters, or by embeddings."""
