"""Answers that were given before: recordings in the repository, and a cache for local work.

`AnswerStore` is what the engine asks before it calls. A recording is a sorted JSONL file beside
the arena, keyed by the facts of a request (`keys`); each process writes a shard of its own, and
the controller merges them when the run ends (`finalize`). The cache is SQLite, shared by all
workers, written on a thread of its own. With `--arena-record none` nothing may be called, and
`network_block` refuses every connection of the process.

`CallJournal` keeps the calls of conversations while a run goes on, those of tools among them, for
the run that takes it up; `TrialCalls` says which of one trial need not, or must not, be made again.
"""
