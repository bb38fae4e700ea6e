"""The network block refuses every connection but local ones, and can be lifted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from pytest_arena.errors import NetworkBlockedError
from pytest_arena.recording.network_block import NetworkBlock


@pytest.fixture
def blocked() -> Iterator[None]:
    block = NetworkBlock()
    block.install()
    yield
    block.lift()


@pytest.mark.usefixtures("blocked")
def test_a_connection_is_refused_by_the_host_s_name() -> None:
    with pytest.raises(NetworkBlockedError) as caught:
        socket.create_connection(("api.example.com", 443))
    assert str(caught.value) == "no connection to api.example.com:443 (--arena-block-network)"


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_loopback_is_refused_too(family: int, host: str) -> None:
    with socket.socket(family) as one:
        for connect in (one.connect, one.connect_ex):
            with pytest.raises(NetworkBlockedError, match=rf"^no connection to {host}:9 "):
                connect((host, 9))


@pytest.mark.usefixtures("blocked")
def test_datagrams_are_refused() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(NetworkBlockedError):
        one.sendto(b"x", ("127.0.0.1", 9))


@pytest.mark.usefixtures("blocked")
def test_the_loop_s_connections_are_refused() -> None:
    with pytest.raises(NetworkBlockedError, match=r"127\.0\.0\.1:9"):
        asyncio.run(asyncio.open_connection("127.0.0.1", 9))


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize("name", ["gethostbyname", "gethostbyname_ex"])
def test_names_are_not_looked_up(name: str) -> None:
    with pytest.raises(NetworkBlockedError, match=r"^no connection to example\.com "):
        getattr(socket, name)("example.com")
    with pytest.raises(NetworkBlockedError, match=r"^no connection to example\.com:80 "):
        socket.getaddrinfo(b"example.com", 80)


@pytest.mark.usefixtures("blocked")
def test_local_sockets_and_listening_go_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("s") / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
    assert socket.getaddrinfo("127.0.0.1", 80)
    assert socket.getaddrinfo(None, 0)


def test_everything_is_as_it_was_once_it_is_lifted() -> None:
    before = (socket.getaddrinfo, socket.socket.connect, dict(vars(socket.socket)))
    block = NetworkBlock()
    block.install()
    block.lift()
    assert (socket.getaddrinfo, socket.socket.connect, dict(vars(socket.socket))) == before


def test_of_two_blocks_at_once_the_last_one_opens_the_network() -> None:
    before = socket.getaddrinfo
    first, second = NetworkBlock(), NetworkBlock()
    first.install()
    second.install()
    first.lift()
    with pytest.raises(NetworkBlockedError):
        socket.getaddrinfo("example.com", 80)
    second.lift()
    assert socket.getaddrinfo is before
