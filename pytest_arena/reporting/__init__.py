"""The interface of reports: what a reporter is, and how all of them are written."""
