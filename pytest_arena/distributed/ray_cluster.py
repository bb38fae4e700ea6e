"""Shards as tasks of Ray, on a cluster that runs already."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Hashable
from importlib.util import find_spec
from typing import Any

from pytest_arena.distributed.shard_task import Ended, Lost, Message, ShardTask, run_shard
from pytest_arena.errors import Problem, UsageError

RAY_EXTRA = "pip install 'pytest-arena[ray]'"
_WAIT_S = 5.0
_KNOCK_S = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


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
        asked_by = "--address"
        if address == "auto" and os.environ.get("RAY_ADDRESS"):
            asked_by, address = "RAY_ADDRESS", os.environ["RAY_ADDRESS"]
        if address.startswith("ray://"):
            raise UsageError(
                Problem(
                    f"{asked_by}: {address!r} is a Ray client's, over which tasks cannot stream",
                    expected="auto, or HOST:PORT of the cluster, on one of its nodes",
                    fix="run it on a node, or as a job: ray job submit -- arena ray …",
                )
            )
        if ship is not None and not os.path.isdir(ship):
            raise UsageError(
                Problem(
                    f"--ship: {ship!r} is no folder here",
                    expected="the folder that is copied to the nodes, as in --ship .",
                )
            )
        import ray

        self._ray = ray
        self._connect(address, asked_by, ship)
        self._task = ray.remote(num_cpus=cpus, max_retries=0, num_returns="streaming")(run_shard)
        self._cpus = cpus
        self._running: dict[int, Any] = {}
        self._started = 0

    def _connect(self, address: str, asked_by: str, ship: str | None) -> None:
        try:
            _knock(address, self._ray.util.get_node_ip_address)
            self._ray.init(
                address=address,
                log_to_driver=False,
                configure_logging=False,
                runtime_env={"working_dir": ship} if ship is not None else None,
            )
        except self._ray.exceptions.RuntimeEnvSetupError as error:
            problem = Problem(f"--ship: {ship!r} could not be copied to the nodes: {error}")
            raise UsageError(problem) from error
        except (OSError, OverflowError, RuntimeError, ValueError) as error:
            raise UsageError(
                Problem(
                    f"{asked_by} {address}: no Ray cluster could be reached: {error}",
                    expected="a cluster that runs",
                    fix="start one with ray start --head, or name it: --address HOST:PORT",
                )
            ) from error

    @property
    def places(self) -> int:
        """How many shards the nodes have room for now; 1 where none has."""
        cpus = self._node_cpus()
        return max(1, sum(int(each // self._cpus) if self._cpus else int(each) for each in cpus))

    @property
    def shortage(self) -> str | None:
        """What to say where no node has the CPUs of a shard: one that has may join."""
        most = max(self._node_cpus(), default=0.0)
        if most >= self._cpus:
            return None
        return (
            f"no node has the {self._cpus:g} CPUs of a shard, the largest has {most:g}: nothing "
            "runs before one joins that has; fewer are asked for with --cpus"
        )

    def _node_cpus(self) -> list[float]:
        nodes = self._ray.nodes()
        return [node["Resources"].get("CPU", 0.0) for node in nodes if node["Alive"]]

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


def _knock(address: str, own_ip: Callable[[], str]) -> None:
    """Raise an `OSError` where nobody answers at HOST:PORT, of which Ray says nothing for minutes.
    Any other address is Ray's to judge."""
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        return
    host = host.strip("[]")
    try:
        socket.create_connection((host, int(port)), _KNOCK_S).close()
    except OSError:
        if host not in _LOOPBACK:
            raise
        # Ray looks for it there
        socket.create_connection((own_ip(), int(port)), _KNOCK_S).close()
