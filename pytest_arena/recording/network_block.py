"""No network: refuse every connection of this process at Python's sockets."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from threading import Lock
from typing import Any, ClassVar

from pytest_arena.errors import NetworkBlockedError

_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_SENDS = ("connect", "connect_ex", "sendto")


class NetworkBlock:
    """Refuses connections and name look-ups, loopback included, until it is lifted.

    Local sockets (AF_UNIX) stay open, and so do the pipes to xdist's workers. Sockets of C
    libraries that do not go through Python's are beyond its reach. It holds for the whole process:
    of several blocks at once, the first one closes the network and the last one opens it again.
    `asked_by` is what the refusal says it is asked by.
    """

    _lock = Lock()
    _installed = 0
    _before: ClassVar[list[tuple[Any, str, Any]]] = []

    def __init__(self, asked_by: str = "--arena-block-network") -> None:
        self._asked_by = asked_by

    def __enter__(self) -> None:
        self.install()

    def __exit__(self, *_error: object) -> None:
        self.lift()

    def install(self) -> None:
        with NetworkBlock._lock:
            NetworkBlock._installed += 1
            if NetworkBlock._installed > 1:
                return
            for name in _LOOKUPS:
                self._replace(socket, name, _refusing_lookup)
            for name in _SENDS:
                self._replace(socket.socket, name, _refusing_socket)

    def lift(self) -> None:
        """Put everything back, unless another block still holds."""
        with NetworkBlock._lock:
            NetworkBlock._installed -= 1
            while self._before and not NetworkBlock._installed:
                holder, name, original = self._before.pop()
                if original is None:
                    delattr(holder, name)
                else:
                    setattr(holder, name, original)

    def _replace(
        self, holder: Any, name: str, make: Callable[[Callable[..., Any], str], Callable[..., Any]]
    ) -> None:
        # methods of the C base class are shadowed, and shown again by deleting the shadow
        self._before.append((holder, name, vars(holder).get(name)))
        setattr(holder, name, make(getattr(holder, name), self._asked_by))


def _refusing_lookup(original: Callable[..., Any], asked_by: str) -> Callable[..., Any]:
    def look_up(host: Any, *rest: Any, **named: Any) -> Any:
        if host is None or _is_address(host):
            # nothing is asked of anyone; connecting to it is refused later
            return original(host, *rest, **named)
        port = rest[0] if rest else named.get("port")
        raise _refusal(host, port, asked_by)

    return look_up


def _refusing_socket(original: Callable[..., Any], asked_by: str) -> Callable[..., Any]:
    def refuse(self: socket.socket, *arguments: Any) -> Any:
        if self.family == getattr(socket, "AF_UNIX", None):
            return original(self, *arguments)
        address = arguments[-1] if arguments else None
        parts = address if isinstance(address, tuple) else (address,)
        raise _refusal(parts[0], parts[1] if len(parts) > 1 else None, asked_by)

    return refuse


def _is_address(host: Any) -> bool:
    try:
        ip_address(host.decode("ascii") if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return True


def _refusal(host: Any, port: Any, asked_by: str) -> NetworkBlockedError:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    where = f"{name}:{port}" if port else name
    return NetworkBlockedError(f"no connection to {where} ({asked_by})")
