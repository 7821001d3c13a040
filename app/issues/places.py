"""Which places on the network may be asked at all: the public web, and nothing that only we can reach.

An author pastes whatever they find, and a page can redirect to wherever it likes, so an address is judged by the IP
that is about to be connected to and never by how it is spelled (A22 to A24).
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, Protocol

Address = IPv4Address | IPv6Address

WEB_PORTS: Final = frozenset({80, 443, 8080, 8443})

# RFC 6890 and the IANA special-purpose registry, spelled out: what `ipaddress` calls global changes with Python's
# version, and counts multicast, 6to4 and NAT64 in.
_CLOSED_4: Final = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # public by its number, answered by the host of an Azure machine
        ),
    )
)
_OPEN_6: Final = IPv6Network("2000::/3")
"""All that has been given out as global unicast; mapped, NAT64, local and multicast addresses lie outside."""
_CLOSED_6: Final = tuple(
    map(
        IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)


class Policy(Protocol):
    """What may be fetched. Asked for every address of a host just before it is connected to, on every hop."""

    def refusal(self, host: str, address: Address, port: int) -> str:
        """Why this place may not be asked, as half a sentence for the author; "" when it may."""
        ...


@dataclass(frozen=True)
class PublicWeb:
    """The policy of every installation: public addresses, and the ports that web servers use."""

    ports: frozenset[int] = WEB_PORTS

    def refusal(self, host: str, address: Address, port: int) -> str:
        if not is_public(address):
            return f"{host} is not a place on the public web"
        if port not in self.ports:
            return f"port {port} is not one that web pages are served from"
        return ""


def is_public(address: Address) -> bool:
    """Can anybody on the internet be expected to reach this address, and as itself?"""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)
