"""The stored cells of an earlier run: what is kept, in which file, and how it is updated.

A baseline keeps counts and hashes, not answers: one line a cell, sorted, so that git can merge it
and a reviewer can read it. It is found in a file, in the results of a run, or in either of them
in git (`source`). Only the controller writes one, from cells that reached a verdict, and never
drops those that a run left out (`update`).
"""
