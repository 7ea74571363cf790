"""What is collected from a service, and within which limits: its configuration enters, a `Plan` leaves."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from enum import IntEnum
from urllib.parse import unquote, urlsplit

from bot import config as configured
from bot.collect.api import Api
from bot.collect.discovery import DnsFinder, Finder, PrometheusFinder
from bot.collect.kubernetes import KubernetesFinder, KubernetesLogs, Pods
from bot.collect.logs import FileLogs, LogSource
from bot.collect.loki import LokiLogs
from bot.collect.platform import KubernetesState
from bot.collect.prometheus import PrometheusHistory
from bot.config import Config, Service
from bot.errors import CollectError
from bot.model import login
from bot.model.access import Access, Limits
from bot.model.evidence import CollectFailure, Kind, Target
from bot.model.sources import KubernetesLog

LIGHT_DEADLINE_SECONDS = 10.0
"""Of one pull of a light look: nobody waits for it, and what takes longer is ill."""

PULLING_RATIO = 0.95
"""Of the time until an answer is due: pulls end by then; the rest is for working the answer out and writing it."""


class Depth(IntEnum):
    """How far the ladder is climbed: counts alone, the heap as well, or all of it."""

    COUNTS = 1
    HEAP = 2
    ALL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is collected from live targets, and within which limits.

    Attributes:
        targets: every instance to look at.
        finder: who knows the instances, where they are not configured; `located` asks it.
        instance: the one instance to look at, by name; empty for all of them.
        access, limits: how they are reached, and what one pull may take; `limits.due_at` ends all of them: what was not asked
            by then is left out.
        answer_seconds: how long the whole answer may take, for people; None where it may take its time.
        fan_out: how many are asked at once.
        depth: how far the ladder is climbed.
        interval_seconds: pause before the second sample; 0 takes none.
        max_freeze_seconds: what leak profile and full dump together may freeze one instance; None allows anything.
        logs, gateway_logs: where logs are read as well, of each the first that has any.
        platform: who is asked for pods and events, where the service runs in Kubernetes.
        history: where the metrics of the last hours are read; None where nobody keeps them.
        since_seconds: how far back logs are read; None reads them whole, within the limits.
    """

    targets: tuple[Target, ...] = ()
    finder: Finder | None = None
    instance: str = ""
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)
    answer_seconds: float | None = None
    fan_out: int = 8
    depth: Depth = Depth.ALL
    interval_seconds: float = 5.0
    max_freeze_seconds: float | None = 0.25
    logs: tuple[LogSource, ...] = ()
    gateway_logs: tuple[LogSource, ...] = ()
    platform: KubernetesState | None = None
    history: PrometheusHistory | None = None
    since_seconds: float | None = None


def plan_of(service: Service, config: Config) -> Plan:
    """Return what is collected from a service, as its configuration says; the time until the answer is due counts from here."""
    defaults = config.defaults
    due_at = time.monotonic() + PULLING_RATIO * defaults.answer
    limits = Limits(deadline_seconds=defaults.deadline, max_bytes=defaults.max_bytes, due_at=due_at)
    sources = _Sources(service, config, limits)
    return Plan(
        targets=tuple(Target(service.name, _place(url), url) for url in service.targets),
        finder=sources.finder(),
        access=service.access,
        limits=limits,
        answer_seconds=defaults.answer,
        fan_out=defaults.fan_out,
        interval_seconds=defaults.interval,
        max_freeze_seconds=service.max_freeze_ms / 1000,
        logs=tuple(sources.log(source, Kind.SERVICE_LOG) for source in service.logs),
        gateway_logs=tuple(sources.log(source, Kind.GATEWAY_LOG) for source in service.gateway_logs),
        history=sources.history(),
        platform=sources.platform(),
    )


def light(plan: Plan) -> Plan:
    """Return of a plan what freezes nothing and takes a moment: goroutine counts and metrics, and their history."""
    deadline = min(plan.limits.deadline_seconds, LIGHT_DEADLINE_SECONDS)
    limits = replace(plan.limits, deadline_seconds=deadline)
    return replace(plan, depth=Depth.COUNTS, limits=limits, logs=(), gateway_logs=(), platform=None)


def cheap(plan: Plan) -> Plan:
    """Return of a plan what freezes nothing: goroutine counts, metrics, heap, pods."""
    return replace(plan, depth=Depth.HEAP, logs=(), gateway_logs=(), history=None)


def located(plan: Plan) -> tuple[Plan, tuple[CollectFailure, ...]]:
    """Look the instances up where they are not configured; return the plan with those to look at, or why there are none."""
    try:
        targets = plan.finder.find() if plan.finder else plan.targets
    except CollectError as error:
        return replace(plan, finder=None), (CollectFailure(kind=Kind.GOROUTINE, reason=f"no instance is known: {error}"),)
    wanted = tuple(target for target in targets if plan.instance in ("", target.instance))
    if targets and not wanted:
        there = ", ".join(target.instance for target in targets)
        gone = CollectFailure(kind=Kind.GOROUTINE, reason=f"there is no instance {plan.instance}: there is {there}")
        return replace(plan, targets=(), finder=None), (gone,)
    return replace(plan, targets=wanted, finder=None), ()


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

    def platform(self) -> KubernetesState | None:
        """Return who is asked for pods and events: those of the instances, else those that logs are read of."""
        discover = self.service.discover
        if discover and (pods := discover.kubernetes):
            return KubernetesState(self._pods(pods.namespace, pods.selector))
        logs = (source.kubernetes for source in self.service.logs if source.kubernetes)
        return next((KubernetesState(self._pods(log.namespace, log.selector)) for log in logs), None)

    def history(self) -> PrometheusHistory | None:
        """Return where its metrics of the last hours are read; None where that is not configured."""
        wanted = self.service.history
        if wanted is None or self.config.prometheus is None:
            return None
        return PrometheusHistory(
            api=self._api("Prometheus", self.config.prometheus),
            selector=wanted.selector or f'{{job="{self.service.name}"}}',
            back_seconds=wanted.hours,
            step_seconds=wanted.step,
        )

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
