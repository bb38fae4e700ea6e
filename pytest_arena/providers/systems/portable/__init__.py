"""A call of the user's function, from its parameters to what it returned, in plain Python.

All of it also runs in interpreters in which this package is not installed, of Python 3.9 or newer:
`serve` is started there, and finds its neighbours by relative imports. Nothing here may import
another module of this package, or of anybody else.
"""
