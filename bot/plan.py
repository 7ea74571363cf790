"""What is collected from a service, and within which limits: its configuration enters, a `Plan` leaves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from bot import config as configured
from bot.collect.api import Api
from bot.collect.discovery import DnsFinder, Finder, PrometheusFinder
from bot.collect.kubernetes import KubernetesFinder, KubernetesLogs, Pods
from bot.collect.logs import FileLogs, LogSource
from bot.collect.loki import LokiLogs
from bot.config import Config, Service
from bot.errors import CollectError
from bot.model import login
from bot.model.access import Access, Limits
from bot.model.evidence import CollectFailure, Kind, Target
from bot.model.sources import KubernetesLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is collected from live targets, and within which limits.

    Attributes:
        targets: every instance to look at.
        finder: who knows the instances, where they are not configured; `located` asks it.
        access, limits: how they are reached, and what one pull may take.
        fan_out: how many are asked at once.
        interval_seconds: pause before the second sample; 0 takes none.
        max_freeze_seconds: what leak profile and full dump together may freeze one instance; None allows anything.
        logs, gateway_logs: where logs are read as well, of each the first that has any.
        since_seconds: how far back logs are read; None reads them whole, within the limits.
    """

    targets: tuple[Target, ...] = ()
    finder: Finder | None = None
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)
    fan_out: int = 8
    interval_seconds: float = 5.0
    max_freeze_seconds: float | None = 0.25
    logs: tuple[LogSource, ...] = ()
    gateway_logs: tuple[LogSource, ...] = ()
    since_seconds: float | None = None


def plan_of(service: Service, config: Config) -> Plan:
    """Return what is collected from a service, as its configuration says."""
    defaults = config.defaults
    limits = Limits(deadline_seconds=defaults.deadline, max_bytes=defaults.max_bytes)
    sources = _Sources(service, config, limits)
    return Plan(
        targets=tuple(Target(service.name, _place(url), url) for url in service.targets),
        finder=sources.finder(),
        access=service.access,
        limits=limits,
        fan_out=defaults.fan_out,
        interval_seconds=defaults.interval,
        max_freeze_seconds=service.max_freeze_ms / 1000,
        logs=tuple(sources.log(source, Kind.SERVICE_LOG) for source in service.logs),
        gateway_logs=tuple(sources.log(source, Kind.GATEWAY_LOG) for source in service.gateway_logs),
    )


def located(plan: Plan) -> tuple[Plan, tuple[CollectFailure, ...]]:
    """Look the instances up where they are not configured; return the plan with them, or why there are none."""
    if plan.finder is None:
        return plan, ()
    try:
        return replace(plan, targets=plan.finder.find(), finder=None), ()
    except CollectError as error:
        return replace(plan, finder=None), (CollectFailure(kind=Kind.GOROUTINE, reason=f"no instance is known: {error}"),)


@dataclass(frozen=True, slots=True)
class _Sources:
    """Makes finders and log sources of one service."""

    service: Service
    config: Config
    limits: Limits

    def finder(self) -> Finder | None:
        """Return who knows the service's instances; None where they are configured."""
        discover, name = self.service.discover, self.service.name
        if discover is None:
            return None
        if dns := discover.dns:
            return DnsFinder(service=name, name=dns.name, port=dns.port, scheme=discover.scheme)
        if pods := discover.kubernetes:
            found = self._pods(pods.namespace, pods.selector)
            return KubernetesFinder(service=name, pods=found, port=pods.port, scheme=discover.scheme)
        if (found_by := discover.prometheus) and self.config.prometheus:
            api = self._api("Prometheus", self.config.prometheus)
            return PrometheusFinder(service=name, api=api, query=found_by.query, port=found_by.port, scheme=discover.scheme)
        return None

    def log(self, source: configured.LogSource, kind: Kind) -> LogSource:
        """Return where a log is read from."""
        if source.kubernetes:
            return self._kubernetes_logs(source.kubernetes, kind)
        if source.loki and self.config.loki:
            return LokiLogs(api=self._api("Loki", self.config.loki), query=source.loki.query, kind=kind)
        return FileLogs(source.file, kind)

    def _kubernetes_logs(self, wanted: KubernetesLog, kind: Kind) -> KubernetesLogs:
        """Logs belong to pods as instances, unless the instances are configured and bear other names; a gateway's never do."""
        found = self.service.discover.kubernetes if self.service.discover else None
        namespace = wanted.namespace or (found.namespace if found else "")
        pods = self._pods(namespace, wanted.selector or (found.selector if found else ""))
        own = kind is Kind.SERVICE_LOG and (found is not None or not (self.service.targets or self.service.discover))
        return KubernetesLogs(
            service=self.service.name,
            pods=pods,
            previous=wanted.previous,
            container=wanted.container,
            by_pod=own,
            kind=kind,
        )

    def _pods(self, namespace: str, selector: str) -> Pods:
        api = self.config.kubernetes
        return Pods(self._api("Kubernetes", api) if api else None, namespace, selector)

    def _api(self, name: str, api: login.Api) -> Api:
        return Api(name, api.url, api.access, self.limits)


def _place(url: str) -> str:
    """Return `host:port`, or the path of a unix socket."""
    parts = urlsplit(url)
    return unquote(parts.netloc) or parts.path
