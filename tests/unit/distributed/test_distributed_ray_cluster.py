"""How the cluster of Ray is reached, with a stand-in for the package."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pytest_arena.distributed.ray_cluster import RayCluster
from pytest_arena.errors import UsageError


class RuntimeEnvSetupError(Exception):
    """Stands in for Ray's."""


class Ray(ModuleType):
    """Stands in for the package: a cluster of nodes with so many CPUs, which is always there."""

    util = SimpleNamespace(get_node_ip_address=lambda: "127.0.0.1")
    exceptions = SimpleNamespace(RuntimeEnvSetupError=RuntimeEnvSetupError)

    def __init__(self) -> None:
        super().__init__("ray")
        self.__spec__ = ModuleSpec("ray", None)
        self.cpus: list[float] = [2.0, 1.0]
        self.asked: list[str] = []
        self.error: Exception | None = None

    def init(self, address: str, **_options: object) -> None:
        self.asked.append(address)
        if self.error is not None:
            raise self.error

    def nodes(self) -> list[dict[str, Any]]:
        lost = {"Alive": False, "Resources": {"CPU": 64.0}}
        head: dict[str, Any] = {"Alive": True, "Resources": {}}
        return [lost, head, *({"Alive": True, "Resources": {"CPU": each}} for each in self.cpus)]

    @staticmethod
    def remote(**_options: object) -> Callable[[object], object]:
        return lambda function: function


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Ray:
    stand_in = Ray()
    monkeypatch.setitem(sys.modules, "ray", stand_in)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return stand_in


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as open_socket:
        yield open_socket


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_at_which_nobody_answers_is_told_before_ray_is_asked(
    ray: Ray, host: str
) -> None:
    address = f"{host}:{closed_port()}"
    with pytest.raises(UsageError) as told:
        RayCluster(address, cpus=1)
    first, *rest = str(told.value).splitlines()
    assert first.startswith(f"--address {address}: no Ray cluster could be reached: ")
    assert "refused" in first
    assert rest == [
        "  expected: a cluster that runs",
        "  fix: start one with ray start --head, or name it: --address HOST:PORT",
    ]
    assert not ray.asked


def test_the_address_of_the_environment_is_looked_at_too(
    ray: Ray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{closed_port()}")
    with pytest.raises(UsageError, match=r"^RAY_ADDRESS 127\.0\.0\.1:\d+: no Ray cluster"):
        RayCluster("auto", cpus=1)
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(UsageError, match=r"^RAY_ADDRESS: 'ray://head:10001' is a Ray client"):
        RayCluster("auto", cpus=1)
    assert not ray.asked


def test_what_answers_is_asked_by_ray_and_so_is_what_is_no_host_and_port(
    ray: Ray, listener: socket.socket
) -> None:
    addresses = [f"127.0.0.1:{listener.getsockname()[1]}", "auto", "nonsense", "http://a:1"]
    for address in addresses:
        RayCluster(address, cpus=1)
    assert ray.asked == addresses


@pytest.mark.parametrize("port", ["0", "65536", "99999999999"])
def test_a_port_that_cannot_be_is_told(ray: Ray, port: str) -> None:
    with pytest.raises(UsageError, match=f"^--address 127.0.0.1:{port}: no Ray cluster"):
        RayCluster(f"127.0.0.1:{port}", cpus=1)


@pytest.mark.parametrize("ship", ["nowhere", "file", ""])
def test_a_folder_to_copy_that_is_none_is_told_as_such(
    ray: Ray, ship: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    with pytest.raises(UsageError) as told:
        RayCluster("auto", cpus=1, ship=ship)
    assert str(told.value) == (
        f"--ship: {ship!r} is no folder here\n"
        "  expected: the folder that is copied to the nodes, as in --ship ."
    )
    assert not ray.asked


def test_a_folder_that_ray_cannot_copy_is_not_taken_for_a_wrong_address(ray: Ray) -> None:
    ray.error = RuntimeEnvSetupError("too large")
    with pytest.raises(UsageError, match=r"^--ship: '\.' could not be copied .*: too large$"):
        RayCluster("auto", cpus=1, ship=".")


@pytest.mark.parametrize(("cpus", "places"), [(1, 3), (0.5, 6), (0, 3), (2, 1), (8, 1)])
def test_the_places_are_those_of_each_node(ray: Ray, cpus: float, places: int) -> None:
    assert RayCluster("auto", cpus=cpus).places == places


def test_shards_that_no_node_has_room_for_are_told_of(ray: Ray) -> None:
    assert RayCluster("auto", cpus=2).shortage is None
    assert RayCluster("auto", cpus=8).shortage == (
        "no node has the 8 CPUs of a shard, the largest has 2: nothing runs before one joins that "
        "has; fewer are asked for with --cpus"
    )
    ray.cpus = []
    assert "the largest has 0" in (RayCluster("auto", cpus=1).shortage or "")
