"""Where a web address that somebody else gave us may lead: only to hosts of the open internet, and to the very address that was checked.

Must never connect to an address that was not judged (a name may answer differently a moment later), nor to anything inside (A12).
"""

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import httpcore

from portal.core.errors import PortalError

Resolver = Callable[[str, int], list[str]]
NAT64 = ipaddress.ip_network("64:ff9b::/96")
CALLED_OPEN = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
"""Of protocols, of relays, of documents: nobody's receiver, and older versions of Python call them open."""
LONGEST_LOOKUP = 10.0
"""Seconds after which a name counts as not known: the machine's resolver has no deadline of its own that can be set."""


class AddressNotAllowed(PortalError):
    """The web address leads inside, nowhere, or is not one that we call."""


def refuse_address(url: str, *, loopback: bool) -> None:
    """Raise `AddressNotAllowed` for an address that is no plain https one. `loopback`: plain http to this machine is fine (demo)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressNotAllowed("This is not a web address.") from None
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= 500
    local = loopback and parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    if not plain or not parts.hostname or parts.username is not None or parts.fragment or port == 0:
        raise AddressNotAllowed("Give a plain address like https://hooks.example.com/privacy, without user name and fragment.")
    if parts.scheme != "https" and not local:
        raise AddressNotAllowed("Only https addresses are called.")
    # What is a number already is judged now; a name is judged when it is called, each time.
    if not local and (_is_odd_number(parts.hostname) or (_is_number(parts.hostname) and not is_open_internet(parts.hostname))):
        raise AddressNotAllowed("Only addresses on the open internet are called.")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_odd_number(host: str) -> bool:
    """Whether a resolver reads it as an address although it is not written as one: `127.1`, `0x7f.1`, `2130706433`. No name ends so."""
    last = host.rstrip(".").rpartition(".")[2]
    return (last.isdecimal() or last.startswith("0x")) and not _is_number(host)


def is_open_internet(text: str) -> bool:
    """Whether an IP address is one of the open internet, whatever it is wrapped in."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_site_local:
            return False
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64 or int(address) >> 32 == 0:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if any(each is not None and not is_open_internet(str(each)) for each in inner):
            return False
    if any(address in network for network in CALLED_OPEN):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def ask_resolver(host: str, port: int) -> list[str]:
    """Every address of a host name, as this machine's resolver has it."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _ask_in_time(resolver: Resolver, host: str, port: int, timeout: float) -> list[str]:
    """What the resolver says. Raises `OSError`, or `httpcore.ConnectTimeout` where it takes too long: its thread is left to end alone."""
    said: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            said.put(resolver(host, port))
        except Exception as error:  # noqa: BLE001  # raised again by whoever waits
            said.put(error)

    threading.Thread(target=ask, name="lookup", daemon=True).start()
    try:
        found = said.get(timeout=timeout)
    except queue.Empty:
        raise httpcore.ConnectTimeout("The look-up of the name takes too long.") from None
    if isinstance(found, Exception):
        raise found
    return found


class CheckedNetwork(httpcore.NetworkBackend):
    """Resolves a name once, judges every address it has, and connects to one of those that were judged."""

    def __init__(self, *, loopback: bool, resolver: Resolver = ask_resolver) -> None:
        self._inner = httpcore.SyncBackend()
        self._loopback, self._resolver = loopback, resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect, or raise `AddressNotAllowed`."""
        began = time.monotonic()
        try:
            addresses = _ask_in_time(
                self._resolver, host, port, LONGEST_LOOKUP if timeout is None else min(timeout, LONGEST_LOOKUP)
            )
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("The name is not known.") from None
        if not addresses or not all(self._may(address) for address in addresses):
            raise AddressNotAllowed("The address leads to a place that is not on the open internet.")
        if timeout is not None:
            timeout = max(timeout - (time.monotonic() - began), 0.1)
        for address in addresses[:-1]:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                # Of a name with several addresses, one may be of a kind that this machine has no way to.
                continue
        return self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    def _may(self, address: str) -> bool:
        try:
            return is_open_internet(address) or (self._loopback and ipaddress.ip_address(address).is_loopback)
        except ValueError:
            return False
