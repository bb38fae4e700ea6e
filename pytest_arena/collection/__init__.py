"""Where arena files meet pytest: files, items, look-ahead, results, and the xdist side."""
