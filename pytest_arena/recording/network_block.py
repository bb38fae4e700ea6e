"""No network: refuse every connection of this process at Python's sockets."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from pytest_arena.errors import NetworkBlockedError

_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_SENDS = ("connect", "connect_ex", "sendto")


class NetworkBlock:
    """Refuse connections and name look-ups, loopback included, until it is lifted.

    Local sockets (AF_UNIX) stay open, and so do the pipes to xdist's workers. Sockets of C
    libraries that do not go through Python's are beyond its reach.
    """

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any]] = []

    def install(self) -> None:
        for name in _LOOKUPS:
            self._replace(socket, name, _refusing_lookup)
        for name in _SENDS:
            self._replace(socket.socket, name, _refusing_socket)

    def lift(self) -> None:
        """Put everything back."""
        while self._before:
            holder, name, original = self._before.pop()
            if original is None:
                delattr(holder, name)
            else:
                setattr(holder, name, original)

    def _replace(
        self, holder: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        # methods of the C base class are shadowed, and shown again by deleting the shadow
        self._before.append((holder, name, vars(holder).get(name)))
        setattr(holder, name, make(getattr(holder, name)))


def _refusing_lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    def look_up(host: Any, *rest: Any, **named: Any) -> Any:
        if host is None or _is_address(host):
            # nothing is asked of anyone; connecting to it is refused later
            return original(host, *rest, **named)
        port = rest[0] if rest else named.get("port")
        raise _refusal(host, port)

    return look_up


def _refusing_socket(original: Callable[..., Any]) -> Callable[..., Any]:
    def refuse(self: socket.socket, *arguments: Any) -> Any:
        if self.family == getattr(socket, "AF_UNIX", None):
            return original(self, *arguments)
        address = arguments[-1] if arguments else None
        parts = address if isinstance(address, tuple) else (address,)
        raise _refusal(parts[0], parts[1] if len(parts) > 1 else None)

    return refuse


def _is_address(host: Any) -> bool:
    try:
        ip_address(host.decode("ascii") if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return True


def _refusal(host: Any, port: Any) -> NetworkBlockedError:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    where = f"{name}:{port}" if port else name
    return NetworkBlockedError(f"no connection to {where} (--arena-block-network)")
