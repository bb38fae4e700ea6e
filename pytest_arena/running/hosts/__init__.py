"""Programs that answer calls of functions, one a language: each runs by itself."""
