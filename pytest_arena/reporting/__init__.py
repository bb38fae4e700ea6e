"""The interface of reports: what a reporter is, and how all of them are written.

Reporters are entry points or are registered by hooks; the core imports none of them. One that
breaks does not cost the others.
"""
