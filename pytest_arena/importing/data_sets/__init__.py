"""Data sets of other tools as arenas: a case for each row, with the answers that the set has."""
