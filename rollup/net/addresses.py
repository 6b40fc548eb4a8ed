"""Addresses: "host:port", "[v6]:port" and "http://host:port", and which of them stay on this machine.

One rule: an address that is not evidently loopback is not loopback.
"""

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from rollup.environment import AddressRefused

SCHEMES = {"http": 80, "https": 443, "ws": 80, "wss": 443}
"""Schemes of an RPC server, and their default ports."""


class Endpoint(NamedTuple):
    """A host and a port; written as an address, v6 in brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(address: str) -> Endpoint:
    """Return the endpoint of "host:port". Raises AddressRefused where it is malformed."""
    host, colon, digits = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    well_formed = colon and host and digits.isascii() and digits.isdigit() and int(digits) < 1 << 16
    if not well_formed or (":" in host and not address.startswith("[")):
        raise AddressRefused(f'an address reads "host:port"; received "{address}"')
    return Endpoint(host, int(digits))


def endpoint_of_url(url: str) -> Endpoint:
    """Return the endpoint that serves a URL. Raises AddressRefused where it is malformed."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f'a URL reads "http://host:port"; received "{url}"') from error
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise AddressRefused(f'a URL reads "http://host:port"; received "{url}"')
    return Endpoint(parts.hostname, SCHEMES[parts.scheme] if port is None else port)


def is_loopback(host: str) -> bool:
    """Whether a host name or number reaches this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
