"""Comments on pull requests: one for each report, written once and kept up to date.

A service (GitHub, GitLab, Azure) is told by the variables that its CI sets.
"""
