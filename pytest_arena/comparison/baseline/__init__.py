"""The stored cells of an earlier run: model, file, where it is found, and how it is updated."""
