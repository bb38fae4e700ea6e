"""Where arena files meet pytest: collectors, items, prefetching, results, and the xdist side.

`setup` puts the parts of a run together: in the only process, in xdist's controller, or in a
worker. `ArenaSession` owns what a process that runs items has: the `CollectedArenas` and one engine
(`RunEngine`), whose event loop lives in a thread of its own. The main thread belongs to pytest: it
takes an item, waits for its trials, has them judged, and reports. `Prefetch` starts the calls of
the items to come, so that many are in flight while pytest sees one.

A finished cell is written to a journal at once (one for each worker) and rides to the controller
on pytest's own report. There `ResultsCollector` orders cells, has them compared with the
baseline, and writes `results.jsonl` and the reports.

Other packages must not import this one, and only this one and `plugin` know pytest's hooks.
"""
