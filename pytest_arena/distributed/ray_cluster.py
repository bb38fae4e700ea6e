"""Shards as tasks of Ray, on a cluster that runs already."""

from __future__ import annotations

from collections.abc import Hashable
from importlib.util import find_spec
from typing import Any

from pytest_arena.distributed.shard_task import Ended, Lost, Message, ShardTask, run_shard
from pytest_arena.errors import Problem, UsageError

RAY_EXTRA = "pip install 'pytest-arena[ray]'"
_WAIT_S = 5.0


class RayCluster:
    """The cluster at an address, whose nodes give each shard so many CPUs.

    `ship` is a folder that Ray copies to every node, where the shards are run; without it they are
    run in a folder that all nodes have. What cannot be reached is a `UsageError`.
    """

    def __init__(self, address: str, *, cpus: float, ship: str | None = None) -> None:
        if find_spec("ray") is None:
            problem = Problem(
                "arena ray needs the package ray, which is not installed", fix=RAY_EXTRA
            )
            raise UsageError(problem)
        if address.startswith("ray://"):
            raise UsageError(
                Problem(
                    f"--address: {address!r} is a Ray client's, over which tasks cannot stream",
                    expected="auto, or HOST:PORT of the cluster, on one of its nodes",
                    fix="run it on a node, or as a job: ray job submit -- arena ray …",
                )
            )
        import ray

        self._ray = ray
        try:
            ray.init(
                address=address,
                log_to_driver=False,
                configure_logging=False,
                runtime_env={"working_dir": ship} if ship is not None else None,
            )
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
            raise UsageError(
                Problem(
                    f"--address {address}: no Ray cluster could be reached: {error}",
                    expected="a cluster that runs",
                    fix="start one with ray start --head, or name it: --address HOST:PORT",
                )
            ) from error
        self._task = ray.remote(num_cpus=cpus, max_retries=0, num_returns="streaming")(run_shard)
        self._cpus = cpus
        self._running: dict[int, Any] = {}
        self._started = 0

    @property
    def places(self) -> int:
        """How many shards the nodes have room for now."""
        found = self._ray.cluster_resources().get("CPU", 0.0)
        return max(1, int(found // self._cpus)) if self._cpus else max(1, int(found))

    def start(self, task: ShardTask) -> Hashable:
        """Have a shard run on whichever node has room."""
        self._started += 1
        spread = self._task.options(scheduling_strategy="SPREAD")
        self._running[self._started] = spread.remote(task)
        return self._started

    def next(self) -> tuple[Hashable, Message]:
        """Wait for the next message of any shard."""
        while True:
            streams = {id(stream): handle for handle, stream in self._running.items()}
            ready, _ = self._ray.wait(
                list(self._running.values()), num_returns=1, timeout=_WAIT_S, fetch_local=False
            )
            if not ready:
                continue
            handle = streams[id(ready[0])]
            message = self._message(ready[0])
            # its turn comes again when the others have had theirs
            stream = self._running.pop(handle)
            if not isinstance(message, (Ended, Lost)):
                self._running[handle] = stream
            return handle, message

    def stop(self) -> None:
        """End all tasks, and leave the cluster."""
        for stream in self._running.values():
            self._ray.cancel(stream, force=False)
        self._ray.shutdown()

    def _message(self, stream: Any) -> Message:
        try:
            found: Message = self._ray.get(next(stream))
        except StopIteration:
            return Lost("its task ended without a word")
        except self._ray.exceptions.RayTaskError as error:
            return Lost(f"its task broke: {error.cause!r}")
        except self._ray.exceptions.RayError as error:
            # behind the first sentence stands how Ray's own logs are read
            first = str(error).strip().partition("\n")[0].partition(". ")[0]
            return Lost(f"{type(error).__name__}: {first}")
        return found
