"""Where the instances and logs of a service are looked up, as configured: `Discover`, `KubernetesLog`, `LokiLog`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsDiscovery:
    """Every address of a name is an instance, such as those of a headless Kubernetes service."""

    name: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesDiscovery:
    """Every pod that a label selector finds is an instance; `port` is the number or the name of its pprof port."""

    namespace: str
    selector: str
    port: int | str = "pprof"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusDiscovery:
    """Every series of a query is an instance: the host of its label `instance`, with `port` where pprof has another."""

    query: str
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discover:
    """Where the instances of a service are looked up before every diagnosis; `scheme` is http or https."""

    dns: DnsDiscovery | None = None
    kubernetes: KubernetesDiscovery | None = None
    prometheus: PrometheusDiscovery | None = None
    scheme: str = "http"

    def __post_init__(self) -> None:
        """Refuse none or several ways at once."""
        if sum(way is not None for way in (self.dns, self.kubernetes, self.prometheus)) != 1:
            raise UsageError("give one of `dns`, `kubernetes` and `prometheus`")
        if self.scheme not in ("http", "https"):
            raise UsageError(f"`scheme` is http or https, not `{self.scheme}`")


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesLog:
    """The logs of a service's pods, by Kubernetes itself; `previous` also reads those of containers that have ended.

    `namespace` and `selector` are needed where `discover.kubernetes` does not give them; `container` where a pod has several.
    """

    previous: bool = False
    namespace: str = ""
    selector: str = ""
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LokiLog:
    """The log lines that a LogQL query finds."""

    query: str
