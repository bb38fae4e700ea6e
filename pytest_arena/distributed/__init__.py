"""A run over the nodes of a cluster: shards as tasks, their cells streamed to the driver.

`driver` decides what runs where and what is run again, and knows no cluster software; `shard_task`
is what runs on a node; `ray_cluster` is the one module that imports Ray. The verdict is none of
theirs: the shards that the driver gathered are merged as those of a CI matrix are.
"""

from pytest_arena.distributed.driver import Driver, Journals, Outcome
from pytest_arena.distributed.shard_task import Ended, Lines, Lost, ShardTask, run_shard

__all__ = [
    "Driver",
    "Ended",
    "Journals",
    "Lines",
    "Lost",
    "Outcome",
    "ShardTask",
    "run_shard",
]
