"""How alike two texts are: by words and letters, by embeddings, or by themes.

Measures return a number from 0 to 1 and see form, not meaning: two texts that differ in a number
or a negation are still alike. What may be concluded from that is decided by the assertions.
"""
