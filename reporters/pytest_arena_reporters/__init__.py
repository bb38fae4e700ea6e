"""The reports that ship: one file a format, each found as an entry point.

A reporter gets one finished `RunResult` and writes one file, or the lines at the end of the
terminal. It sees `results`, `comparison`, `reporting`, `text` and `errors` only: what a report
needs beyond the cells themselves is computed in `comparison`, so that two formats never disagree.
All text of models and providers is hostile here; each format has its one place where that is
made harmless (`printable` for terminals, `markdown_text`, the apostrophe in CSV, `textContent`
in the page).
"""
