"""Where the instances, logs and metrics history of a service are looked up, as configured."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import UsageError
from bot.model.units import Duration, format_duration

MAX_HISTORY_STEPS = 360
"""Steps from one point of a series to the next that are asked for at most."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsHistorySource:
    """The metrics of a service over the last hours, from Prometheus.

    Attributes:
        selector: a PromQL selector of its processes without a metric's name; empty: `{job="<service>"}`.
        hours: how far back. Slow growth is judged by the last six hours; the same time of yesterday tells it from the daily wave.
        step: between two points; None takes them as close as `MAX_HISTORY_STEPS` allows.
    """

    selector: str = ""
    hours: Duration = Duration(30 * 3600.0)
    step: Duration | None = None

    def __post_init__(self) -> None:
        """Refuse what Prometheus would not understand, and what would be too much."""
        selector = self.selector.strip()
        if selector and not (selector.startswith("{") and selector.endswith("}") and "__name__" not in selector):
            raise UsageError(f'`selector` names processes without a metric, such as {{job="checkout"}}, not `{selector}`')
        if self.hours <= 0 or (self.step is not None and self.step <= 0):
            raise UsageError("`hours` and `step` are lengths of time such as 30h and 5m")
        if self.step is not None and self.hours / self.step > MAX_HISTORY_STEPS:
            least = format_duration(-(-self.hours // MAX_HISTORY_STEPS))
            raise UsageError(f"`step` gives more than {MAX_HISTORY_STEPS} points; write at least {least}, or leave it out")
