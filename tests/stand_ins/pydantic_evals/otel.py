"""Spans."""


class SpanTree:
    pass
