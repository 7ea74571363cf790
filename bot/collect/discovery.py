"""Where the instances of a service are looked up: a `Finder` is asked before every diagnosis, and gives targets.

Only addresses leave here: what a server answers becomes a host and a port, never a path or credentials.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from bot.collect.api import Api
from bot.errors import CollectError
from bot.model.evidence import Target

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?))(?::(\d{1,5}))?")


class Finder(Protocol):
    """A place that knows the instances of a service."""

    def find(self) -> tuple[Target, ...]:
        """Return the instances there are now.

        Raises:
            CollectError: it cannot be asked, or knows none.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFinder:
    """Every address of a name is an instance."""

    service: str
    name: str
    port: int
    scheme: str = "http"

    def find(self) -> tuple[Target, ...]:
        """Look the name up."""
        try:
            found = socket.getaddrinfo(self.name, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            reason = error.strerror or error
            raise CollectError(f"the name {self.name} cannot be looked up ({reason}); correct discover.dns.name") from error
        addresses = {str(address[0]).partition("%")[0] for *_, address in found}
        return tuple(target(self.service, host, self.port, self.scheme) for host in sorted(addresses, key=_by_number))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusFinder:
    """Every series of a query is an instance, by its label `instance`; `port` is pprof's where it is another."""

    service: str
    api: Api
    query: str
    port: int | None = None
    scheme: str = "http"

    def find(self) -> tuple[Target, ...]:
        """Run the query (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries)."""
        said = self.api.json("/api/v1/query", {"query": self.query}, noun="query")
        data = said.get("data")
        series = data.get("result") if isinstance(data, dict) else None
        if not isinstance(series, list):
            raise CollectError(
                f"{self.api.name} refused the query ({said.get('error', 'no reason given')}); correct discover.prometheus"
            )
        labels = [item.get("metric", {}).get("instance", "") for item in series if isinstance(item, dict)]
        targets = tuple(self._targets(labels))
        if not targets:
            raise CollectError(f"{self.api.name} knows no instance by {self.query}; correct discover.prometheus.query")
        return targets

    def _targets(self, labels: Iterable[str]) -> Iterable[Target]:
        for label in sorted(set(labels)):
            host = _HOST.fullmatch(label)
            port = self.port or (int(host[3]) if host and host[3] else None)
            if host and port and port < 1 << 16:
                yield target(self.service, host[1] or host[2], port, self.scheme)


def target(service: str, host: str, port: int, scheme: str, *, instance: str = "") -> Target:
    """Return the target at a host and a port, called `instance` or by its address.

    >>> target("shop", "fd00::7", 6060, "http").url, target("shop", "10.0.3.7", 6060, "http", instance="shop-1").instance
    ('http://[fd00::7]:6060', 'shop-1')
    """
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return Target(service, instance or place, f"{scheme}://{place}")


def _by_number(address: str) -> tuple[int, int]:
    found = ipaddress.ip_address(address)
    return found.version, int(found)
